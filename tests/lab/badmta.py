# SPDX-License-Identifier: BSD-3-Clause
"""An MTA that serves no session, while health checks find it well; or that fails
its checks, and serves sessions.

Its kernel tells them apart: checks come from the balancer's own address, and a
session comes from the SNAT address.
"""

import contextlib
from pathlib import Path

from claims import wait_for
from network import SNATS

HERE = Path(__file__).resolve().parent
SERVER_PORT = 2525

SYN = "ip saddr {source} tcp dport 25 tcp flags & (syn | ack) == syn"

# What the kernel does with the SYN of a session.
FILTERS = {
    "refused": "reject with tcp reset",
    "silent": "drop",
}
# What a server says to it in place of the MTA; see badgreeter.py.
SERVERS = ("busy", "rejects", "mute")

KINDS = (*FILTERS, *SERVERS)

TABLE = """table ip bad {{
    chain in {{
        type {hook};
        {syn} {verdict}
    }}
}}
"""


def start_server(lab, name, kind):
    def listens():
        with contextlib.suppress(OSError):
            lab.connect(name, "127.0.0.1", SERVER_PORT).close()
            return True
        return False
    server = lab.spawn(name, [HERE / "badgreeter.py", SERVER_PORT, kind])
    wait_for(listens, f"{name} is {kind}")
    return server


@contextlib.contextmanager
def bad(lab, name, kind, source=SNATS[4]):
    """That MTA is of one of KINDS for a while, to who comes from source."""
    server = None
    if kind in SERVERS:
        server = start_server(lab, name, kind)
        hook = "nat hook prerouting priority -100"
        verdict = f"redirect to :{SERVER_PORT}"
    else:
        hook, verdict = "filter hook input priority -10", FILTERS[kind]
    lab.nft(name, TABLE.format(hook=hook, syn=SYN.format(source=source),
                                  verdict=verdict))
    try:
        yield
    finally:
        lab.run(name, "nft", "delete", "table", "ip", "bad")
        if server:
            server.kill_group()
