#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
import mta
from lab import Lab, check, main, wait_for
from mta.postfix import Postfix

PLACES = 4


class SmallPostfix(Postfix):
    """It serves as many clients at once as mxsteer may send, and no more."""
    SERVER = f"""
smtp       inet  n - n - {PLACES} smtpd
"""


def failed_check(lab):
    """The reason of mta1's last check, once one has failed."""
    row = lab.backend("mta1")
    return None if row["last_check"]["passed"] else row["last_check"]["reason"]


def fill(lab):
    """Clients that say nothing, in every place of mta1."""
    clients = [lab.session() for _ in range(PLACES)]
    check({client.server for client in clients} == {"mta1"},
          f"{PLACES} silent clients hold every place of mta1")
    return clients


def test():
    """Clients that mxsteer sends cannot make an MTA fail its checks."""
    mta.KINDS["small"] = SmallPostfix
    with Lab(extra={"mta1": f"connections-max: {PLACES}"}) as lab:
        lab.config.write_text(lab.config_text().replace("timeout: 10s",
                                                        "timeout: 2s"))
        lab.start_mtas(("small", "postfix", "postfix"))
        lab.start_mxsteer()
        lab.cli("drain", "mx/mta2")
        lab.cli("drain", "mx/mta3")

        clients = fill(lab)
        reason = wait_for(lambda: failed_check(lab), "a check finds no place")
        row = lab.backend("mta1")
        check(reason == "full" and row["health"] == "up",
              f"mta1 stays up: {row['reason']}")
        log = lab.controlplane.log
        check("mta1 stays up, its checks do not count, mxsteer's own "
              "sessions use all of its connections-max" in log.read_text(),
              "the log says why")

        clients.pop().quit()
        wait_for(lambda: lab.backend("mta1")["last_check"]["passed"],
                 "a check passes when a place is free")
        lab.session().quit()
        check(lab.backend("mta1")["health"] == "up", "and mta1 serves")

        # A place is free, and yet the MTA serves nobody: that is its fault.
        clients.append(lab.session())
        wait_for(lambda: failed_check(lab) == "full", "mta1 is full again")
        lab.mtas["mta1"].kill()
        lab.wait_health("mta1", "down")
        check(True, "an MTA that dies while it is full is seen to be down")


if __name__ == "__main__":
    main(test)
