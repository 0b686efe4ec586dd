# SPDX-License-Identifier: BSD-3-Clause
"""The drivers that the ports of a lab can have, in one table.

af_packet and af_xdp take the interfaces of the lab as they are.  memif and
vhost are ports of `driver: dpdk` that need no network card: shared memory joins
each to a cable (cable.c), and the cable to the lab's wire.  The kernel of lb
then has its addresses on the twins.
"""

import json
import signal

import config
from claims import Failed, wait_for
from network import BITS, FAMILIES, LAN, MTA_HOSTS, WAN

# {port: MAC address, prefix of lb's address, number of lb's host}
SIDES = {"wan": ("02:00:00:00:00:01", WAN, 2),
         "lan": ("02:00:00:00:00:02", LAN, 1)}

# What a cable can do to frames, in the order of its file.
WEATHER = ("lose", "twice", "hold", "damage", "delay_us")


class Interfaces:
    """word: of the configuration.  neighbour: the namespace that reaches the
    MTAs before mxsteer runs; None: they only reach themselves."""

    neighbour = "lb"

    def __init__(self, word):
        self.word = word

    def port_lines(self, lab):
        return config.port_lines(lambda side: f"driver: {self.word}")

    def lay(self, lab):
        """Once the network is there."""

    def connect(self, lab):
        """Before the data plane starts."""

    def started(self, lab):
        """Once the data plane has been started."""


class Memory:
    """near: the device of mxsteer; far: that of the other end, which a cable
    has.  Both have the port's number, a path and a MAC address to fill in.
    cabled: otherwise the other end is a program of the test.  blocks: the cable
    does not go on without mxsteer, once its first path is there."""

    neighbour = None

    def __init__(self, near, far, cabled=True, blocks=False):
        self.near, self.far, self.cabled = near, far, cabled
        self.blocks = blocks

    def _path(self, lab, side):
        return lab.dir / f"{side}.port"

    def _device(self, lab, form, side):
        return form.format(path=self._path(lab, side), mac=SIDES[side][0],
                           number=list(SIDES).index(side))

    def far_device(self, lab, side):
        return self._device(lab, self.far, side)

    def port_lines(self, lab):
        # The other end has one pair of queues, whatever mxsteer has.
        return config.port_lines(
            lambda side: "driver: dpdk, queues: 1, device: "
            f'"{self._device(lab, self.near, side)}"')

    def lay(self, lab):
        for side in SIDES:
            lab.batch("lb", f"link set mxs-{side} down",
                      f"address flush dev mxs-{side}",
                      f"link set mxs-{side} name cable-{side}",
                      f"link set cable-{side} up")
            lab.sysctl("lb", f"net.ipv6.conf.cable-{side}.disable_ipv6=1")
        # A port in memory takes frames as a wire has them.
        for space in ("client", *MTA_HOSTS):
            if lab.has_interface(space, "eth0"):
                lab._plain_frames(space, "eth0")

    def connect(self, lab):
        if not self.cabled or lab.cables:
            return
        lab.cables = Cables(lab, [
            device for side in SIDES for device in (
                f"net_af_packet{list(SIDES).index(side)},iface=cable-{side}",
                self.far_device(lab, side))])
        wait_for(lambda: lab.cables.are_ready() or
                 self.blocks and self._path(lab, "wan").exists() or
                 not lab.cables.process.alive(), "the cables are there")
        if not lab.cables.process.alive():
            raise Failed("the cables do not start")

    def restart_peers(self, lab):
        """Other processes take the place of the cables."""
        lab.cables.process.end()
        lab.processes.remove(lab.cables.process)
        for side in SIDES:
            self._path(lab, side).unlink(missing_ok=True)
        lab.cables.log.unlink()
        lab.cables = None
        self.connect(lab)

    def started(self, lab):
        for side, (_, prefix, host) in SIDES.items():
            name = f"mxs-{side}"
            wait_for(lambda: lab.has_interface("lb", name) or
                     not lab.dataplane.alive(), f"the twin {name} is there")
            if not lab.dataplane.alive():
                return
            lab.batch("lb", f"link set {name} up", *(
                f"address replace {prefix[family]}{host}/{BITS[family]} "
                f"dev {name}" for family in FAMILIES))


class Cables:
    """Their process."""

    def __init__(self, lab, devices):
        self.log = lab.dir / "cables.log"
        self.weather = lab.dir / "cables.weather"
        self.process = lab.spawn("lb", [lab.build / "tests/cable", *devices],
                                 env={"CABLE_WEATHER": str(self.weather)},
                                 log=self.log)

    def are_ready(self):
        return "ready" in self.log.read_text()

    def counts(self):
        """{port: how many frames its cable has carried to mxsteer (in) and
        from it (out), and how many it has lost}."""
        before = len(self._lines())
        self.process.signal(signal.SIGUSR1)
        wait_for(lambda: len(self._lines()) > before, "the cables count")
        return dict(zip(SIDES, json.loads(self._lines()[-1])))

    def set_weather(self, ways):
        """ways: {(port, "in" or "out"): {what: frames in a million, or
        delay_us}}, with the names of cableweather.h.  The others are fair."""
        self.weather.write_text("".join(" ".join(
            str(int(ways.get((side, way), {}).get(what, 0)))
            for what in WEATHER) + "\n"
            for side in SIDES for way in ("in", "out")))
        before = self.log.read_text().count("weather\n")
        self.process.signal(signal.SIGHUP)
        wait_for(lambda: self.log.read_text().count("weather\n") > before,
                 "the weather of the cables changes")

    def _lines(self):
        return [line for line in self.log.read_text().splitlines(True)
                if line.startswith("[{") and line.endswith("\n")]


DRIVERS = {
    "af_packet": Interfaces("af_packet"),
    "af_xdp": Interfaces("af_xdp"),
    "memif": Memory(
        "net_memif{number},role=client,id=0,socket={path},socket-abstract=no,"
        "mac={mac}",
        "net_memif{number},role=server,id=0,socket={path},"
        "socket-abstract=no"),
    "vhost": Memory("net_vhost{number},iface={path},client=1",
                    "net_virtio_user{number},path={path},server=1", blocks=True),
}

# The other end is a program of the test, which starts after mxsteer.
UNCABLED = {
    "memif": Memory(
        "net_memif{number},role=server,id=0,socket={path},socket-abstract=no,"
        "mac={mac}",
        "net_memif{number},role=client,id=0,socket={path},socket-abstract=no",
        cabled=False),
    # As many descriptors as memif has, in place of 256.
    "vhost": Memory(DRIVERS["vhost"].near,
                    DRIVERS["vhost"].far + ",queue_size=1024", cabled=False),
}
