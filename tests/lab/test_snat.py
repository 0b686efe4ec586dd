#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
from lab import Lab, check, main, wait_for
from network import SNATS

HELD = 25


def used(lab):
    rows = lab.ask("show", "snat")["snats"]
    return {row["address"]: row["used"] for row in rows}


def test():
    """show snat shows how many local ports the sessions have."""
    with Lab(family=4, backend_family=6, timers="closing: 10s") as lab:
        lab.start_mtas()
        lab.start_mxsteer()
        snat = SNATS[6]
        check(used(lab) == {snat: 0}, f"{snat}: no port is in use")
        sessions = [lab.session() for _ in range(HELD)]
        wait_for(lambda: used(lab) == {snat: HELD},
                 f"{HELD} sessions, {HELD} ports")
        for session in sessions:
            session.quit()
        wait_for(lambda: used(lab) == {snat: 0},
                 "they come back when the sessions are over")
        check(True, f"{HELD} sessions had {HELD} ports, and gave them back")



if __name__ == "__main__":
    main(test)
