# SPDX-License-Identifier: BSD-3-Clause
"""A row of the table: a fault, beside which mail load, and what it may cost.

    @row("the data plane is stopped for 2 s", lost=0)
    def stopped(site):
        site.begin()                # counts the sessions in flight
        ...                         # the fault
        site.end()                  # waits until new mail passes

The function gets a site (site.py) that stands, with mail that flows.  The load
is stopped and judged after it.
"""

from dataclasses import dataclass, field
from typing import Callable, Optional

ROWS = []


@dataclass
class Row:
    """lost: how many sessions may be lost; None: the function sets
    site.lost_max.  load: a key of load.LOADS.  options: of this load.
    site: options of site.py.  short: it is one of the short form.  seconds: how
    long a flood or a fault lasts.  once: it runs only if it is named."""

    name: str
    act: Callable
    chapter: str
    lost: Optional[int] = 0
    load: str = "mail"
    options: dict = field(default_factory=dict)
    site: dict = field(default_factory=dict)
    short: bool = False
    seconds: float = 5
    once: bool = False

    def needs(self):
        """Rows with the same needs can share one site.  A site has one other
        load than mail: mxsteer-gen, for one, is also its MTAs."""
        return self.name if self.load != "mail" else sorted(self.site.items())


def row(name, **options):
    """Make a function a row of the table."""
    def add(act):
        chapter = act.__module__.rsplit(".", 1)[-1]
        ROWS.append(Row(name, act, chapter, **options))
        return act
    return add


class TooFast(Exception):
    """This machine does not carry the flood of a row: run it again, slower."""


@dataclass
class Outcome:
    """What became of a row."""

    row: Row
    load: str = ""
    in_flight: int = 0
    sessions: int = 0
    lost: int = 0
    lost_max: int = 0
    mails: int = 0
    mails_lost: int = 0
    mails_doubled: int = 0
    mails_damaged: int = 0
    recover_s: float = 0.0
    seconds: float = 0.0
    words: str = ""
    failure: str = ""

    def holds(self):
        return not self.failure and self.lost <= self.lost_max and \
            self.mails > 0 and self.mails_lost == 0 and \
            self.mails_doubled == 0 and self.mails_damaged == 0
