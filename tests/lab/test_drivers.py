#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
import badframes
from lab import Lab, check, main, wait_for
from wire import Wire


def drops(lab):
    return lab.ask("show", "drops")["drops"]


def check_drops(lab):
    """Each dropped frame is counted once, under its reason."""
    before = drops(lab)
    wire = Wire(lab)
    sent = badframes.send(wire)
    wire.close()
    wait_for(lambda: sum(drops(lab).values()) >=
             sum(before.values()) + sum(sent.values()),
             "mxsteer has counted the bad frames")
    after = drops(lab)
    for reason, number in sent.items():
        counted = after[reason] - before[reason]
        check(counted == number, f"{counted} of {number} frames: {reason}")


def port_counts(lab):
    """(frames in, frames out) by port."""
    return {row["port"]: (row["rx"], row["tx"])
            for row in lab.ask("show", "ports")["ports"]}


def cable_counts(lab):
    return {side: (row["in"], row["out"])
            for side, row in lab.cables.counts().items()}


def check_ports(lab):
    """What the cables carry is what the ports count, as soon as no frame is on
    its way."""
    wait_for(lambda: port_counts(lab) == cable_counts(lab),
             f"the ports count what the cables carry: {cable_counts(lab)}")
    check(True, f"the ports count every frame: {port_counts(lab)}")


def kill_dataplane(lab):
    """The sessions go on, and no MTA is taken for dead."""
    sender = lab.start_sender(200, think=1.0, high=300000)
    sender.wait_accepted(60)
    alive = lab.ask("show", "sessions")["total"]
    lab.dataplane.kill_group()
    lab.start_dataplane()
    check(alive > 0, f"killed with {alive} sessions in the table")
    sender.check_exactly_once()
    check("-> down" not in lab.controlplane.log.read_text(),
          "no MTA was taken for dead meanwhile")


def restart_peers(lab):
    """The ports find the processes that take the place of their peers, and the
    sessions go on."""
    sender = lab.start_sender(100, think=1.0)
    sender.wait_accepted(20)
    lab.driver.restart_peers(lab)
    wait_for(lambda: {row["link"] for row in lab.ask("show", "ports")["ports"]}
             == {"up"}, "the ports have their links again")
    check(lab.dataplane.alive(), "the ports have found their new peers")
    sender.check_exactly_once()


def cell(family):
    print(f"--- IPv{family}", flush=True)
    with Lab(family=family, proxy="v2") as lab:
        lab.start_mtas()
        lab.start_mxsteer()
        sender = lab.start_sender(200, high=300000)
        sender.check_exactly_once()
        sender.check_true_clients()
        if family == 4:
            check_drops(lab)
        if lab.cables:
            check_ports(lab)
        lab.check_accounts()
        kill_dataplane(lab)
        lab.check_accounts()
        if lab.cables and family == 4:
            restart_peers(lab)


def test():
    """Mail passes over the driver, every frame is counted, and a killed data
    plane breaks no session."""
    for family in (4, 6):
        cell(family)


if __name__ == "__main__":
    main(test)
