# SPDX-License-Identifier: BSD-3-Clause
"""Floods of a lab: processes of flood.c, from a namespace to mxsteer's port."""

import itertools
import json
import os

from wire import mac_of

# Where the clients of floods are; no kernel of the lab has such an address.
PREFIX = {4: "198.18.0.0/15", 6: "2001:db8:f100::/64"}

serial = itertools.count(1)


def other_cores():
    """A worker has core 1; what makes the load has the others."""
    cores = os.sched_getaffinity(0)
    return cores - {1} or cores


class Flood:
    """A flood that has begun.  prefix: of its clients.  target, port: None is
    the VIP's; port 0 is another one for each flow.  source_port: of all flows.
    side: the namespace it comes from, and mxsteer's interface there."""

    def __init__(self, lab, kind, rate, seconds, prefix=None, target=None,
                 port=25, source_port=0, side=("client", "mxs-wan")):
        space, interface = side
        self.seconds = seconds
        self.output = lab.dir / f"flood{next(serial)}.json"
        command = [lab.build / "tests/flood", "-i", "eth0", "-m",
                   mac_of(lab, "lb", interface), "-t", target or lab.vip,
                   "-p", port, "-q", source_port, "-f",
                   prefix or PREFIX[lab.family], "-k", kind, "-r", rate,
                   "-s", seconds, "-o", next(serial) * 1000003]
        with open(self.output, "wb") as stdout:
            self.process = lab.spawn(space, command, stdout=stdout,
                                     log=lab.dir / "flood.log")
        os.sched_setaffinity(self.process.pid, other_cores())

    def result(self, more_s=60):
        """What it says in the end: frames, flows, and the rate of flows."""
        self.process.wait(self.seconds + more_s)
        return json.loads(self.output.read_text())
