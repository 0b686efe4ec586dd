#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
import re
import statistics
import time
from collections import defaultdict
from pathlib import Path

from lab import Lab, check, main, wait_for
from largesite import FIRST_PORT, many

PORT = 9625
SCRAPERS = 10
BACKENDS = 1000
WINDOW_S = 8
# How much longer the longest pauses between two checks may be.  They have a random
# part of 10 %, so they are alike in both windows if no check is delayed.
LONGER = 1.3
HERE = Path(__file__).parent


def pauses(bell, begin, end):
    """Seconds from one check of a backend to its next, of all that began and ended
    between these times."""
    came = defaultdict(list)
    for line in bell.log.read_text().splitlines():
        found = re.fullmatch(r"([\d.]+) (\d+)", line)
        if found and begin <= float(found[1]) < end:
            came[found[2]].append(float(found[1]))
    return sorted(after - before for times in came.values()
                  for before, after in zip(times, times[1:]))


def told(name, found):
    print(f"  {name}: {len(found)} pauses between checks, median "
          f"{statistics.median(found):.3f} s, 99 % under "
          f"{found[len(found) * 99 // 100]:.3f}, longest {found[-1]:.3f}")
    return found[len(found) * 99 // 100]


def window(bell, name):
    begin = time.monotonic()
    time.sleep(WINDOW_S)
    return told(name, pauses(bell, begin, begin + WINDOW_S))


def changes_of_mtas(lab):
    return sum(event["subject"].startswith("backend ")
               for event in lab.ask("show", "events", "1000")["events"])


def test():
    """Ten scrapers and ten slow readers of 1,000 MTAs delay no check of an MTA."""
    with Lab() as lab:
        lab.start_mtas()
        bell = lab.spawn("mta1", ["/usr/bin/python3", HERE / "doorbell.py",
                                  FIRST_PORT, BACKENDS],
                         log=lab.dir / "doorbell.log")
        wait_for(lambda: "ready" in bell.log.read_text(), "its ports listen")
        many(lab, "type: tcp, interval: 2s")
        lab.start_mxsteer()
        wait_for(lambda: all(row["health"] == "up" for row in
                             lab.ask("show", "backends")["backends"]),
                 "all MTAs are up")
        changes = changes_of_mtas(lab)
        quiet = window(bell, "alone")
        scrapers = lab.spawn("lb", ["/usr/bin/python3", HERE / "scrapers.py",
                                    SCRAPERS, PORT],
                             log=lab.dir / "scrapers.log")
        replies = lambda: int((scrapers.log.read_text().split() or ["0"])[-1])
        wait_for(lambda: replies() >= SCRAPERS, "all scrape")
        before = replies()
        loud = window(bell, "beside scrapers")
        gained = replies() - before
        scrapers.end()
        check(gained >= SCRAPERS, f"{gained} whole replies came meanwhile")
        check(loud < quiet * LONGER,
              f"checks are not delayed: a ratio of {loud / quiet:.3f}")
        check(changes_of_mtas(lab) == changes, "no MTA's health has changed")


main(test)
