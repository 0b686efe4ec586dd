# SPDX-License-Identifier: BSD-3-Clause
"""Real sessions beside what a test does: clients that come at a rate, and
clients that wait for the reply to their final dot."""

import itertools
import smtplib
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from talk import Session

LIMIT_S = 20  # of each step of a session

serial = itertools.count()


class Paced:
    """Clients of the kernel that come at a rate, one message each, from begin
    to end of a with statement.  results: (seconds, error or None) of each."""

    def __init__(self, lab, rate):
        self.lab, self.rate = lab, rate
        self.results = []
        self.ended = threading.Event()
        self.threads = []

    def __enter__(self):
        self.pacer = threading.Thread(target=self._pace)
        self.pacer.start()
        return self

    def __exit__(self, *exc):
        self.ended.set()
        self.pacer.join()
        for thread in self.threads:
            thread.join()
        return False

    def _pace(self):
        sources = itertools.cycle(self.lab.clients(self.lab.family))
        begin = time.monotonic()
        for number in itertools.count():
            due = begin + number / self.rate
            if self.ended.wait(max(0, due - time.monotonic())):
                return
            thread = threading.Thread(target=self._session,
                                      args=(next(sources),))
            thread.start()
            self.threads.append(thread)

    def _session(self, source):
        ident = f"<{next(serial)}@paced>"
        begin, error = time.monotonic(), None
        try:
            session = self.lab.session(source, timeout=LIMIT_S)
            session.deliver(ident)
            session.quit()
        except (OSError, smtplib.SMTPException) as failure:
            error = repr(failure)
        self.results.append((time.monotonic() - begin, error))

    @property
    def finished(self):
        return sum(error is None for _, error in self.results)

    @property
    def slowest(self):
        """Seconds of the slowest session that finished."""
        return max((seconds for seconds, error in self.results
                    if error is None), default=0.0)

    def errors(self):
        """The kinds of failures, each once."""
        return sorted({error for _, error in self.results if error})


class Waiter:
    """A session that has sent its final dot and waits for the reply; with the
    VIP or another address."""

    def __init__(self, lab, ident, source, address=None):
        self.ident = ident
        self.server = (address or lab.vip, 25)
        self.session = Session(lab.connect("client", *self.server, source))
        self.end = self.session.sock.getsockname()[:2]
        self.session.ehlo("client.example.net")
        self.session.mail("sender@example.net")
        self.session.rcpt("inbox@example.org")
        self.session.docmd("DATA")
        self.session.send(
            f"From: <sender@example.net>\r\nTo: <inbox@example.org>\r\n"
            f"Message-Id: {ident}\r\n\r\nhello\r\n.\r\n")

    def reply(self, limit_s):
        """The code of the reply, or the failure in its place."""
        self.session.sock.settimeout(limit_s)
        try:
            return self.session.getreply()[0]
        except (OSError, smtplib.SMTPException) as failure:
            return repr(failure)


def at_the_dot(lab, names, each, address=None):
    """{name: `each` waiters}."""
    sources = itertools.cycle(lab.clients(lab.family))
    with ThreadPoolExecutor(8) as pool:
        jobs = {name: [pool.submit(Waiter, lab, f"<{next(serial)}@dot>",
                                   next(sources), address)
                       for i in range(each)]
                for name in names}
        return {name: [job.result() for job in row]
                for name, row in jobs.items()}


def replies(waiters, limit_s):
    """The codes that came within the limit, all waited for at once."""
    with ThreadPoolExecutor(len(waiters)) as pool:
        return list(pool.map(lambda waiter: waiter.reply(limit_s), waiters))
