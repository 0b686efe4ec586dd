# SPDX-License-Identifier: BSD-3-Clause
"""The planes are killed and stopped at random moments."""

import random
import signal
import time

from lab import wait_for
from weather.row import row

GEN = {"rate": 200}


def pause(most_s):
    time.sleep(random.random() * most_s)


def kill_often(site, times, *planes):
    """Kill planes in any order, and sometimes their successors while they
    start."""
    again = 0
    for _ in range(times):
        pause(0.5)
        site.begin()
        for name in random.sample(planes, len(planes)):
            site.kill(name)
            if random.random() < 0.5:
                pause(0.05)
        for name in random.sample(planes, len(planes)):
            site.start(name)
        if random.random() < 0.25:
            pause(0.6)
            again += 1
            site.kill(*planes)
            site.start(*planes)
        site.end()
        site.wait_planes()
    if times > 1:
        site.say(f"{times} times, {again} of them twice")


@row("kill -9 of the data plane", load="gen", options=GEN)
def dataplane(site):
    kill_often(site, 34, "dataplane")


@row("kill -9 of the control plane", load="gen", options=GEN)
def controlplane(site):
    kill_often(site, 33, "controlplane")


@row("kill -9 of both planes", load="gen", options=GEN)
def both(site):
    kill_often(site, 33, "dataplane", "controlplane")


@row("kill -9 of either plane, and of both", short=True)
def each_once(site):
    kill_often(site, 1, "dataplane")
    kill_often(site, 1, "controlplane")
    kill_often(site, 1, "dataplane", "controlplane")


def stop_a_while(site, name, seconds):
    site.begin()
    plane = getattr(site.lab, name)
    plane.signal(signal.SIGSTOP)
    time.sleep(seconds)
    plane.signal(signal.SIGCONT)
    site.end()
    site.wait_planes()


@row("SIGSTOP of the data plane for 8 s", load="gen", options=GEN)
def stopped_dataplane(site):
    stop_a_while(site, "dataplane", 8)


@row("SIGSTOP of the control plane for 8 s", load="gen", options=GEN)
def stopped_controlplane(site):
    stop_a_while(site, "controlplane", 8)


@row("SIGTERM of both planes, and a start 3 s later", load="gen", options=GEN)
def restarted(site):
    site.begin()
    for name in ("controlplane", "dataplane"):
        getattr(site.lab, name).signal(signal.SIGTERM)
    wait_for(lambda: not site.lab.dataplane.alive() and
             not site.lab.controlplane.alive(), "both planes end")
    time.sleep(3)
    site.start("dataplane", "controlplane")
    site.end()
    site.wait_planes()
