# SPDX-License-Identifier: BSD-3-Clause
"""Clients that are real and take more than their share."""

import contextlib
import time

from network import MTA_HOSTS
from weather.row import row
from weather.site import MailLab

ROOM = 60  # connections-max of each MTA
EACH = 20  # sessions that one client may have
MANY = (300, 5000)  # that it wants: more than all MTAs have room for


class SharingLab(MailLab):
    def config_text(self, backends=None, **changes):
        return super().config_text(backends, **changes).replace(
            "    pool: mx\n", "    pool: mx\n"
            f"    clients: {{sessions: {EACH}}}\n")


def is_open(sock):
    """Has a session neither ended nor been refused?"""
    sock.setblocking(False)
    try:
        while sock.recv(1000):
            pass
        return False
    except BlockingIOError:
        return True
    except OSError:
        return False


def wanted(many):
    @row(f"one client wants {many:,} silent sessions, and may have {EACH}",
         options={"sessions": 20, "spare": 1},
         site={"make": SharingLab, "extra": tuple(
             (name, f"connections-max: {ROOM}") for name in MTA_HOSTS)})
    def silent(site):
        lab, sockets = site.lab, []
        address = lab.clients(lab.family)[-1]
        site.begin()

        def open_all(_seconds):
            for _ in range(many):
                with contextlib.suppress(OSError):
                    sockets.append(lab.connect("client", lab.vip, 25, address,
                                               5))
            time.sleep(site.seconds)
        site.last(site.seconds, open_all)
        site.say(f"it has {sum(map(is_open, sockets))}")
        for sock in sockets:
            sock.close()
        site.end()


for number in MANY:
    wanted(number)
