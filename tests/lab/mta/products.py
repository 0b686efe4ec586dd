# SPDX-License-Identifier: BSD-3-Clause
"""Postfix with the settings by which products decide who may come in, and how
they greet.

What is not there: the products' databases, mailboxes, logins, filters of spam and
blocklists of DNS.  So are settings of these.
"""

from .postfix import MAIN, Postfix

POSTSCREEN = """
smtp       inet  n - n - 1 postscreen
smtpd      pass  - - n - - smtpd {smtpd}
dnsblog    unix  - - n - 0 dnsblog
tlsproxy   unix  - - n - 0 tlsproxy
proxywrite unix  - - n - 1 proxymap
"""

# Of both.  Nothing is sent anywhere, but the senders of mail exist.
BOTH = """
default_transport = smtp
smtpd_relay_restrictions = permit_mynetworks, defer_unauth_destination
smtpd_helo_required = yes
smtpd_tls_security_level = may
smtpd_client_connection_count_limit = 50
postscreen_greet_action = enforce
"""

# With the networks of older versions, which have mxsteer's addresses as well.
MAILCOW = BOTH + """
mynetworks = 127.0.0.0/8 10.0.0.0/8 172.16.0.0/12 192.168.0.0/16
smtpd_recipient_restrictions = permit_mynetworks, reject_invalid_helo_hostname, reject_unauth_destination
smtpd_data_restrictions = reject_unauth_pipelining, permit
smtpd_discard_ehlo_keywords = chunking, silent-discard, smtputf8
smtpd_error_sleep_time = 10s
smtpd_soft_error_limit = 3
smtpd_hard_error_limit = 5
postscreen_access_list = permit_mynetworks
postscreen_cache_map = proxy:btree:$data_directory/postscreen_cache
postscreen_discard_ehlo_keywords = chunking, silent-discard, smtputf8, dsn
postscreen_greet_banner = $smtpd_banner
postscreen_greet_ttl = 2d
postscreen_greet_wait = 3s
"""

DOCKER_MAILSERVER = BOTH + """
mynetworks = 127.0.0.0/8
smtpd_client_restrictions = permit_mynetworks, reject_unauth_destination, reject_unauth_pipelining
smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination, reject_unauth_pipelining, reject_invalid_helo_hostname, reject_non_fqdn_helo_hostname
smtpd_helo_restrictions = permit_mynetworks, reject_invalid_helo_hostname, permit
smtpd_discard_ehlo_keywords = silent-discard, dsn
postscreen_bare_newline_action = enforce
postscreen_greet_wait = 6s
"""


class Product(Postfix):
    """SETTINGS: of main.cf.  SMTPD: of the smtpd behind postscreen."""
    SETTINGS = ""
    SMTPD = ""

    def configure(self):
        self.SERVER = POSTSCREEN.replace("{smtpd}", self.SMTPD)
        super().configure()
        keys = {line.split(" =")[0] for line in self.SETTINGS.splitlines()
                if line}
        # Each key once: Postfix warns of a second one.
        main = "".join(
            line for line in self.text(MAIN, protocol="").splitlines(True)
            if line.split(" =")[0] not in keys)
        (self.dir / "etc/main.cf").write_text(main + self.SETTINGS)


class Mailcow(Product):
    SETTINGS = MAILCOW
    SMTPD = "-o smtpd_sender_restrictions=permit_mynetworks,reject_unlisted_sender"


class DockerMailserver(Product):
    SETTINGS = DOCKER_MAILSERVER
