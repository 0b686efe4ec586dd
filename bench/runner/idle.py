# SPDX-License-Identifier: BSD-3-Clause
"""Chapter: what a data plane uses while no mail comes, if it may sleep.

All of its process over the time, MTAs being probed meanwhile."""

import time

import cores
from mailsite import Site
from peers import Mxsteer
from results import of_runs

CHAPTER = "idle"
TEXT = "CPU while no mail comes"
ROUNDS = 3
QUIET_S = 5


def measure(build, _seed):
    percents = []
    with Site(build, idle="sleep") as site:
        site.start_sinks()
        peer = Mxsteer(site)
        peer.start()
        site.wait_serving(peer.address, "mxsteer")
        for _ in range(ROUNDS):
            before, began = cores.process_s(site.dataplane.pid), time.monotonic()
            time.sleep(QUIET_S)
            used = cores.process_s(site.dataplane.pid) - before
            percents.append(100 * used / (time.monotonic() - began))
    yield of_runs("idle worker that may sleep", percents, "% of a core")
