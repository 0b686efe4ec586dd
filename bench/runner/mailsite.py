# SPDX-License-Identifier: BSD-3-Clause
"""The lab as a test bench: one peer after the other between the same veths.

    client --- wan [ a peer ] lan --- switch --- mta1..3
    core 0           core 1              |       core 0
       +---------------------------------+
        a wire of its own, to measure what clients and MTAs cost by themselves

Clients and MTAs are Postfix's smtp-source and smtp-sink, which do nothing but
talk SMTP, each session with one message.
"""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests/lab"))

from claims import Failed, wait_for  # noqa: E402
from lab import MTAS, Lab  # noqa: E402
from network import LAN, MTA_HOSTS  # noqa: E402
from process import HugePages  # noqa: E402
from talk import Session  # noqa: E402

from cores import CLIENT_CORE, PEER_CORE  # noqa: E402

SESSIONS = 100  # at once
MESSAGE_BYTES = 1000

# Connections that are over are forgotten at once, wherever the kernel has them:
# the bench opens more of them a minute than there are ports.
BENCH_SYSCTLS = ["net.ipv4.tcp_max_tw_buckets=0",
                 "net.ipv4.ip_local_port_range=1024 65535"]


class Site(Lab):
    """Lab without real MTAs.  Use as `with Site(build) as site`."""

    def __init__(self, build, **options):
        super().__init__(workers=f"[{PEER_CORE}]", proxy="off", load_bound=0,
                         build=build, **options)

    def lay(self):
        super().lay()
        for name in ("client", "lb", *MTA_HOSTS):
            self.sysctl(name, *BENCH_SYSCTLS)
        self._wire("client", "eth2", "switch", "direct", "br0")
        self._plain_frames("client", "eth2")
        self._address("client", "eth2", LAN, 254)

    def finish(self, process):
        process.end()
        self.processes.remove(process)

    def spawn_on(self, core, space, command, log, env=None):
        return self.spawn(space, ["taskset", "-c", core, *command], env=env,
                          log=self.dir / f"{log}.log")

    def postfix(self, program):
        """Path and environment of a tool of Postfix's."""
        tree = self.build / "mta/postfix/usr"
        return (tree / "sbin" / program,
                {"LD_LIBRARY_PATH": str(tree / "lib/postfix")})

    def start_sinks(self):
        program, env = self.postfix("smtp-sink")
        for name in MTAS:
            self.mtas[name] = self.spawn_on(
                CLIENT_CORE, name, [program, "-u", "nobody", "-h",
                                    f"{name}.example.org", "inet:0.0.0.0:25",
                                    "1024"], name, env)
        for name in MTAS:
            wait_for(lambda: self.greets(name), f"{name} greets")

    def serves(self, address):
        """Does anyone answer there?"""
        try:
            with self.connect("client", address, 25, timeout=2) as sock:
                Session(sock).quit()
            return True
        except OSError:
            return False

    def wait_serving(self, address, what):
        # Who had the VIP before had another MAC address.
        self.ip("client", "neigh", "flush", "dev", "eth0")
        wait_for(lambda: self.serves(address), f"{what} serves", 30)

    def send(self, messages, address):
        """One message a session; returns the seconds it took."""
        program, env = self.postfix("smtp-source")
        began = time.monotonic()
        process = self.spawn_on(
            CLIENT_CORE, "client",
            [program, "-s", SESSIONS, "-m", messages, "-l", MESSAGE_BYTES,
             "-f", "sender@example.net", "-t", "inbox@example.org",
             "-M", "client.example.net", f"inet:{address}:25"],
            "smtp-source", env)
        status = process.wait(120)
        seconds = time.monotonic() - began
        self.processes.remove(process)
        if status != 0:
            raise Failed(f"smtp-source ended with {status}: "
                         f"{process.log.read_text()[-200:]}")
        return seconds
