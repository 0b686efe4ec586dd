# SPDX-License-Identifier: BSD-3-Clause
"""Moves to mxsteer, as recipes of config/recipes tell them, beside a stream of
mail."""

import signal

from lab import VIP, check, wait_for
from talk import Session

HAPROXY_ADDRESS = "198.51.100.2"
LIMIT_S = 90


def start_sender(lab, to, count=80):
    """Its clients come to that address."""
    lab.vip = to
    try:
        return lab.start_sender(count, sessions=5, high=5000, think=0.3,
                                sources=lab.clients(4)[:3])
    finally:
        lab.vip = VIP


def from_haproxy(lab):
    """HAProxy has the mail, then both have it, then mxsteer alone."""
    path = lab.dir / "haproxy.cfg"
    path.write_text(lab.blocks["haproxy"])
    haproxy = lab.spawn("lb", [lab.build / "peers/haproxy/usr/sbin/haproxy",
                               "-db", "-f", path])
    old = start_sender(lab, HAPROXY_ADDRESS)
    old.wait_accepted(20)
    new = start_sender(lab, VIP)
    new.wait_accepted(20)
    old.finish()
    haproxy.signal(signal.SIGUSR1)
    wait_for(lambda: not haproxy.alive(), "HAProxy's last session", LIMIT_S)
    for sender in (old, new):
        # HAProxy refuses clients until its own checks have passed.
        sender.check_exactly_once(unbroken=sender is new)
        sender.check_true_clients()


def from_mx(lab):
    """Mail by the old names, and by the VIP."""
    new = start_sender(lab, VIP)
    idents = [f"<{n}.old@client>" for n in range(20)]
    for n, ident in enumerate(idents):
        name = list(lab.mtas)[n % len(lab.mtas)]
        with Session(lab.connect("lb", lab.mta_address(name, 4), 25)) \
                as session:
            session.deliver(ident)
    new.check_exactly_once()
    new.check_true_clients()
    wait_for(lambda: all(ident in lab.ids() for ident in idents),
             "mail by the old names", LIMIT_S)
    check(all(lab.ids()[ident] == 1 for ident in idents),
          "mail by the old names arrives once")


MOVES = {"from-haproxy": from_haproxy, "from-mx": from_mx}
