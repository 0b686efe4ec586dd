# SPDX-License-Identifier: BSD-3-Clause
"""Mail beside what happens to a box: sessions that are in the middle of their
dialogue when it happens, and new clients all the time."""

import itertools
import smtplib
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from claims import Failed, wait_for
from mta.hold import HoldPostfix
from paced import Paced
from talk import Session

FAILURES = (OSError, smtplib.SMTPException)
LIMIT_S = 60  # of a step of a session, and until all mail has arrived
LINE_S = 0.1  # between two lines of those that send while it happens
TEXT = b"x" * 76 + b"\r\n"
LINES = 50  # of a message after the event

serial = itertools.count()


class Held:
    """A session that has gone as far as `step` and stays there.  In "data" it
    sends a line now and then; in "dot" only the final dot is missing; in "reply"
    the client waits for the reply to it, so the server speaks first."""

    STEPS = ("greeted", "rcpt", "data", "dot", "reply")

    def __init__(self, lab, step, source):
        self.step, self.ident = step, f"<{next(serial)}.{step}@held>"
        self.error = None
        self.dotted = False  # its client cannot know what became of its mail
        self.accepted = False
        self.session = Session(lab.connect("client", lab.vip, 25, source))
        self.end = self.session.sock.getsockname()
        self.session.ehlo()
        if step != "greeted":
            self._envelope()
        if step in ("data", "dot", "reply"):
            self._data()
        if step in ("dot", "reply"):
            self.session.send(TEXT * LINES)
        if step == "reply":
            self._dot()

    def _envelope(self):
        for code, _ in (self.session.mail(HoldPostfix.SENDER),
                        self.session.rcpt("inbox@example.org")):
            if code != 250:
                raise smtplib.SMTPException(f"envelope {code}")

    def _data(self):
        code = self.session.docmd("DATA")[0]
        if code != 354:
            raise smtplib.SMTPException(f"DATA {code}")
        self.session.send(
            f"From: <sender@example.net>\r\nTo: <inbox@example.org>\r\n"
            f"Message-Id: {self.ident}\r\n\r\n")

    def _dot(self):
        self.dotted = True
        self.session.send(b".\r\n")

    def go_on(self, patience_s):
        """The rest of the dialogue.  patience_s: for each step."""
        if self.error:
            return
        try:
            self.session.sock.settimeout(patience_s)
            if self.step == "greeted":
                self._envelope()
            if self.step in ("greeted", "rcpt"):
                self._data()
            if self.step not in ("dot", "reply"):
                self.session.send(TEXT * LINES)
            if self.step != "reply":
                self._dot()
            code = self.session.getreply()[0]
            self.dotted = False
            if code != 250:
                raise smtplib.SMTPException(f"dot {code}")
            self.accepted = True
            self.session.quit()
        except FAILURES as error:
            self.error = error
        self.session.close()

    def trickle(self):
        """Send a line of the message."""
        try:
            self.session.send(TEXT)
        except FAILURES as error:
            self.error = error


class HeldMail:
    """`count` held sessions, as many at each step; for a with statement.
    patience_s: how long their clients wait."""

    def __init__(self, lab, count, patience_s=LIMIT_S):
        self.lab, self.patience_s = lab, patience_s
        self.ended = threading.Event()
        work = zip(itertools.cycle(Held.STEPS),
                   itertools.cycle(lab.clients(lab.family)), range(count))
        with ThreadPoolExecutor(8) as pool:
            self.held = list(pool.map(
                lambda item: self._hold(item[0], item[1]), work))
        self.trickler = threading.Thread(target=self._trickle)

    def _hold(self, step, source):
        """On a busy machine the router may take all boxes for dead for once."""
        def held():
            try:
                return Held(self.lab, step, source)
            except FAILURES:
                return None
        return wait_for(held, f"a session is held: {step}", LIMIT_S)

    def __enter__(self):
        self.trickler.start()
        return self

    def __exit__(self, *exc):
        self._end_trickle()
        for each in self.held:
            each.session.close()
        return False

    def _trickle(self):
        sending = [each for each in self.held if each.step == "data"]
        while not self.ended.wait(LINE_S):
            for each in sending:
                if not each.error:
                    each.trickle()

    def _end_trickle(self):
        self.ended.set()
        if self.trickler.ident:
            self.trickler.join()

    def go_on(self):
        """All of them, at once.  A mail whose session broke is sent again."""
        self._end_trickle()
        for mta in self.lab.mtas.values():
            mta.release()
        with ThreadPoolExecutor(len(self.held)) as pool:
            list(pool.map(lambda each: each.go_on(self.patience_s),
                          self.held))
        for mta in self.lab.mtas.values():
            mta.hold()
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(self._send_again, [
                each for each in self.broken() if not each.accepted]))

    def _send_again(self, each):
        def sent():
            try:
                session = self.lab.session(timeout=LIMIT_S)
                session.deliver(each.ident)
                session.quit()
                return True
            except FAILURES:
                return False
        wait_for(sent, f"{each.ident} can be sent again", LIMIT_S)

    def paths(self):
        """The box of each, as the router sends its packets now."""
        return self.lab.paths_of([each.end for each in self.held])

    def broken(self):
        return [each for each in self.held if each.error]

    def reasons(self):
        """{what the client saw: how many of the broken sessions}."""
        return Counter(kind_of(each.error) for each in self.broken())

    def fate(self):
        """How many mails are lost, and how many doubled.  A mail whose client
        could not know that it was accepted may be there twice (RFC 1047)."""
        return fate({each.ident for each in self.held}, self.lab,
                    {each.ident for each in self.held if each.dotted})


def kind_of(error):
    """What the client saw.  smtplib wraps the errors of sockets."""
    while not isinstance(error, OSError) or \
            isinstance(error, smtplib.SMTPException):
        if not error.__context__:
            return "closed"
        error = error.__context__
    return {TimeoutError: "hung", ConnectionResetError: "reset",
            BrokenPipeError: "reset"}.get(type(error), type(error).__name__)


def fate(idents, lab, unsure=()):
    """Of accepted mails: how many are in no mailbox, and how many twice."""
    try:
        wait_for(lambda: idents <= set(lab.ids()), "all mail arrives", LIMIT_S)
    except Failed:
        pass
    there = lab.ids()
    return (len(idents - set(there)),
            sum(there[ident] > 1 for ident in idents - set(unsure)))


class Knocks(Paced):
    """New clients at a rate.  A client that is served has its handshake within
    SLOW_S: its SYN was not sent again, which takes a second."""

    RATE = 20
    SLOW_S = 0.9
    CALM_S = 0.8  # without a bad knock, mail flows
    PATIENCE_S = 10  # a young session is known to one box, and may hang

    def __init__(self, lab):
        super().__init__(lab, self.RATE)
        self.knocks = []  # (when it began, well)
        self.accepted = []

    def _session(self, source):
        ident, begin, well = f"<{next(serial)}@knock>", time.monotonic(), False
        try:
            session = self.lab.session(source, timeout=self.PATIENCE_S)
            well = time.monotonic() - begin < self.SLOW_S
            session.deliver(ident)
            self.accepted.append(ident)
            session.quit()
        except FAILURES:
            well = False
        self.knocks.append((begin, well))

    def wait_flowing(self, since):
        """Until new clients have been served for a while after that moment.
        Those before it may hang still."""
        def flows():
            now = time.monotonic()
            late = [well for begin, well in list(self.knocks)
                    if begin > max(since, now - self.CALM_S)]
            return now > since + self.CALM_S and all(late) and \
                len(late) > self.RATE * self.CALM_S / 2
        wait_for(flows, "mail flows again")

    def again_s(self, event):
        """How long after the event the first client came from which on all were
        served; call it when all have ended."""
        bad = [begin for begin, well in self.knocks
               if not well and begin >= event - 1 / self.RATE]
        return max(bad) + 1 / self.RATE - event if bad else 0.0

    def failed(self):
        return len(self.knocks) - len(self.accepted)

    def fate(self):
        """How many accepted mails are lost, and how many doubled."""
        return fate(set(self.accepted), self.lab)
