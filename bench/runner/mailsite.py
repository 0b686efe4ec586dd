# SPDX-License-Identifier: BSD-3-Clause
"""The lab as a test bench: one peer after the other in the balancer's place.

    client --- wan [ a peer ] lan --- switch --- mta1..3
    core 0           core 1              |       core 0
       +---------------------------------+
        a wire of its own
"""

import json
import os
import signal
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests/lab"))

from claims import Failed, wait_for  # noqa: E402
from lab import MTAS, Lab  # noqa: E402
from network import LAN, WAN  # noqa: E402
from talk import Session  # noqa: E402

from cores import CLIENT_CORE, PEER_CORE  # noqa: E402

MESSAGE_BYTES = 1000

# Connections that are over are forgotten at once, wherever the kernel has them:
# the bench opens more of them a minute than there are ports.
BENCH_SYSCTLS = ["net.ipv4.tcp_max_tw_buckets=0",
                 "net.ipv4.ip_local_port_range=1024 65535"]


def catches(pid, number):
    """Has a process a handler for a signal?"""
    for line in Path("/proc", str(pid), "status").read_text().splitlines():
        if line.startswith("SigCgt:"):
            return bool(int(line.split()[1], 16) >> (number - 1) & 1)
    return False


class Site(Lab):
    """The part that does not depend on the programs of clients and MTAs."""

    def __init__(self, build):
        super().__init__(workers=f"[{PEER_CORE}]", proxy="off", load_bound=0,
                         build=build)

    def lay(self):
        super().lay()
        for space in self.spaces:
            self.sysctl(space.split("-", 1)[1], *BENCH_SYSCTLS)
        self._wire("client", "eth2", "switch", "direct", "br0")
        # Packets are counted: each is one segment, as on a wire.
        for interface in ("eth0", "eth2"):
            self._plain_frames("client", interface)

    def finish(self, process):
        process.end()
        self.processes.remove(process)

    def spawn_on(self, core, space, command, log, **options):
        return self.spawn(space, ["taskset", "-c", core, *command],
                          log=self.dir / f"{log}.log", **options)

    def wait_greeting(self, address, what):
        """Wait for a greeting at the peer's own host."""
        def greets():
            try:
                with self.connect("lb", address, 25, timeout=2) as sock:
                    Session(sock).quit()
                return True
            except OSError:
                return False
        wait_for(greets, f"{what} serves", 30)


class SinkSite(Site):
    """Clients and MTAs are Postfix's smtp-source and smtp-sink, over the
    kernel's TCP, each session with one message.  By the wire of its own clients
    reach the MTAs with nothing between."""

    AT_ONCE = 100

    def _lay_mta(self, name):
        super()._lay_mta(name)
        self._plain_frames(name, "eth0")

    def lay(self):
        super().lay()
        self._address("client", "eth2", LAN, 254)

    def postfix(self, program):
        """Path and environment of a tool of Postfix's."""
        tree = self.build / "mta/postfix/usr"
        return (tree / "sbin" / program,
                {"LD_LIBRARY_PATH": str(tree / "lib/postfix")})

    def start_mtas(self):
        program, env = self.postfix("smtp-sink")
        for name in MTAS:
            self.mtas[name] = self.spawn_on(
                CLIENT_CORE, name, [program, "-u", "nobody", "-h",
                                    f"{name}.example.org", "inet:0.0.0.0:25",
                                    "1024"], name, env=env)
        for name in MTAS:
            wait_for(lambda: self.greets(name), f"{name} greets")

    def mta_takes_vip(self):
        self.ip("mta1", "address", "add", f"{self.vip}/24", "dev", "eth0")

    def mta_leaves_vip(self):
        self.ip("mta1", "address", "del", f"{self.vip}/24", "dev", "eth0")

    def send(self, messages, address):
        """Returns the seconds it took."""
        program, env = self.postfix("smtp-source")
        # Who had the VIP before may have had another MAC address.
        self.ip("client", "neigh", "flush", "dev", "eth0")
        began = time.monotonic()
        process = self.spawn_on(
            CLIENT_CORE, "client",
            [program, "-s", self.AT_ONCE, "-m", messages, "-l", MESSAGE_BYTES,
             "-f", "sender@example.net", "-t", "inbox@example.org",
             "-M", "client.example.net", f"inet:{address}:25"],
            "smtp-source", env=env)
        status = process.wait(120)
        seconds = time.monotonic() - began
        self.processes.remove(process)
        if status != 0:
            raise Failed(f"smtp-source ended with {status}: "
                         f"{process.log.read_text()[-200:]}")
        return seconds


class GenSite(Site):
    """Clients and MTAs are one mxsteer-gen, whose second end has the wire to
    the switch: half the work for core 0, and no mail can be lost unnoticed."""

    AT_ONCE = 200
    CLIENTS = f"{WAN[4]}192/26"  # of the wan, and nobody else's
    DRIVER = "net_af_packet{0},iface={1},framesz=2048,blocksz=65536," \
        "framecnt=4096"

    def lay(self):
        super().lay()
        # What reads the frames of the peers' kernel wants whole checksums.
        self._plain_frames("lb", "mxs-wan")
        self._plain_frames("lb", "mxs-lan")
        self.vip_is_mta = False
        self.mtas = dict.fromkeys(MTAS)

    def _lay_mta(self, name):
        """None of its own."""

    def mta_takes_vip(self):
        self.vip_is_mta = True

    def mta_leaves_vip(self):
        self.vip_is_mta = False

    def start_generator(self, seconds):
        """Its MTAs answer from now on; its clients wait for begin()."""
        self.report.unlink(missing_ok=True)
        addresses = [self.vip] if self.vip_is_mta else \
            [self.mta_address(name, 4) for name in MTAS]
        return self.spawn(
            "client",
            [self.build / "bench/gen/mxsteer-gen", "--quiet", "--wait",
             "--core", CLIENT_CORE, "--nap", 50, "--json", self.report,
             "--client-vdev", self.DRIVER.format(0, "eth0"),
             "--server-vdev", self.DRIVER.format(1, "eth2"),
             "--clients", self.CLIENTS, "--target", self.vip,
             *(word for address in addresses for word in ("--server", address)),
             "--client-seen", "source" if self.vip_is_mta else "hidden",
             "--duration", f"{seconds}s", "--at-once", self.AT_ONCE,
             "--size", MESSAGE_BYTES], log=self.dir / "generator.log")

    @property
    def report(self):
        return self.dir / "generator.json"

    def begin(self, generator):
        wait_for(lambda: catches(generator.pid, signal.SIGUSR1),
                 "the generator waits for its signal", 20)
        os.kill(generator.pid, signal.SIGUSR1)

    def result(self, generator):
        """Its report at the end; mail must have arrived exactly once."""
        wait_for(lambda: not generator.alive(), "the generator ends", 30)
        self.processes.remove(generator)
        if self.report.exists():
            report = json.loads(self.report.read_text())
            if report["clean"] and report["sessions"]["completed"]:
                return report
        raise Failed(f"the generator: {generator.log.read_text()[-500:]}")
