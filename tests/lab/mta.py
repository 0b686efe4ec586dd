# SPDX-License-Identifier: BSD-3-Clause
"""Real MTAs, each in a directory and a network namespace of its own.

They run from unpacked packages (tests/packages), accept mail for example.org,
put every message into a maildir, and relay nothing anywhere.
"""

import email.parser
import os
import shutil
from collections import Counter
from pathlib import Path

DOMAIN = "example.org"

POSTFIX_MAIN = """
compatibility_level = 3.6
queue_directory = {dir}/queue
data_directory = {dir}/data
daemon_directory = {tree}/usr/lib/postfix/sbin
command_directory = {tree}/usr/sbin
shlib_directory = no
mail_owner = nobody
default_privs = daemon
setgid_group = mail
maillog_file = {dir}/log
maillog_file_prefixes = {dir}
import_environment = MAIL_CONFIG LD_LIBRARY_PATH TZ LANG=C
export_environment = MAIL_CONFIG LD_LIBRARY_PATH TZ LANG=C
myhostname = {name}.{domain}
mydestination =
inet_interfaces = {address}
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
alias_maps =
local_recipient_maps =
smtp_dns_support_level = disabled
default_transport = error:this is a lab
relay_transport = error:this is a lab
virtual_mailbox_domains = {domain}
virtual_mailbox_base = {dir}
virtual_mailbox_maps = static:inbox/
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
virtual_transport = virtual
smtpd_peername_lookup = no
smtpd_relay_restrictions = reject_unauth_destination
# All clients come from one snat address.
smtpd_client_connection_count_limit = 0
smtpd_timeout = 300s
message_size_limit = 52428800
mailbox_size_limit = 0
virtual_mailbox_limit = 0
in_flow_delay = 0
"""

POSTFIX_MASTER = """
smtp       inet  n - n - 200 smtpd
pickup     unix  n - n 60 1 pickup
cleanup    unix  n - n - 0 cleanup
qmgr       unix  n - n 300 1 qmgr
rewrite    unix  - - n - - trivial-rewrite
bounce     unix  - - n - 0 bounce
defer      unix  - - n - 0 bounce
trace      unix  - - n - 0 bounce
flush      unix  n - n 1000? 0 flush
proxymap   unix  - - n - - proxymap
error      unix  - - n - - error
retry      unix  - - n - - error
virtual    unix  - n n - - virtual
anvil      unix  - - n - 1 anvil
postlog    unix-dgram n - n - 1 postlogd
"""

POSTFIX_QUEUES = ("active bounce corrupt defer deferred flush hold incoming "
                  "maildrop pid private public saved trace").split()

EXIM_CONFIG = """
exim_path = {tree}/usr/sbin/exim4
exim_user = nobody
exim_group = nogroup
deliver_drop_privilege = true
spool_directory = {dir}/spool
log_file_path = {dir}/%slog
pid_file_path = {dir}/exim.pid
primary_hostname = {name}.{domain}
local_interfaces = {address}
daemon_smtp_ports = 25
disable_ipv6 = true
smtp_accept_max = 400
smtp_accept_queue_per_connection = 1000
smtp_accept_reserve = 0
message_size_limit = 50M
host_lookup =
rfc1413_query_timeout = 0s
smtp_enforce_sync = true
tls_advertise_hosts =
acl_smtp_rcpt = rcpt
never_users =

begin acl
rcpt:
  accept domains = {domain}
  deny message = this is a lab

begin routers
inbox:
  driver = accept
  domains = {domain}
  transport = inbox

begin transports
inbox:
  driver = appendfile
  directory = {dir}/inbox
  maildir_format = true
  create_directory = true
  delivery_date_add
  user = nobody
  group = nogroup
"""


def _own(path, user="nobody", group="nogroup"):
    path.mkdir(parents=True, exist_ok=True)
    shutil.chown(path, user, group)


class Mta:
    """One MTA.  spawn: starts a command in its namespace; see Lab.spawn()."""

    def __init__(self, kind, name, address, tree, directory, spawn):
        self.kind, self.name, self.address = kind, name, address
        self.dir = Path(directory)
        self.tree = Path(tree)
        self.spawn = spawn
        self.process = None
        self.seen = {}
        _own(self.dir)
        for sub in ("new", "cur", "tmp"):
            _own(self.dir / "inbox" / sub)
        _own(self.dir / "inbox")
        getattr(self, "_configure_" + kind)()

    def _text(self, template):
        return template.format(dir=self.dir, tree=self.tree, name=self.name,
                               address=self.address, domain=DOMAIN)

    def _configure_postfix(self):
        config = self.dir / "etc"
        config.mkdir()
        (config / "main.cf").write_text(self._text(POSTFIX_MAIN))
        (config / "master.cf").write_text(POSTFIX_MASTER)
        (self.dir / "queue").mkdir()
        for queue in POSTFIX_QUEUES:
            _own(self.dir / "queue" / queue)
        shutil.chown(self.dir / "queue" / "maildrop", group="mail")
        shutil.chown(self.dir / "queue" / "public", group="mail")
        shutil.chown(self.dir / "queue" / "pid", "root", "root")
        _own(self.dir / "data")
        self.command = [self.tree / "usr/lib/postfix/sbin/master", "-d",
                        "-c", config]
        self.env = {"MAIL_CONFIG": str(config),
                    "LD_LIBRARY_PATH": str(self.tree / "usr/lib/postfix")}

    def _configure_exim(self):
        config = self.dir / "exim.conf"
        config.write_text(self._text(EXIM_CONFIG))
        _own(self.dir / "spool")
        # Exim insists on a user of Debian's making.  It gets one that only it
        # can see: `ip netns exec` gives each command its own mounts.
        passwd = self.dir / "passwd"
        passwd.write_text(Path("/etc/passwd").read_text() +
                          "Debian-exim:x:65534:65534::/nonexistent:/bin/false"
                          "\n")
        group = self.dir / "group"
        group.write_text(Path("/etc/group").read_text() +
                         "Debian-exim:x:65534:\n")
        self.command = ["sh", "-c", 'mount --bind "$0" /etc/passwd && '
                        'mount --bind "$1" /etc/group && shift && exec "$@"',
                        passwd, group, self.tree / "usr/sbin/exim4", "-C",
                        config, "-bdf", "-q10s"]
        self.env = {}

    def start(self):
        self.process = self.spawn(self.command, env=self.env,
                                  log=self.dir / "stderr")

    def kill(self):
        """End it and all its children at once, as a power cut would."""
        self.process.kill_group()
        self.process = None

    def received(self):
        """Counter of the Message-Ids in the mailbox."""
        parser = email.parser.BytesHeaderParser()
        for path in (self.dir / "inbox" / "new").iterdir():
            if path.name not in self.seen:
                with open(path, "rb") as message:
                    headers = parser.parse(message)
                self.seen[path.name] = headers["Message-Id"]
        return Counter(self.seen.values())


def smtp_source(tree):
    """Path and environment of Postfix's load generator."""
    return (os.path.join(tree, "usr/sbin/smtp-source"),
            {"LD_LIBRARY_PATH": os.path.join(tree, "usr/lib/postfix")})
