#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
import smtplib
import socket
import subprocess
import time

from lab import VIP, Lab, check, main, rounds, wait_for
from mta.outgoing import SENDERS, OutgoingHaraka

# The MTAs of clients that take part.
ROUNDS = (SENDERS, (OutgoingHaraka,))

HOST = "mx.example.org"
TEXT = f"421 4.3.2 {HOST} no server is available now"

# The first frame of its kind is lost at the client: the text, or the client's
# ACK of the SYN-ACK.
LOST = {
    "text": "chain in {{ type filter hook prerouting priority -300; "
            "tcp sport 25 tcp flags & (psh | fin) == (psh | fin) {first}\n }}\n",
    "ACK": "chain out {{ type filter hook output priority -300; "
           "tcp dport 25 tcp flags == ack {first}\n }}\n",
}
FIRST = "limit rate 1/hour burst 1 packets counter drop"


def refusals(lab):
    return sum(row["clients"] for row in lab.ask("show", "drops")["told"])


def hear(lab):
    """All that a client hears that never says a word."""
    with lab.connect("client", VIP, 25, timeout=60) as sock:
        text = b""
        while part := sock.recv(1000):
            text += part
        return text.decode()


def silent_clients_are_told(lab):
    began = time.monotonic()
    check(hear(lab).rstrip() == TEXT, "a silent client hears the text, and the "
          f"end, {time.monotonic() - began:.1f} s after its SYN")
    for kind, rule in LOST.items():
        lab.nft("client",
                f"table inet loss {{\n{rule.format(first=FIRST)}}}\n")
        check(hear(lab).rstrip() == TEXT and lab.lost("client") == 1,
              f"the same, if the first {kind} is lost")
        lab.run("client", "nft", "delete", "table", "inet", "loss")


def rude_clients_are_told(lab):
    """Clients that talk early, that say QUIT, that close half of it, that
    reset."""
    with lab.connect("client", VIP, 25) as sock:
        sock.sendall(b"EHLO early.example.net\r\nMAIL FROM:<>\r\n")
        check(sock.makefile().readline().rstrip() == TEXT, "one that talks early")
    with lab.connect("client", VIP, 25) as sock:
        sock.shutdown(socket.SHUT_WR)
        check(sock.makefile().read().rstrip() == TEXT, "one that has closed "
              "its half")
    try:
        lab.session()
        check(False, "smtplib has a session without an MTA")
    except smtplib.SMTPConnectError as error:
        check((error.smtp_code, error.smtp_error.decode().rstrip()) ==
              (421, TEXT[4:]), "smtplib")
    done = lab.run("client", "swaks", "--server", VIP, "--to",
                   "inbox@example.org", "--from", "a@example.net",
                   check=False, stdout=subprocess.PIPE)
    check(TEXT in done.stdout.decode() and done.returncode != 0,
          f"swaks, which ends with {done.returncode}")


def nothing_is_left(lab):
    """Each connection of a client comes to its end by itself."""
    def open_ones():
        out = lab.run("client", "ss", "-Htn", "state", "all", "dst", VIP,
                      stdout=subprocess.PIPE).stdout.decode()
        return [line for line in out.splitlines()
                if not line.startswith("TIME-WAIT")]
    wait_for(lambda: not open_ones(), "no connection of a client is left", 60)


def start_senders(lab, kinds):
    senders = []
    for kind in kinds:
        kind.SERVER_ADDRESS = VIP
        sender = kind(kind.__name__, lab.build / "mta",
                      lab.dir / kind.__name__,
                      lambda command, **options:
                      lab.spawn("client", command, **options))
        sender.start()
        senders.append(sender)
    return senders


def submit(lab, sender):
    def takes():
        try:
            with smtplib.SMTP() as smtp:
                smtp.sock = lab.connect("client", "127.0.0.1", sender.PORT)
                smtp.getreply()
                smtp.sendmail("sender@example.net", ["inbox@example.org"],
                              f"Message-Id: <{sender.name}@client>\r\n\r\nx\r\n")
            return True
        except (OSError, smtplib.SMTPException):
            return False
    wait_for(takes, f"{sender.name} has a mail to send")


def mail_waits(lab, senders):
    for sender in senders:
        wait_for(lambda: "421 4.3.2" in sender.log_text(),
                 f"{sender.name} logs the 421", 90)
        check(lab.delivered() == 0, f"{sender.name} keeps its mail")


def mail_comes(lab, senders):
    def there():
        for sender in senders:
            sender.retry()
        time.sleep(1)
        return lab.delivered() >= len(senders)
    wait_for(there, "all mail is delivered", 90)
    check(lab.ids() == {f"<{sender.name}@client>": 1 for sender in senders},
          "and each once")


def test():
    """Clients that no MTA can serve are told so, and come again later."""
    [kinds] = rounds(ROUNDS, lambda each: [kind.PACKAGE for kind in each])
    with Lab(answer="421") as lab:
        lab.start_mtas(("postfix",))
        lab.start_mxsteer()
        lab.session().quit()
        check(refusals(lab) == 0, "an MTA that serves, and no refusal")
        lab.mtas["mta1"].kill()
        lab.wait_health("mta1", "down")

        senders = start_senders(lab, kinds)
        if kinds == SENDERS:
            silent_clients_are_told(lab)
            rude_clients_are_told(lab)
            nothing_is_left(lab)
        for sender in senders:
            submit(lab, sender)
        mail_waits(lab, senders)
        check(refusals(lab) >= len(senders) + (7 if kinds == SENDERS else 0),
              f"{refusals(lab)} clients are counted")

        lab.mtas["mta1"].start()
        lab.wait_up("mta1")
        mail_comes(lab, senders)
        lab.check_accounts()


if __name__ == "__main__":
    main(test)
