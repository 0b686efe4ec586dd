#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
import shutil
import smtplib
import socket
import subprocess
import time

from lab import ROOT, Lab, check, main, wait_for

SHIPPED = ROOT / "config/fail2ban"
JAIL = "mxsteer-postfix"
BURST = 100


class Fail2ban:
    """The real one, with the action and the jails that mxsteer ships."""

    def __init__(self, lab):
        self.lab = lab
        self.tree = lab.build / "peers/fail2ban"
        self.folder = lab.dir / "fail2ban"
        self.log = lab.dir / "fail2ban.log"
        self.process = None
        shutil.copytree(self.tree / "etc/fail2ban", self.folder)
        for part in ("action.d", "filter.d", "jail.d"):
            shutil.copytree(SHIPPED / part, self.folder / part,
                            dirs_exist_ok=True)
        (self.folder / "jail.d/defaults-debian.conf").unlink()
        (self.folder / "fail2ban.local").write_text(
            f"[DEFAULT]\nsocket = {self.folder}/sock\n"
            f"pidfile = {self.folder}/pid\ndbfile = {self.folder}/db\n"
            f"logtarget = {self.log}\n")
        command = f"{lab.build}/controlplane/mxsteer -s {lab.dir}/ctl.sock"
        logs = "\n          ".join(str(lab.dir / name / "log")
                                   for name in lab.mtas)
        (self.folder / "jail.local").write_text(
            f"[DEFAULT]\nbackend = polling\nusedns = no\n[{JAIL}]\n"
            f"enabled = true\nlogpath = {logs}\nmaxretry = 3\n"
            f'ignoreip =\naction = mxsteer[mxsteer="{command}"]\n')

    def _command(self, program, *words):
        return ["/usr/bin/env",
                f"PYTHONPATH={self.tree}/usr/lib/python3/dist-packages",
                "PYTHONDONTWRITEBYTECODE=1", "/usr/bin/python3",
                self.tree / "usr/bin" / program, "-c", self.folder, *words]

    def start(self):
        self.process = self.lab.spawn("lb", self._command(
            "fail2ban-server", "-f", "-x", "start"),
            log=self.lab.dir / "fail2ban.out")
        wait_for(lambda: self.say("status", JAIL, check=False).returncode == 0,
                 "fail2ban reads the logs")

    def matches(self, log, rule):
        """The addresses in lines of a log that a filter takes."""
        return self.lab.run("lb", *self._command(
            "fail2ban-regex", "--usedns", "no", "-o", "ip", log, rule),
            stdout=subprocess.PIPE, text=True).stdout.split()

    def say(self, *words, check=True):
        return self.lab.run("lb", *self._command("fail2ban-client", *words),
                            check=check)


def is_served(lab, client):
    try:
        lab.session(client, timeout=10).quit()
        return True
    except (ConnectionRefusedError, socket.timeout):
        return False


def rule_of(lab, client):
    """What mxsteer says of a client, or None."""
    for row in lab.ask("show", "denied")["rules"]:
        if row["prefix"] == f"{client}/32":
            return row
    return None


def be_rejected(lab, client, helo, sender):
    """Ask an MTA to relay until fail2ban must have had enough."""
    session = lab.session(client)
    session.ehlo(helo)
    for _ in range(4):
        session.docmd(f"MAIL FROM:<{sender}>")
        code, said = session.docmd("RCPT TO:<victim@elsewhere.example>")
        check(code in (454, 550, 554), f"an MTA rejects: {code} {said[:40]}")
        try:
            session.rset()
        except smtplib.SMTPServerDisconnected:
            break
    session.close()


def forged(lab, bad, honest):
    """What a client says in SMTP bans nobody else, and is no command."""
    trap = lab.dir / "trap"
    be_rejected(lab, bad, f"x[{honest}]",
                f'"from unknown[{honest}]: 554 5.7.1 $(touch {trap}) '
                f'`touch {trap}`; touch {trap}"@x.example')
    wait_for(lambda: rule_of(lab, bad), "a log line becomes a ban")
    check(rule_of(lab, honest) is None and is_served(lab, honest),
          "the client that the text names is served")
    check(not trap.exists(), "and no text of the log is a command")


def exim(lab, fail2ban, bad, honest):
    """Lines of Exim name the client, whatever it says."""
    lab.cli("ready", "*/mta3")
    lab.cli("drain", "*/mta1")
    lab.cli("drain", "*/mta2")
    be_rejected(lab, bad, f"[{honest}]", "a@x.example")
    log = lab.dir / "mta3/mainlog"
    wait_for(lambda: "rejected RCPT" in log.read_text(), "Exim's log has it")
    found = fail2ban.matches(log, "exim[mode=aggressive]")
    check(set(found) == {bad} and len(found) >= 3,
          f"the filter of the jail finds the client alone: {found}")
    lab.cli("ready", "*/*")


def dies(lab, fail2ban, bad):
    """Bans end by themselves, and come back with fail2ban."""
    fail2ban.process.kill_group()
    lab.cli("forget", bad)
    wait_for(lambda: is_served(lab, bad), "fail2ban is dead, and the ban gone")
    fail2ban.start()
    wait_for(lambda: rule_of(lab, bad), "a new fail2ban bans again")
    check(0 < rule_of(lab, bad)["for_s"] <= 3660, "for a time")
    fail2ban.say("set", JAIL, "unbanip", bad)
    wait_for(lambda: rule_of(lab, bad) is None and is_served(lab, bad),
             "who is unbanned is served", 20)


def refuses(lab, fail2ban, partner):
    """fail2ban bans neither an MTA nor whom an operator allows."""
    mta = lab.mta_address("mta1", 4)
    lab.cli("allow", partner, "a partner")
    for client in (mta, lab.values["snat"], partner):
        fail2ban.say("set", JAIL, "banip", client)
        wait_for(lambda: f"'{client}/32 is not denied: " in
                 fail2ban.log.read_text(),
                 f"fail2ban's log says that {client} is not denied")
    check(rule_of(lab, mta) is None and
          rule_of(lab, partner)["is"] == "allowed" and
          is_served(lab, partner), "they stay as they were")


def burst(lab, fail2ban):
    """Many bans at once."""
    begun = time.monotonic()
    before = lab.ask("show", "generation")["published"]
    fail2ban.say("set", JAIL, "banip",
                 *(f"203.0.113.{n}" for n in range(BURST)))
    wait_for(lambda: len(lab.ask("show", "denied")["rules"]) >= BURST,
             f"{BURST} bans at once are in force")
    plans = lab.ask("show", "generation")["published"] - before
    print(f"       {time.monotonic() - begun:.1f} s, {plans} plans")
    check(plans <= BURST, "they make fewer plans than bans")
    check("allow" not in lab.cli("show", "events", "by", "program").stdout and
          "a partner" in lab.cli("show", "events", "by", "operator").stdout,
          "and push out no event of an operator")
    events = lab.cli("show", "events", "of", "203.0.113.7").stdout
    check("fail2ban" in events and f"jail {JAIL}" in events,
          "an event names fail2ban and the jail")


def test():
    """fail2ban bans at the balancer: by an MTA's log, for a time, nobody else."""
    with Lab(proxy="v2") as lab:
        bad, honest, partner = lab.clients(4)[:3]
        lab.start_mtas(("postfix", "postfix", "exim"))
        lab.start_mxsteer()
        lab.cli("drain", "*/mta3")  # Exim takes no such senders
        fail2ban = Fail2ban(lab)
        fail2ban.start()
        forged(lab, bad, honest)
        row = rule_of(lab, bad)
        check(row["program"] == "fail2ban" and
              row["reason"].startswith(f"jail {JAIL}, ") and
              0 < row["for_s"] <= 3660, f"show denied: {row['reason']}")
        wait_for(lambda: not is_served(lab, bad), "its SYN is refused")
        dies(lab, fail2ban, bad)
        refuses(lab, fail2ban, partner)
        exim(lab, fail2ban, bad, honest)
        burst(lab, fail2ban)
        lab.check_accounts()


if __name__ == "__main__":
    main(test)
