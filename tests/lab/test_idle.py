#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
import os
import sys
import time
from pathlib import Path

from lab import Lab, check, main, wait_for

QUIET_S = 10


def cpu_s(pid):
    """CPU time of each thread of a process, by name."""
    times = {}
    for task in Path("/proc", str(pid), "task").iterdir():
        name, fields = (task / "stat").read_text().rsplit(")", 1)
        ticks = sum(map(int, fields.split()[11:13]))
        times[f"{name.split('(')[1]} {task.name}"] = \
            ticks / os.sysconf("SC_CLK_TCK")
    return times


def check_cpu(lab):
    """A worker that polls would use all of a core: 100 %."""
    before, begin_s = cpu_s(lab.dataplane.pid), time.monotonic()
    time.sleep(QUIET_S)
    after, end_s = cpu_s(lab.dataplane.pid), time.monotonic()
    share = {name: 100 * (after[name] - before.get(name, 0)) /
             (end_s - begin_s) for name in after}
    for name, percent in share.items():
        print(f"    {name}: {percent:.1f} % of a core", flush=True)
    check(sum(share.values()) < 25,
          "while no mail comes, next to no CPU is used")


def rows(lab):
    return lab.ask("show", "workers")["workers"]


def test():
    """Workers that may sleep do so, and no mail waits long for it."""
    with Lab(workers=sys.argv[1], idle="sleep", proxy="v2") as lab:
        lab.start_mtas()
        lab.start_dataplane()
        wait_for(lambda: " up: " in lab.dataplane.log.read_text(),
                 "the data plane is up")
        check_cpu(lab)
        lab.start_controlplane()
        lab.wait_up(*lab.mtas)
        check_cpu(lab)
        check(all(row["sleeps"] > QUIET_S for row in rows(lab)),
              "every worker slept")
        sender = lab.start_sender(300, think=0.5, high=300000)
        sender.check_exactly_once()
        generation = lab.ask("show", "generation")["adopted"]
        lab.cli("weight", "mx/mta3", 10)
        check(lab.ask("show", "generation")["adopted"] > generation,
              "sleepers take up a new plan")
        lab.check_accounts()


if __name__ == "__main__":
    main(test)
