# SPDX-License-Identifier: BSD-3-Clause
"""The command tests/boxes: runs each event many times, and prints the table."""

import argparse
import json
import os
import sys
from collections import Counter
from pathlib import Path
from statistics import median

from boxevents import EVENTS, HELD, Site, can_join
from claims import Failed
from lab import ROOT

DESCRIPTION = """\
What happens to one of two or three boxes, beside mail: what each event costs.

Sessions are held in the middle of their dialogue, and new clients come all the
time, while a box dies, is cut off, freezes or returns.  The exit status is 0 if no
held session broke, and no mail was lost or doubled.  It needs root, a build and
what tests/packages fetches."""

# MTAs keep what is left of broken sessions for minutes: they are started anew.
RUNS_OF_A_SITE = 5

COLUMNS = (
    ("event", 36, lambda row: row["event"]),
    ("runs", 4, lambda row: row["runs"]),
    ("held", 5, lambda row: row["held"]),
    ("moved", 5, lambda row: row["moved"]),
    ("broken", 6, lambda row: sum(row["broken"].values())),
    ("mails lost", 10, lambda row: row["lost"]),
    ("doubled", 7, lambda row: row["doubled"]),
    ("flows again: median, max", 24, lambda row:
     f"{row['again_median_s']:.2f} s, {row['again_max_s']:.2f} s"),
    ("", 0, lambda row: ", ".join(
        f"{count} {kind}" for kind, count in row["broken"].items()) + (
            f" {row['new_failed']} new sessions failed"
            if row["new_failed"] else "")),
)


def parse(arguments):
    parser = argparse.ArgumentParser(
        prog="tests/boxes", description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=20,
                        help="of each event (default: 20)")
    parser.add_argument("--held", type=int, default=HELD,
                        help=f"sessions that are held (default: {HELD})")
    parser.add_argument("--only", action="append", default=[], metavar="NAME",
                        help="a part of an event's name; may be repeated")
    parser.add_argument("--alone", action="store_true",
                        help="boxes that do not replicate their sessions: what "
                        "replication is worth")
    parser.add_argument("--list", action="store_true", help="list the events")
    parser.add_argument("--json", type=Path, metavar="FILE",
                        help="write the table there too")
    return parser.parse_args(arguments)


def chosen(options):
    return [event for event in EVENTS if not options.only or any(
        word in name for word in options.only
        for name in (event.name, event.name_back))]


def summary(outcomes):
    """One row of the table: what all runs of an event have cost."""
    again = [outcome.again_s for outcome in outcomes]
    return {
        "event": outcomes[0].name, "runs": len(outcomes),
        "held": sum(o.held for o in outcomes),
        "moved": sum(o.moved for o in outcomes),
        "broken": dict(sum((o.broken for o in outcomes), Counter())),
        "lost": sum(o.lost for o in outcomes),
        "doubled": sum(o.doubled for o in outcomes),
        "new_failed": sum(o.new_failed for o in outcomes),
        "again_median_s": round(median(again), 3),
        "again_max_s": round(max(again), 3)}


def line(cells):
    return " | ".join(f"{cell!s:{width}}" for cell, (_, width, _)
                      in zip(cells, COLUMNS)).rstrip(" |")


def runs_of(event, options):
    """Pairs of outcomes: of the event, and of the return."""
    left = options.runs
    while left > 0:
        with Site(event.boxes, joined=not options.alone) as site:
            for _ in range(min(left, RUNS_OF_A_SITE)):
                yield tuple(site.run(event, options.held))
        left -= RUNS_OF_A_SITE


def run(options):
    rows = []
    print(line([name for name, _, _ in COLUMNS]), flush=True)
    for event in chosen(options):
        for outcomes in zip(*runs_of(event, options)):
            rows.append(summary(outcomes))
            print(line([value(rows[-1]) for _, _, value in COLUMNS]),
                  flush=True)
    return rows


def holds(row):
    return not (row["broken"] or row["lost"] or row["doubled"])


def problem(options):
    """Why nothing can run; or None."""
    if options.runs < 1 or options.held < 1:
        return "--runs and --held must be at least 1"
    if not chosen(options):
        return "no event has such a name; see --list"
    if os.getuid() != 0:
        return "it needs root: sudo tests/boxes"
    build = Path(os.environ.get("MXSTEER_BUILD", ROOT / "build"))
    if not options.alone and not can_join(build):
        return "mxsteer-replica is not built; see --alone"
    return None


def main():
    options = parse(sys.argv[1:])
    if options.list:
        for event in EVENTS:
            print(f"{event.part:8} {event.boxes} boxes  {event.name}; "
                  f"{event.name_back}")
        return 0
    wrong = problem(options)
    if wrong:
        print(f"tests/boxes: {wrong}", file=sys.stderr)
        return 2
    try:
        rows = run(options)
    except Failed as failure:
        print(f"tests/boxes: {failure}", file=sys.stderr)
        return 1
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n",
                                encoding="utf-8")
    return 0 if all(map(holds, rows)) else 1
