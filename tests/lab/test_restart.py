#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
import sys

from lab import Lab, check, main, wait_for


def check_overrides(lab):
    row = lab.backend("mta2")
    check(row["admin"] == "drain", "mta2 is still draining")
    row = lab.backend("mta1")
    check(row["weight"] == 70, "mta1 still has the operator's weight")


def kill_controlplane(lab):
    """Sessions in the middle of a message go on."""
    sender = lab.start_sender(300, think=1.0, high=300000)
    sender.wait_accepted(60)
    before = lab.ask("show", "generation")["adopted"]
    for _ in range(3):
        lab.controlplane.kill_group()
        there = sender.accepted()
        sender.wait_accepted(min(there + 30, 300))
        lab.start_controlplane()
        wait_for(lambda: lab.ask("show", "generation"), "the CLI answers")
        check_overrides(lab)
    after = lab.ask("show", "generation")["adopted"]
    check(after == before, "the plan in force is the one from before")
    sender.check_exactly_once()
    drops = lab.check_accounts()["drops"]
    lost = {k: n for k, n in drops.items() if n and k != "own-frame"}
    check(not lost, f"not one frame was dropped {lost or ''}")


def kill_dataplane(lab):
    """TCP bridges the gap, every session is recovered, and the MTAs can be
    checked meanwhile."""
    begin = len(lab.controlplane.log.read_text())
    sender = lab.start_sender(300, think=1.0, high=300000)
    for step in range(1, 4):
        sender.wait_accepted(step * 60)
        alive = lab.ask("show", "sessions")["total"]
        lab.dataplane.kill_group()
        lab.start_dataplane()
        log = lab.dataplane.log
        wait_for(lambda: log.read_text().count("data plane") >= step + 1,
                 "the data plane is up again")
        check(alive > 0, f"killed with {alive} sessions in the table")
    sender.check_exactly_once()
    check("-> down" not in lab.controlplane.log.read_text()[begin:],
          "no MTA was taken for dead")


def test():
    """Either plane killed in mid-transfer breaks no session."""
    with Lab(workers=sys.argv[1] if sys.argv[1:] else "[1]") as lab:
        lab.start_mtas()
        lab.start_mxsteer()
        lab.cli("drain", "mx/mta2")
        lab.cli("weight", "mx/mta1", 70)
        kill_controlplane(lab)
        kill_dataplane(lab)
        check_overrides(lab)


if __name__ == "__main__":
    main(test)
