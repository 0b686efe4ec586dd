# SPDX-License-Identifier: BSD-3-Clause
"""A lab whose mxsteer runs in a virtual machine, on network cards of DPDK.

    client --- wan [ lb: qemu [ cards, mxsteer ] ] lan --- switch --- mta1..3

The namespace lb has a bridge on either side, between the wire of the lab and a
card of the machine.  The kernel of the machine has the addresses that elsewhere
the kernel of lb has, on the interfaces of the twins.
"""

import shlex
import subprocess
import time

import config
from claims import Failed, wait_for
from drivers import Interfaces
from lab import Lab
from network import BITS, FAMILIES, LAN, MTA_HOSTS, SNATS, VIPS, WAN
from vm import Card, Machine, Switch

# {name of the port: host's number of the machine's kernel, prefix}
SIDES = {"wan": (2, WAN), "lan": (1, LAN)}
# The host's number of lb itself on the inner network.
LB_HOST = 3
CONFIG, SOCKET = "/run/mxsteer.yaml", "/run/ctl.sock"
LOGS = {"dataplane": "/run/dataplane.log",
        "controlplane": "/run/controlplane.log"}
HUGE_PAGES = 160
# One page, on the second of two NUMA nodes.
FAR_PAGE = "nokaslr default_hugepagesz=1G hugepagesz=1G hugepages=0:0,1:1"
# busybox has an ip of its own.
IP = "/usr/sbin/ip"


class VmLab(Lab):
    """model: of qemu's network cards.  words: of the kernel's command line.
    bond: its mode, if the port wan is one.  It then has a second card, and the
    cables of both lead to a switch in the machine.  far: there are two NUMA nodes;
    the cards, the second core and all huge pages are on the second one."""

    def __init__(self, model, cpus=2, words="", bond="", far=False, **values):
        super().__init__(**values)
        queues = self.values["workers"].count(",") + 1
        self.cards = {
            side: Card(model, f"tap-{side}", f"52:54:00:00:00:0{slot}", slot,
                       queues if model == "virtio" else 1, far=far)
            for slot, side in enumerate(SIDES, 2)}
        self.bond, self.switch = bond, None
        if bond:
            self._add_switch(model)
        self.far = far
        if far:
            words = f"{words} {FAR_PAGE}"
        self.cpus, self.words, self.machine = cpus, words, None
        self.driver = Interfaces("dpdk")  # nothing of it is in the lab

    def _add_switch(self, model):
        def card(slot, kind, cable=0):
            return Card(kind, "tap-wan", f"52:54:00:00:00:0{slot}", slot,
                        cable=cable)
        self.cards["wan"] = card(2, model, cable=1)
        self.cards["spare"] = card(4, model, cable=2)
        self.switch = Switch({"wan": card(5, "virtio", cable=1),
                              "spare": card(6, "virtio", cable=2)},
                             card(7, "virtio"))

    # -- the network -------------------------------------------------------

    def lay(self):
        super().lay()
        for side in SIDES:
            self._lay_bridge(side, self.cards[side])
        self._address("lb", "br-lan", LAN, LB_HOST)
        # The machine's cards take frames as a wire has them.
        self._plain_frames("client", "eth0")
        for name in MTA_HOSTS:
            self._plain_frames(name, "eth0")

    def _lay_bridge(self, side, card):
        self.batch("lb", f"address flush dev mxs-{side}",
                   f"link add br-{side} type bridge mcast_snooping 0",
                   f"link set mxs-{side} master br-{side} up",
                   f"link set br-{side} up")
        self.sysctl("lb", f"net.ipv6.conf.mxs-{side}.disable_ipv6=1")
        self._lay_tap(side, card)

    def _lay_tap(self, side, card):
        queues = ["multi_queue"] if card.queues > 1 else []
        self.batch("lb", " ".join(["tuntap add", card.tap, "mode tap", *queues]),
                   f"link set {card.tap} master br-{side} up")
        self.sysctl("lb", f"net.ipv6.conf.{card.tap}.disable_ipv6=1")

    # -- the machine -------------------------------------------------------

    def power_on(self):
        """The machine boots while the test does something else."""
        cards = [*self.cards.values(),
                 *(self.switch.cards() if self.switch else ())]
        self.machine = Machine(self, cards, self.cpus, self.words,
                               nodes=2 if self.far else 1)

    def boot(self):
        """Wait for the machine, and make it ready for mxsteer."""
        begin = time.monotonic()
        self.machine.await_boot()
        if not self.far:
            self.machine.run(f"echo {HUGE_PAGES} >/proc/sys/vm/nr_hugepages")
        self.machine.run("sysctl -q -w net.ipv4.conf.all.arp_ignore=1 "
                         "net.ipv4.conf.all.arp_announce=2 "
                         "net.ipv6.conf.all.accept_dad=0 "
                         "net.ipv6.conf.default.accept_dad=0")
        for card in self.cards.values():
            self.machine.bind(card)
        if self.switch:
            self.switch.join(self.machine, self.bond == "lacp")
        print(f"  waited {time.monotonic() - begin:.0f} s for the machine",
              flush=True)

    def isolated(self):
        """The cores that the machine's kernel leaves alone."""
        return self.machine.run(
            "cat /sys/devices/system/cpu/isolated").strip()

    def _give_addresses(self):
        """To the twins, once: they outlive the data plane."""
        for side, (host, prefix) in SIDES.items():
            for family in FAMILIES:
                self.machine.run(
                    f"{IP} -{family} address replace "
                    f"{prefix[family]}{host}/{BITS[family]} dev mxs-{side}")
            self.machine.run(f"{IP} link set mxs-{side} up")

    def port_lines(self):
        return config.port_lines(
            lambda side: f"driver: dpdk, {self._device(side)}")

    def _device(self, side):
        address = self.cards[side].address
        if side != "wan" or self.switch is None:
            return f'device: "{address}"'
        return (f"bond: {{mode: {self.bond}, members: "
                f'["{address}", "{self.cards["spare"].address}"]}}')

    def set_cable(self, name, up):
        """Plug or unplug a cable of the bond; both ends see that."""
        for card in (self.cards[name], self.switch.ports[name]):
            self.machine.set_link(card, up)

    def members(self):
        """{card of the bond: how it is}."""
        rows = (self.ask("show", "ports") or {"ports": []})["ports"]
        state = {each["member"]: each["state"] for row in rows
                 for each in row["members"] or ()}
        return {name: state.get(self.cards[name].address)
                for name in self.switch.ports}

    def start_dataplane(self):
        self.machine.write(CONFIG, self.config_text(user="root"))
        starts = self._starts()
        self.dataplane = self.machine.spawn(
            f"mxsteer-dataplane -c {CONFIG}", LOGS["dataplane"])

        def up():
            if not self.dataplane.alive():
                raise Failed("the data plane has ended")
            return self._starts() > starts
        wait_for(up, "the data plane is up", 300)
        self._give_addresses()
        return self.dataplane

    def _starts(self):
        """How often a data plane has started here."""
        return self.machine.run(
            f"grep -s ' up: ' {LOGS['dataplane']} || :").count("\n")

    def start_controlplane(self):
        self.controlplane = self.machine.spawn(
            f"mxsteer-controlplane -c {CONFIG} -s {SOCKET} "
            "--state-dir /run/state", LOGS["controlplane"])
        wait_for(lambda: self.machine.run(f"[ -S {SOCKET} ]",
                                          check=False)[0] == 0,
                 "the CLI socket is there")
        return self.controlplane

    def wait_link(self, side, word):
        def shown():
            rows = (self.ask("show", "ports") or {"ports": []})["ports"]
            return any((row["port"], row["link"]) == (side, word)
                       for row in rows)
        wait_for(shown, f"the link of {side} is {word}")

    def stop_mxsteer(self):
        for process in (self.controlplane, self.dataplane):
            process.kill(15)

    def use_family(self, family):
        """From the next start on, of VIP, clients and MTAs."""
        self.family = self.backend_family = family
        self.vip = VIPS[family]
        self.values.update(vip=VIPS[family], snat=SNATS[family],
                           backend_family=family)

    def run_cli(self, *words):
        status, output = self.machine.run(
            shlex.join(["mxsteer", "-s", SOCKET, *words]), check=False)
        return subprocess.CompletedProcess(words, status, output)

    def _logs(self):
        """With those of the machine."""
        try:
            for name, path in LOGS.items():
                (self.dir / f"{name}.log").write_text(
                    self.machine.run(f"cat {path}"))
        except (AttributeError, Failed, OSError):
            pass  # there was no machine, or no file
        text = super()._logs()
        for name in LOGS:
            path = self.dir / f"{name}.log"
            if path.exists():
                text += f"--- {name} in the machine, last lines\n" + "\n".join(
                    path.read_text().splitlines()[-25:]) + "\n"
        return text
