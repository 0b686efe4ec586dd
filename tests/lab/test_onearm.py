#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
from lab import MTAS, Lab, check, main
from network import HOSTS, WAN

COUNT = 120

# By mode: the family, and the rest of the configuration.
CELLS = [(4, {"forward": "fullnat", "proxy": "v2"}), (4, {"forward": "nat"}),
         (6, {"forward": "nat"}), (4, {"forward": "dsr"})]


class OneArm(Lab):
    """Everyone is at one switch, and mxsteer has one interface:

        client, mta1..3 --- switch --- lan [ lb ]
    """

    def _lay_wan(self):
        self._wire("client", "eth0", "switch", "client", "br0")
        self._address("client", "eth0", self.client_prefix, *HOSTS)
        self._address("lb", "mxs-lan", WAN, 2)

    def port_lines(self):
        return self.driver.port_lines(self).splitlines(True)[1]


def redirects(lab):
    """ICMP redirects that the MTAs and the client got."""
    return sum(lab.counter(space, name) for space in ("client", *MTAS)
               for name in ("IcmpInRedirects", "Icmp6InRedirects"))


def cell(family, options):
    print(f"--- {options['forward']}, IPv{family}", flush=True)
    with OneArm(family=family, **options) as lab:
        lab.start_mtas(("postfix",) * 3)
        lab.start_mxsteer()
        sender = lab.start_sender(COUNT, sessions=10, high=200000)
        sender.check_exactly_once()
        sender.check_true_clients()
        check(redirects(lab) == 0, "nobody was sent an ICMP redirect")
        lab.check_accounts()


def test():
    """One interface for clients and MTAs: mail passes in each mode, and nobody
    is redirected past mxsteer."""
    for family, options in CELLS:
        cell(family, options)


if __name__ == "__main__":
    main(test)
