# SPDX-License-Identifier: BSD-3-Clause
"""Clients that get no session: because no MTA serves, or because they are
denied."""

import time

from lab import MTAS, Failed, wait_for
from test_deny import PREFIXES, write_list
from test_refuse import SENDERS, start_senders, submit
from weather.row import row
from weather.site import MailLab

RELOADS = 3
SPARE = 2  # clients that send no mail of the load


@row("no MTA serves, and new clients are told 421",
     site={"answer": "421"}, options={"sessions": 20})
def refused(site):
    """MTAs are among the clients."""
    lab = site.lab
    senders = start_senders(lab, SENDERS)
    site.begin()
    for name in MTAS:
        lab.cli("drain", f"mx/{name}", "--even-last")
    for sender in senders:
        submit(lab, sender)
    site.last(site.seconds)
    for sender in senders:
        wait_for(lambda: "421 4.3.2" in sender.log_text(),
                 f"{sender.name} logs the 421", 90)
    for name in MTAS:
        lab.cli("ready", f"mx/{name}")
    site.end()
    check_deferred(lab, [f"<{sender.name}@client>" for sender in senders],
                   senders)
    site.say(f"the mail of {len(senders)} MTAs came later, once")


def check_deferred(lab, ids, senders):
    def there():
        for sender in senders:
            sender.retry()
        time.sleep(1)
        return all(lab.ids()[ident] for ident in ids)
    wait_for(there, "the mail that was refused is delivered", 90)
    doubled = [ident for ident in ids if lab.ids()[ident] != 1]
    if doubled:
        raise Failed(f"doubled: {doubled}")


class DenyingLab(MailLab):
    """One of its last clients is denied, and another one by each new list."""

    def spare(self, number):
        return self.clients(self.family)[-1 - number % SPARE]

    def write_deny_list(self, number):
        write_list(self.dir / "deny.txt", number, self.spare(number))

    def lay(self):
        super().lay()
        self.write_deny_list(0)

    def config_text(self, backends=None, **changes):
        return super().config_text(backends, **changes).replace(
            "    pool: mx\n", "    pool: mx\n"
            f"    deny: {{file: {self.dir / 'deny.txt'}}}\n")

    def is_refused(self, number):
        try:
            self.connect("client", self.vip, 25, self.spare(number),
                         2).close()
            return False
        except OSError:
            return True


@row(f"a deny list of {PREFIXES:,} prefixes is replaced {RELOADS} times",
     options={"sessions": 20, "spare": SPARE}, site={"make": DenyingLab})
def denied(site):
    lab, slowest = site.lab, [0.0]

    def reload(_seconds):
        for number in range(1, 1 + RELOADS):
            lab.write_deny_list(number)
            since = time.monotonic()
            # On a slow machine the command gives up before the list is read.
            lab.cli("reload", "lists", check=False)
            wait_for(lambda: lab.is_refused(number) and
                     not lab.is_refused(number + 1), "the new list counts")
            slowest[0] = max(slowest[0], time.monotonic() - since)
    site.begin()
    site.last(site.seconds, reload)
    site.end()
    site.say(f"a list counted after {slowest[0]:.1f} s at most")


TALKERS = 20  # that speak at once


def speak_early(lab, address):
    """Clients that speak as soon as they are connected.  Returns the first line
    that each hears."""
    heard = []
    socks = [lab.connect("client", lab.vip, 25, address)
             for _ in range(TALKERS)]
    for sock in socks:
        sock.sendall(b"EHLO early.example.net\r\n")
    for sock in socks:
        with sock, sock.makefile("rb") as lines:
            heard.append(lines.readline())
    return heard


@row("clients speak before their greeting, and hear 554",
     options={"sessions": 20, "spare": 1},
     site={"early": "refuse", "delay": "1s"})
def early(site):
    lab, heard = site.lab, []
    address = lab.clients(lab.family)[-1]

    def speak(seconds):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            heard.extend(speak_early(lab, address))
    site.begin()
    site.last(site.seconds, speak)
    site.end()
    count = lab.ask("show", "services")["services"][0]["early"]
    if count != len(heard) or not all(line.startswith(b"554 ")
                                      for line in heard):
        raise Failed(f"{len(heard)} clients spoke early, {count} count: "
                     f"{set(heard)}")
    site.say(f"{count} of {len(heard)} early talkers count")
