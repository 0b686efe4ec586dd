# SPDX-License-Identifier: BSD-3-Clause
"""Chapter: packets/s beside dpdk-testpmd, in memory, in turns.

Both poll bursts of 32 between rings, on the same core, and both count the
cycles of the bursts that had packets.  testpmd's are its own: 64 UDP packets
that go round and round in the first cache, of which it knows nothing.  So it
has the least that a program on DPDK can do to a packet: `5tswap` writes
addresses and ports, `csum` reads all headers and makes the IP checksum.
"""

import re
import subprocess
import time

import programs
from cores import CLIENT_CORE, PEER_CORE
from results import of_runs
from rows import FIRST

CHAPTER = "rings"
TEXT = "packets beside dpdk-testpmd, in memory"
ENGINES = ("csum", "5tswap")
RUN_S = 1.0
CYCLES = re.compile(r"CPU cycles/packet=([\d.]+)")


def testpmd(build, engine):
    """Its cycles a packet."""
    command = [
        *programs.FIRST_IN_LINE, build / "peers/dpdk-dev/usr/bin/dpdk-testpmd",
        "--in-memory", "-m", "64", "--no-pci", "--no-telemetry",
        "-l", f"{CLIENT_CORE},{PEER_CORE}", "--main-lcore", str(CLIENT_CORE),
        "--vdev=net_ring0", "--vdev=net_ring1", "--", "-i",
        f"--forward-mode={engine}", "--total-num-mbufs=2048"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, text=True,
                          stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT) as process:
        process.stdin.write("set record-core-cycles on\nstart tx_first 1\n")
        process.stdin.flush()
        time.sleep(RUN_S)
        said, _ = process.communicate("stop\nquit\n", 30)
    found = CYCLES.search(said)
    if not found:
        raise programs.Broken(f"testpmd: {said.strip().splitlines()[-1:]}")
    return float(found[1])


def ours(build):
    """mxsteer's, of the first row."""
    figures = {found["name"]: found for found in programs.run(
        programs.PROGRAMS[0], build, "--only", FIRST, "--sessions", 1024)}
    return figures[f"{FIRST} 1024 both"]["value"]


def measure(options):
    runs = {name: [] for name in (FIRST, *ENGINES)}
    for number in range(options.rounds):
        print(f"  round {number + 1} of {options.rounds}", flush=True)
        runs[FIRST].append(ours(options.build))
        for engine in ENGINES:
            runs[engine].append(testpmd(options.build, engine))
    yield of_runs(f"{FIRST} beside testpmd", runs[FIRST], "cycles/packet")
    for engine in ENGINES:
        yield of_runs(f"testpmd {engine}", runs[engine], "cycles/packet")
        yield of_runs(f"packets against testpmd {engine}",
                      [theirs / mine for theirs, mine
                       in zip(runs[engine], runs[FIRST])], "times")
