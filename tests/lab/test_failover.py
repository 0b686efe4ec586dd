#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
import contextlib
import time
from pathlib import Path

from lab import MTAS, SNAT, Lab, check, main

HERE = Path(__file__).resolve().parent
BAD_PORT = 2525


def failovers(lab, why):
    return sum(row[f"failovers_{why}"] for row in lab.ask("show", "workers")["workers"])


@contextlib.contextmanager
def no_sessions(lab, name, verdict):
    """The kernel of an MTA lets health checks in, and no sessions."""
    lab.nft(name, f"""table ip fail {{
        chain in {{
            type filter hook input priority -10;
            ip saddr {SNAT} tcp flags & (syn | ack) == syn {verdict}
        }}
    }}""")
    try:
        yield
    finally:
        lab.run(name, "nft", "delete", "table", "ip", "fail")


def check_replaced(lab, why, verdict):
    before = failovers(lab, why)
    opened = lab.backend("mta3")["sessions_total"]
    with no_sessions(lab, "mta3", verdict):
        lab.start_sender(60, sessions=60).check_exactly_once()
    check(failovers(lab, why) > before,
          f"sessions of an MTA that is {why} went to another, and no client noticed")
    check(lab.backend("mta3")["sessions_total"] == opened, "none was with mta3")


@contextlib.contextmanager
def bad_greeter(lab, name, why):
    """Health checks reach an MTA, and new sessions a server that greets
    nobody."""
    server = lab.spawn(name, [HERE / "badgreeter.py", BAD_PORT, why])
    lab.nft(name, f"""table ip fail {{
        chain in {{
            type nat hook prerouting priority -100;
            ip saddr {SNAT} tcp dport 25 tcp flags & (syn | ack) == syn redirect to :{BAD_PORT}
        }}
    }}""")
    try:
        yield
    finally:
        lab.run(name, "nft", "delete", "table", "ip", "fail")
        server.kill_group()


def check_not_greeted(lab, why, seconds):
    before = failovers(lab, why)
    with bad_greeter(lab, "mta3", why):
        began = time.monotonic()
        # All at once, so that they take as long as the slowest.
        lab.start_sender(60, sessions=60).check_exactly_once()
        took = time.monotonic() - began
    check(failovers(lab, why) > before,
          f"sessions of an MTA that is {why} went to another, and no client noticed")
    check(took < seconds, f"the slowest took less than {took:.1f} s")


def test():
    """A killed MTA gets no sessions, and gets some again after its start.  Before
    a health check notices anything, new sessions go to another MTA."""
    with Lab(patience="5s") as lab:
        lab.start_mtas()
        lab.start_mxsteer()
        check_replaced(lab, "refused", "reject with tcp reset")
        check_replaced(lab, "silent", "drop")
        check_not_greeted(lab, "busy", 60)
        check_not_greeted(lab, "mute", 60)
        sender = lab.start_sender(300, sessions=20, think=0.3)
        sender.wait_accepted(40)
        lab.mtas["mta2"].kill()
        lab.wait_health("mta2", "down")
        lab.wait_in_force()
        check(True, "mta2 is seen to be down")
        total = lab.backend("mta2")["sessions_total"]
        there = sender.accepted()
        sender.wait_accepted(min(there + 50, 300))
        check(lab.backend("mta2")["sessions_total"] == total,
              "it gets no session while it is down")
        lab.mtas["mta2"].start()
        lab.wait_health("mta2", "up")
        check(True, "mta2 is seen to be up again")
        sender.check_exactly_once(unbroken=False)

        again = lab.start_sender(60)
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
