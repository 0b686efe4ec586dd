# SPDX-License-Identifier: BSD-3-Clause
"""The mail site that the weather comes to.

A site stands up a lab, starts a load on it, and measures a fault between
begin() and end().
"""

import itertools
import smtplib
import threading
import time

from client import is_refusal
from genlab import GenLab
from lab import Failed, Lab, wait_for
from weather.load import LOADS
from weather.row import Outcome, TooFast

KNOCK_S = 0.3
SLOW_S = 8  # a recovery that is slower is explained by logs
RECOVER_S = 90  # the longest time until mail flows again
CHECK_S = 2  # timeout of a health check here

serial = itertools.count(1)


class Measured:
    """What a lab needs beside its own to be a site."""

    def config_text(self, backends=None, **changes):
        return super().config_text(backends, **changes).replace(
            "timeout: 10s, rise: 2", f"timeout: {CHECK_S}s, rise: 1")

    def in_flight(self):
        """Sessions that mxsteer has now."""
        answer = self.ask("show", "backends") or {"backends": []}
        return sum(row["sessions"] for row in answer["backends"])


class MailLab(Measured, Lab):
    pass


class BigLab(Measured, GenLab):
    pass


class Site:
    """One lab, for rows that need the same.

    kinds: of the three MTAs.  big: mxsteer-gen is clients and MTAs.
    The other options are Lab's."""

    def __init__(self, big=False, kinds=("postfix", "postfix", "exim"),
                 make=None, **options):
        make = make or (BigLab if big else MailLab)
        options["extra"] = dict(options.get("extra", ()))
        self.lab = make(**options)
        self.big, self.kinds = big, kinds

    def __enter__(self):
        self.lab.__enter__()
        try:
            if not self.big:
                self.lab.start_mtas(self.kinds)
            self.lab.start_dataplane()
            self.lab.start_controlplane()
            if not self.big:
                self.lab.wait_up(*self.lab.mtas)
        except BaseException as error:
            self.lab.__exit__(type(error), error, None)
            raise
        return self

    def __exit__(self, *exc):
        return self.lab.__exit__(*exc)

    # -- a row -------------------------------------------------------------

    def weather(self, row):
        """Run a row's fault beside its load; returns the outcome."""
        self.divisor = 1
        while True:
            try:
                return self.weather_once(row)
            except TooFast as reason:
                print(f"       {reason}: again", flush=True)
                self.load.stop()
                self.divisor *= 2

    def weather_once(self, row):
        """divisor: of the rate of a flood."""
        self.row, self.outcome = row, Outcome(row)
        self.lost_max, self.seconds = row.lost, row.seconds
        self.more_lost = 0  # sessions beside those of the load
        self.cut_short = False  # a data plane was killed while it counted
        load = LOADS[row.load](self.lab, **row.options)
        self.outcome.load = str(load)
        self.load = load
        load.wait_flowing()
        row.act(self)
        self.judge(load.stop())
        if not self.cut_short:
            self.check_accounts()
        if self.outcome.recover_s > SLOW_S:
            print(self.lab._logs(), flush=True)
        return self.outcome

    def judge(self, fate):
        outcome = self.outcome
        outcome.lost_max = self.lost_max or 0
        for key in ("sessions", "lost", "mails", "mails_lost",
                    "mails_doubled", "mails_damaged"):
            setattr(outcome, key, getattr(fate, key))
        outcome.lost += self.more_lost
        if fate.refused:
            self.say(f"MTAs refused {fate.refused}")
        if fate.lost <= self.lost_max and not fate.mails_damaged:
            return
        for error in fate.errors[:5]:
            print("       " + error, flush=True)

    def check_accounts(self):
        """Every frame must be accounted for."""
        drops = self.lab.ask("show", "drops")
        if not drops or not drops["balanced"]:
            raise Failed("the accounts of frames do not balance")

    # -- for the functions of rows -----------------------------------------

    def say(self, words):
        """Add words to the row."""
        outcome = self.outcome
        outcome.words += (", " if outcome.words else "") + words

    def begin(self):
        """A fault begins now.  Returns the sessions in flight."""
        count = self.lab.in_flight()
        self.outcome.in_flight = max(self.outcome.in_flight, count)
        return count

    def end(self):
        """A fault has ended: wait until new mail passes.  The slowest time
        counts."""
        since = time.monotonic()
        wait_for(self.mail_passes, "new mail passes", RECOVER_S)
        self.outcome.recover_s = max(self.outcome.recover_s,
                                     time.monotonic() - since)

    def try_mail(self):
        """Deliver one message from a new client.  Returns the error or None."""
        try:
            session = self.lab.session(timeout=RECOVER_S)
            session.deliver(f"<{next(serial)}@fresh>")
            session.quit()
            return None
        except (OSError, smtplib.SMTPException) as error:
            return error

    def mail_passes(self):
        return self.try_mail() is None

    def last(self, seconds, wait=time.sleep, lift=None):
        """Wait while a fault lasts.  New clients come meanwhile, one after
        another; the row says how long the slowest was served.
        wait: function of the seconds.
        lift: ends the fault.  Without it the fault is still there while the
        last of these clients is served."""
        done, slowest = threading.Event(), [0.0]

        def knock():
            while not done.wait(KNOCK_S):
                since = time.monotonic()
                error = self.try_mail()
                if error and not is_refusal(error):
                    print(f"       a new session: {error!r}", flush=True)
                    self.more_lost += 1
                slowest[0] = max(slowest[0], time.monotonic() - since)
        clients = threading.Thread(target=knock)
        clients.start()
        try:
            return wait(seconds)
        finally:
            done.set()
            if lift:
                lift()
            clients.join()
            self.say(f"a new session took {slowest[0]:.2f} s at most")

    def kill(self, *names):
        self.cut_short |= "dataplane" in names
        for name in names:
            getattr(self.lab, name).kill_group()

    def start(self, *names):
        for name in names:
            getattr(self.lab, "start_" + name)()

    def wait_planes(self):
        """Until both planes work together."""
        wait_for(lambda: self.lab.ask("show", "generation"),
                 "the CLI answers", RECOVER_S)
        self.lab.wait_in_force()


class Supervisor:
    """Starts a plane that has ended once more, as systemd does, from begin to
    end of a with statement.  starts: how often it had to."""

    def __init__(self, lab):
        self.lab, self.starts = lab, 0
        self.ended = threading.Event()

    def __enter__(self):
        self.thread = threading.Thread(target=self._watch)
        self.thread.start()
        return self

    def __exit__(self, *exc):
        self.ended.set()
        self.thread.join()

    def _watch(self):
        while not self.ended.wait(0.2):
            for name in ("dataplane", "controlplane"):
                if not getattr(self.lab, name).alive():
                    self.starts += 1
                    getattr(self.lab, "start_" + name)()
