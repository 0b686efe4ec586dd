# SPDX-License-Identifier: BSD-3-Clause
"""MTAs that die, hang, take their time, or have no room."""

import os
import signal
import subprocess
import time

import mta
from badmta import bad
from lab import MTAS, Failed
from mta.postfix import Postfix
from test_failover import failovers
from weather.row import row

CLIENTS = 30
ROOM_BYTES = "6m"
PATIENCE = "5s"


class SmallDisk(Postfix):
    """Its queue is on a file system of its own, which its namespace alone
    sees."""

    def configure(self):
        super().configure()
        queue = self.dir / "queue"
        self.command = [
            "sh", "-c", 'cp -a "$0" "$0.copy" && mount -t tmpfs -o mode=755,'
            f'size={ROOM_BYTES} tmpfs "$0" && cp -a "$0.copy/." "$0" && '
            'exec "$@"', queue, *self.command]

    def fill(self):
        self._inside("head -c 100m /dev/zero > hog")

    def empty(self):
        self._inside("rm hog")

    def _inside(self, script):
        subprocess.run(
            ["nsenter", "-t", str(self.process.pid), "-m", "sh", "-c",
             f"cd {self.dir}/queue; {script}"], check=False,
            stderr=subprocess.DEVNULL)


mta.KINDS["small-disk"] = SmallDisk


@row("kill -9 of an MTA", lost=None, options={"sessions": CLIENTS})
def killed(site):
    lab = site.lab
    site.begin()
    # A client that comes before the checks have seen it is refused, and comes
    # again after half a second.
    site.lost_max = lab.backend("mta2")["sessions"] + 2 * CLIENTS
    lab.mtas["mta2"].kill()
    lab.wait_health("mta2", "down")
    lab.wait_in_force()
    site.end()
    time.sleep(3)
    lab.mtas["mta2"].start()
    lab.wait_health("mta2", "up")


@row("an MTA hangs for 12 s", options={"sessions": CLIENTS})
def frozen(site):
    lab = site.lab
    group = lab.mtas["mta1"].process.pid

    def resume():
        os.killpg(group, signal.SIGCONT)
    site.begin()
    os.killpg(group, signal.SIGSTOP)
    try:
        lab.wait_health("mta1", "down")
        site.last(6, lift=resume)
    finally:
        resume()
    site.end()
    lab.wait_health("mta1", "up")


@row("an MTA replies 20 s after each message",
     options={"sessions": CLIENTS},
     site={"kinds": ("slow", "postfix", "postfix")})
def slow(site):
    site.begin()
    site.last(20)
    site.end()


@row("an MTA's disk is full", options={"sessions": CLIENTS},
     site={"kinds": ("small-disk", "postfix", "postfix")})
def full(site):
    small = site.lab.mtas["mta1"]
    site.begin()
    small.fill()
    site.last(site.seconds)
    small.empty()
    site.end()


@row("drain --end-sessions of each MTA in turn", load="gen",
     options={"rate": 100})
def drained(site):
    """mxsteer-gen takes a 421 for a refusal, and sends what is left again."""
    lab, ended = site.lab, 0
    site.begin()
    for name in MTAS:
        lab.cli("drain", f"mx/{name}", "--end-sessions")
        lab.cli("wait", 90, "drained", f"mx/{name}")
        ended += sum(row["ended"] for row in lab.ask("show", "drain")["drain"])
        lab.cli("ready", f"mx/{name}")
        lab.wait_up(name)
    site.end()
    if ended == 0:
        raise Failed("no session was ended behind its mail")
    site.say(f"{ended} sessions were ended behind a mail")


def turned_away(name, why, fault, **options):
    """Health checks see nothing of it.  fault: of the lab; it lasts as long as
    a with statement."""
    @row(name, options={"sessions": CLIENTS}, **options)
    def turn_away(site):
        before = failovers(site.lab, why)
        site.begin()
        with fault(site.lab):
            site.last(site.seconds)
        site.end()
        count = failovers(site.lab, why) - before
        if count == 0:
            raise Failed("no session went to another MTA")
        site.say(f"{count} sessions went to another MTA")


turned_away("an MTA refuses all new sessions", "refused",
            lambda lab: bad(lab, "mta3", "refused"))
turned_away("an MTA answers no SYN", "silent",
            lambda lab: bad(lab, "mta3", "silent"))
turned_away("an MTA says 421 in place of its greeting", "busy",
            lambda lab: bad(lab, "mta3", "busy"))
turned_away(f"an MTA greets nobody, and clients wait {PATIENCE}", "mute",
            lambda lab: bad(lab, "mta3", "mute"), seconds=15,
            site={"patience": PATIENCE})
