#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
from lab import MTAS, Lab, check, main


def test():
    """A killed MTA gets no sessions, and gets some again after its start."""
    with Lab() as lab:
        lab.start_mtas()
        lab.start_mxsteer()
        sender = lab.start_sender(600, sessions=20, think=0.5)
        sender.wait_accepted(100)
        lab.mtas["mta2"].kill()
        lab.wait_health("mta2", "down")
        lab.wait_in_force()
        check(True, "mta2 is seen to be down")
        total = lab.backend("mta2")["sessions_total"]
        there = sender.accepted()
        sender.wait_accepted(min(there + 100, 600))
        check(lab.backend("mta2")["sessions_total"] == total,
              "it gets no session while it is down")
        lab.mtas["mta2"].start()
        lab.wait_health("mta2", "up")
        check(True, "mta2 is seen to be up again")
        sender.check_exactly_once(unbroken=False)

        again = lab.start_sender(100)
        again.check_exactly_once()
        check(lab.backend("mta2")["sessions_total"] > total,
              "and it gets sessions again")
        for name in MTAS:
            lab.mtas[name].kill()
        for name in MTAS:
            lab.wait_health(name, "down")
        lab.wait_in_force()
        lab.start_sender(5, attempts=1, timeout=5).finish()
        drops = lab.check_accounts()["drops"]
        check(drops.get("no-backend", 0) > 0,
              "with none left, new sessions are dropped as no-backend")


if __name__ == "__main__":
    main(test)
