# SPDX-License-Identifier: BSD-3-Clause
"""Changes of every kind of the configuration, and planes that are killed
between them, beside mail (mailsite.py, test_reload.py)."""

import random
import time

from lab import wait_for
from mailsite import Site, offer
from test_reload import Operator
from weather.row import row
from weather.site import MailLab

PAUSE_S = 0.2  # at most, between two changes
UP_FACTOR = 2  # so many times longer than a plane was down it is up after that
FEW = 40
MANY = 1000


class ChangingLab(MailLab):
    """Its configuration is mailsite's."""

    def lay(self):
        super().lay()
        offer(self)
        self.site = Site(random.randrange(1 << 31), instance=self.instance,
                         workers=self.values["workers"],
                         interfaces=self.port_lines())

    def config_text(self, backends=None, **changes):
        return self.site.text()

    def wait_up(self, *names):
        def up():
            rows = (self.ask("show", "backends") or {"backends": []})[
                "backends"]
            return rows and all(row["health"] == "up" for row in rows) and \
                self.in_force()
        wait_for(up, "all backends are up", 90)

    def session(self, source=None, port=25, timeout=60):
        self.vip, port = self.site.vips()[0]
        return super().session(source, port, timeout)


CHANGING = {"make": ChangingLab}


def change(site, times):
    operator = Operator(site.lab, site.lab.site, site.load.mailer)
    site.cut_short = True  # data planes are killed
    site.begin()
    for _ in range(times):
        kills, since = operator.kills, time.monotonic()
        operator.step()
        if operator.kills > kills:
            site.end()
            # A client sends again after longer and longer pauses.  On a slow
            # machine each time may meet a plane that is down, until the client
            # gives up, unless planes are up for most of the time.
            time.sleep(UP_FACTOR * (time.monotonic() - since))
        time.sleep(random.random() * PAUSE_S)
    site.end()
    site.say(f"{operator.applied} changes and {operator.kills} kills")
    if site.load.mailer.broken:
        print(*("       " + " ".join(words) for words in operator.told),
              sep="\n", flush=True)


@row("configurations change, planes are killed", load="changing",
     site=CHANGING)
def few(site):
    change(site, FEW)


@row("1,000 changes of the configuration", load="changing", site=CHANGING,
     once=True)
def many(site):
    change(site, MANY)
