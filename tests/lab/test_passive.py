#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
import contextlib
import socket
import struct
import time

from badmta import bad
from lab import VIP, Lab, check, main, wait_for

ANYONE = "0.0.0.0/0"  # to checks as to sessions
KINDS = ("refused", "busy")
MAILS = 40
RUDE = 40
# Clients of different networks, since one counts once.
NETWORKS = [f"198.18.{n}.1" for n in range(1, 9)]


class SlowChecks(Lab):
    """A check comes seldom by itself."""

    def config_text(self, backends=None, **changes):
        return super().config_text(backends, **changes).replace(
            "interval: 500ms", "interval: 20s")


def events(lab, name):
    return [event for event in lab.ask("show", "events")["events"]
            if event["subject"] == f"backend mx/{name}"]


def unserved(lab, name):
    return lab.backend(name)["unserved"]


def check_left(lab, name, kind):
    """Sessions alone show what the MTA is."""
    with bad(lab, name, kind, ANYONE):
        began = time.monotonic()
        sender = lab.start_sender(MAILS, sessions=20, sources=NETWORKS)
        wait_for(lambda: lab.backend(name)["effective_weight"] == 0,
                 f"{name}, {kind}, gets no new sessions", 90)
        took = time.monotonic() - began
        lab.wait_in_force()
        check(True, f"{name}, {kind}, was out {took:.2f} s after the first "
              "sessions came")
        sender.check_exactly_once()
        failed = unserved(lab, name)
        lab.start_sender(MAILS, sessions=20).check_exactly_once()
        check(unserved(lab, name) == failed,
              f"after {failed} sessions, and no more, all went to others")
        check(any("sessions in a row" in (event["why"] or "")
                  for event in events(lab, name)), "an event says why")
    lab.wait_up(name)
    check(True, "a check brings it back")


def reset_by_client(lab):
    """Clients that reset their connections at once."""
    for _ in range(RUDE):
        with contextlib.suppress(OSError):
            sock = lab.connect("client", VIP, 25)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                            struct.pack("ii", 1, 0))
            sock.close()


def check_clients_cannot(lab):
    before = {name: len(events(lab, name)) for name in lab.mtas}
    reset_by_client(lab)
    lab.start_sender(MAILS, sessions=10).check_exactly_once()
    check(all(len(events(lab, name)) == count
              for name, count in before.items()),
          f"{RUDE} clients that reset their sessions put no MTA out")


def rejected(lab, sources, count):
    """Sessions until so many got a 554."""
    got = 0

    def one():
        nonlocal got
        with contextlib.closing(lab.connect(
                "client", VIP, 25, sources[got % len(sources)])) as sock:
            got += sock.recv(3) == b"554"
        return got >= count
    wait_for(one, f"{count} sessions are rejected", 90)


def check_rejected_clients(lab, name):
    """An MTA may reject a client for what it is."""
    def puts_out():
        return [event for event in events(lab, name)
                if "sessions in a row" in (event["why"] or "")]
    before = len(puts_out())
    with bad(lab, name, "rejects"):
        rejected(lab, NETWORKS[:1], 20)
        check(len(puts_out()) == before,
              f"20 sessions of one client that {name} rejects put it not out")
        rejected(lab, NETWORKS, 6)
        wait_for(lambda: len(puts_out()) > before,
                 "sessions of other networks do", 90)
    lab.wait_up(name)


def test():
    """An MTA whose sessions fail gets no new ones before a check looks at it."""
    with SlowChecks(patience="5s", hash="flow") as lab:
        lab.start_mtas()
        lab.start_mxsteer()
        for address in NETWORKS:
            lab.ip("client", "addr", "add", f"{address}/32", "dev", "eth0")
        check_clients_cannot(lab)
        check_rejected_clients(lab, "mta3")
        for kind in KINDS:
            check_left(lab, "mta2", kind)
        lab.check_accounts()


if __name__ == "__main__":
    main(test)
