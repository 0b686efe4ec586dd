# SPDX-License-Identifier: BSD-3-Clause
"""Files of an instance are cut, or filled with noise, while it runs and while
it is down.  What was in a file of sessions is lost with it; a plane that ends
is started again, as by systemd."""

import os
import random
import time
from pathlib import Path

from weather.row import row
from weather.site import Supervisor

GEN = {"rate": 100, "timeout": "20s"}
SHM = Path("/dev/shm")


def path_of(site, name):
    if name == "state":
        return next((site.lab.dir / "state").glob("*"))
    of = "mxsteer-control" if name == "plan" else "mxsteer"
    return SHM / f"{of}.{site.lab.instance}" / name


def fill(path):
    """Noise in the place of all bytes."""
    with open(path, "r+b") as file:
        left = os.fstat(file.fileno()).st_size
        while left > 0:
            left -= file.write(random.randbytes(min(left, 1 << 20)))


def sprinkle(path):
    """Noise in one byte of a thousand."""
    size = path.stat().st_size
    with open(path, "r+b", buffering=0) as file:
        for _ in range(size // 1000):
            file.seek(random.randrange(size))
            file.write(random.randbytes(1))


def cut(path):
    """Only the first half stays."""
    os.truncate(path, path.stat().st_size // 2)


def empty(path):
    os.truncate(path, 0)


def remove(path):
    path.unlink()


def harm_running(site, name, harm):
    in_flight = site.begin()
    with Supervisor(site.lab) as supervisor:
        harm(path_of(site, name))
        time.sleep(3)
        site.end()
        site.wait_planes()
    site.cut_short = True  # what had been counted is lost with its file
    if supervisor.starts:
        site.say(f"planes ended {supervisor.starts} times")
    return in_flight


def harm_down(site, name, harm):
    in_flight = site.begin()
    site.kill("controlplane", "dataplane")
    harm(path_of(site, name))
    with Supervisor(site.lab) as supervisor:
        site.end()
        site.wait_planes()
    if supervisor.starts > 2:
        site.say(f"planes ended {supervisor.starts} times")
    return in_flight


HARMS = {"filled with noise": fill, "sprinkled with noise": sprinkle,
         "cut": cut, "emptied": empty, "removed": remove}
FILES = {"region": "the region", "plan": "the plan", "sessions.0": "the sessions",
         "state": "the state file"}
STATES = {"while it runs": harm_running, "while it is down": harm_down}


def harm_row(name, how, when):
    """The sessions that a file has lost are lost, and those that begin before a
    plane has noticed."""
    keeps = name != "sessions.0" or (how, when) == ("removed", "while it runs")

    @row(f"{FILES[name]} {how} {when}", load="gen", options=GEN,
         lost=0 if keeps else None)
    def harm(site):
        in_flight = STATES[when](site, name, HARMS[how])
        if not keeps:
            site.lost_max = in_flight + 3 * GEN["rate"]


ALWAYS, RUNNING, DOWN = tuple(STATES), tuple(STATES)[:1], tuple(STATES)[1:]

# By file: what is done to it, and when.
ROWS = {
    "region": {"filled with noise": ALWAYS, "cut": ALWAYS,
               "removed": RUNNING},
    "plan": {"filled with noise": ALWAYS, "cut": ALWAYS, "removed": RUNNING},
    "sessions.0": {"filled with noise": ALWAYS, "sprinkled with noise": RUNNING,
                   "cut": ALWAYS},
    "state": {"filled with noise": DOWN, "cut": DOWN, "emptied": DOWN},
}
for file, ways in ROWS.items():
    for way, states in ways.items():
        for state in states:
            harm_row(file, way, state)
