#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
import select
import socket
import threading
import time

import config
from drivers import SIDES, Interfaces
from lab import Lab, check, main, wait_for
from network import BITS, FAMILIES, in_space

ETH_P_ALL = 3
SOL_PACKET = 263
PACKET_IGNORE_OUTGOING = 23
MEMBERS = {"net_tap0": "bond0", "net_tap1": "bond1"}


class Hub(threading.Thread):
    """The switch of the bond: joins the cable and both members."""

    def __init__(self, lab):
        super().__init__(daemon=True)
        with in_space(lab.space("lb")):
            self.cable, *self.members = (
                self._open(name) for name in ("cable-wan", *MEMBERS.values()))

    @staticmethod
    def _open(interface):
        sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        sock.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        sock.bind((interface, ETH_P_ALL))
        return sock

    def run(self):
        while True:
            ready, _, _ = select.select([self.cable, *self.members], [], [])
            for sock in ready:
                to = self.members if sock is self.cable else [self.cable]
                self._carry(sock, to)

    @staticmethod
    def _carry(sock, to):
        try:
            frame = sock.recv(4096)
        except OSError:  # the member's link went down
            return
        for each in to:
            try:
                each.send(frame)
            except OSError:
                pass


class Bond(Interfaces):
    """The wan port is a bond of two TAPs, whose links a test can cut."""

    def port_lines(self, lab):
        members = ", ".join(f'"{name},iface={interface}"'
                            for name, interface in MEMBERS.items())
        bond = f"driver: dpdk, bond: {{members: [{members}]}}"
        return config.port_lines(
            lambda side: bond if side == "wan" else "driver: af_packet")

    def lay(self, lab):
        lab.batch("lb", "link set mxs-wan down", "address flush dev mxs-wan",
                  "link set mxs-wan name cable-wan", "link set cable-wan up")
        lab.sysctl("lb", "net.ipv6.conf.cable-wan.disable_ipv6=1")
        for space in ("client", "mta1", "mta2", "mta3"):
            lab._plain_frames(space, "eth0")

    def started(self, lab):
        for name in (*MEMBERS.values(), "mxs-wan"):
            wait_for(lambda: lab.has_interface("lb", name) or
                     not lab.dataplane.alive(), f"{name} is there")
        _, prefix, host = SIDES["wan"]
        lab.batch("lb", "link set mxs-wan up", *(
            f"address replace {prefix[family]}{host}/{BITS[family]} "
            "dev mxs-wan" for family in FAMILIES))
        Hub(lab).start()


class BondLab(Lab):
    def __init__(self, **values):
        super().__init__(**values)
        self.driver = Bond("dpdk")

    def members(self):
        rows = self.ask("show", "ports")["ports"]
        port = next(row for row in rows if row["port"] == "wan")
        return {row["member"]: row["state"] for row in port["members"]}

    def cut(self, name):
        """The other member carries the frames, and that is shown."""
        other = next(each for each in MEMBERS if each != name)
        self.ip("lb", "link", "set", MEMBERS[name], "down")
        cut_at = time.monotonic()
        wait_for(lambda: self.members() == {name: "down", other: "active"},
                 f"{other} takes over and is shown")
        check(True, f"{name} is cut: {other} is shown as active after "
              f"{time.monotonic() - cut_at:.1f} s")
        log = self.dataplane.log.read_text()
        check(f"port wan: member {name} has no link" in log, "that is logged")
        check(f"port wan: the link of its member {name} is down" in
              self.run_cli("status").stdout, "and `status` warns of it")

    def join(self, name):
        self.ip("lb", "link", "set", MEMBERS[name], "up")
        wait_for(lambda: self.members()[name] == "waiting",
                 f"{name} waits with its link")


def cell(family):
    print(f"--- IPv{family}", flush=True)
    with BondLab(family=family, proxy="v2") as lab:
        lab.start_mtas()
        lab.start_mxsteer()
        wait_for(lambda: set(lab.members().values()) == {"active", "waiting"},
                 "one member carries the frames")
        first = next(name for name, state in lab.members().items()
                     if state == "active")
        second = next(name for name in MEMBERS if name != first)
        sender = lab.start_sender(200, think=1.0, high=300000)
        sender.wait_accepted(40)
        lab.cut(first)
        sender.wait_accepted(100)
        lab.join(first)
        lab.cut(second)
        sender.check_exactly_once()
        check(True, "no session was lost")
        lab.check_accounts()


def test():
    """A bond whose cables are cut one after the other loses no session."""
    for family in FAMILIES:
        cell(family)


if __name__ == "__main__":
    main(test)
