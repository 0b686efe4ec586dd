#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
import json
import re
import subprocess

from lab import SNAT, VIP, Lab, check, main

TO = "inbox@example.org"
OWN = "198.51.100.105"
KINDS = ("postfix", "opensmtpd", "exim")


class DoctorLab(Lab):
    """Its MTAs are checked by connections alone, so that they stay up whatever
    PROXY header they get."""

    def config_text(self, *words, **changes):
        return re.sub(r"check: \{.*?\}", "check: {type: tcp, interval: 500ms, "
                      "timeout: 2s}", super().config_text(*words, **changes),
                      flags=re.S)

    def choose(self, name):
        """One MTA gets all sessions."""
        self.cli("weight", f"mx/{name}", 100)
        for other in self.mtas:
            if other != name:
                self.cli("weight", f"mx/{other}", 0)

    def send_header(self, proxy):
        path = self.dir / "other.yaml"
        self.write_config(path, proxy=proxy)
        self.cli("config", "apply", path)

    def doctor(self, *words, service=f"{VIP}:25", to=TO, space="client",
               options=None):
        """Run it on a host of the lab.  options: none if that host has no
        control plane."""
        if options is None:
            options = ("-s", self.dir / "ctl.sock")
        if space == "client":
            words += ("from", OWN)
        done = self.run(space, self.build / "controlplane/mxsteer", *options,
                        "doctor", "mail", service, "to", to, *words,
                        check=False, stdout=subprocess.PIPE,
                        stderr=subprocess.STDOUT, timeout=120)
        return done.returncode, done.stdout.decode()


def says(done, status, *words):
    holds = done[0] == status and all(word in done[1] for word in words)
    check(holds, f"status {status}: {', '.join(words)}{'' if holds else done}")


def sees_clients(lab, name):
    lab.choose(name)
    inbox = str(lab.mtas[name].dir / "inbox")
    says(lab.doctor("mailbox", inbox), 0, f"mx/{name} at ", "PROXY v2",
         f"the MTA saw {OWN}, by the Received header", "well ")
    says(lab.doctor("--no-data", service="inbound"), 0, "RSET",
         f"the MTA saw {OWN}, by ")
    alone = lab.doctor(options=())
    if name == "mta1":  # Postfix, which does not tell clients their address
        says(alone, 3, "nobody said what the MTA saw")
    else:
        says(alone, 0, f"the MTA saw {OWN}, by its reply to EHLO")


def answers(lab):
    """What it says where it cannot work, and to programs."""
    says(lab.doctor(to="nobody@example.com"), 1, "RCPT was not taken: 5")
    says(lab.doctor(space="lb"), 2, "was not reached",
         "no address of the kernel")
    says(lab.doctor(options=(), service="inbound"), 2, "expected VIP:PORT")
    says(lab.doctor(to="nobody"), 2, "expected a mail address")
    status, text = lab.doctor(options=("-j",))
    answer = json.loads(text)
    check(status == 0 and answer["taken"] and answer["seen"] == OWN and
          [step["step"] for step in answer["steps"]] == [
              "connect", "banner", "EHLO", "MAIL", "RCPT", "DATA", "message",
              "QUIT"], "-j has each step")


def lacks_header(lab, name):
    """The MTA waits for a header, and gets none."""
    lab.choose(name)
    lack = "got no PROXY header" if name == "mta3" else "did not greet"
    # Exim answers after three seconds, the others later or never.
    limit = "40" if name == "mta3" else "4"
    says(lab.doctor("within", limit), 1, lack,
         "the service inbound sends no PROXY header")
    if name == "mta3":
        says(lab.doctor(options=()), 1, lack,
             "an MTA that waits for a PROXY header does so")


def hides_clients(lab, name):
    lab.choose(name)
    inbox = str(lab.mtas[name].dir / "inbox")
    says(lab.doctor("mailbox", inbox), 1,
         f"the MTA saw {SNAT}, the snat address", "mynetworks")
    says(lab.doctor("mailbox", inbox, options=()), 1,
         f"the MTA saw {SNAT}, and this host is {OWN}")
    says(lab.doctor(), 1, f"the MTA saw {SNAT}, ")


def takes_header_for_commands(lab, name):
    lab.choose(name)
    says(lab.doctor(), 1, "the MTA took a PROXY header for commands")


def test():
    """doctor mail sends one message, and tells which client its MTA saw and
    what is wrong with the way to it."""
    with DoctorLab(proxy="v2") as lab:
        lab.start_mtas(KINDS)
        lab.start_mxsteer()
        for name in lab.mtas:
            sees_clients(lab, name)
        answers(lab)
        lab.send_header("off")
        for name in lab.mtas:
            lacks_header(lab, name)
        lab.check_accounts()
    with DoctorLab(proxy="off") as lab:
        lab.start_mtas(KINDS)
        lab.start_mxsteer()
        for name in lab.mtas:
            hides_clients(lab, name)
        for proxy in ("v1", "v2"):
            lab.send_header(proxy)
            for name in lab.mtas:
                takes_header_for_commands(lab, name)
        for mta in lab.mtas.values():
            mta.kill()
        for name in lab.mtas:
            lab.wait_health(name, "down")
        lab.wait_in_force()
        says(lab.doctor("within", "3"), 1, "mxsteer has no MTA for this client")


if __name__ == "__main__":
    main(test)
