#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Whatever an operator changes under load, no session breaks.

Usage: test_reload.py [SECONDS [SEED...]]     (default: 20 1)
All: test_reload.py 120 $(seq 20)
"""

import random
import signal
import smtplib
import sys
import threading
import time

from lab import Lab, check, main, wait_for
from mailsite import Site, offer
from talk import Session

RATE = 10  # messages a second
THINK_S = 4.0  # at most, between two steps of a session
CONNECT_S = 4
REPLY_S = 120


class Mailer:
    """Messages at a steady rate, each to some VIP that is configured.  Who
    cannot connect tries another VIP; who is connected must be served."""

    def __init__(self, lab, seed, vips):
        self.lab, self.random = lab, random.Random(seed)
        self.vips, self.lock = vips, threading.Lock()
        self.accepted, self.broken, self.unserved = [], [], 0
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

    def _pace(self):
        begin = time.monotonic()
        number = 0
        while not self.ended.wait(max(
                0, begin + number / RATE - time.monotonic())):
            thread = threading.Thread(target=self._message, args=(
                f"<{number}.reload@client>",))
            thread.start()
            self.threads.append(thread)
            number += 1

    def _connect(self):
        while True:
            with self.lock:
                vip = self.random.choice(self.vips)
                source = self.random.choice(self.lab.clients(4))
            try:
                return self.lab.connect("client", *vip, source, CONNECT_S)
            except OSError:
                self.unserved += 1

    def _message(self, ident):
        think = self.random.random() * THINK_S
        sock = self._connect()
        sock.settimeout(REPLY_S)
        begin, end = time.strftime("%T"), "%s:%d" % sock.getsockname()
        try:
            deliver(Session(sock), ident, think)
            self.accepted.append(ident)
        except (OSError, smtplib.SMTPException) as error:
            self.broken.append(f"{ident} of {end}, {begin}: {error!r}")
            self._look(end)

    def _look(self, end):
        """What mxsteer knows of a session that broke."""
        said = self.lab.cli("show", "sessions", check=False).stdout
        print("\n".join(line for line in said.splitlines() if end in line),
              flush=True)


def deliver(session, ident, think=0.0):
    session.ehlo()
    time.sleep(think / 2)
    session.mail("sender@example.net")
    session.rcpt("inbox@example.org")
    code, _ = session.docmd("DATA")
    if code != 354:
        raise smtplib.SMTPDataError(code, b"DATA")
    session.send(f"From: <sender@example.net>\r\nTo: <inbox@example.org>\r\n"
                 f"Message-Id: {ident}\r\n\r\nhello\r\n")
    time.sleep(think / 2)
    code, words = session.docmd(".")
    if code != 250:
        raise smtplib.SMTPDataError(code, words)
    session.quit()


class Operator:
    """Changes the site, and kills what serves it."""

    def __init__(self, lab, site, mailer):
        self.lab, self.site, self.mailer = lab, site, mailer
        self.applied = self.kills = 0
        self.told = []  # what was done, and when
        self.random = site.random

    def apply(self):
        done = self.lab.cli("config", "apply", self.lab.config, check=False)
        if done.returncode not in (0, 3):
            check(False, f"refused: {done.stdout.strip()[:300]}")

    def hang_up(self):
        """As `kill -HUP` of the control plane; the log tells the outcome."""
        log = self.lab.controlplane.log
        before = log.read_text().count(".yaml applied")
        self.lab.controlplane.signal(signal.SIGHUP)
        wait_for(lambda: log.read_text().count(".yaml applied") > before,
                 "SIGHUP applies the file of -c")

    def kill_controlplane(self):
        """The file has changed, and is in force when it is back."""
        self.kills += 1
        self.told.append((time.strftime("%T"), "kill the control plane"))
        self.lab.controlplane.kill_group()
        self.lab.start_controlplane()
        wait_for(lambda: self.lab.ask("show", "generation"), "the CLI answers")
        if self.random.random() < 0.5:
            self.apply()

    def kill_dataplane(self):
        self.kills += 1
        self.told.append((time.strftime("%T"), "kill the data plane"))
        self.lab.dataplane.kill_group()
        self.lab.start_dataplane()
        self.apply()

    def step(self):
        before = self.site.vips()
        self.told.append((time.strftime("%T"), *self.site.change()))
        self.lab.config.write_text(self.site.text())
        both = [vip for vip in before if vip in self.site.vips()]
        self.mailer.vips = both or before
        self.random.choices(
            [self.apply, self.hang_up, self.kill_controlplane,
             self.kill_dataplane], [70, 10, 10, 10])[0]()
        self.mailer.vips = self.site.vips()
        self.applied += 1


def hold_sessions(lab, site):
    """One in the middle of a session at each VIP; they see it all."""
    held = []
    for number, vip in enumerate(site.vips() * 3):
        session = Session(lab.connect("client", *vip, lab.clients(4)[number],
                                      REPLY_S))
        session.ehlo()
        held.append(session)
    return held


def let_go(lab):
    """Everything that is retired is released."""
    def retired():
        rows = (lab.ask("show", "retired") or {}).get("retired", [None])
        return [row for row in rows if row is None or row["kind"] != "backend"]
    wait_for(lambda: not retired(), "no address and no service is retired", 60)


def run(seconds, seed):
    print(f"seed {seed}, {seconds} s", flush=True)
    with Lab(workers="[0,1]" if seed % 2 else "[1]") as lab:
        site = Site(seed, instance=lab.instance,
                    workers=lab.values["workers"],
                    interfaces=lab.port_lines())
        offer(lab)
        lab.start_mtas()
        lab.config.write_text(site.text())
        lab.start_dataplane()
        lab.start_controlplane()
        wait_for(lambda: all(
            (lab.backend(name, "mx-inbound") or {}).get("health") == "up"
            for name in lab.mtas), "all MTAs are up")
        lab.wait_in_force()
        held = hold_sessions(lab, site)
        with Mailer(lab, seed, site.vips()) as mailer:
            operator = Operator(lab, site, mailer)
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                operator.step()
                time.sleep(site.random.random() * 1.5)
        for number, session in enumerate(held):
            try:
                deliver(session, f"<{number}.held@client>")
            except (OSError, smtplib.SMTPException) as error:
                mailer.broken.append(f"held {number}: {error!r}")
        judge(lab, mailer, operator, len(held))
        let_go(lab)
        check(True, "all that was retired was let go")


def judge(lab, mailer, operator, held):
    if mailer.broken:
        print(*(" ".join(words) for words in operator.told), *mailer.broken,
              sep="\n", flush=True)
    check(not mailer.broken, f"no session broken by {operator.applied} "
          f"changes and {operator.kills} kills {mailer.broken[:3] or ''}")
    count = len(mailer.accepted) + held
    lab.wait_delivered(count)
    ids = lab.ids()
    lost = [ident for ident in mailer.accepted if ident not in ids]
    doubled = [ident for ident, times in ids.items() if times > 1]
    check(not lost, f"no mail of {count} lost {lost[:3] or ''}")
    check(not doubled, f"no mail doubled {doubled[:3] or ''}")
    print(f"       {mailer.unserved} attempts to connect in vain", flush=True)
    lab.check_accounts()


def test():
    """Whatever an operator changes under load, no session breaks."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 20
    for seed in sys.argv[2:] or ["1"]:
        run(seconds, int(seed))


if __name__ == "__main__":
    main(test)
