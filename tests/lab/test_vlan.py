#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
import sys
from pathlib import Path

import config
from capture import Capture
from drivers import SIDES, Cables, Memory
from frames import packed
from lab import Failed, Lab, check, main, wait_for
from network import WAN
from pcapng import IN, OUT

HERE = Path(__file__).resolve().parent
VLANS = {"wan": 42, "lan": 43}
OTHER = 44


class Trunk(Memory):
    """Both ports of mxsteer are VLANs of one device.  Its wire ends at a switch,
    whose VLANs are those of the lab's clients and MTAs:

        client --- switch (42) ---.
                                  +--- wire --- mxsteer
        MTAs ----- switch (43) ---'

    memif: a cable joins the wire to a device that knows no tags, so that workers
    handle them; or else mxsteer has the end of the wire, where the device does.
    """

    def __init__(self, memif):
        super().__init__("net_af_packet0,iface=wire", None)
        if memif:
            self.near = ("net_memif0,role=client,id=0,socket={path},"
                         "socket-abstract=no,mac={mac}")
            self.far = ("net_memif0,role=server,id=0,socket={path},"
                        "socket-abstract=no")

    def port_lines(self, lab):
        device = self._device(lab, self.near, "wan")
        return config.port_lines(
            lambda side: f"driver: dpdk, queues: 1, vlan: {VLANS[side]}, "
            f'device: "{device}"')

    def lay(self, lab):
        super().lay(lab)
        lab.batch("lb", "link add wire type veth peer name switch",
                  "link set wire up", "link set switch up",
                  "link add other type veth peer name eth-other",
                  "link set other up")
        for name in ("wire", "switch", "other"):
            lab.sysctl("lb", f"net.ipv6.conf.{name}.disable_ipv6=1")
            lab._plain_frames("lb", name)
        switch = lab.spawn("lb", [
            "/usr/bin/python3", HERE / "vlanswitch.py", "switch",
            VLANS["wan"], "cable-wan", VLANS["lan"], "cable-lan",
            OTHER, "other"], log=lab.dir / "switch.log")
        wait_for(lambda: "ready" in switch.log.read_text(),
                 "the switch is there")

    def connect(self, lab):
        if self.far is None or lab.cables:
            return
        lab.cables = Cables(lab, ["net_af_packet0,iface=wire",
                                  self.far_device(lab, "wan")])
        wait_for(lambda: lab.cables.are_ready() or
                 not lab.cables.process.alive(), "the cable is there")
        if not lab.cables.process.alive():
            raise Failed("the cable does not start")


class TrunkLab(Lab):
    def __init__(self, memif, **values):
        super().__init__(**values)
        self.driver = Trunk(memif)


def rows(lab):
    return {row["port"]: row for row in lab.ask("show", "ports")["ports"]}


def check_other_vlan(lab):
    """Frames of a VLAN without a port are counted, and answered by no one."""
    before = rows(lab)["wan"]["other_vlan"]
    lab.batch("lb", f"address add {WAN[4]}9/32 dev eth-other",
              "link set eth-other up", f"route add {lab.vip}/32 dev eth-other")
    lab.run("lb", "ping", "-c", "3", "-i", "0.2", "-W", "1", lab.vip,
            check=False)
    wait_for(lambda: rows(lab)["wan"]["other_vlan"] > before,
             "frames of another VLAN are counted")
    neighbours = lab.run("lb", "ip", "neigh", "show", "dev", "eth-other",
                         stdout=-1).stdout
    check(b"lladdr" not in neighbours, "no answer came to another VLAN")


def ping(lab, family):
    twin = f"{WAN[family]}2"
    check(lab.run("client", "ping", "-c", "3", "-i", "0.2", "-W", "5",
                  twin, check=False).returncode == 0,
          "the kernel answers clients by the twin of their VLAN")


def echoes(frames, kind, client, twin):
    """The echo requests (8) or replies (0) between the two."""
    ends = {8: (client, twin), 0: (twin, client)}[kind]
    start = b"".join(map(packed, ends)) + bytes([kind])
    return [f for f in frames
            if f.data[23:24] == b"\1" and f.data[26:35] == start]


def check_capture(lab):
    """A capture tells the kernel's frames from those of mxsteer, and has them
    without tags."""
    capture = Capture(lab, "packets", 100000)
    ping(lab, 4)
    lab.session(lab.clients(4)[0]).quit()
    frames = capture.end()
    ends = WAN[4] + "1", WAN[4] + "2"
    asked, told = (echoes(frames, kind, *ends) for kind in (8, 0))
    check(len(asked) == 3 and all(
        f.direction == IN and f.port == "wan" and
        f.comment == "left to the kernel" for f in asked),
        f"{len(asked)} echo requests were left to the kernel")
    check(len(told) == 3 and all(
        f.direction == OUT and f.port == "wan" and
        f.comment == "sent by the kernel" for f in told),
        f"{len(told)} replies were sent by the kernel")
    mail = [f for f in frames if f.segment and
            (lab.vip, 25) in (f.segment.source, f.segment.target)]
    check(mail and not any("kernel" in f.comment for f in mail),
          f"none of the session's {len(mail)} frames is the kernel's")
    check(all(frame.data[12:14] != b"\x81\0" for frame in frames),
          "frames have no tags")


def cell(memif, family):
    print(f"--- {'memif' if memif else 'af_packet'}, IPv{family}", flush=True)
    with TrunkLab(memif, family=family, proxy="v2") as lab:
        lab.start_mtas()
        lab.start_mxsteer()
        by = "software" if memif else "the port"
        for side, vlan in VLANS.items():
            said = (f"port {side}: VLAN {vlan}, whose tags are removed by "
                    f"{by} and inserted by {by}")
            check(said in lab.dataplane.log.read_text(), said)
            check(rows(lab)[side]["vlan"] == vlan, f"{side} has VLAN {vlan}")
        sender = lab.start_sender(100, high=100000)
        sender.check_exactly_once()
        sender.check_true_clients()
        for side in SIDES:
            row = rows(lab)[side]
            check(row["rx"] > 100 and row["tx"] > 100,
                  f"port {side} counts its own frames: {row['rx']} in, "
                  f"{row['tx']} out")
        if family == 4:
            check_capture(lab)
            check_other_vlan(lab)
        else:
            ping(lab, family)
        lab.check_accounts()


def test():
    """Mail passes between two VLANs of one device, by the device's tags or by
    the worker's."""
    for family in (4, 6):
        cell(sys.argv[1:] == ["memif"], family)


if __name__ == "__main__":
    main(test)
