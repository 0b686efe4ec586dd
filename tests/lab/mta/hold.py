# SPDX-License-Identifier: BSD-3-Clause
"""Servers that take their time with the reply to the final dot."""

from pathlib import Path

from .base import Mta
from .postfix import Postfix

SERVER = Path(__file__).resolve().parents[1] / "holdserver.py"


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


class LatePostfix(Postfix):
    """Postfix that greets a second after the handshake."""

    def configure(self):
        super().configure()
        with open(self.dir / "etc" / "main.cf", "a", encoding="ascii") as out:
            out.write("smtpd_delay_reject = no\n"
                      "smtpd_client_restrictions = sleep 1\n")
