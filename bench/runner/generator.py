# SPDX-License-Identifier: BSD-3-Clause
"""Chapter: mxsteer-gen against itself, over a ring, on one core: the most that
it can ask of anybody."""

import json
import subprocess
import tempfile
from pathlib import Path

from cores import PEER_CORE
from programs import FIRST_IN_LINE, LIMIT_S, Broken
from results import of_runs

CHAPTER = "generator"
TEXT = "mxsteer-gen against itself"
SESSIONS = 300000


def one_run(build, seed):
    """Sessions/s of one run; raises Broken unless its mail is all there."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        done = subprocess.run(
            [*FIRST_IN_LINE, build / "bench/gen/mxsteer-gen", "--ring",
             "--core", str(PEER_CORE), "--sessions", str(SESSIONS),
             "--at-once", "1000", "--seed", str(seed), "--quiet", "--json",
             report], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, timeout=LIMIT_S, check=False)
        if done.returncode != 0:
            raise Broken(f"mxsteer-gen: {done.stdout.strip()[-200:]}")
        return json.loads(report.read_text())["per_second"]["sessions"]


def measure(options):
    yield of_runs("generator against itself",
                  [one_run(options.build, options.seed + number)
                   for number in range(options.rounds)], "sessions/s")
