# SPDX-License-Identifier: BSD-3-Clause
"""Chapter: small mails through veths, by mxsteer and by what users would pick
instead, in turns.

CPU a session is what all cores worked, the kernel's share included, less what
clients and MTAs need without anything between.  A core that polls is never idle:
there the cycles of polls that found a frame count.
"""

import cores
from cores import CLIENT_CORE, PEER_CORE
from mailsite import Site
from peers import PEERS, Direct, Haproxy, Mxsteer, Wire
from results import median, of_runs

CHAPTER = "veths"
TEXT = "small mails through veths, in turns with what users would pick instead"
ROUNDS = 5
WARM_UP, MESSAGES = 300, 2500
FULL = 0.95  # a core that busy has no time left


def one_run(site, peer):
    """Send messages through a started peer."""
    site.send(WARM_UP, peer.address)
    before, work_before = cores.read(), peer.work_s() if peer.POLLS else 0
    seconds = site.send(MESSAGES, peer.address)
    used = cores.between(before, cores.read())
    work = {core: cores.busy(used[core]) for core in used}
    if peer.POLLS:
        work[PEER_CORE] = peer.work_s() - work_before
    return {"sessions_per_s": MESSAGES / seconds,
            "ms": sum(work.values()) / MESSAGES * 1000,
            "busy": {core: work[core] / seconds for core in work}}


def run_all(site):
    """{peer's name: its runs}, every peer once a round."""
    runs = {kind.NAME: [] for kind in PEERS}
    for number in range(ROUNDS):
        print(f"  round {number + 1} of {ROUNDS}:", end="", flush=True)
        for kind in PEERS:
            peer = kind(site)
            peer.start()
            site.wait_serving(peer.address, kind.NAME)
            run = one_run(site, peer)
            peer.stop()
            runs[kind.NAME].append(run)
            print(f" {kind.NAME} {run['sessions_per_s']:.0f}/s", end="",
                  flush=True)
        print(flush=True)
    return runs


def limit(runs):
    """What kept a peer from carrying more, in words."""
    busy = {core: median([run["busy"][core] for run in runs])
            for core in runs[0]["busy"]}
    shares = ", ".join(
        f"{name} {100 * min(busy[core], 1):.0f} % busy" for core, name in
        ((CLIENT_CORE, "clients' core"), (PEER_CORE, "other core")))
    if busy[PEER_CORE] >= FULL:
        return f"limited by itself: {shares}"
    if busy[CLIENT_CORE] >= FULL:
        return f"limited by the clients' core: {shares}"
    return f"limited by waiting: {shares}"


def against(name, runs, ours, theirs):
    """Sessions/s, round by round."""
    return of_runs(name, [mine["sessions_per_s"] / other["sessions_per_s"]
                          for mine, other in zip(runs[ours.NAME],
                                                 runs[theirs.NAME])],
                   "times", limit(runs[ours.NAME]))


def measure(build, _seed):
    with Site(build) as site:
        site.start_sinks()
        runs = run_all(site)
    for name, each in runs.items():
        yield of_runs(f"{name}: sessions",
                      [run["sessions_per_s"] for run in each], "sessions/s",
                      limit(each))
    base_ms = median([run["ms"] for run in runs[Direct.NAME]])
    for name, each in runs.items():
        yield of_runs(f"{name}: CPU", [run["ms"] - (
            0 if name == Direct.NAME else base_ms) for run in each],
            "ms/session")
    yield against("mxsteer against HAProxy", runs, Mxsteer, Haproxy)
    yield against("mxsteer against testpmd io", runs, Mxsteer, Wire)
