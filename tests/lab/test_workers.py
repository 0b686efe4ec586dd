#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
import sys

from lab import Lab, check, main, wait_for


def rows(lab):
    return lab.ask("show", "workers")["workers"]


def check_steering(lab, workers):
    """Both ways of every session were the same worker's: one that changed
    would be in two tables, or leave segments that belong to no session."""
    check(len(rows(lab)) == workers and
          all(row["tx"] > 500 for row in rows(lab)), f"{workers} forward")
    there = [(row["client"], row["vip"]) for row in
             lab.ask("show", "sessions", 10000)["sessions"]]
    check(there and len(set(there)) == len(there) and
          lab.ask("show", "drops")["drops"]["no-session"] == 0,
          f"of {len(there)} sessions none changed its worker")
    handed = sum(row["handed_off"] for row in rows(lab))
    check((handed > 0) == (workers > 1),
          f"{handed} frames were handed to the worker they belong to")


def kill_and_return(lab):
    sender = lab.start_sender(300, think=0.5, high=300000)
    sender.wait_accepted(100)
    lab.dataplane.kill_group()
    lab.start_dataplane()
    log = lab.dataplane.log
    wait_for(lambda: log.read_text().count("data plane") >= 2,
             "the data plane is up again")
    sender.check_exactly_once()
    lab.check_accounts()


def interface_goes(lab):
    sender = lab.start_sender(100, think=0.5)
    sender.wait_accepted(20)
    lab.ip("lb", "link", "set", "mxs-lan", "down")
    for name in lab.mtas:
        lab.wait_health(name, "falling", "down")
    lab.ip("lb", "link", "set", "mxs-lan", "up")
    sender.check_exactly_once(unbroken=False)
    check(lab.dataplane.alive(), "an interface may go and come back")
    lab.check_accounts()


def test():
    """Workers share the sessions, each all of its own, even after a kill."""
    cores = sys.argv[1]
    workers = cores.count(",") + 1
    with Lab(workers=cores, proxy="v2") as lab:
        lab.start_mtas()
        lab.start_mxsteer()
        kill_and_return(lab)
        check_steering(lab, workers)
        if workers == 2:
            interface_goes(lab)


if __name__ == "__main__":
    main(test)
