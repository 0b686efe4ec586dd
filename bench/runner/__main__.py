# SPDX-License-Identifier: BSD-3-Clause
"""Measure mxsteer beside its peers; bench/README.md describes the figures.

Without chapters: all of them, and the result is stored and bench/README.md
brought up to date.  Exits 0 if every goal was measured and met, 1 if not.
"""

import argparse
import os
import signal
import sys
import time
from functools import partial
from pathlib import Path

import cores
import cpu
import failover
import generator
import idle
import page
import programs
import refusals
import results
import rings
import veths
from rows import ROWS
from sharedhost import SharedHost

MODULES = (generator, rings, veths, refusals, failover, cpu, idle)
NAMES = [chapter.chapter for chapter in programs.PROGRAMS] + \
    [module.CHAPTER for module in MODULES]

RESULTS = results.ROOT / "bench/results"
LOOK_S = 2.0  # how long the machine is watched before
QUIET_PERCENT = 10


def chapters(options):
    """{name: (what it measures, function that yields figures)}."""
    found = {program.chapter: (program.text, partial(
        programs.run, program, options.build, "--seed", options.seed))
        for program in programs.PROGRAMS}
    for module in MODULES:
        found[module.CHAPTER] = (module.TEXT, partial(module.measure, options))
    return found


class Show:
    """The output while it runs."""

    def __init__(self, total):
        self.began, self.total, self.number = time.monotonic(), total, 0

    def chapter(self, name, text):
        self.number += 1
        seconds = time.monotonic() - self.began
        print(f"\n[{seconds:4.0f}s] {self.number}/{self.total} {name}: {text}",
              flush=True)

    def figure(self, found):
        print(f"  {found['name']:<38} {found['value']:>12.5g} "
              f"{found['unit']:<14} +-{found['spread'] / 2:.3g}", flush=True)

    def error(self, why):
        print(f"  not measured: {why}", flush=True)


def others_percent():
    """The share of the machine that other programs use."""
    before = cores.read()
    time.sleep(LOOK_S)
    used = cores.between(before, cores.read())
    return 100 * sum(map(cores.busy, used.values())) / LOOK_S / len(used)


def measure(wanted, show):
    """Run chapters: (figures by name, errors by chapter)."""
    figures, errors = {}, {}
    host = SharedHost()
    host.reserve()
    try:
        measure_each(wanted, show, figures, errors)
    finally:
        host.restore()
    return figures, errors


def measure_each(wanted, show, figures, errors):
    for name, (text, chapter) in wanted.items():
        show.chapter(name, text)
        try:
            for found in chapter():
                show.figure(found)
                figures[found["name"]] = found
        except Exception as error:  # the others go on; its rows are errors
            errors[name] = f"{error}" or type(error).__name__
            show.error(errors[name])


def read_options():
    parser = argparse.ArgumentParser(
        prog="bench/run", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=Path("build"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=5,
                        help="of what is measured in turns (5)")
    parser.add_argument("chapter", nargs="*", metavar="chapter",
                        help=f"some of: {', '.join(NAMES)}")
    options = parser.parse_args()
    unknown = set(options.chapter) - set(NAMES)
    if unknown:
        parser.error(f"no such chapter: {', '.join(sorted(unknown))}")
    if os.cpu_count() < 2:
        parser.error("needs two cores: one is measured, the other is its load")
    options.build = options.build.resolve()
    return options


def main():
    options = read_options()
    wanted = {name: chapter for name, chapter in chapters(options).items()
              if not options.chapter or name in options.chapter}
    others = others_percent()
    if others > QUIET_PERCENT:
        print(f"warning: {others:.0f} % of this machine is busy with other "
              "things, and all figures will suffer", flush=True)
    figures, errors = measure(wanted, Show(len(wanted)))
    rows = [row for row in ROWS if row.chapter in wanted]
    result = {"machine": results.machine_name(), "commit": results.commit(),
              "seed": options.seed, "others_percent": round(others, 1),
              "figures": results.judge(rows, figures, errors)}
    print("\n" + page.plain(rows, result))
    if not options.chapter:
        path = results.store(result, RESULTS)
        page.refresh(results.ROOT / "bench/README.md", ROWS, result)
        print(f"\nstored in {path.relative_to(results.ROOT)}")
    return 0 if all(result["figures"][row.name]["met"] for row in rows) else 1


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(130))
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("\ninterrupted; everything is cleaned up")
        sys.exit(130)
