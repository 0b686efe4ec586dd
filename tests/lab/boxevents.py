# SPDX-License-Identifier: BSD-3-Clause
"""What happens to a box beside mail, in one table, and what it costs.

Each row is an event and the return from it.  Held sessions and new clients stand
beside both.
"""

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Callable

from boxes import REPLICA, BoxLab
from boxmail import LIMIT_S, HeldMail, Knocks
from claims import Failed, wait_for

HELD = 24
SETTLE_S = 1.0  # after an event, before its sessions go on
HUNG_S = 6  # after that a session hangs, if nobody is to keep it


def kill(lab):
    lab.boxes[1].kill()


def revive(lab):
    lab.boxes[1].start().announce()


def cut(lab):
    lab.boxes[1].set_links("down")


def mend(lab):
    lab.boxes[1].set_links("up")


def cut_clients(lab):
    lab.boxes[1].set_links("down", ["wan"])


def cut_mtas(lab):
    lab.boxes[1].set_links("down", ["lan"])


def restart_dataplane(lab):
    lab.boxes[1].restart("dataplane")


def restart_controlplane(lab):
    lab.boxes[1].restart("controlplane")


def restart_replica(lab):
    lab.boxes[1].restart("replica")


def restart_all(lab):
    lab.boxes[1].restart("replica", "controlplane", "dataplane")


def freeze(lab):
    lab.boxes[1].freeze()


def thaw(lab):
    lab.boxes[1].thaw()


def cut_stream(lab):
    lab.ip("switch", "link", "set", "stream1", "down")


def mend_stream(lab):
    lab.ip("switch", "link", "set", "stream1", "up")


def each_in_turn(lab, act):
    """One box after the other, each without traffic meanwhile."""
    for number, box in lab.boxes.items():
        box.withdraw()
        lab.wait_paths(set(lab.boxes) - {number})
        act(box)
        box.announce()
        lab.wait_paths(lab.boxes)


def upgrade(lab):
    each_in_turn(lab, lambda box: box.upgrade())


def upgrade_killed(lab):
    each_in_turn(lab, lambda box: box.restart(*box.parts))


@dataclass
class Event:
    """part: of the lab test.  act, back: functions of the lab.  boxes: how many
    there are.  leaves: the routers send nothing to box 1 until the return."""

    part: str
    name: str
    name_back: str
    act: Callable
    back: Callable
    boxes: int = 2
    leaves: bool = True


EVENTS = (
    Event("dies", "kill -9 of a box", "the killed box returns", kill, revive),
    Event("dies", "a box is frozen", "the frozen box goes on", freeze, thaw),
    Event("cut", "the links of a box are cut", "the links return", cut, mend),
    Event("cut", "the link to the clients is cut",
          "the link to the clients returns", cut_clients, mend),
    Event("cut", "the link to the MTAs is cut", "the link to the MTAs returns",
          cut_mtas, mend),
    Event("planes", "the data plane of a box restarts",
          "the control plane restarts", restart_dataplane,
          restart_controlplane, leaves=False),
    Event("planes", "mxsteer-replica of a box restarts", "all three restart",
          restart_replica, restart_all, leaves=False),
    Event("planes", "the stream between boxes is cut", "the stream returns",
          cut_stream, mend_stream, leaves=False),
    Event("upgrade", "all boxes are upgraded in turn",
          "all are killed and started in turn", upgrade, upgrade_killed,
          leaves=False),
    Event("three", "kill -9 of one of three", "the killed one of three returns",
          kill, revive, boxes=3),
)


@dataclass
class Outcome:
    """What one event has cost.  moved: held sessions that the router sends to
    another box than before.  broken: those that broke, by what their client saw;
    details: one line for each.
    again_s: until new clients were all served.  new_failed: sessions of theirs
    that broke."""

    name: str
    held: int = 0
    moved: int = 0
    broken: Counter = field(default_factory=Counter)
    details: list = field(default_factory=list)
    lost: int = 0
    doubled: int = 0
    again_s: float = 0.0
    new_failed: int = 0

    def broken_words(self):
        return ", ".join(f"{count} {kind}"
                         for kind, count in sorted(self.broken.items()))


def can_join(build):
    """Is there a program that replicates sessions?"""
    return (build / REPLICA).exists()


class Site:
    """A lab that stands, for events that need so many boxes."""

    def __init__(self, boxes, joined, lab=BoxLab):
        self.lab = lab(boxes, joined)
        self.patience_s = LIMIT_S if joined else HUNG_S

    def __enter__(self):
        self.lab.__enter__()
        try:
            self.lab.start()
        except BaseException as error:
            self.lab.__exit__(type(error), error, None)
            raise
        return self

    def __exit__(self, *exc):
        return self.lab.__exit__(*exc)

    def run(self, event, held=HELD):
        """The event and the return; two outcomes."""
        others = [n for n in self.lab.boxes if n != 1]
        yield self._beside(event.name, event.act,
                           others if event.leaves else self.lab.boxes, held)
        yield self._beside(event.name_back, event.back, self.lab.boxes, held)

    def _beside(self, name, act, paths, held):
        """Do something beside mail, until the router has these paths."""
        outcome = Outcome(name, held)
        with Knocks(self.lab) as knocks, \
                HeldMail(self.lab, held, self.patience_s) as mail:
            wait_for(lambda: len(knocks.accepted) > 3, "mail flows")
            self._check_shared()
            self.lab.wait_told()
            ways = mail.paths()
            before = time.monotonic()
            act(self.lab)
            self.lab.wait_paths(paths)
            moves = list(zip(ways, mail.paths()))
            outcome.moved = sum(old != new for old, new in moves)
            after = time.monotonic()
            knocks.wait_flowing(after)
            time.sleep(max(0, after + SETTLE_S - time.monotonic()))
            mail.go_on()
        outcome.broken = mail.reasons()
        outcome.details = [
            f"{each.ident} from {each.end} at box {old}, then {new}: "
            f"{each.error!r}"
            for each, (old, new) in zip(mail.held, moves) if each.error]
        if outcome.details:
            outcome.details += [f"box {n}: {dict(self.lab.boxes[n].borrowing())}"
                                for n in self.lab.paths()]
        outcome.lost, outcome.doubled = (
            sum(pair) for pair in zip(mail.fate(), knocks.fate()))
        outcome.again_s = knocks.again_s(before)
        outcome.new_failed = knocks.failed()
        return outcome

    def _check_shared(self):
        """All boxes that are reached carry sessions."""
        idle = [n for n in self.lab.paths()
                if not self.lab.boxes[n].sessions()]
        if idle:
            raise Failed(f"boxes {idle} carry no session")
