# SPDX-License-Identifier: BSD-3-Clause
"""Clocks that jump.  The planes have clocks of their own (clockshift.c, and
time namespaces); the machine's clock stays."""

import mmap
import struct
import time

from weather.row import row
from weather.site import MailLab

HOUR_S = 3600
YEAR_S = 365 * 86400
PLANES = ("mxsteer-dataplane", "mxsteer-controlplane")


class ClockLab(MailLab):
    """monotonic_s: what the monotonic clock of a plane that starts is ahead."""

    monotonic_s = 0

    @property
    def shift(self):
        return self.dir / "clock"

    def spawn(self, space, command, env=None, **options):
        if getattr(command[0], "name", None) in PLANES:
            if not self.shift.exists():
                self.shift.write_bytes(bytes(8))
            env = {**(env or {}), "CLOCKSHIFT": str(self.shift),
                   "LD_PRELOAD": str(self.build / "tests/libclockshift.so")}
            if self.monotonic_s:
                command = ["unshare", "--time", "--monotonic",
                           self.monotonic_s, "--boottime", self.monotonic_s,
                           *command]
        return super().spawn(space, command, env=env, **options)

    def set_clock(self, seconds):
        """Set the planes' wall clocks so far ahead."""
        with open(self.shift, "r+b") as file, \
                mmap.mmap(file.fileno(), 8) as shift:
            shift[:] = struct.pack("q", int(seconds * 10**9))


CLOCKS = {"make": ClockLab}


def jump(site, *shifts):
    for seconds in (*shifts, 0):
        site.begin()
        site.lab.set_clock(seconds)
        time.sleep(1.5)
        site.end()
        site.wait_planes()


@row("the wall clock jumps forwards and back", site=CLOCKS)
def forwards(site):
    jump(site, HOUR_S, 10 * YEAR_S)


@row("the wall clock jumps backwards and back", site=CLOCKS)
def backwards(site):
    jump(site, -HOUR_S, -10 * YEAR_S, 60 - time.time())


@row("planes restart with another monotonic clock", site=CLOCKS)
def monotonic(site):
    for ahead_s in (30 * 86400, 0):
        site.begin()
        site.lab.monotonic_s = ahead_s
        site.kill("dataplane", "controlplane")
        site.start("dataplane", "controlplane")
        site.end()
        site.wait_planes()
