#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Two boxes on one Ethernet with the clients, and on one with the MTAs:

    client --- br2 --- wan [ box1 ] lan --- br0 --- mta1, mta2
                 \\---- wan [ box2 ] lan ----/

VIP and SNAT addresses are found by ARP.  keepalived says which box answers for
the VIP.
"""

import json
import subprocess

import config
import keepalived
from boxes import MTAS, Box, BoxLab
from boxevents import Event, Site, kill
from lab import ROOT, Lab, check, main, wait_for
from network import HOSTS, LAN, MTA_HOSTS, VIPS, WAN
from test_boxes import check_mail

SHIPPED = ROOT / "config/group/keepalived-neighbours.conf"
ROLES = "announce: {neighbours: role}\nservices:\n"
BRIDGES = {"wan": "br2", "lan": "br0"}
FIRST = 1  # the box with the better priority
PRIORITY = {1: 150, 2: 100}


class NeighbourBox(Box):
    """VIP and SNAT addresses are of the networks of its interfaces."""

    def snat_of(self, number):
        return f"{LAN[4]}{100 + number}"

    def lay(self):
        lab = self.lab
        lab._add_space(self.name)
        for side, prefix in zip(config.PORTS, (WAN, LAN)):
            lab._wire(self.name, f"mxs-{side}", "switch",
                      f"{side}{self.number}", BRIDGES[side])
            lab.ip(self.name, "address", "add",
                   f"{prefix[4]}{1 + self.number}/24", "dev", f"mxs-{side}")
        self.lay_stream()

    def write_config(self):
        super().write_config()
        self.config.write_text(
            self.config.read_text().replace("services:\n", ROLES, 1))

    def kill(self):
        """Nobody restarts this machine with the old role."""
        super().kill()
        for path in self.state.glob("*"):
            try:
                state = json.loads(path.read_text())
                state["boot"] = "another start of the machine"
                path.write_text(json.dumps(state))
            except (OSError, ValueError, TypeError):
                pass  # another file of the folder

    def role(self):
        return (self.ask("show", "announce") or {}).get("role")

    def answers_for(self):
        """Boxes whose SNAT addresses it answers for."""
        return [row["box"] for row in
                (self.ask("show", "announce") or {}).get("answers_for", ())]

    def mac(self):
        out = self.lab.run(self.name, "cat", "/sys/class/net/mxs-wan/address",
                           stdout=subprocess.PIPE).stdout
        return out.decode().strip()


class NeighbourLab(BoxLab):
    neighbour = None
    box_kind = NeighbourBox

    def __enter__(self):
        keepalived.need(self.build)
        return Lab.__enter__(self)

    def lay(self):
        self.client_prefix = WAN
        self._add_space("switch", "net.ipv6.conf.all.disable_ipv6=1",
                        "net.ipv6.conf.default.disable_ipv6=1")
        for bridge in ("br0", "br1", "br2"):
            self._add_bridge(bridge)
        self._add_space("client")
        self._wire("client", "eth0", "switch", "client", "br2")
        self._address("client", "eth0", WAN, *HOSTS)
        self._plain_frames("client", "eth0")
        for name in MTAS:
            self._add_space(name)
            self._wire(name, "eth0", "switch", name, "br0")
            self._address(name, "eth0", LAN, MTA_HOSTS[name])
            self._plain_frames(name, "eth0")
        self.lay_boxes()

    def start(self):
        """MTAs and boxes, until the first box carries mail."""
        for box in self.boxes.values():
            box.start()
        self.start_mtas(("holdpostfix",) * len(MTAS))
        for box in self.boxes.values():
            box.wait_works()
        for box in self.boxes.values():
            box.announce()
        self.wait_role(FIRST)

    def start_routing(self, box):
        mxsteer = f"{self.build}/controlplane/mxsteer -s {box.socket}"
        return keepalived.start(self, box.name, keepalived.box_text(
            SHIPPED.read_text(), {
                "/usr/bin/mxsteer": mxsteer,
                "/usr/bin/systemctl is-active --quiet mxsteer-dataplane":
                f"/usr/bin/test -d /proc/{box.dataplane.pid}",
                "priority 100": f"priority {PRIORITY[box.number]}",
                "eth0": "mxs-wan", "eth1": "mxs-lan"}))

    def paths(self):
        """The box that the clients send to."""
        out = self.run("client", "ip", "-j", "neigh", "show", VIPS[4],
                       stdout=subprocess.PIPE).stdout
        macs = {row.get("lladdr") for row in json.loads(out or "[]")}
        return {n for n, box in self.boxes.items() if box.mac() in macs}

    def paths_of(self, ends):
        return [min(self.paths(), default=None)] * len(ends)

    def wait_paths(self, numbers):
        """To one of them."""
        wait_for(lambda: self.paths() and self.paths() <= set(numbers),
                 lambda: f"clients send to box {list(numbers)}: {self.paths()}")

    def wait_role(self, number):
        """Until that box alone has the role."""
        def roles():
            return {n: box.role() for n, box in self.boxes.items()
                    if box.controlplane}
        wait_for(lambda: [n for n, role in roles().items() if role == "on"] ==
                 [number], lambda: f"box {number} has the role: {roles()}")


def die(lab):
    kill(lab)
    lab.wait_role(2)
    wait_for(lambda: lab.boxes[2].answers_for() == [FIRST],
             "the other box answers for the SNAT addresses of the dead one")


def revive(lab):
    """It has the better priority, so it takes the role again."""
    lab.boxes[FIRST].start().announce()
    lab.wait_role(FIRST)
    wait_for(lambda: lab.paths() == {FIRST}, "clients send to it again")
    check(not lab.boxes[2].answers_for(),
          "the other one does not answer for it any more")


def restart_keeps_role(lab):
    box = lab.boxes[FIRST]
    box.restart("controlplane")
    check(box.role() == "on", "the role outlives the control plane")


DEATH = Event("", "kill -9 of the box with the role",
              "it returns, and takes the role again", die, revive)


def test():
    """keepalived moves the role of answering for VIPs between two boxes."""
    with Site(2, joined=True, lab=NeighbourLab) as site:
        check(site.lab.boxes[2].role() == "off", "one box has the role")
        for outcome in site.run(DEATH):
            check_mail(outcome)
            check(not outcome.broken,
                  f"all {outcome.held} held sessions went on to their end")
        restart_keeps_role(site.lab)


if __name__ == "__main__":
    main(test)
