# SPDX-License-Identifier: BSD-3-Clause
"""MTAs of clients: each takes mail from its own host, and sends all of it to
one server, again and again."""

import grp
import shutil
import subprocess
from pathlib import Path

from .exim import Exim
from .haraka import Haraka
from .opensmtpd import OpenSmtpd
from .postfix import MAIN, MASTER, Postfix

POSTFIX_MAIN = """
virtual_mailbox_domains =
default_transport = smtp
relay_transport = smtp
relayhost = [{server}]:25
smtpd_relay_restrictions = permit_mynetworks, reject
smtp_connect_timeout = 30s
"""

POSTFIX_MASTER = """
127.0.0.1:{port} inet n - n - 10 smtpd
smtp       unix  - - n - - smtp
"""

EXIM = """
exim_path = {tree}/usr/sbin/exim4
exim_user = nobody
exim_group = nogroup
deliver_drop_privilege = true
spool_directory = {dir}/spool
log_file_path = {dir}/%slog
pid_file_path = {dir}/exim.pid
primary_hostname = {name}.{domain}
local_interfaces = 127.0.0.1
daemon_smtp_ports = {port}
host_lookup =
rfc1413_query_timeout = 0s
tls_advertise_hosts =
acl_smtp_rcpt = accept
never_users =

begin routers
out:
  driver = manualroute
  route_list = * {server}
  transport = out

begin transports
out:
  driver = smtp
  hosts_try_dane =
  hosts_avoid_tls = *
  hosts_try_fastopen =

begin retry
* * F,1h,2s
"""

OPENSMTPD = """
queue ttl 1h
listen on 127.0.0.1 port {port} hostname {name}.{domain}
action "out" relay host "smtp://{server}"
match from local for any action "out"
"""


HARAKA = {
    "smtp.ini": "listen=127.0.0.1:{port}\nuser=nobody\ngroup=nogroup\n"
                "nodes=0\n",
    "outbound.ini": "temp_fail_intervals=5s*100\nenable_tls=false\n",
    "log.ini": "[main]\nlevel=info\n",
    "plugins": "sendon\n",
}


class Outgoing:
    """What they have in common.  port: where it takes mail, on
    127.0.0.1."""
    SERVER_ADDRESS = None
    PORT = None

    def own_text(self, template):
        return self.text(template, server=self.SERVER_ADDRESS, port=self.PORT)

    def log_text(self):
        raise NotImplementedError

    def retry(self):
        """Have it try again now, if it does not by itself."""


class OutgoingPostfix(Outgoing, Postfix):
    PORT = 2525
    SERVER = ""
    MORE = POSTFIX_MAIN  # of main.cf

    def configure(self):
        super().configure()
        config = self.dir / "etc"
        own = self.own_text(self.MORE)
        keys = {line.split(" =")[0] for line in own.splitlines() if line}
        # Each key once: of a second one every process warns, postlogd too, which
        # waits for itself if many do so at once.
        (config / "main.cf").write_text("".join(
            line for line in self.text(MAIN, protocol="").splitlines(True)
            if line.split(" =")[0] not in keys) + own)
        master = "".join(
            line for line in MASTER.splitlines(True)
            if not line.startswith(("smtps", "  -o")))
        (config / "master.cf").write_text(
            self.own_text(POSTFIX_MASTER) + master)

    def log_text(self):
        return (self.dir / "log").read_text(errors="replace")


class OutgoingExim(Outgoing, Exim):
    PORT = 2526

    def configure(self):
        super().configure()
        (self.dir / "exim.conf").write_text(self.own_text(EXIM))
        self.command[-1] = "-q2s"

    def log_text(self):
        path = self.dir / "mainlog"
        return path.read_text(errors="replace") if path.exists() else ""


class OutgoingOpenSmtpd(Outgoing, OpenSmtpd):
    PORT = 2527

    def configure(self):
        super().configure()
        (self.dir / "smtpd.conf").write_text(self.own_text(OPENSMTPD))
        self.command[self.command.index("-F")] = "-d"

    def log_text(self):
        return (self.dir / "stderr").read_text(errors="replace")

    def retry(self):
        """Its own pauses begin with minutes.  All its groups are nogroup."""
        subprocess.run(["nsenter", "-t", str(self.process.pid), "-m", "-n",
                        "-G", str(grp.getgrnam("nogroup").gr_gid),
                        self.tree / "usr/sbin/smtpctl", "schedule", "all"],
                       check=False, stdout=subprocess.DEVNULL)


class OutgoingHaraka(Outgoing, Haraka):
    PORT = 2528

    def configure(self):
        super().configure()
        for name, template in HARAKA.items():
            (self.dir / "config" / name).write_text(self.own_text(template))
        shutil.copy(Path(__file__).parent / "node/sendon.js",
                    self.dir / "plugins")
        self.env["SERVER"] = self.SERVER_ADDRESS

    def log_text(self):
        return (self.dir / "stderr").read_text(errors="replace")


SENDERS = (OutgoingPostfix, OutgoingExim, OutgoingOpenSmtpd)
