#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
import ipaddress
import smtplib
import ssl
import subprocess
import sys
import threading
import time
from collections import Counter

from lab import SNAT, VIP, Lab, check, main, wait_for
from mta.outgoing import OutgoingExim, OutgoingPostfix
from talk import Session

CLIENTS = 12
QUEUED = 60   # mails of each MTA that sends
TLS_MAIL = "<0.tls@client>"

# What ends a session, seen by a client that waits for no reply to a mail.
ENDED = (OSError, smtplib.SMTPException)


class Client(threading.Thread):
    """Sends mail after mail in one session, for as long as it lasts.  A mail
    that has no reply to its dot is unknown: its sender must send it again."""

    def __init__(self, lab, number, stop):
        super().__init__(daemon=True)
        self.lab, self.number, self.stop = lab, number, stop
        self.accepted, self.unknown, self.sessions = [], [], 0

    def mail(self, session, ident):
        for command in ("MAIL FROM:<sender@example.net>",
                        "RCPT TO:<inbox@example.org>", "DATA"):
            code, text = session.docmd(command)
            if code not in (250, 354):
                raise smtplib.SMTPException(f"{command}: {code} {text}")
        time.sleep(0.005 * (self.number % 4))
        session.send(f"From: <sender@example.net>\r\nMessage-Id: {ident}\r\n\r\n"
                     + ("." * 70 + "\r\n") * (self.number * 20) + ".\r\n")
        try:
            code, text = session.getreply()
        except ENDED:
            self.unknown.append(ident)
            raise
        if code != 250:
            raise smtplib.SMTPException(f"dot: {code} {text}")
        self.accepted.append(ident)

    def run(self):
        number = 0
        while not self.stop.is_set():
            session = None
            try:
                session = Session(self.lab.connect("client", VIP, 25, timeout=60))
                session.ehlo()
                self.sessions += 1
                while not self.stop.is_set():
                    self.mail(session, f"<{number}.c{self.number}@client>")
                    number += 1
                    time.sleep(0.1)
                session.quit()
            except ENDED:
                # The next one is another mail: an unknown one stays unknown.
                number += 1
            finally:
                # A mail client closes what the server has closed.
                if session:
                    session.close()


class Swaks(threading.Thread):
    """Sends one mail a session.  The session may be over before its QUIT."""

    def __init__(self, lab, stop):
        super().__init__(daemon=True)
        self.lab, self.stop = lab, stop
        self.accepted, self.unknown, self.sessions = [], [], 0

    def run(self):
        while not self.stop.is_set():
            ident = f"<{self.sessions}.swaks@client>"
            said = self.lab.run(
                "client", "swaks", "--server", VIP, "--to",
                "inbox@example.org", "--from", "sender@example.net",
                "--header", f"Message-Id: {ident}", check=False,
                stdout=subprocess.PIPE).stdout.decode()
            self.sessions += 1
            behind = said.partition("\n -> .\n")[2]
            if behind.startswith("<-  250"):
                self.accepted.append(ident)
            elif behind and not behind.startswith(("<** 4", "<** 5")):
                self.unknown.append(ident)


def start_tls(lab):
    """A session of TLS with mta1."""
    def opened():
        session = lab.session()
        if session.server == "mta1":
            return session
        session.quit()
        return None
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    session = wait_for(opened, "a session with mta1")
    session.ehlo()
    code, text = session.docmd("STARTTLS")
    check(code == 220, f"mta1 begins with TLS: {text.decode()}")
    session.sock, session.file = context.wrap_socket(session.sock), None
    session.ehlo()
    return session


def leave_tls(lab, session):
    """The session of TLS goes on until its client ends it."""
    def only_tls():
        row = lab.ask("show", "drain")["drain"][0]
        return row["sessions"] == row["sealed"] == 1
    # It is seen to be one of TLS when its client says something.
    session.noop()
    wait_for(only_tls, "of mta1's sessions the one of TLS is left", 120)
    done = lab.run_cli("wait", "0", "drained", "mx/mta1")
    check(done.returncode == 1 and
          "1 session left, 1 of them of TLS" in done.stdout,
          f"wait tells of the session of TLS: {done.stdout.strip()}")
    session.deliver(TLS_MAIL)
    session.quit()


def start_sender(lab, kind):
    kind.SERVER_ADDRESS = VIP
    sender = kind(kind.__name__, lab.build / "mta", lab.dir / kind.__name__,
                  lambda command, **options:
                  lab.spawn("client", command, **options))
    sender.start()
    return sender


def submit(lab, sender, count):
    """Give the MTA mails to send; returns their ids."""
    ids = [f"<{number}.{sender.name}@client>" for number in range(count)]

    def takes():
        try:
            with smtplib.SMTP() as smtp:
                smtp.sock = lab.connect("client", "127.0.0.1", sender.PORT)
                smtp.getreply()
                while ids_left:
                    smtp.sendmail("sender@example.net", ["inbox@example.org"],
                                  f"Message-Id: {ids_left[-1]}\r\n\r\nx\r\n")
                    ids_left.pop()
            return True
        except (OSError, smtplib.SMTPException):
            return False
    ids_left = list(ids)
    wait_for(takes, f"{sender.name} has {count} mails to send")
    return ids


def drain(lab, name, disturb=None):
    """Drain an MTA, and let it take new sessions again: the other one, which
    has all of them now, is drained next."""
    lab.cli("drain", f"mx/{name}", "--end-sessions")
    if disturb:
        disturb(lab)
    lab.cli("wait", "110", "drained", f"mx/{name}")
    row = lab.ask("show", "drain")["drain"][0]
    check(row["sessions"] == 0,
          f"{name} is drained, {row['ended']} of its sessions were ended so")
    lab.cli("ready", f"mx/{name}")
    return row["ended"]


def lose_frames(lab):
    """Three of a hundred segments of each end are lost on their way out, and
    on their way in.  What stays in its host is not.

    SYN-ACKs are lost on their way in only.  Linux forgets a client if it cannot
    send it a SYN-ACK again, and does not tell it; a wire gives no such error."""
    syn_ack = "tcp flags & (syn | ack) == (syn | ack) accept"
    chains = "".join(
        f"chain {hook} {{ type filter hook {hook} priority 0; "
        f"{side} lo accept\n{kept}\nnumgen random mod 100 < 3 drop\n }}\n"
        for hook, side, kept in (("input", "iifname", ""),
                                 ("output", "oifname", syn_ack)))
    for space in ("client", "mta1", "mta2"):
        lab.nft(space, f"table inet loss {{\n{chains}}}\n")


def kill_dataplane(lab):
    lab.dataplane.kill_group()
    lab.start_dataplane()
    lab.wait_in_force()


def kill_controlplane(lab):
    lab.controlplane.kill_group()
    lab.start_controlplane()
    lab.wait_in_force()


def missing(idents, senders):
    """What to say of mails that have not arrived."""
    return "\n".join([f"{len(idents)} mails are in no mailbox: "
                      f"{list(idents)[:5]}"] + [
        f"{sender.name}: {sender.log_text()[-600:]}" for sender in senders])


def established(lab):
    """How many sessions the MTAs have, without health checks."""
    return sum(len(lab.run(name, "ss", "-Hnt", "state", "established",
                           f"sport = :25 and dst {SNAT}",
                           stdout=subprocess.PIPE).stdout.splitlines())
               for name in lab.mtas)


def await_reset(session):
    """A client that says nothing is reset all the same."""
    session.sock.settimeout(120)
    try:
        text = session.sock.recv(4096)
    except ConnectionResetError:
        return
    raise smtplib.SMTPException(f"no reset: {text}")


def check_reset(lab, sessions, left, what):
    for session in sessions:
        await_reset(session)
        session.close()
    wait_for(lambda: established(lab) == left,
             lambda: f"{what}: {left} sessions are left at the MTAs, and not "
             f"{established(lab)}", 120)
    check(True, f"{what}: {len(sessions)} sessions end by a reset at both ends, "
          f"{left} go on")


def begin(lab, client, count):
    """Sessions in the middle of a mail."""
    sessions = [lab.session(client) for _ in range(count)]
    for session in sessions:
        session.ehlo()
        session.mail("sender@example.net")
        session.rcpt("inbox@example.org")
    return sessions


def finish(session, ident):
    code, text = session.data(f"Message-Id: {ident}\r\n\r\nx\r\n")
    check(code == 250, f"a session of another client delivers: {text.decode()}")


def end(lab, *words):
    done = lab.run_cli("end", *words)
    check(done.returncode in (0, 3), f"end {' '.join(words)}: {done.stdout}")
    return done.stdout


def test_clients():
    """Sessions of clients end by command, once, whichever plane is killed."""
    with Lab(proxy="v2") as lab:
        lab.start_mtas(("postfix", "exim"))
        lab.start_mxsteer()
        one, other, third = lab.clients(4)[:3]
        ours, others, thirds = (begin(lab, one, 3), begin(lab, other, 2),
                                begin(lab, third, 1))
        before = established(lab)
        said = end(lab, "sessions", "from", one, "--dry-run")
        check(f"{one}/32: 3 sessions end" in said and
              established(lab) == before, f"a dry run ends nothing: {said}")
        done = lab.run_cli("end", "sessions", "from", "0.0.0.0/0")
        check(done.returncode == 1 and "end 6 sessions" in done.stdout,
              f"all clients are not meant by a slip: {done.stdout}")
        said = end(lab, "sessions", "from", one, "it floods")
        check(f"{one}/32: 3 sessions end" in said, said)
        check_reset(lab, ours, 3, "of a client")
        told = lab.cli("show", "events", "of", f"{one}/32").stdout
        check("3 sessions end" in told and "it floods" in told, told)
        again = begin(lab, one, 1)

        lab.dataplane.kill_group()
        port = others[0].sock.getsockname()[1]
        said = end(lab, "session", f"{other}:{port}")
        check("1 session ends" in said, said)
        kill_controlplane_alone(lab)
        lab.start_dataplane()
        lab.wait_in_force()
        check_reset(lab, others[:1], 3, "both planes are killed, of a port")

        kill_dataplane(lab)
        kill_controlplane(lab)
        for number, session in enumerate(again + others[1:] + thirds):
            finish(session, f"<{number}.left@client>")
            session.quit()
        wait_for(lambda: len(lab.ids()) == 3, "their mails are there", 120)

        lab.cli("allow", other)
        ours, others = begin(lab, one, 2), begin(lab, other, 1)
        net = ipaddress.ip_network(f"{one}/24", strict=False)
        check(other in map(str, net), f"{other} is in {net}")
        done = lab.run_cli("deny", str(net), "--force", "--end-sessions")
        check(done.returncode in (0, 3) and "2 sessions end" in done.stdout,
              f"a rule ends sessions too: {done.stdout}")
        check_reset(lab, ours, 1, "of denied clients")
        finish(others[0], "<3.left@client>")
        others[0].quit()
        wait_for(lambda: len(lab.ids()) == 4, "allowed clients go on", 120)
        lab.check_accounts()


def kill_controlplane_alone(lab):
    lab.controlplane.kill_group()
    lab.start_controlplane()


def test():
    """drain --end-sessions empties an MTA under load: no mail is lost, and none
    comes twice."""
    loss = sys.argv[1:] == ["loss"]
    with Lab(proxy="off" if loss else "v2") as lab:
        lab.start_mtas(("starttls", "exim"))
        lab.start_mxsteer()
        if loss:
            lose_frames(lab)
        stop = threading.Event()
        clients = [Client(lab, number, stop) for number in range(CLIENTS)]
        if not loss:
            clients.append(Swaks(lab, stop))
        senders = [start_sender(lab, kind)
                   for kind in (OutgoingPostfix, OutgoingExim)]
        for client in clients:
            client.start()
        wait_for(lambda: all(len(c.accepted) > 2 for c in clients[:CLIENTS]),
                 "all clients send mail", 150)
        tls = None if loss else start_tls(lab)
        queued = [ident for sender in senders
                  for ident in submit(lab, sender, QUEUED)]
        ended = drain(lab, "mta1", tls and (lambda lab: leave_tls(lab, tls)))
        ended += drain(lab, "mta2", None if loss else kill_controlplane)
        drain(lab, "mta1", kill_dataplane)
        check(ended >= CLIENTS, f"{ended} sessions were ended behind a mail")
        stop.set()
        for client in clients:
            client.join()
        accepted = [ident for client in clients for ident in client.accepted]
        unknown = [ident for client in clients for ident in client.unknown]
        check(not unknown, f"each of {len(accepted)} mails of "
              f"{sum(c.sessions for c in clients)} sessions has its reply: "
              f"{unknown}")
        wanted = Counter(accepted + queued + ([TLS_MAIL] if tls else []))

        wait_for(lambda: not wanted - lab.ids(),
                 lambda: missing(wanted - lab.ids(), senders), 150)
        check(lab.ids() == wanted, f"{len(wanted)} mails are in the mailboxes, "
              f"each once: {list(lab.ids() - wanted)[:5]}")
        lab.check_accounts()


if __name__ == "__main__":
    main(test_clients if sys.argv[1:] == ["clients"] else test)
