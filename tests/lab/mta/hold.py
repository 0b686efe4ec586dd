# SPDX-License-Identifier: BSD-3-Clause
"""Servers that take their time with the reply to the final dot."""

from pathlib import Path

from .base import Mta
from .postfix import Postfix, Postscreen

LAB = Path(__file__).resolve().parents[1]
SERVER = LAB / "holdserver.py"


class Hold(Mta):
    """Our own server (holdserver.py): it replies once release() was called."""

    PACKAGE = ""
    PROXY = ("off", "v1", "v2")

    def configure(self):
        self.command = ["/usr/bin/python3", SERVER, self.name, self.dir,
                        self.proxy]

    def release(self):
        (self.dir / "release").touch()


class SlowPostfix(Postfix):
    """Postfix that replies DOT_S seconds after the final dot."""

    DOT_S = 20

    def configure(self):
        super().configure()
        with open(self.dir / "etc" / "main.cf", "a", encoding="ascii") as out:
            out.write(f"smtpd_end_of_data_restrictions = sleep {self.DOT_S}\n")


class HoldPostfix(Postfix):
    """Postfix whose reply to the final dot of one sender waits for release()."""

    SENDER = "held@example.net"
    PORT = 10025  # of its policy server

    def configure(self):
        super().configure()
        with open(self.dir / "etc" / "main.cf", "a", encoding="ascii") as out:
            out.write("smtpd_end_of_data_restrictions = "
                      f"check_policy_service inet:127.0.0.1:{self.PORT}\n")

    def start(self):
        self.spawn([LAB / "holdpolicy.py", self.PORT, self.SENDER,
                    self.dir / "release"], log=self.dir / "policy.log")
        super().start()

    def release(self):
        (self.dir / "release").touch()

    def hold(self):
        (self.dir / "release").unlink(missing_ok=True)


class LatePostfix(Postfix):
    """Postfix that greets a second after the handshake."""

    def configure(self):
        super().configure()
        with open(self.dir / "etc" / "main.cf", "a", encoding="ascii") as out:
            out.write("smtpd_delay_reject = no\n"
                      "smtpd_client_restrictions = sleep 1\n")


class StrictPostscreen(Postscreen):
    """postscreen that looks for early talkers: its default is not to.  It says a
    part of its greeting first.  It knows no client from before, and trusts the
    hosts of its own network, which check it."""

    def configure(self):
        super().configure()
        path = self.dir / "etc" / "main.cf"
        path.write_text(path.read_text().replace(
            "postscreen_greet_wait = 1s",
            "postscreen_greet_wait = 6s\npostscreen_greet_action = enforce\n"
            "postscreen_cache_map =").replace(
                "mynetworks = 127.0.0.0/8",
                "mynetworks = 127.0.0.0/8 10.0.2.0/24"))
