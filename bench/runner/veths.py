# SPDX-License-Identifier: BSD-3-Clause
"""Chapter: SMTP sessions/s through veths, by mxsteer and by what users would
pick instead, in turns.

The generator is clients and MTAs, on the other core.  A closed loop: the next
session begins when one has ended.
"""

import time

import cores
from cores import CLIENT_CORE, PEER_CORE
from mailsite import GenSite
from peers import Haproxy, Mxsteer, MxsteerXdp, Nftables, Nginx, Wire
from results import median, of_runs

CHAPTER = "veths"
TEXT = "SMTP sessions/s through veths, in turns with what users would pick"
PEERS = (Mxsteer, MxsteerXdp, Haproxy, Wire, Nginx, Nftables)
RUN_S, BEGIN_S = 2.0, 0.3
FULL = 0.95  # a core that busy has no time left


def one_run(site, kind):
    """{sessions_per_s, busy: {core: share of the time it worked}}."""
    peer = kind(site)
    peer.start()
    generator = site.start_generator(RUN_S)
    peer.wait_ready()
    site.begin(generator)
    time.sleep(BEGIN_S)
    busy = share_busy(peer, RUN_S - 2 * BEGIN_S)
    report = site.result(generator)
    peer.stop()
    return {"sessions_per_s": report["per_second"]["sessions"], "busy": busy}


def share_busy(peer, seconds):
    """Of each core, over so long."""
    work_before, before = peer.work_s() if peer.POLLS else 0, cores.read()
    began = time.monotonic()
    time.sleep(seconds)
    took = time.monotonic() - began
    used = cores.between(before, cores.read())
    work = {core: cores.busy(used[core]) for core in used}
    if peer.POLLS:
        work[PEER_CORE] = peer.work_s() - work_before
    return {core: min(work[core] / took, 1) for core in work}


def run_all(site, rounds):
    """{peer's name: its runs}, every peer once a round."""
    runs = {kind.NAME: [] for kind in PEERS}
    for number in range(rounds):
        print(f"  round {number + 1} of {rounds}:", end="", flush=True)
        for kind in PEERS:
            run = one_run(site, kind)
            runs[kind.NAME].append(run)
            print(f" {kind.NAME} {run['sessions_per_s']:.0f}/s", end="",
                  flush=True)
        print(flush=True)
    return runs


def limit(runs):
    """The limit of a peer, in words."""
    peer, generator = (median([run["busy"][core] for run in runs])
                       for core in (PEER_CORE, CLIENT_CORE))
    who = "itself" if peer >= FULL else \
        "the generator's core" if generator >= FULL else "neither core"
    return f"limited by {who}: its own {100 * peer:.0f} %, the generator's " \
        f"{100 * generator:.0f} % busy"


def against(name, runs, ours, theirs):
    """Sessions/s, round by round."""
    return of_runs(name, [mine["sessions_per_s"] / other["sessions_per_s"]
                          for mine, other in zip(runs[ours.NAME],
                                                 runs[theirs.NAME])],
                   "times")


def measure(options):
    with GenSite(options.build) as site:
        runs = run_all(site, options.rounds)
    for name, each in runs.items():
        yield of_runs(f"{name}: sessions",
                      [run["sessions_per_s"] for run in each], "sessions/s",
                      limit(each))
    yield against("mxsteer against HAProxy", runs, Mxsteer, Haproxy)
    yield against("mxsteer on af_xdp against HAProxy", runs, MxsteerXdp,
                  Haproxy)
    yield against("mxsteer against testpmd io", runs, Mxsteer, Wire)
