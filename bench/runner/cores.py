# SPDX-License-Identifier: BSD-3-Clause
"""The time that each core has worked, by the kernel's accounts."""

import os
from pathlib import Path

CLIENT_CORE, PEER_CORE = 0, 1  # clients and MTAs; what is measured

TICKS_PER_S = os.sysconf("SC_CLK_TCK")
FIELDS = "user nice system idle iowait irq softirq steal".split()
BUSY = ("user", "nice", "system", "irq", "softirq")


def read():
    """{core: {field: seconds}} since the machine started."""
    cores = {}
    for line in Path("/proc/stat").read_text().splitlines():
        name, *ticks = line.split()
        if name.startswith("cpu") and name != "cpu":
            cores[int(name[3:])] = {
                field: int(value) / TICKS_PER_S
                for field, value in zip(FIELDS, ticks)}
    return cores


def between(before, after):
    """The same for the time between two readings."""
    return {core: {field: after[core][field] - before[core][field]
                   for field in FIELDS} for core in after}


def busy(core):
    """Seconds of work of one core's fields; its waiting is none."""
    return sum(core[field] for field in BUSY)


def process_s(pid):
    """Seconds of work of a process, all of its threads."""
    fields = Path("/proc", str(pid), "stat").read_text().rsplit(")", 1)[1]
    return sum(map(int, fields.split()[11:13])) / TICKS_PER_S
