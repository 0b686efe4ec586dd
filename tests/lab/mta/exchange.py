# SPDX-License-Identifier: BSD-3-Clause
"""A stand-in for Exchange: our own server (exchangeserver.py), which speaks as it
does."""

from pathlib import Path

from .base import DOMAIN, Mta
from .postfix import make_certificate

SERVER = Path(__file__).resolve().parents[1] / "exchangeserver.py"


class Exchange(Mta):
    PACKAGE = ""

    def configure(self):
        make_certificate(self)
        self.command = ["/usr/bin/python3", SERVER, self.name, DOMAIN,
                        self.dir, self.dir / "tls.pem"]
