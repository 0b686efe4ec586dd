# SPDX-License-Identifier: BSD-3-Clause
"""MTAs in containers, by a recipe: each behind the NAT of its own host, as Docker
makes it.

    lb --- lan --- switch --- mta1host (10.0.2.11) --- mta1 (172.22.1.253)

The host publishes the port that the recipe's compose file names, and has the
rules that the recipe has for the chain DOCKER-USER.
"""

import re

from lab import check
from network import LAN, MTA_HOSTS, ROUTER_SYSCTLS
from recipes import RecipeLab

BRIDGE = "172.22.1."
HOST, CONTAINER = 1, 253

# As Docker has it: what comes to the published port goes to the container, what
# the container sends elsewhere leaves by the host's address.
RULES = """
table ip nat {{
  chain PREROUTING {{
    type nat hook prerouting priority dstnat;
    iifname != docker0 ip daddr {address} tcp dport {port} dnat to {to}:{inner}
  }}
  chain POSTROUTING {{
    type nat hook postrouting priority srcnat;
    ip saddr {bridge}0/24 oifname != docker0 masquerade
  }}
}}
table ip filter {{
  chain DOCKER-USER {{ }}
  chain FORWARD {{
    type filter hook forward priority filter;
    jump DOCKER-USER
  }}
}}
"""
RULE = re.compile(r"iptables -I DOCKER-USER -p tcp --dport (\d+)"
                  r"(?: -s (\S+))? -j (DROP|RETURN)$")


def nft_rule(line):
    """What the recipe's line for iptables is for nft."""
    port, sources, verdict = RULE.match(line).groups()
    source = f"ip saddr {{ {sources} }} " if sources else ""
    return (f"insert rule ip filter DOCKER-USER {source}tcp dport {port} "
            f"{verdict.lower()}\n")


class DockerLab(RecipeLab):
    CLIENTS = 1  # a new one waits for seconds until it is greeted

    def _lay_mta(self, name):
        host = f"{name}host"
        self._add_space(host, *ROUTER_SYSCTLS)
        self._wire(host, "eth0", "switch", name, "br0")
        self._address(host, "eth0", LAN, MTA_HOSTS[name])
        self._wire(name, "eth0", host, "docker0")
        for space, interface, number in ((host, "docker0", HOST),
                                         (name, "eth0", CONTAINER)):
            self.ip(space, "address", "add", f"{BRIDGE}{number}/24", "dev",
                    interface)
        self.ip(name, "route", "add", "default", "via", f"{BRIDGE}{HOST}")
        port, inner = re.search(r'"10\.0\.2\.11:(\d+):(\d+)"',
                                self.blocks["compose"]).groups()
        self.nft(host, RULES.format(
            address=f"{LAN[4]}{MTA_HOSTS[name]}", port=port, inner=inner,
            to=f"{BRIDGE}{CONTAINER}", bridge=BRIDGE) + "".join(
                nft_rule(line)
                for line in self.blocks["docker-user"].splitlines()))

    def walk(self):
        super().walk()
        with self.session() as session:
            code = session.starttls()[0]
            session.deliver("<tls@client>")
        self.wait_delivered(21)
        check(code == 220, "a client speaks TLS with the MTA")
        self.only_mxsteer_may_come()
        self.nobody_relays()

    def only_mxsteer_may_come(self):
        """A neighbour of the MTAs cannot claim an address by a header."""
        port = self.entrance[0]
        try:
            self.connect("mta2host", self.mta_address("mta1", 4), port,
                         timeout=2).close()
            came = True
        except TimeoutError:
            came = False
        check(not came, "no other host reaches the port that reads headers")

    def nobody_relays(self):
        """The MTA's own networks are not those of mxsteer's clients."""
        with self.session() as session:
            session.ehlo()
            session.mail("sender@example.net")
            code, text = session.rcpt("stranger@example.com")
        check(code in (454, 554), f"no client relays: {code} {text.decode()}")
