#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""test_boxes.py [PART]: new mail beside a box that dies; or sessions that are
held beside all events of a part of EVENTS."""

import sys

from boxevents import EVENTS, Site, can_join
from lab import check, main, skip

AGAIN_S = 20  # far less than a second where the machine does nothing else


def check_mail(outcome):
    print(f"       {outcome.name}: new mail flows after "
          f"{outcome.again_s:.2f} s; of {outcome.held} held sessions "
          f"{outcome.moved} moved and {outcome.broken.total()} broke "
          f"({outcome.broken_words() or 'none'})",
          *outcome.details, sep="\n       ", flush=True)
    check(outcome.again_s < AGAIN_S, f"{outcome.name}: mail flows again")
    check(outcome.lost == outcome.doubled == 0,
          "no mail is lost, and none doubled")


def new_mail():
    """The first event, of boxes that know nothing of each other."""
    with Site(2, joined=False) as site:
        for outcome in site.run(EVENTS[0]):
            check_mail(outcome)
        for box in site.lab.boxes.values():
            box.check_accounts()


def held_sessions(events):
    site = Site(events[0].boxes, joined=True)
    if not can_join(site.lab.build):
        skip("mxsteer-replica is not built")
    with site:
        for event in events:
            for outcome in site.run(event):
                check_mail(outcome)
                check(outcome.moved > 0 or not event.leaves,
                      "the router has moved sessions")
                check(not outcome.broken, f"all {outcome.held} held sessions "
                      "went on to their end")
        for box in site.lab.boxes.values():
            box.check_accounts()


def test():
    """A box dies, is cut off, freezes and returns, beside mail."""
    if sys.argv[1:]:
        held_sessions([event for event in EVENTS
                       if event.part == sys.argv[1]])
    else:
        new_mail()


if __name__ == "__main__":
    main(test)
