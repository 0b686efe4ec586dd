# SPDX-License-Identifier: BSD-3-Clause
"""Exim."""

from .base import PROXIES, Mta, own

CONFIG = """
exim_path = {tree}/usr/sbin/exim4
exim_user = nobody
exim_group = nogroup
deliver_drop_privilege = true
spool_directory = {dir}/spool
log_file_path = {dir}/%slog
pid_file_path = {dir}/exim.pid
primary_hostname = {name}.{domain}
daemon_smtp_ports = 25
hosts_proxy = {proxies}
smtp_accept_max = 400
smtp_connect_backlog = 400
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
  deny message = relay not permitted

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


class Exim(Mta):
    PACKAGE = "exim4-daemon-heavy"
    PROXY = ("off", "v1", "v2")

    def configure(self):
        config = self.dir / "exim.conf"
        proxies = "" if self.proxy == "off" else "<; " + " ; ".join(PROXIES)
        config.write_text(self.text(CONFIG, proxies=proxies))
        own(self.dir / "spool")
        # Exim insists on a user of Debian's making.
        self.command = [*self.users("Debian-exim"),
                        self.tree / "usr/sbin/exim4", "-C", config, "-bdf",
                        "-q10s"]
