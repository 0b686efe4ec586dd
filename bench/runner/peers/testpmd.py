# SPDX-License-Identifier: BSD-3-Clause
"""dpdk-testpmd as a piece of wire: every frame from one veth to the other,
untouched.  What the driver costs, and so the most that any data plane on top of
it can do."""

import re
import subprocess

from claims import wait_for

from cores import PEER_CORE

from .base import Peer

DRIVER = "net_af_packet{number},iface={interface},framesz=2048," \
    "blocksz=65536,framecnt=4096"


class Wire(Peer):
    """The MTA must have the VIP itself: no packet is rewritten."""

    NAME = "testpmd io"
    POLLS = True

    def start(self):
        self.site.mta_takes_vip()
        vdevs = [f"--vdev={DRIVER.format(number=i, interface=name)}"
                 for i, name in enumerate(("mxs-wan", "mxs-lan"))]
        self.log = self.site.dir / "testpmd.log"
        self.process = self.site.spawn(
            # A line at a time, or it keeps what it says to itself.
            "lb", ["stdbuf", "-oL",
                   self.peer_path("dpdk-dev", "usr/bin/dpdk-testpmd"),
                   "--in-memory", "-m", "64", "--no-pci", "--no-telemetry",
                   "-l", f"0,{PEER_CORE}", "--main-lcore", "0", *vdevs, "--",
                   "-i", "--forward-mode=io", "--total-num-mbufs=16384"],
            stdin=subprocess.PIPE, log=self.log)
        self.say("set record-core-cycles on", "start")

    def wait_ready(self):
        wait_for(lambda: "io packet forwarding" in self.log.read_text(),
                 "testpmd forwards")

    def stop(self):
        super().stop()
        self.site.mta_leaves_vip()

    def say(self, *lines):
        pipe = self.process.popen.stdin
        pipe.write("".join(f"{line}\n" for line in lines).encode())
        pipe.flush()

    def work_s(self):
        """testpmd's own count of the cycles of bursts that had frames."""
        seen = len(self.accounts())
        self.say("show fwd stats all")
        wait_for(lambda: len(self.accounts()) > seen, "testpmd tells its work")
        cycles, mhz = map(int, self.accounts()[-1])
        return cycles / mhz / 1e6

    def accounts(self):
        return re.findall(r"total cycles=(\d+) .* at (\d+) MHz",
                          self.log.read_text(errors="replace"))
