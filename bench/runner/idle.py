# SPDX-License-Identifier: BSD-3-Clause
"""Chapter: CPU time of a data plane that may sleep, while no mail comes.

All of its process over the time, MTAs being probed meanwhile."""

import time

import cores
from mailsite import SinkSite
from peers import Mxsteer
from results import of_runs

CHAPTER = "idle"
TEXT = "CPU while no mail comes"
QUIET_S = 4


def measure(options):
    percents = []
    with SinkSite(options.build) as site:
        site.start_mtas()
        peer = Mxsteer(site, idle="sleep")
        peer.start()
        peer.wait_ready()
        for _ in range(options.rounds):
            began = time.monotonic()
            before = cores.process_s(site.dataplane.pid)
            time.sleep(QUIET_S)
            used = cores.process_s(site.dataplane.pid) - before
            percents.append(100 * used / (time.monotonic() - began))
    yield of_runs("idle worker that may sleep", percents, "% of a core")
