# SPDX-License-Identifier: BSD-3-Clause
"""Chapter: CPU time an SMTP session, in turns.

It is what all cores worked, the kernel's share included, less what clients and
MTAs need without anything between.  A core that polls is never idle: there the
cycles of polls that found a frame count.
"""

import cores
from cores import PEER_CORE
from mailsite import SinkSite
from peers import Direct, Haproxy, Mxsteer, MxsteerXdp, Nftables, Nginx, Wire
from results import median, of_runs

CHAPTER = "cpu"
TEXT = "CPU an SMTP session, in turns with what users would pick"
PEERS = (Mxsteer, MxsteerXdp, Haproxy, Wire, Nginx, Nftables, Direct)
WARM_UP, MESSAGES = 200, 2000


def one_run(site, kind):
    """Milliseconds of all cores for each session."""
    peer = kind(site)
    peer.start()
    peer.wait_ready()
    site.send(WARM_UP, peer.address)
    before, work_before = cores.read(), peer.work_s() if peer.POLLS else 0
    site.send(MESSAGES, peer.address)
    used = cores.between(before, cores.read())
    work = {core: cores.busy(used[core]) for core in used}
    if peer.POLLS:
        work[PEER_CORE] = peer.work_s() - work_before
    peer.stop()
    return sum(work.values()) / MESSAGES * 1000


def measure(options):
    runs = {kind.NAME: [] for kind in PEERS}
    with SinkSite(options.build) as site:
        site.start_mtas()
        for number in range(options.rounds):
            print(f"  round {number + 1} of {options.rounds}:", end="",
                  flush=True)
            for kind in PEERS:
                ms = one_run(site, kind)
                runs[kind.NAME].append(ms)
                print(f" {kind.NAME} {ms:.2f} ms", end="", flush=True)
            print(flush=True)
    base_ms = median(runs.pop(Direct.NAME))
    for name, each in runs.items():
        yield of_runs(f"{name}: CPU", [ms - base_ms for ms in each],
                      "ms/session")
