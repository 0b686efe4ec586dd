# SPDX-License-Identifier: BSD-3-Clause
"""Real MTAs, each in a directory and a network namespace of its own.

They run from unpacked packages (tests/packages), accept mail for example.org,
put every message into a maildir, and relay nothing anywhere.  One server is the
lab's own: hold.py.
"""

from .exim import Exim
from .haraka import Haraka
from .hold import (Hold, HoldPostfix, LatePostfix, SlowPostfix,
                   StrictPostscreen)
from .opensmtpd import OpenSmtpd
from .postfix import Postfix, Postscreen, StartTls, smtp_source

KINDS = {
    "postfix": Postfix,
    "postscreen": Postscreen,
    "starttls": StartTls,
    "exim": Exim,
    "opensmtpd": OpenSmtpd,
    "haraka": Haraka,
    "hold": Hold,
    "holdpostfix": HoldPostfix,
    "slow": SlowPostfix,
    "late": LatePostfix,
    "strict": StrictPostscreen,
}

__all__ = ["KINDS", "smtp_source"]
