# SPDX-License-Identifier: BSD-3-Clause
"""The command tests/weather: runs rows, prints the table, judges it."""

import argparse
import importlib
import os
import random
import sys
import time
import traceback
from pathlib import Path

from claims import Failed
from weather import table
from weather.row import ROWS, Outcome
from weather.site import Site

SHORT_S = 3

DESCRIPTION = """\
Faults and floods beside honest mail: what each costs.

A row holds if it loses no more sessions than its bound, and no mail is lost,
doubled or damaged.  The exit status is 0 if all rows hold.  It needs root and a
build."""


def parse(arguments):
    parser = argparse.ArgumentParser(
        prog="tests/weather", description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", default=[], metavar="NAME",
                        help="a chapter, or a part of a row's name; may be "
                        "repeated")
    parser.add_argument("--short", action="store_true",
                        help="a few rows in one site, within half a minute")
    parser.add_argument("--list", action="store_true",
                        help="list the rows and chapters")
    parser.add_argument("--json", type=Path, metavar="FILE",
                        help="write the table there too")
    parser.add_argument("--page", type=Path, metavar="FILE",
                        help="write it as Markdown")
    parser.add_argument("--seed", type=int,
                        default=random.SystemRandom().randrange(1 << 31),
                        help="of random moments; the table says it")
    parser.add_argument("--seconds", type=float,
                        help="how long each flood or fault lasts")
    return parser.parse_args(arguments)


def chosen(options):
    for name in table.CHAPTERS:
        importlib.import_module("weather." + name)
    if options.only:
        return [row for row in ROWS if any(
            word == row.chapter or word in row.name
            for word in options.only)]
    if options.short:
        return [short(row) for row in ROWS if row.short]
    return [row for row in ROWS if not row.once]


def short(row):
    """All rows of the short form share one site."""
    row.site, row.seconds = {}, SHORT_S
    row.options = {"sessions": 20, "think": 1}
    return row


class Runner:
    """Runs rows one after another.  Rows that need the same share a site, as
    long as they hold."""

    def __init__(self, options):
        self.options = options
        self.site = self.needs = None

    def run(self, row):
        random.seed(f"{self.options.seed} {row.name}")
        if self.options.seconds:
            row.seconds = self.options.seconds
        started = time.monotonic()
        try:
            if self.needs != row.needs():
                self.leave()
                self.site = Site(big=row.load == "gen", **row.site).__enter__()
                self.needs = row.needs()
            outcome = self.site.weather(row)
        except Exception as failure:  # a row that breaks does not hold
            if not isinstance(failure, Failed):
                traceback.print_exc()
            outcome = self.site.outcome if self.site and \
                getattr(self.site, "row", None) is row else Outcome(row)
            outcome.failure = str(failure)
        outcome.seconds = time.monotonic() - started
        if not outcome.holds():
            self.leave(outcome.failure or table.line(outcome))
        return outcome

    def leave(self, failure=None):
        """Take the site down, with its logs if a row failed there."""
        site, self.site, self.needs = self.site, None, None
        if site:
            error = Failed(failure) if failure else None
            site.__exit__(type(error) if error else None, error, None)


def run(options, rows):
    runner, outcomes = Runner(options), []
    print(f"seed {options.seed}\n{table.head()}", flush=True)
    try:
        for row in rows:
            outcomes.append(runner.run(row))
            print(table.line(outcomes[-1]), flush=True)
    finally:
        runner.leave()
    return outcomes


def main():
    options = parse(sys.argv[1:])
    rows = chosen(options)
    if options.list:
        for row in rows:
            print(f"{row.chapter:10} {row.name}")
        return 0
    if not rows:
        print("tests/weather: no row has such a name; see --list")
        return 2
    if os.getuid() != 0:
        print("tests/weather needs root: sudo tests/weather")
        return 2
    outcomes = run(options, rows)
    failed = [o for o in outcomes if not o.holds()]
    report = table.report(outcomes, options.seed)
    if options.json:
        table.write_json(options.json, report)
    if options.page:
        options.page.write_text(table.page(report), encoding="utf-8")
    print(f"{len(outcomes) - len(failed)} of {len(outcomes)} rows hold, "
          f"{table.times(outcomes)}")
    return 1 if failed else 0
