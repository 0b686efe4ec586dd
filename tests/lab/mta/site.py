# SPDX-License-Identifier: BSD-3-Clause
"""MTAs of a whole mail site, as config/examples/site.yaml has them: inbound,
outbound, for both; its message store; and the Internet's MTA.

What answers at which port of Postfix is what the comment of that file says.
"""

import re
from pathlib import Path

from .base import PROXIES
from .exim import Exim
from .outgoing import EXIM as EXIM_OUT
from .postfix import MAIN, MASTER, Postfix

EXAMPLE = Path(__file__).resolve().parents[3] / "config/examples/site.yaml"

STORE = "10.0.3.5"
STORES = "10.0.3.0/24"
OUTBOUND_VIP = "10.0.2.25"
INTERNET = "192.0.2.1"
INTERNET_DOMAIN = "example.com"

# {port: lines of master.cf}, of the example's comment.
SERVERS = {
    part.split()[0]: part for part in re.findall(
        r"^((?:smtp|2525) .*\n(?:  -o .*\n)+)", re.sub(
            r"^#   ", "", EXAMPLE.read_text(), flags=re.M), re.M)}

# More of main.cf, by what an MTA does.
ALL = """
virtual_mailbox_domains =
smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination
smtp_connection_cache_on_demand = no
"""
TO_STORE = f"""
relay_domains = {{domain}}
relay_transport = smtp:[{STORE}]:25
"""
TO_INTERNET = f"""
default_transport = smtp
relayhost = [{INTERNET}]:25
"""
AS_STORE = f"""
virtual_mailbox_domains = {{domain}}
smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination
smtp_connection_cache_on_demand = no
default_transport = smtp
relayhost = [{OUTBOUND_VIP}]:25
"""

CLIENT = "smtp unix - - n - - smtp\n"

EXIM_ACL = f"""
begin acl
rcpt:
  accept hosts = {STORES}
  deny message = relay not permitted

begin routers
"""


class SitePostfix(Postfix):
    """ports: of SERVERS.  more: of main.cf."""
    PORTS = ()
    MORE = ""

    def configure(self):
        super().configure()
        more = self.text(self.MORE)
        keys = {line.split(" =")[0] for line in more.splitlines() if line}
        # Each key once: Postfix warns of a second one.
        main = "".join(
            line for line in self.text(MAIN, protocol="").splitlines(True)
            if line.split(" =")[0] not in keys)
        # The lab's Postfix has no chroot.
        servers = "".join(SERVERS[port].replace("n - y", "n - n")
                          for port in self.PORTS)
        # Without smtps.
        master = "".join(line for line in MASTER.splitlines(True)
                         if not line.startswith(("smtps", "  -o")))
        config = self.dir / "etc"
        (config / "main.cf").write_text(main + more)
        (config / "master.cf").write_text(
            (servers or self.text(self.SERVER, protocol="")) + master + CLIENT)


class Inbound(SitePostfix):
    PORTS = ("smtp",)
    MORE = ALL + TO_STORE


class Outbound(SitePostfix):
    PORTS = ("2525",)
    MORE = ALL + TO_INTERNET


class Combined(SitePostfix):
    PORTS = ("smtp", "2525")
    MORE = ALL + TO_STORE + TO_INTERNET


class Store(SitePostfix):
    """Has the mailboxes, and sends what is for others to the outbound VIP."""
    MORE = AS_STORE


class Internet(Postfix):
    """All other domains are its own."""

    def text(self, template, **values):
        return super().text(template, **values).replace(
            "virtual_mailbox_domains = example.org",
            f"virtual_mailbox_domains = {INTERNET_DOMAIN}")


class OutboundExim(Exim):
    def configure(self):
        super().configure()
        text = EXIM_OUT.replace("local_interfaces = 127.0.0.1\n", "").replace(
            "acl_smtp_rcpt = accept", "acl_smtp_rcpt = rcpt").replace(
            "host_lookup =",
            "hosts_proxy = <; " + " ; ".join(PROXIES) + "\nhost_lookup =")
        text = text.replace("\nbegin routers\n", EXIM_ACL)
        (self.dir / "exim.conf").write_text(
            self.text(text, server=INTERNET, port=2525))
        self.command[-1] = "-q2s"


KINDS = {"inbound": Inbound, "outbound": Outbound, "exim": OutboundExim,
         "combined": Combined, "store": Store, "internet": Internet}
