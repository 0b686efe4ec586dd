#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
from lab import Lab, check, main

WEIGHTS = (100, 60, 40)


def test():
    """By flow, each MTA's share is within 5 points of its weight.

    Without a bound: that would take sessions from whom they last longest at.
    """
    with Lab(hash="flow", weights=WEIGHTS, load_bound=0) as lab:
        lab.start_mtas()
        lab.start_mxsteer()
        sender = lab.start_sender(2000, sessions=30, low=500, high=1000)
        sender.check_exactly_once()
        rows = lab.ask("show", "backends")["backends"]
        total = sum(row["sessions_total"] for row in rows)
        for row, weight in zip(rows, WEIGHTS):
            share = 100 * row["sessions_total"] / total
            wanted = 100 * weight / sum(WEIGHTS)
            check(abs(share - wanted) <= 5,
                  f"{row['backend']}: {share:.1f} % of the sessions, "
                  f"{wanted:.1f} % by weight")


if __name__ == "__main__":
    main(test)
