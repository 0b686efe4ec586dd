#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
import sys
import time

from frames import ACK, FIN, RST, SYN, Segment
from lab import Lab, check, main
from paced import Paced, at_the_dot, replies
from shipped import ShippedLab
from wire import OTHER_MAC, Wire

SESSIONS_PER_S = 4
FULL_S = 60
SHORT_S = 4
SHORT_AFTER_S = 2
ROOM = 90  # connections-max as shipped

# Name of a row; kind and rate of its flood; the share of sessions that must
# finish, and the seconds that the slowest may take.
LIMIT_S = 10
SYNS = (
    ("10 SYN/s", "syn", 10, 1.0, LIMIT_S),
    ("100 SYN/s", "syn", 100, 1.0, LIMIT_S),
    ("2,000 SYN/s", "syn", 2000, 1.0, LIMIT_S),
    ("20,000 SYN/s", "syn", 20000, 0.99, 3),
    ("60,000 SYN/s", "syn", 60000, 0.99, 3),
)
HANDSHAKES = (
    ("SYN, ACK with wrong numbers", "wrong-ack", 3000, 1.0, LIMIT_S),
    ("SYN, ACK with a wrong checksum", "wrong-sum", 3000, 1.0, LIMIT_S),
    ("SYN, ACK, data with a wrong checksum", "wrong-sum-data", 3000, 1.0,
     LIMIT_S),
)
STRAYS = (("20,000 ACKs/s of no session", "ack", 20000, 1.0, LIMIT_S),)

LABS = (
    ("fullnat", "v2", SYNS + HANDSHAKES + STRAYS),
    ("fullnat", "off", HANDSHAKES),
    ("nat", "off", HANDSHAKES),
    ("dsr", "off", HANDSHAKES),
    ("tunnel", "off", HANDSHAKES),
)

# What is sent to a session that waits: flags and milliseconds between, all with
# made-up numbers; by which MAC.
BLIND = {
    "none": ((), None),
    "RST": ((RST,), None),
    "RST, SYN": ((RST, SYN), None),
    "FIN": ((FIN | ACK,), None),
    "SYN": ((SYN,), None),
    "ACK from another MAC": ((ACK,), OTHER_MAC),
}
CLOSING_S = 10  # the least that a configuration may say

# Rates below it are carried by any machine.
LEAST_RATE = 5000

# A worker answers so many segments of no session in a second with an RST.
RESETS_PER_S = 1000


class Table:
    """What was found, and what should have been."""

    def __init__(self):
        self.failed = []

    def add(self, mode, name, words, holds):
        print(f"  {'ok  ' if holds else 'FAIL'} {mode:12} | {name:37} | "
              f"{words}", flush=True)
        if not holds:
            self.failed.append(f"{mode}, {name}")


def made_resets(lab):
    """How many RSTs of its own mxsteer says it has sent."""
    return sum(value for row in lab.ask("show", "workers")["workers"]
               for key, value in row.items() if key == "resets_unknown")


def missed(lab):
    """Frames that came while mxsteer's queues were full."""
    ports = (lab.ask("show", "ports") or {}).get("ports", ())
    return sum(port["missed"] for port in ports)


def pour(lab, kind, rate, seconds):
    """A flood beside real sessions, and more of them after it.  Returns what
    the flooder says and the sessions of both times."""
    with Paced(lab, SESSIONS_PER_S) as during:
        result = lab.flood(kind, rate, seconds).result()
    # What it has left behind must not harm who comes later either.
    with Paced(lab, SESSIONS_PER_S) as after:
        time.sleep(seconds if seconds >= FULL_S else SHORT_AFTER_S)
    return result, (during, after)


def pour_what_is_carried(lab, kind, rate, seconds):
    """The same with half the rate, and half of that, until mxsteer's core is
    fast enough for it: what a full queue drops, no program can save."""
    while True:
        before = missed(lab)
        result, sessions = pour(lab, kind, rate, seconds)
        lost = missed(lab) - before
        if lost * 1000 <= result["frames"] or rate < LEAST_RATE:
            return rate, result, sessions
        print(f"       this machine does not carry {rate}/s: {lost} frames "
              f"of {result['frames']} met full queues", flush=True)
        rate //= 2


def flood_row(table, lab, mode, row, seconds):
    name, kind, rate, share, limit_s = row
    before, counted = lab.resets(), made_resets(lab)
    carried, result, sessions = pour_what_is_carried(lab, kind, rate, seconds)
    count = sum(len(paced.results) for paced in sessions)
    finished = sum(paced.finished for paced in sessions)
    slowest = max(paced.slowest for paced in sessions)
    words = f"{finished} of {count} sessions, slowest {slowest:.2f} s"
    if result["rate"] < 0.95 * rate or carried < rate:
        words += f", {result['rate']}/s were reached"
    for paced in sessions:
        words += "".join(f", {error}" for error in paced.errors())
    holds = finished >= share * count and slowest <= limit_s
    if kind == "ack":
        got, said = lab.resets() - before, made_resets(lab) - counted
        words += f", {got} RSTs, {said} counted"
        holds &= 0 < got <= RESETS_PER_S * (2 * seconds + 5) and said >= got
    table.add(mode, name, words, holds)


def flood_lab(table, forward, proxy, rows, seconds):
    mode = forward if forward != "fullnat" else f"fullnat {proxy}"
    # A shorter flood meets as much smaller limits.
    room = max(6, ROOM * seconds // FULL_S)
    with ShippedLab(forward, proxy, room) as lab:
        lab.start_mtas(("postfix",) * 3)
        lab.start_mxsteer()
        lab.count_resets()
        for row in rows:
            flood_row(table, lab, mode, row, seconds)
        lab.check_accounts()


def send_blind(wire, waiter, flags, mac):
    for flag in flags:
        wire.send(Segment(waiter.end, (wire.lab.vip, 25), flag,
                          seq=0x12345678, ack=0x9abcdef0), mac=mac)
        time.sleep(0.002)


def blind_lab(table, forward, proxy, each):
    """Segments with made-up numbers for sessions that wait."""
    mode = forward if forward != "fullnat" else f"fullnat {proxy}"
    with Lab(forward=forward, proxy=proxy,
             timers=f"closing: {CLOSING_S}s") as lab:
        lab.start_mtas(("hold",) * 3)
        lab.start_mxsteer()
        wire = Wire(lab)
        waiting = at_the_dot(lab, BLIND, each)
        for name, (flags, mac) in BLIND.items():
            for waiter in waiting[name]:
                send_blind(wire, waiter, flags, mac)
        # Longer than a session that is over may stay.
        time.sleep(CLOSING_S + 2)
        for mta in lab.mtas.values():
            mta.release()
        got = replies(sum(waiting.values(), []), 10)
        for name in BLIND:
            part, got = got[:each], got[each:]
            good = part.count(250)
            table.add(mode, name + " at the dot",
                      f"{each - good} of {each} sessions lost", good == each)
        ids = lab.ids()
        check(all(n == 1 for n in ids.values()), "no message is there twice")
        lab.check_accounts()


def test():
    """Real sessions finish beside floods of made-up clients."""
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else SHORT_S
    only = sys.argv[2:]
    table = Table()
    for forward, proxy, rows in LABS:
        rows = [row for row in rows if not only or row[1] in only or
                row[0] in only]
        if rows:
            flood_lab(table, forward, proxy, rows, seconds)
    if not only or "blind" in only:
        blind_lab(table, "fullnat", "v2", 200 if seconds >= FULL_S else 40)
        if seconds >= FULL_S:
            blind_lab(table, "nat", "off", 200)
    check(not table.failed, "all rows hold" if not table.failed else
          "these rows do not hold: " + "; ".join(table.failed))


if __name__ == "__main__":
    main(test)
