# SPDX-License-Identifier: BSD-3-Clause
"""A sender of mail, and the check of its mail afterwards."""

import json
import signal
import subprocess
from collections import Counter

from lab import HERE, check, wait_for


class Sender:
    """count messages over `sessions` concurrent clients, in the background.

    low, high: message sizes in bytes, spread evenly over their logarithm.
    think: seconds a client may pause in mid-session, so that sessions last.
    port: 465 speaks TLS from the first byte.  sources: the clients' addresses.
    """

    serial = 0

    def __init__(self, lab, count, sessions=20, low=1000, high=100000,
                 think=0.0, attempts=60, retry=0.5, timeout=120, port=25,
                 sources=None):
        Sender.serial += 1
        self.lab, self.count = lab, count
        self.tag = f"s{Sender.serial}"
        self.progress = lab.dir / f"{self.tag}.progress"
        self.output = lab.dir / f"{self.tag}.json"
        with open(self.output, "wb") as out:
            self.process = lab.spawn("client", [
                "/usr/bin/python3", HERE / "client.py", "--host", lab.vip,
                "--port", port, "--count", count, "--sessions", sessions,
                "--low", low, "--high", high, "--tag", self.tag,
                "--think", think, "--timeout", timeout, "--retry", retry,
                "--attempts", attempts, "--progress", self.progress,
                "--sources", ",".join(sources or lab.clients(lab.family))],
                stdout=out)

    def accepted(self):
        try:
            return int(self.progress.read_text() or 0)
        except (FileNotFoundError, ValueError):
            return 0

    def wait_accepted(self, count):
        wait_for(lambda: self.accepted() >= count or
                 not self.process.alive(), f"{count} messages accepted", 300)

    def stop(self):
        """Begin no message any more."""
        self.process.signal(signal.SIGTERM)

    def finish(self, limit_s=400):
        """Wait for the end; returns the report."""
        try:
            self.process.wait(limit_s)
        except subprocess.TimeoutExpired:
            pass
        return json.loads(self.output.read_text() or "{}")

    def arrived(self):
        """Counter of its messages in the mailboxes."""
        return Counter({ident: n for ident, n in self.lab.ids().items()
                        if ident.endswith(f".{self.tag}@client>")})

    def check_exactly_once(self, unbroken=True):
        """Every message was accepted, arrived, and arrived once.

        unbroken: no session may have failed.  Otherwise messages may have
        been tried again, and only those whose outcome their client could not
        know may be there twice.
        """
        report = self.finish()
        accepted = Counter(report["accepted"])
        check(len(accepted) == self.count,
              f"{self.count} messages accepted ({len(accepted)} were)")
        wait_for(lambda: len(self.arrived()) >= self.count,
                 f"{self.count} messages in the mailboxes", 90)
        there = self.arrived()
        lost = [i for i in accepted if i not in there]
        doubled = [i for i, n in there.items()
                   if n > 1 and i not in report["unknown"]]
        check(not lost, f"no message lost {lost[:3] or ''}")
        check(not doubled, f"no message doubled {doubled[:3] or ''}")
        if unbroken:
            check(not report["errors"],
                  f"no session broken {report['errors'][:3] or ''}")
        return report

    def check_true_clients(self):
        """The MTAs saw each client's own address."""
        sources = self.finish()["sources"]
        seen = self.lab.seen_clients()
        wrong = {ident: seen.get(ident) for ident, source in sources.items()
                 if seen.get(ident) != source}
        check(sources and not wrong,
              f"every MTA saw the clients' own addresses "
              f"{list(wrong.items())[:3] or ''}")
