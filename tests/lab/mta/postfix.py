# SPDX-License-Identifier: BSD-3-Clause
"""Postfix: smtpd alone, and with postscreen in front.  Port 465 speaks TLS."""

import os
import shutil
import subprocess

from .base import Mta, own

MAIN = """
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
inet_interfaces = all
inet_protocols = all
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
# Without PROXY all clients come from one snat address.
smtpd_client_connection_count_limit = 0
smtpd_timeout = 300s
smtpd_tls_chain_files = {dir}/tls.pem
smtpd_tls_security_level = none
tls_random_source = dev:/dev/urandom
postscreen_greet_wait = 1s
postscreen_upstream_proxy_protocol = {protocol}
message_size_limit = 52428800
mailbox_size_limit = 0
virtual_mailbox_limit = 0
in_flow_delay = 0
# What could not be delivered at once is tried again soon.
queue_run_delay = 2s
minimal_backoff_time = 2s
maximal_backoff_time = 2s
"""

# What answers on port 25; {protocol}: of the PROXY header, or empty.
SMTPD = """
smtp       inet  n - n - 200 smtpd -o smtpd_upstream_proxy_protocol={protocol}
"""

# Clients that have waited for the whole greeting once are passed on to smtpd,
# which then knows them from postscreen.
POSTSCREEN = """
smtp       inet  n - n - 1 postscreen
smtpd      pass  - - n - 200 smtpd
dnsblog    unix  - - n - 0 dnsblog
tlsproxy   unix  - - n - 0 tlsproxy
"""

MASTER = """
smtps      inet  n - n - 100 smtpd -o smtpd_upstream_proxy_protocol={protocol}
  -o smtpd_tls_wrappermode=yes -o smtpd_tls_security_level=may
tlsmgr     unix  - - n 1000? 1 tlsmgr
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

QUEUES = ("active bounce corrupt defer deferred flush hold incoming "
          "maildrop pid private public saved trace").split()


def make_certificate(mta):
    """A key and a certificate of an MTA's name: its file tls.pem."""
    path = mta.dir / "tls.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:prime256v1", "-subj",
         mta.text("/CN={name}.{domain}"), "-keyout", path, "-out",
         mta.dir / "certificate"], check=True, stderr=subprocess.DEVNULL)
    with open(path, "a", encoding="ascii") as chain:
        chain.write((mta.dir / "certificate").read_text())


class Postfix(Mta):
    PACKAGE = "postfix"
    PROXY = ("off", "v1", "v2")
    SERVER = SMTPD

    def configure(self):
        protocol = "" if self.proxy == "off" else "haproxy"
        config = self.dir / "etc"
        config.mkdir()
        (config / "main.cf").write_text(self.text(MAIN, protocol=protocol))
        (config / "master.cf").write_text(
            self.text(self.SERVER + MASTER, protocol=protocol))
        make_certificate(self)
        (self.dir / "queue").mkdir()
        for queue in QUEUES:
            own(self.dir / "queue" / queue)
        shutil.chown(self.dir / "queue" / "maildrop", group="mail")
        shutil.chown(self.dir / "queue" / "public", group="mail")
        shutil.chown(self.dir / "queue" / "pid", "root", "root")
        own(self.dir / "data")
        self.command = [self.tree / "usr/lib/postfix/sbin/master", "-d",
                        "-c", config]
        self.env = {"MAIL_CONFIG": str(config),
                    "LD_LIBRARY_PATH": str(self.tree / "usr/lib/postfix")}


class Postscreen(Postfix):
    SERVER = POSTSCREEN


class StartTls(Postfix):
    """Offers STARTTLS on port 25."""

    def configure(self):
        super().configure()
        path = self.dir / "etc" / "main.cf"
        path.write_text(path.read_text().replace(
            "smtpd_tls_security_level = none", "smtpd_tls_security_level = may"))


def smtp_source(tree):
    """Path and environment of Postfix's load generator."""
    return (os.path.join(tree, "usr/sbin/smtp-source"),
            {"LD_LIBRARY_PATH": os.path.join(tree, "usr/lib/postfix")})
