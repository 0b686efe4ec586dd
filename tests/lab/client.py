#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""SMTP clients that behave as MTAs do: what is not accepted is tried again.

Runs inside the clients' namespace; sender.py starts it and reads the report.
A message's outcome is one of: accepted (the server said 250 after the dot), or
unknown (the connection ended between the dot and the reply: the client must
send again, and may so double the message, RFC 1047).  A session's outcome may
be an error, which is a refusal if the server ended the session by its reply.

SIGTERM begins no message any more, but for those that must be sent again.
"""

import argparse
import json
import random
import signal
import smtplib
import sys
import threading
import time


class Report:
    def __init__(self):
        self.lock = threading.Lock()
        self.accepted, self.unknown, self.errors = [], [], []
        self.refused = []  # of the errors, those that are a server's reply
        self.begun = 0  # sessions
        self.sources = {}  # of messages: whence they were sent last

    def add(self, kind, what):
        with self.lock:
            getattr(self, kind).append(what)

    def begin(self):
        with self.lock:
            self.begun += 1


def is_refusal(error):
    return isinstance(error, smtplib.SMTPException) and \
        not isinstance(error, smtplib.SMTPServerDisconnected)


def message(number, tag, size):
    head = (f"From: <sender@example.net>\r\nTo: <inbox@example.org>\r\n"
            f"Subject: {number}\r\nMessage-Id: <{number}.{tag}@client>\r\n\r\n")
    line = "x" * 76 + "\r\n"
    return (head + line * ((size - len(head)) // len(line) + 1)).encode()


def try_once(options, ident, data, report):
    """One session with one message.  Returns whether it was accepted."""
    dotted = False
    try:
        source = random.choice(options.sources)
        report.sources[ident] = source
        report.begin()
        # Its certificate is its own, and nobody here knows it.
        kind = smtplib.SMTP_SSL if options.port == 465 else smtplib.SMTP
        server = kind(options.host, options.port, timeout=options.timeout,
                      source_address=(source, 0))
        if server.ehlo("client.example.net")[0] != 250:
            raise smtplib.SMTPException("EHLO refused")
        if options.think:
            time.sleep(random.random() * options.think)
        if server.mail("sender@example.net")[0] != 250 or \
                server.rcpt("inbox@example.org")[0] != 250:
            raise smtplib.SMTPException("envelope refused")
        code = server.docmd("DATA")[0]
        if code != 354:
            raise smtplib.SMTPException(f"DATA {code}")
        half = len(data) // 2
        server.send(data[:half])
        if options.think:
            time.sleep(random.random() * options.think)
        dotted = True
        server.send(data[half:] + b".\r\n")
        code = server.getreply()[0]
        dotted = False
        if code != 250:
            raise smtplib.SMTPException(f"dot {code}")
        report.add("accepted", ident)
        server.quit()
        return True
    except (OSError, smtplib.SMTPException) as error:
        if ident in report.accepted:  # QUIT failed; the mail is delivered
            report.add("errors", f"{ident} QUIT: {error!r}")
            return True
        report.add("errors", f"{ident}: {error!r}")
        if is_refusal(error):
            report.add("refused", f"{ident}: {error!r}")
        if dotted:
            report.add("unknown", ident)
        return False


def worker(options, numbers, report, ended):
    for number in numbers:
        if ended.is_set():
            return
        size = int(options.low * (options.high / options.low) **
                   random.random())
        ident = f"<{number}.{options.tag}@client>"
        data = message(number, options.tag, size)
        for attempt in range(options.attempts):
            if try_once(options, ident, data, report):
                break
            time.sleep(options.retry)


def progress(options, report, done):
    while not done.wait(0.2):
        with open(options.progress, "w") as out:
            out.write(str(len(report.accepted)))


def main():
    parser = argparse.ArgumentParser()
    for name, kind in (("host", str), ("port", int), ("count", int),
                       ("sessions", int),
                       ("low", int), ("high", int), ("tag", str),
                       ("think", float), ("timeout", float), ("retry", float),
                       ("attempts", int), ("progress", str)):
        parser.add_argument("--" + name, type=kind, required=True)
    parser.add_argument("--sources", type=lambda text: text.split(","))
    options = parser.parse_args()
    random.seed(options.count)

    report, done, ended = Report(), threading.Event(), threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    threads = [threading.Thread(target=worker, args=(
        options, range(i, options.count, options.sessions), report, ended))
        for i in range(options.sessions)]
    for thread in threads:
        thread.start()
    watcher = threading.Thread(target=progress, args=(options, report, done))
    watcher.start()
    for thread in threads:
        thread.join()
    done.set()
    watcher.join()
    json.dump({"accepted": report.accepted, "unknown": report.unknown,
               "errors": report.errors, "refused": report.refused,
               "begun": report.begun, "sources": report.sources},
              sys.stdout)


if __name__ == "__main__":
    main()
