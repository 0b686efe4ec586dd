#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
from lab import Lab, check, main


def test():
    """1,000 messages of 1 kB to 1 MB arrive exactly once, and add up."""
    with Lab() as lab:
        lab.start_mtas()
        lab.start_mxsteer()
        sender = lab.start_sender(1000, sessions=30, low=1000, high=1000000)
        sender.check_exactly_once()
        lab.check_accounts()
        rows = lab.ask("show", "backends")["backends"]
        check(sum(row["sessions_total"] for row in rows) == 1000,
              "the tables count 1000 sessions")
        check(all(row["sessions"] == 0 for row in rows),
              "and none of them is left")


if __name__ == "__main__":
    main(test)
