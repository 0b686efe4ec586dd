#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
import contextlib
import smtplib
from collections import Counter

from badmta import bad
from lab import MTAS, Lab, check, main, wait_for
from network import LAN

HELD = 60
# Every MTA may have as many whatever its share, see choose.c; and rounding.
SLACK = 9
ROOM = 3


def quit_all(lab, sessions):
    for session in sessions:
        session.quit()
    wait_for(lambda: not any(sessions_now(lab).values()), "all are over")


def sessions_now(lab):
    rows = lab.ask("show", "backends")["backends"]
    return {row["backend"]: row["sessions"] for row in rows}


def apply(lab, **changes):
    path = lab.dir / "new.yaml"
    lab.write_config(path=path, **changes)
    lab.cli("config", "apply", path)


def diverted(lab):
    return sum(row["diverted"] for row in lab.ask("show", "workers")["workers"])


def load_bound(lab):
    """One heavy client of a pool that chooses by source."""
    for bound, limit in ((125, HELD * 1.25 / len(MTAS) + SLACK), (0, HELD)):
        apply(lab, load_bound=bound)
        before = diverted(lab)
        sessions = [lab.session() for _ in range(HELD)]
        most = max(Counter(s.server for s in sessions).values())
        check(most <= limit and sum(sessions_now(lab).values()) == HELD,
              f"load bound {bound}: of {HELD} sessions of one client one MTA "
              f"has {most}")
        moved = diverted(lab) - before
        check((most == HELD and not moved) if bound == 0 else moved > 0,
              f"{moved} were diverted")
        quit_all(lab, sessions)


def connections_max(lab):
    limited = [f"{line}, connections-max: {ROOM}"
               for line in lab.backend_lines()]
    apply(lab, backends=limited, load_bound=0)
    sessions = [lab.session() for _ in range(ROOM * len(MTAS))]
    check(sessions_now(lab) == {name: ROOM for name in MTAS},
          f"each MTA has its {ROOM} sessions and no more")
    try:
        lab.session(timeout=2)
        refused = False
    except OSError:
        refused = True
    full = lab.ask("show", "drops")["drops"].get("all-full", 0)
    check(refused and full > 0,
          f"when all are full, a new one is dropped, and counted: {full}")
    gone = sessions.pop()
    gone.quit()
    sessions.append(lab.session())
    check(sessions[-1].server == gone.server,
          "where one has left, the next one gets in")
    quit_all(lab, sessions)


def tiers(lab):
    tiered = [f"{line}, tier: {tier}"
              for line, tier in zip(lab.backend_lines(), (10, 10, 20))]
    apply(lab, backends=tiered, load_bound=0, hash="flow")
    servers = {lab.session().server for _ in range(20)}
    check(servers == {"mta1", "mta2"}, "the better tier serves alone")
    for left, names in (("mta2", {"mta2"}), ("mta3", {"mta3"})):
        gone = "mta1" if left == "mta2" else "mta2"
        block_checks(lab, gone)
        lab.wait_health(gone, "down")
        servers = {lab.session().server for _ in range(20)}
        check(servers == names, f"without {gone}, it is {left}")
    for name in ("mta1", "mta2"):
        pass_checks(lab, name)
        lab.wait_health(name, "up")
    servers = {lab.session().server for _ in range(20)}
    check(servers == {"mta1", "mta2"}, "and they take over again")


def block_checks(lab, name):
    """Only the balancer's own address is kept out."""
    lab.nft(name, "table inet block { chain in { type filter hook input "
            "priority 0; ip saddr " + LAN[4] + "1 tcp dport 25 "
            "reject with tcp reset; }\n}\n")


def pass_checks(lab, name):
    lab.run(name, "nft", "delete", "table", "inet", "block")


def down_keeps_its_sessions(lab):
    apply(lab, load_bound=0, hash="flow")
    sessions = {}
    while len(sessions) < len(MTAS):
        session = lab.session()
        sessions.setdefault(session.server, session)
    block_checks(lab, "mta1")
    lab.wait_health("mta1", "down")
    check(sessions["mta1"].noop()[0] == 250,
          "a session goes on at an MTA that is down")
    servers = {lab.session().server for _ in range(20)}
    check("mta1" not in servers, "which gets no new one")
    lab.cli("end", "sessions", "mx/mta1")
    try:
        sessions["mta1"].noop()
        broken = None
    except smtplib.SMTPServerDisconnected as error:
        broken = error.__context__
    check(isinstance(broken, (ConnectionResetError, BrokenPipeError)),
          f"until the operator ends its sessions: {broken}")
    check(sessions["mta2"].noop()[0] == 250 and
          sessions["mta3"].noop()[0] == 250, "and only those")
    pass_checks(lab, "mta1")
    lab.wait_health("mta1", "up")
    wait_for(lambda: lasts(lab, "mta1"), "a session at mta1 lasts")
    check(True, "up again, it gets new ones, which last")


def soft(lab):
    """MTAs that say 421 to their checks."""
    checker = LAN[4] + "1"
    apply(lab, load_bound=0, hash="flow")
    session = lab.session()
    while session.server != "mta1":
        session.quit()
        session = lab.session()
    with contextlib.ExitStack() as later:
        later.enter_context(bad(lab, "mta1", "busy", checker))
        lab.wait_health("mta1", "soft")
        lab.wait_in_force()
        servers = {lab.session().server for _ in range(20)}
        check(servers == {"mta2", "mta3"},
              "an MTA that says 421 to a check gets no new session")
        check(session.noop()[0] == 250, "its sessions go on")
        for name in ("mta2", "mta3"):
            later.enter_context(bad(lab, name, "busy", checker))
            lab.wait_health(name, "soft")
        lab.wait_in_force()
        servers = {lab.session().server for _ in range(40)}
        check(servers == set(MTAS), "when all say so, all get new ones")
        check("is soft; they go on" in lab.controlplane.log.read_text(),
              "and the log says why")
    for name in MTAS:
        lab.wait_health(name, "up")
    lab.wait_in_force()
    events = lab.ask("show", "events", "1024", "of", "mx/mta1")["events"]
    changes = [(row["before"], row["after"]) for row in events]
    check(changes[-2:] == [("up", "soft"), ("soft", "up")],
          "one check that passes ends it, and it was never down")
    check(session.noop()[0] == 250, "the old session still goes on")


def lasts(lab, name):
    """Does a new session get that MTA and go on?  Within the second of `end
    sessions` it is reset as the old ones are."""
    try:
        session = lab.session()
        return session.server == name and session.noop()[0] == 250
    except OSError:
        return False


def test():
    """Which MTA a session gets, and what may change about it."""
    with Lab(hash="source", load_bound=125) as lab:
        lab.start_mtas(("postfix", "postfix", "postfix"))
        lab.start_mxsteer()
        load_bound(lab)
        connections_max(lab)
        tiers(lab)
        down_keeps_its_sessions(lab)
        soft(lab)
        lab.check_accounts()


if __name__ == "__main__":
    main(test)
