#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
import time

from lab import MTAS, Lab, check, main, wait_for
from network import (BEHIND_CORE, BEHIND_EDGE, BITS, HOSTS, LAN,
                     ROUTER_SYSCTLS, WAN)
from test_gateway import silent_session

LIMIT_S = 25  # a dead gateway is left after 4 s


class TwoRouters(Lab):
    """Two routers before the clients, and two before the MTAs if core_mtu is
    set:

        client --- edge, edge2 --- wan [ lb ] lan --- core, core2 --- mta1..3

    The kernel of lb has a route by the first of each pair, and one of a higher
    metric by the second.  The far sides have one gateway, 254, an address that
    the second router takes over."""

    def _lay_pair(self, names, near, far, near_bridge, far_bridge):
        self._add_bridge(far_bridge)
        for i, name in enumerate(names):
            self._add_space(name, *ROUTER_SYSCTLS)
            self._wire(name, "eth0", "switch", f"{name}-n", near_bridge)
            self._wire(name, "eth1", "switch", f"{name}-f", far_bridge)
            self._address(name, "eth0", near, 3 + i)
            self._address(name, "eth1", far, 253 - i)
            self._route("lb", near, 3 + i, far, "metric", str(2000 + i))
        self._address(names[0], "eth1", far, 254)

    def _lay_wan(self):
        self._add_bridge("br2")
        self._wire("lb", "mxs-wan", "switch", "wan", "br2")
        self._address("lb", "mxs-wan", WAN, 2)
        self._lay_pair(("edge", "edge2"), WAN, BEHIND_EDGE, "br2", "br3")
        self._wire("client", "eth0", "switch", "client", "br3")
        self._address("client", "eth0", self.client_prefix, *HOSTS)
        self._route("client", BEHIND_EDGE, 254)

    def _lay_core(self):
        if self.core_mtu:
            self._lay_pair(("core", "core2"), LAN, BEHIND_CORE, "br0", "br1")

    def kill_router(self, name, far):
        """It dies, the link of lb stays up, and the far side turns to the other
        router, as by VRRP."""
        # At the switch, since a router whose own link is set down has no route
        # there any more, and says so by ICMP as long as its other link lives.
        self._set_ports(name, "down")
        self._address(f"{name}2", "eth1", far, 254)
        for family in (4, 6):  # they learn the new MAC address
            for space in ("client", *MTAS):
                self.run(space, "ip", f"-{family}", "neigh", "flush", "dev",
                         "eth0", check=False)

    def revive_router(self, name, far):
        for family in (4, 6):  # the other one has taken it over
            self.ip(name, "address", "del",
                    f"{far[family]}254/{BITS[family]}", "dev", "eth1")
        self._set_ports(name, "up")

    def _set_ports(self, name, state):
        for port in (f"{name}-n", f"{name}-f"):
            self.ip("switch", "link", "set", port, state)

    def hop(self, address):
        return next(row for row in self.ask("show", "next-hops")["next_hops"]
                    if row["next_hop"] == address)

    def moved(self):
        return sum(row["moved"]
                   for row in self.ask("show", "workers")["workers"])


def is_known(lab, *addresses):
    return all(lab.hop(address)["state"] == "answers" for address in addresses)


def dies_in_transfer(lab, name, near, far, sender):
    """Mail is under way when the router dies."""
    first, second = f"{near[4]}3", f"{near[4]}4"
    sender.wait_accepted(sender.accepted() + 40)
    lab.kill_router(name, far)
    begin = time.monotonic()
    wait_for(lambda: lab.hop(first)["instead"] == second,
             f"{second} takes the place of {first}", LIMIT_S)
    seen = time.monotonic() - begin
    sender.wait_accepted(sender.accepted() + 40)
    check(True, f"{name} dies: left after {seen:.1f} s, mail goes on after "
          f"{time.monotonic() - begin:.1f} s")
    status = lab.run_cli("status")
    check(status.returncode == 1 and f"next hop {first}" in status.stdout,
          "status warns of it")


def comes_back(lab):
    first, second = f"{LAN[4]}3", f"{LAN[4]}4"
    rows = lab.ask("show", "next-hops")["backends"]
    check([row["next_hop"] for row in rows] == [second] * 3,
          "the MTAs are reached by the other router")
    lab.revive_router("core", BEHIND_CORE)
    wait_for(lambda: lab.hop(first)["state"] == "returning",
             "the router answers again", LIMIT_S)
    check(lab.hop(first)["backends"] == 0, "it is not used at once")
    wait_for(lambda: lab.hop(first)["backends"] == 3,
             "the router is used again", LIMIT_S)


def mail():
    with TwoRouters(proxy="v2", edge_mtu=1500, core_mtu=1500) as lab:
        lab.start_mtas(("postfix",) * 3)
        lab.start_mxsteer()
        wait_for(lambda: is_known(lab, f"{LAN[4]}3", f"{LAN[4]}4",
                                  f"{WAN[4]}3", f"{WAN[4]}4"),
                 "all routers answer")
        sender = lab.start_sender(1500, think=0.2)
        dies_in_transfer(lab, "core", LAN, BEHIND_CORE, sender)
        comes_back(lab)
        dies_in_transfer(lab, "edge", WAN, BEHIND_EDGE, sender)
        sender.check_exactly_once()
        log = lab.controlplane.log.read_text()
        check(log.count("does not answer: ") == 4 and "-> down" not in log,
              "the log names both of each family, and no MTA was thought to be down")
        lab.check_accounts()


def silent(family):
    """A client that only waits is found by the other router."""
    with TwoRouters(proxy="v2", family=family, edge_mtu=1500) as lab:
        lab.start_mtas(("hold",) * 3)
        lab.start_mxsteer()
        wait_for(lambda: is_known(lab, f"{WAN[family]}3", f"{WAN[family]}4"),
                 "both routers answer")
        session = silent_session(lab)
        lab.kill_router("edge", BEHIND_EDGE)
        wait_for(lambda: lab.moved() > 0, "the session is moved", LIMIT_S)
        for mta in lab.mtas.values():
            mta.release()
        session.sock.settimeout(LIMIT_S)
        check(session.getreply()[0] == 250, f"IPv{family}: the router of a "
              "silent client dies: the client gets its reply by the other")
        session.close()
        lab.check_accounts()


def test():
    """A router dies while its link stays up, in mid-transfer: the other one
    takes its place towards MTAs and clients, and no session is lost.  It is
    used again when it has answered for a while."""
    mail()
    silent(4)
    silent(6)


if __name__ == "__main__":
    main(test)
