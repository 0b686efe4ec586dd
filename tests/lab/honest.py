# SPDX-License-Identifier: BSD-3-Clause
"""Many sessions of honest clients: Postfix, Exim, swaks and nodemailer, each
mail in a session of its own."""

import smtplib
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lab import VIP, check, wait_for
from mta.outgoing import OutgoingExim, OutgoingPostfix
from test_refuse import start_senders

NODEMAILER = "nodemailer@6.9.16"
SCRIPT = Path(__file__).parent / "mta/node/sendmany.js"

# How many of ten sessions each of them opens; swaks is a process a session.
PARTS = {"ManyPostfix": 4, "ManyExim": 2, "nodemailer": 3, "swaks": 1}
TEN = sum(PARTS.values())
AT_ONCE = 60
A_CONNECTION = 10  # mails that a sender's MTA takes in one connection


class ManyPostfix(OutgoingPostfix):
    def configure(self):
        super().configure()
        with open(self.dir / "etc" / "main.cf", "a", encoding="ascii") as out:
            out.write("smtp_connection_cache_on_demand = no\n"
                      "default_destination_concurrency_limit = 60\n"
                      "initial_destination_concurrency = 60\n"
                      "default_destination_concurrency_failed_cohort_limit = 0\n")


class ManyExim(OutgoingExim):
    def configure(self):
        super().configure()
        path = self.dir / "exim.conf"
        path.write_text(
            "smtp_accept_max = 0\nsmtp_accept_queue_per_connection = 0\n"
            "remote_max_parallel = 60\nqueue_run_max = 40\n" +
            path.read_text().replace(
                "  driver = smtp\n",
                "  driver = smtp\n  connection_max_messages = 1\n"))


def submit(lab, sender, first, count):
    """Give a sender so many mails in one connection."""
    with smtplib.SMTP() as smtp:
        smtp.sock = lab.connect("client", "127.0.0.1", sender.PORT)
        smtp.getreply()
        for n in range(first, first + count):
            smtp.sendmail(
                "sender@example.net", ["inbox@example.org"],
                f"Message-Id: <{sender.name}{n}@client>\r\n\r\nx\r\n")


def submit_all(lab, sender, count, wait):
    wait(sender)
    for first in range(0, count, A_CONNECTION):
        submit(lab, sender, first, min(A_CONNECTION, count - first))


def swaks(lab, n):
    """It fails if its session does; under bad weather it may try again."""
    done = subprocess.run(
        ["ip", "netns", "exec", lab.space("client"), "swaks", "--server", VIP,
         "--to", "inbox@example.org", "--from", "a@example.net", "--timeout",
         "120", "--header", f"Message-Id: <swaks{n}@client>"], check=False,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    return done.returncode == 0


def send(lab, total):
    """Open so many sessions, and wait until all mail is there."""
    node = lab.dir / "node"
    node.mkdir()
    subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund",
                    "--prefix", node, NODEMAILER], check=True, timeout=300,
                   stdin=subprocess.DEVNULL)
    parts = {name: total * part // TEN for name, part in PARTS.items()}
    senders = start_senders(lab, (ManyPostfix, ManyExim))

    def wait(sender):
        def takes():
            try:
                lab.connect("client", "127.0.0.1", sender.PORT).close()
                return True
            except OSError:
                return False
        wait_for(takes, f"{sender.name} takes mail")

    mailer = lab.spawn("client", ["node", SCRIPT, node, VIP,
                                  parts["nodemailer"], AT_ONCE])
    with ThreadPoolExecutor(10) as pool:
        for sender in senders:
            submit_all(lab, sender, parts[sender.name], wait)
        sent = list(pool.map(lambda n: swaks(lab, n), range(parts["swaks"])))
    check(all(sent), f"{len(sent)} swaks have sent their mail")
    check(mailer.wait() == 0, f"nodemailer has sent {parts['nodemailer']} mails")
    lab.wait_delivered(sum(parts.values()), 900)
    return sum(parts.values())
