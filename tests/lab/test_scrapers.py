#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
import fcntl
import os
import pty
import re
import statistics
import struct
import termios
import threading
import time
from collections import defaultdict
from pathlib import Path

from lab import Lab, check, main, wait_for
from largesite import FIRST_PORT, many

PORT = 9625
SCRAPERS = SCREENS = 10
BACKENDS = 1000
WINDOW_S = 7
# How much longer the longest pauses between two checks may be.  They have a random
# part of 10 %, so they are alike in both windows if no check is delayed.
LONGER = 1.3
# Other programs of this machine may hold the checks up in one window.  What belongs
# to mxsteer does so in each.
TRIES = 3
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


class Screen:
    """A live screen, `mxsteer top`, at a terminal of its own."""

    def __init__(self, lab):
        self.ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("4H", 50, 120, 0, 0))
        self.process = lab.spawn(
            "lb", [lab.build / "controlplane/mxsteer", "-s",
                   lab.dir / "ctl.sock", "top", "every", "1", "mtas"], stdin=theirs,
            stdout=theirs, env={"TERM": "xterm", "LC_ALL": "C.UTF-8"})
        os.close(theirs)
        self.drawn = b""
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        try:
            while part := os.read(self.ours, 65536):
                self.drawn += part
        except OSError:
            return  # the program has ended

    def end(self):
        self.process.end()


def beside_scrapers(lab, bell):
    scrapers = lab.spawn("lb", ["/usr/bin/python3", HERE / "scrapers.py",
                                SCRAPERS, PORT], log=lab.dir / "scrapers.log")
    replies = lambda: int((scrapers.log.read_text().split() or ["0"])[-1])
    wait_for(lambda: replies() >= SCRAPERS, "all scrape")
    before = replies()
    loud = window(bell, "beside scrapers")
    gained = replies() - before
    scrapers.end()
    check(gained >= SCRAPERS, f"{gained} whole replies came meanwhile")
    return loud


def beside_screens(lab, bell):
    screens = [Screen(lab) for _ in range(SCREENS)]
    wait_for(lambda: all(b"/mta1" in screen.drawn or b"p0/b" in screen.drawn
                         for screen in screens),
             "all have drawn the MTAs")
    before = [len(screen.drawn) for screen in screens]
    loud = window(bell, "beside live screens")
    check(all(len(screen.drawn) > was
              for screen, was in zip(screens, before)),
          f"{SCREENS} live screens went on")
    for screen in screens:
        screen.end()
    return loud


def changes_of_mtas(lab, after):
    """Of all events behind that number."""
    return [event for event in lab.ask("show", "events", "1000")["events"]
            if event["number"] > after and event["subject"].startswith("backend ")]


def test():
    """Scrapers, slow readers and live screens of 1,000 MTAs delay no check of one."""
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
        last = lab.ask("show", "events", "1")["events"][-1]["number"]
        quiet = min(window(bell, "alone") for _ in range(2))
        for beside in beside_scrapers, beside_screens:
            ratios = []
            while len(ratios) < TRIES and (not ratios or ratios[-1] >= LONGER):
                ratios.append(beside(lab, bell) / quiet)
            check(ratios[-1] < LONGER, "checks are not delayed: a ratio of "
                  + ", ".join(f"{ratio:.3f}" for ratio in ratios))
        changes = changes_of_mtas(lab, last)
        check(not changes, f"no MTA's health has changed {changes or ''}")


main(test)
