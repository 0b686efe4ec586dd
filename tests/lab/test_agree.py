#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Boxes of tunnels tell each other no sessions: they choose alike.  The router moves
held sessions between two boxes, while both have the same MTAs in service, and while
one has not."""

from time import sleep

import config
from boxes import MTAS, BoxLab
from boxevents import SETTLE_S, can_join
from boxmail import HeldMail
from lab import check, main, skip

HELD = 24
PATIENCE_S = 3  # no box helps a session whose packets go to another MTA


class TunnelLab(BoxLab):
    """Without bounds of load: a box would choose by its own load."""

    def __init__(self):
        super().__init__(2, joined=True, forward="tunnel", tunnel="ipip",
                         proxy="off", load_bound=0)


def withdraw(lab):
    lab.boxes[1].withdraw()
    lab.wait_paths([2])


def restore(lab):
    lab.boxes[1].announce()
    lab.wait_paths(lab.boxes)


def ends_at(box, mta):
    """Those of the clients whose sessions a box has sent to an MTA."""
    return {row["client"] for row in
            box.ask("show", "sessions", 10000)["sessions"]
            if row["backend"] == f"mx/{mta}"}


def endpoints(sessions):
    return {config.endpoint(*each.end[:2]) for each in sessions}


def run(lab, act, drained=None):
    """Move held sessions.  drained: the MTA that only box 1 has in service."""
    with HeldMail(lab, HELD, PATIENCE_S) as mail:
        before = mail.paths()
        doomed = endpoints(mail.held) & ends_at(lab.boxes[1], drained)
        act(lab)
        moved = sum(old != new for old, new in zip(before, mail.paths()))
        sleep(SETTLE_S)
        mail.go_on()
    print(f"       {moved} of {HELD} held sessions moved, "
          f"{len(mail.broken())} broke", flush=True)
    check(moved > 0, "the router has moved sessions")
    check(endpoints(mail.broken()) == doomed,
          f"those of {drained} break, and no other" if drained else
          "none breaks while the boxes agree")
    check(mail.fate() == (0, 0), "no mail is lost, and none doubled")
    return doomed


def test():
    """Boxes with the same MTAs in service break no session of a tunnel."""
    lab = TunnelLab()
    if not can_join(lab.build):
        skip("mxsteer-replica is not built")
    with lab:
        lab.start()
        run(lab, withdraw)
        run(lab, restore)
        lab.boxes[2].cli("drain", f"mx/{MTAS[0]}")
        check(run(lab, withdraw, MTAS[0]),
              "an MTA that box 2 alone has drained has had sessions")
        lab.boxes[2].cli("ready", f"mx/{MTAS[0]}")
        run(lab, restore)
        for box in lab.boxes.values():
            box.check_accounts()


if __name__ == "__main__":
    main(test)
