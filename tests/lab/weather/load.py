# SPDX-License-Identifier: BSD-3-Clause
"""Honest mail beside a fault.

Mail: clients of the kernel to real MTAs.  A client sends again what was not
accepted, as an MTA does.
Gen: mxsteer-gen is both clients and MTAs, with many more sessions.

stop() ends a load and returns what became of its sessions and messages.
"""

import json
import random
import signal
from dataclasses import dataclass

from lab import MTAS, Failed, wait_for
from test_reload import RATE, Mailer

DRAIN_S = 150  # for the sessions under way when a load is stopped


@dataclass
class Fate:
    """lost: sessions that broke.  refused: sessions that an MTA ended by its
    reply.  unsure: messages whose client could not know that they were
    accepted, and sent them again (RFC 1047); they do not count as doubled."""

    sessions: int
    lost: int
    refused: int
    mails: int
    mails_lost: int
    mails_doubled: int
    mails_damaged: int
    unsure: int
    errors: list


def wait_arrived(accepted, ids):
    """Wait until all are in the mailboxes.  What does not come is counted as
    lost by the caller."""
    try:
        wait_for(lambda: accepted <= set(ids()), "all mail arrives", 60)
    except Failed:
        pass


class Mail:
    """spare: so many of the lab's clients send nothing."""

    def __init__(self, lab, sessions=30, think=2.0, high=60000, timeout=120,
                 spare=0, **more):
        self.lab, self.at_once = lab, sessions
        clients = lab.clients(lab.family)
        self.sender = lab.start_sender(
            1000000, sessions=sessions, think=think, high=high,
            timeout=timeout, sources=clients[:len(clients) - spare], **more)

    def __str__(self):
        return f"{self.at_once} clients, real MTAs"

    def wait_flowing(self):
        self.sender.wait_accepted(self.at_once // 2)

    def stop(self):
        self.sender.stop()
        report = self.sender.finish(DRAIN_S)
        if not report:
            raise Failed("the clients of the load do not end")
        accepted = set(report["accepted"])
        wait_arrived(accepted, self.sender.arrived)
        there = self.sender.arrived()
        broken = [e for e in report["errors"] if e not in report["refused"]]
        doubled = [ident for ident, n in there.items()
                   if n > 1 and ident not in report["unknown"]]
        changed = damaged(self.lab, f".{self.sender.tag}@client>")
        return Fate(report["begun"], len(broken), len(report["refused"]),
                    len(accepted), len(accepted - set(there)), len(doubled),
                    len(changed), len(report["unknown"]), changed + broken)


def strange_lines(message):
    """The lines of a message that its client did not send; see client.py."""
    _, _, text = message.replace(b"\r\n", b"\n").partition(b"\n\n")
    lines = text.split(b"\n")
    strange = [line for line in lines if line not in (b"x" * 76, b"")]
    return strange or lines[lines.count(b"x" * 76) + 2:]


def damaged(lab, tag):
    """Of each message of a load whose text has changed: where it is, and its
    first strange line."""
    found = []
    for mta in lab.mtas.values():
        for path in (mta.dir / "inbox" / "new").iterdir():
            message = path.read_bytes()
            strange = strange_lines(message) if tag.encode() in message else []
            if strange:
                found.append(f"damaged, {path}: {strange[0]!r}")
    return found


class Gen:
    """rate: sessions a second.  Half of the sessions trickle their messages, so
    that most of them are in the middle of one at any moment."""

    def __init__(self, lab, rate=100, slow=0.5, size="500-6k",
                 timeout="90s", **more):
        self.lab, self.rate = lab, rate
        (lab.dir / "gen.json").unlink(missing_ok=True)
        words = [str(word) for key, value in more.items()
                 for word in ("--" + key.replace("_", "-"), value)]
        self.process = lab.start_gen(
            "hidden", "--sessions", 0, "--rate", rate, "--poisson",
            "--at-once", 100000, "--size", size, "--messages", "1-3",
            "--pipelining", 0.3, "--slow", slow, "--slow-bytes", 150,
            "--slow-gap", "100ms", "--delay", "5ms-100ms", "--timeout",
            timeout, "--drain", f"{DRAIN_S - 30}s", *words)
        lab.wait_up(*MTAS)
        self.process.signal(signal.SIGUSR1)

    def __str__(self):
        return f"{self.rate} sessions/s, mxsteer-gen"

    def wait_flowing(self):
        wait_for(lambda: self.lab.in_flight() >= 2 * self.rate,
                 "sessions of mxsteer-gen", 60)

    def stop(self):
        self.process.signal(signal.SIGINT)
        wait_for(lambda: not self.process.alive(), "mxsteer-gen ends",
                 DRAIN_S)
        report = json.loads((self.lab.dir / "gen.json").read_text())
        sessions, messages = report["sessions"], report["messages"]
        lost = sessions["started"] - sessions["completed"] - \
            sessions["refused"]
        errors = [f"{key}: {sessions[key]}" for key in
                  ("closed", "reset", "timed_out", "unfinished")
                  if sessions.get(key)]
        return Fate(sessions["started"], lost, sessions["refused"],
                    messages["accepted"], messages["lost"],
                    messages["doubled"], messages["damaged"],
                    messages["unsure"], errors)


class Changing:
    """Clients of VIPs that come and go (test_reload.py)."""

    def __init__(self, lab):
        self.lab = lab
        self.mailer = Mailer(lab, random.randrange(1 << 31), lab.site.vips())
        self.mailer.__enter__()

    def __str__(self):
        return f"{RATE} sessions/s, real MTAs"

    def wait_flowing(self):
        wait_for(lambda: len(self.mailer.accepted) >= RATE, "mail flows")

    def stop(self):
        mailer = self.mailer
        mailer.__exit__()
        accepted = set(mailer.accepted)
        wait_arrived(accepted, self.lab.ids)
        ids = self.lab.ids()
        return Fate(len(accepted) + len(mailer.broken), len(mailer.broken), 0,
                    len(accepted), len(accepted - set(ids)),
                    sum(ids[ident] > 1 for ident in accepted), 0, 0,
                    mailer.broken)


LOADS = {"mail": Mail, "gen": Gen, "changing": Changing}
