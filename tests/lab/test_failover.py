#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
import contextlib
import time

from badmta import bad
from lab import MTAS, VIP, Lab, check, main, wait_for

# Two MTAs at once, so that a session may come from one to the other.  What an
# MTA is that has taken a session, and served it not, is asked once only.
PAIRS = ({"mta2": "busy", "mta3": "refused"},
         {"mta2": "mute", "mta3": "silent"})
MAILS = 40


def failovers(lab, why):
    return sum(row[f"failovers_{why}"] for row in lab.ask("show", "workers")["workers"])


def check_replaced(lab, kinds):
    """No client notices that these MTAs serve nobody."""
    before = {why: failovers(lab, why) for why in kinds.values()}
    with contextlib.ExitStack() as stack:
        for name, why in kinds.items():
            stack.enter_context(bad(lab, name, why))
        began = time.monotonic()
        # All at once, so that they take as long as the slowest.
        sender = lab.start_sender(MAILS, sessions=MAILS)
        sender.check_exactly_once()
        took = time.monotonic() - began
    for why, count in before.items():
        check(failovers(lab, why) > count,
              f"sessions of an MTA that is {why} went to another")
    arrived = set(sender.arrived())
    check(arrived <= set(lab.received()["mta1"]), "all are with mta1")
    check(took < 60, f"the slowest took less than {took:.1f} s")


def check_killed(lab):
    """A killed MTA gets no sessions, and gets some again after its start."""
    sender = lab.start_sender(100, sessions=10, think=0.3)
    sender.wait_accepted(20)
    lab.mtas["mta2"].kill()
    lab.wait_health("mta2", "down")
    lab.wait_in_force()
    check(True, "mta2 is seen to be down")
    total = lab.backend("mta2")["sessions_total"]
    sender.wait_accepted(min(sender.accepted() + 30, 100))
    check(lab.backend("mta2")["sessions_total"] == total,
          "it gets no session while it is down")
    lab.mtas["mta2"].start()
    lab.wait_health("mta2", "up")
    check(True, "mta2 is seen to be up again")
    sender.check_exactly_once(unbroken=False)
    lab.start_sender(30).check_exactly_once()
    check(lab.backend("mta2")["sessions_total"] > total,
          "and it gets sessions again")


def check_none_left(lab):
    for name in MTAS:
        lab.mtas[name].kill()
    for name in MTAS:
        lab.wait_health(name, "down")
    lab.wait_in_force()

    def dropped():
        with contextlib.suppress(OSError):
            lab.connect("client", VIP, 25, timeout=0.5).close()
        return lab.ask("show", "drops")["drops"].get("no-backend", 0)
    wait_for(dropped, "with none left, new sessions are dropped")
    check(True, "with none left, new sessions are dropped as no-backend")
    lab.check_accounts()


def test():
    """An MTA that serves no session is left before a client notices, and before
    a health check does."""
    with Lab(patience="5s") as lab:
        lab.start_mtas()
        lab.start_mxsteer()
        # mxsteer learns here what each MTA says in its SYN-ACKs.
        check_killed(lab)
        for kinds in PAIRS:
            check_replaced(lab, kinds)
        check_none_left(lab)


if __name__ == "__main__":
    main(test)
