#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
from lab import Lab, check, main


def test():
    """Draining an MTA under load breaks no session, and the MTA gets empty."""
    with Lab() as lab:
        lab.start_mtas()
        lab.start_mxsteer()
        sender = lab.start_sender(180, sessions=40, think=1.0,
                                  high=300000)
        sender.wait_accepted(30)
        check(lab.backend("mta1")["sessions"] > 0, "mta1 has sessions")
        answer = lab.cli("drain", "mx/mta1").stdout
        check("generation" in answer, f"drain: {answer.strip()}")
        drained_at = lab.backend("mta1")["sessions_total"]
        lab.cli("wait", "60", "drained", "mx/mta1")
        check(lab.backend("mta1")["sessions"] == 0, "mta1 is drained")
        check(sender.process.alive(), "while mail still flows")
        check(lab.backend("mta1")["sessions_total"] == drained_at,
              "it got no new session meanwhile")
        lab.cli("ready", "mx/mta1")
        sender.check_exactly_once()
        check(lab.backend("mta1")["sessions_total"] > drained_at,
              "made ready, it got new sessions again")
        lab.check_accounts()


if __name__ == "__main__":
    main(test)
