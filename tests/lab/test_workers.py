#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
from lab import Lab, check, main, wait_for


def test():
    """Two workers share the sessions, and find them again after a kill."""
    with Lab(workers="[0, 1]") as lab:
        lab.start_mtas()
        lab.start_mxsteer()
        sender = lab.start_sender(300, think=0.5, high=300000)
        sender.wait_accepted(100)
        lab.dataplane.kill_group()
        lab.start_dataplane()
        log = lab.dataplane.log
        wait_for(lambda: log.read_text().count("data plane") >= 2,
                 "the data plane is up again")
        sender.check_exactly_once()
        lab.check_accounts()
        rows = lab.ask("show", "workers")["workers"]
        check(len(rows) == 2 and all(row["tx"] > 1000 for row in rows),
              "both forward")
        check(sum(row["handed_off"] for row in rows) > 0,
              "and hand over what came to the wrong one")

        sender = lab.start_sender(100, think=0.5)
        sender.wait_accepted(20)
        lab.ip("lb", "link", "set", "mxs-lan", "down")
        for name in ("mta1", "mta2", "mta3"):
            lab.wait_health(name, "falling", "down")
        lab.ip("lb", "link", "set", "mxs-lan", "up")
        sender.check_exactly_once(unbroken=False)
        check(lab.dataplane.alive(), "an interface may go and come back")
        lab.check_accounts()


if __name__ == "__main__":
    main(test)
