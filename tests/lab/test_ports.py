#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
import os
import re
import socket
import threading

from lab import Lab, check, main, wait_for
from network import WAN, in_space

STRANGER = bytes.fromhex("020909090909")
EVERYBODY = b"\xff" * 6
ETH_P_ALL = 3


def packed(address):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return socket.inet_pton(family, address)


def announced(frame):
    """(address, MAC address) that a frame announces to all, or None."""
    kind = frame[12:14]
    if kind == b"\x08\x06" and frame[28:32] == frame[38:42] and \
            frame[:6] == EVERYBODY:
        return frame[28:32], frame[22:28]
    if kind == b"\x86\xdd" and frame[20] == 58 and frame[54] == 136 and \
            frame[:2] == b"\x33\x33" and not frame[58] & 0x40:
        return frame[62:78], frame[80:86]
    return None


def announcement(address, mac):
    """An ARP announcement of an IPv4 address."""
    return (EVERYBODY + mac + b"\x08\x06\x00\x01\x08\x00\x06\x04\x00\x01" +
            mac + packed(address) + b"\0" * 6 + packed(address))


class Listener:
    """Hears every frame that comes to an interface of a namespace."""

    def __init__(self, lab, space, interface):
        with in_space(lab.space(space)):
            self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW,
                                      socket.htons(ETH_P_ALL))
        self.sock.bind((interface, ETH_P_ALL))
        self.heard = []
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        while True:
            try:
                frame = self.sock.recv(2048)
            except OSError:
                return
            found = announced(frame)
            if found:
                self.heard.append(found)

    def count(self, address, mac):
        return self.heard.count((packed(address), mac))


def mac_of(lab, space, interface):
    out = lab.run(space, "cat", f"/sys/class/net/{interface}/address",
                  stdout=-1).stdout
    return bytes.fromhex(out.decode().strip().replace(":", ""))


def port(lab, name="wan"):
    answer = lab.ask("show", "ports") or {"ports": []}
    return next((row for row in answer["ports"] if row["port"] == name), None)


def log_has(lab, pattern):
    return re.search(pattern, lab.dataplane.log.read_text())


def announcements(lab):
    """The start announces our addresses, and neighbours learn them."""
    mac = mac_of(lab, "lb", "mxs-wan")
    wan = Listener(lab, "client", "eth0")
    lan = Listener(lab, "mta1", "eth0")
    # The VIP was elsewhere a moment ago, as far as its clients know.
    lab.ip("client", "neigh", "replace", lab.vip, "lladdr",
           STRANGER.hex(":"), "dev", "eth0", "nud", "reachable")
    lab.start_mxsteer()
    wait_for(lambda: wan.count(lab.vip, mac) >= 3,
             "the VIP is announced three times")
    check(True, "the VIP is announced three times to its clients")
    snat = lab.values["snat"]
    lan_mac = mac_of(lab, "lb", "mxs-lan")
    wait_for(lambda: lan.count(snat, lan_mac) >= 3, "so is the snat address")
    check(not lan.count(lab.vip, lan_mac) and not wan.count(snat, mac),
          "each on its own network alone")
    lab.session(timeout=10).quit()
    check(True, "who had another MAC address for the VIP gets through")
    return wan, mac


def claims(lab):
    if lab.family == 6:
        return
    with in_space(lab.space("client")):
        sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    sock.bind(("eth0", 0))
    sock.send(announcement(lab.vip, STRANGER))
    wait_for(lambda: (port(lab)["claim"] or {}).get("address") == lab.vip,
             "another host's claim is shown")
    check(port(lab)["claim"]["mac"] == STRANGER.hex(":"),
          "another host that has the VIP is shown")
    wait_for(lambda: log_has(lab, rf"{STRANGER.hex(':')} claims"),
             "and logged")
    sock.close()


def link(lab, wan, mac):
    before = wan.count(lab.vip, mac)
    lab.ip("lb", "link", "set", "mxs-wan", "down")
    wait_for(lambda: port(lab)["link"] == "down", "the port is shown as down")
    wait_for(lambda: log_has(lab, "port wan: interface mxs-wan has no link"),
             "and that is logged")
    lab.ip("lb", "link", "set", "mxs-wan", "up")
    # IPv6 addresses go with the link.
    lab.address_of_wan("lb", 2)
    wait_for(lambda: port(lab)["link"] == "up", "the port is shown as up")
    wait_for(lambda: wan.count(lab.vip, mac) >= before + 3,
             "addresses are announced anew")
    check(True, "a link that goes and comes is shown, logged and announced by")
    lab.session(timeout=30).quit()


def made_anew(lab):
    session = lab.session(timeout=60)
    lab.ip("lb", "link", "del", "mxs-wan")
    wait_for(lambda: port(lab)["link"] == "gone", "the port is shown as gone")
    check(lab.dataplane.alive() and port(lab, "lan")["link"] == "up",
          "while an interface is gone, the other port goes on")
    lab.wire_wan()
    status = lab.dataplane.wait()
    check(status == os.EX_TEMPFAIL and log_has(lab, "mxs-wan was made anew"),
          "when it comes back, the data plane ends for its supervisor")
    lab.start_dataplane()
    wait_for(lambda: (port(lab) or {}).get("link") == "up", "the port is up")
    check(session.noop()[0] == 250, "and the session goes on")
    session.quit()


def down_at_start(lab):
    lab.dataplane.end()
    lab.ip("lb", "link", "set", "mxs-wan", "down")
    lab.start_dataplane()
    wait_for(lambda: (port(lab) or {}).get("link") == "down",
             "a port that is down at the start is shown as that")
    check(log_has(lab, "(?s)mxs-wan has no link.*data plane .* up"),
          "a port that is down at the start is told of")


class PortLab(Lab):
    def address_of_wan(self, space, *hosts):
        interface = "mxs-wan" if space == "lb" else "eth0"
        for family in (4, 6):
            for host in hosts:
                self.run(space, "ip", "address", "replace",
                         f"{WAN[family]}{host}/{24 if family == 4 else 64}",
                         "dev", interface, *(["nodad"] * (family == 6)))

    def wire_wan(self):
        self._wire("client", "eth0", "lb", "mxs-wan")
        self.address_of_wan("client", 1)
        self.address_of_wan("lb", 2)


def test():
    """Ports are watched, and owned addresses are announced."""
    family = 6 if os.environ.get("MXSTEER_DRIVER") == "af_xdp" else 4
    with PortLab(proxy="v2", family=family) as lab:
        lab.start_mtas(("postfix",) * 3)
        wan, mac = announcements(lab)
        claims(lab)
        link(lab, wan, mac)
        made_anew(lab)
        down_at_start(lab)


if __name__ == "__main__":
    main(test)
