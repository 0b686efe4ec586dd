# SPDX-License-Identifier: BSD-3-Clause
"""A mail site in network namespaces: clients, mxsteer, three MTAs.

    client 198.51.100.1, .101-.140 --- wan [ lb ] lan --- switch --- mta1..3

mxsteer owns 198.51.100.25 (VIP) and 10.0.2.100 (snat); the kernel of the lb
namespace has other addresses, for probes.  Everything carries the number of
this process in its name, and goes away with the Lab, whatever happened.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from mta import Mta, smtp_source

ROOT = Path(__file__).resolve().parents[2]
VIP = "198.51.100.25"
SNAT = "10.0.2.100"
CLIENTS = ["198.51.100.1"] + [f"198.51.100.{n}" for n in range(101, 141)]
MTAS = {"mta1": "10.0.2.11", "mta2": "10.0.2.12", "mta3": "10.0.2.13"}

CONFIG = """\
instance: {instance}
dataplane:
  workers: {workers}
  sessions-max: 100000
  ports:
    - {{name: wan, driver: af_packet, interface: mxs-wan}}
    - {{name: lan, driver: af_packet, interface: mxs-lan}}
services:
  - name: inbound
    direction: inbound
    listen: ["{vip}:25"]
    pool: mx
    forward: fullnat
    snat: ["{snat}"]
    proxy-protocol: off
    client-address: hidden
pools:
  - name: mx
    hash: {hash}
    check: {{type: smtp, interval: 1s, timeout: 10s, rise: 2, fall: 2, helo: lb.example.net}}
    backends:
"""


class Failed(Exception):
    """A claim about the product that does not hold."""


def check(claim, words):
    """The tests' assertion: says what holds, raises what does not."""
    if not claim:
        raise Failed(words)
    print("  ok   " + words, flush=True)


def wait_for(condition, words, limit_s=60):
    """Poll until condition() is true; its last value is returned."""
    deadline = time.monotonic() + limit_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise Failed(f"waited {limit_s} s in vain: {words}")
        time.sleep(0.05)


def is_running(pid):
    try:
        state = Path("/proc", pid, "stat").read_text().rsplit(")", 1)[1]
    except FileNotFoundError:
        return False
    return state.split()[0] not in "ZX"


def sweep():
    """Remove what labs that were killed outright have left behind."""
    spaces = Path("/run/netns")
    for path in spaces.glob("mxs*-*") if spaces.exists() else ():
        tag = path.name.split("-")[0]
        if not tag[3:].isdigit() or is_running(tag[3:]):
            continue
        pids = subprocess.run(["ip", "netns", "pids", path.name], text=True,
                              stdout=subprocess.PIPE, check=False).stdout
        for pid in pids.split():
            try:
                os.kill(int(pid), signal.SIGKILL)
            except ProcessLookupError:
                pass
        subprocess.run(["ip", "netns", "del", path.name], check=False)
        for leftover in Path("/dev/shm").glob(f"mxsteer-lab{tag[3:]}*"):
            leftover.unlink()
        for leftover in Path(tempfile.gettempdir()).glob(f"{tag}.*"):
            shutil.rmtree(leftover, ignore_errors=True)


class HugePages:
    """Room for a data plane's frames; afterwards it is as it was before."""

    FILE = Path("/proc/sys/vm/nr_hugepages")
    WANTED = 64

    def free(self):
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("HugePages_Free:"):
                return int(line.split()[1])
        return 0

    def reserve(self):
        self.before = None
        missing = self.WANTED - self.free()
        if missing <= 0:
            return
        try:
            before = self.FILE.read_text()
            self.FILE.write_text(str(int(before) + missing))
            self.before = before
        except OSError:
            pass
        if self.free() < self.WANTED:
            print("warning: huge pages are not to be had here; going on "
                  "without, which is slower", flush=True)

    def restore(self):
        if self.before is not None:
            self.FILE.write_text(self.before)


class Process:
    """A started command that leads a process group of its own."""

    def __init__(self, popen, log):
        self.popen, self.log = popen, log

    @property
    def pid(self):
        return self.popen.pid

    def alive(self):
        return self.popen.poll() is None

    def signal(self, number):
        if self.alive():
            self.popen.send_signal(number)

    def wait(self, limit_s=30):
        return self.popen.wait(limit_s)

    def kill_group(self):
        try:
            os.killpg(self.popen.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.popen.wait()

    def end(self):
        """Ask, then insist."""
        self.signal(signal.SIGTERM)
        try:
            self.popen.wait(5)
        except subprocess.TimeoutExpired:
            pass
        self.kill_group()


class Lab:
    def __init__(self, hash="flow", weights=(100, 100, 100), workers="[1]",
                 build=None, no_huge=None):
        self.build = Path(build or os.environ.get("MXSTEER_BUILD",
                                                  ROOT / "build"))
        self.tag = f"mxs{os.getpid()}"
        self.instance = f"lab{os.getpid()}"
        self.no_huge = no_huge
        self.spaces, self.processes, self.mtas = [], [], {}
        self.backends = [
            f'{{name: {name}, address: "{address}:25", weight: {weight}}}'
            for (name, address), weight in zip(MTAS.items(), weights)]
        self.hash, self.workers = hash, workers
        self.dataplane = self.controlplane = None

    # -- coming and going --------------------------------------------------

    def __enter__(self):
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: sys.exit(130))
        sweep()
        self.dir = Path(tempfile.mkdtemp(prefix=self.tag + "."))
        self.dir.chmod(0o755)
        self.pages = HugePages()
        self.pages.reserve()
        try:
            self._lay_network()
            self.write_config()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *exc):
        # A second Ctrl-C must not leave half of it behind.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        failed = exc and exc[0] not in (None, KeyboardInterrupt, SystemExit)
        logs = self._logs() if failed else ""
        for process in reversed(self.processes):
            process.end()
        for space in self.spaces:
            subprocess.run(["ip", "netns", "del", space], check=False)
        for path in Path("/dev/shm").glob(f"mxsteer-{self.instance}*"):
            path.unlink()
        self.pages.restore()
        shutil.rmtree(self.dir, ignore_errors=True)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        print(logs, end="", flush=True)
        return False

    def _logs(self):
        text = ""
        for log in {process.log: None for process in self.processes}:
            if log.exists() and log.stat().st_size:
                lines = log.read_text(errors="replace").splitlines()
                text += f"--- {log.name}, last lines\n"
                text += "\n".join(lines[-15:]) + "\n"
        return text

    # -- network -----------------------------------------------------------

    def space(self, name):
        return f"{self.tag}-{name}"

    def ip(self, space, *words):
        subprocess.run(["ip", "-n", self.space(space), *words], check=True)

    def _add_space(self, name):
        subprocess.run(["ip", "netns", "add", self.space(name)], check=True)
        self.spaces.append(self.space(name))
        self.ip(name, "link", "set", "lo", "up")
        self.run(name, "sysctl", "-q", "-w",
                 "net.ipv6.conf.all.disable_ipv6=1",
                 "net.ipv6.conf.default.disable_ipv6=1")

    def _wire(self, space, interface, to_space, to_interface):
        self.ip(space, "link", "add", interface, "type", "veth", "peer",
                "name", to_interface, "netns", self.space(to_space))
        self.ip(space, "link", "set", interface, "up")
        self.ip(to_space, "link", "set", to_interface, "up")

    def _plain_frames(self, space, interface):
        """Whole checksums and no super-packets, as on a real wire."""
        self.run(space, "ethtool", "-K", interface, "tx", "off", "tso", "off",
                 "gso", "off", "gro", "off")

    def _lay_network(self):
        for name in ("client", "lb", "switch", *MTAS):
            self._add_space(name)
        self._wire("client", "eth0", "lb", "mxs-wan")
        self.ip("switch", "link", "add", "br0", "type", "bridge")
        self.ip("switch", "link", "set", "br0", "up")
        self._wire("lb", "mxs-lan", "switch", "lb")
        self.ip("switch", "link", "set", "lb", "master", "br0")
        self.ip("lb", "address", "add", "198.51.100.2/24", "dev", "mxs-wan")
        self.ip("lb", "address", "add", "10.0.2.1/24", "dev", "mxs-lan")
        for address in CLIENTS:
            self.ip("client", "address", "add", address + "/24", "dev", "eth0")
        self._plain_frames("client", "eth0")
        for name, address in MTAS.items():
            self._wire(name, "eth0", "switch", name)
            self.ip("switch", "link", "set", name, "master", "br0")
            self.ip(name, "address", "add", address + "/24", "dev", "eth0")
            self._plain_frames(name, "eth0")

    # -- processes ---------------------------------------------------------

    def run(self, space, *command, **options):
        """Run a command to its end inside a namespace."""
        options.setdefault("check", True)
        options.setdefault("stdout", subprocess.DEVNULL)
        return subprocess.run(
            ["ip", "netns", "exec", self.space(space), *map(str, command)],
            stdin=subprocess.DEVNULL, **options)

    def spawn(self, space, command, env=None, log=None, stdout=None):
        log = Path(log or self.dir / (Path(command[0]).name + ".log"))
        with open(log, "ab") as out:
            popen = subprocess.Popen(
                ["ip", "netns", "exec", self.space(space), *map(str, command)],
                stdin=subprocess.DEVNULL, stdout=stdout or out, stderr=out,
                env={**os.environ, **(env or {})}, start_new_session=True)
        process = Process(popen, log)
        self.processes.append(process)
        return process

    def start_mtas(self, kinds=("postfix", "postfix", "exim")):
        trees = {"postfix": self.build / "mta/postfix",
                 "exim": self.build / "mta/exim4-daemon-light"}
        for (name, address), kind in zip(MTAS.items(), kinds):
            mta = Mta(kind, name, address, trees[kind], self.dir / name,
                      lambda command, space=name, **options:
                      self.spawn(space, command, **options))
            mta.start()
            self.mtas[name] = mta
        for name, address in MTAS.items():
            wait_for(lambda: self.greets(address), f"{name} greets")

    def greets(self, address):
        """Does an SMTP server answer there, from the balancer's host?"""
        script = ("import socket,sys\n"
                  "s = socket.create_connection((sys.argv[1], 25), 5)\n"
                  "ok = s.recv(3) == b'220'; s.sendall(b'QUIT\\r\\n')\n"
                  "s.recv(999); sys.exit(not ok)")
        return self.run("lb", "/usr/bin/python3", "-c", script, address,
                        check=False, stderr=subprocess.DEVNULL).returncode == 0

    # -- mxsteer -----------------------------------------------------------

    @property
    def config(self):
        return self.dir / "mxsteer.yaml"

    def config_text(self, backends=None, **changes):
        values = dict(instance=self.instance, workers=self.workers, vip=VIP,
                      snat=SNAT, hash=self.hash)
        values.update(changes)
        return CONFIG.format(**values) + "".join(
            f"      - {backend}\n" for backend in backends or self.backends)

    def write_config(self, path=None, **changes):
        (path or self.config).write_text(self.config_text(**changes))

    def start_dataplane(self, config=None):
        command = [self.build / "dataplane/mxsteer-dataplane", "-c",
                   config or self.config]
        if self.no_huge or os.environ.get("MXSTEER_NO_HUGE"):
            command.append("--no-huge")
        self.dataplane = self.spawn("lb", command)
        return self.dataplane

    def start_controlplane(self):
        self.controlplane = self.spawn(
            "lb", [self.build / "controlplane/mxsteer-controlplane", "-c",
                   self.config, "-s", self.dir / "ctl.sock", "--state-dir",
                   self.dir / "state"])
        wait_for((self.dir / "ctl.sock").exists, "the CLI socket is there")
        return self.controlplane

    def start_mxsteer(self):
        self.start_dataplane()
        self.start_controlplane()
        self.wait_up(*MTAS)

    def cli(self, *words, check=True):
        """Run the CLI; returns its finished process."""
        done = subprocess.run(
            [self.build / "controlplane/mxsteer", "-s", self.dir / "ctl.sock",
             *map(str, words)], stdin=subprocess.DEVNULL, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120)
        if check and done.returncode != 0:
            raise Failed(f"mxsteer {' '.join(map(str, words))}: "
                         f"{done.stdout.strip()}")
        return done

    def ask(self, *words):
        """A CLI answer as data; None while nobody answers."""
        done = self.cli("-j", *words, check=False)
        return json.loads(done.stdout) if done.returncode == 0 else None

    def backend(self, name):
        answer = self.ask("show", "backends") or {"backends": []}
        rows = {row["backend"]: row for row in answer["backends"]}
        return rows.get(name)

    def wait_up(self, *names):
        """Until the data plane has a plan in which these serve."""
        def up():
            generation = self.ask("show", "generation")
            if not generation or generation["adopted"] != \
                    generation["published"]:
                return False
            rows = [self.backend(name) for name in names]
            return all(row and row["health"] in ("up", "falling") and
                       row["mac"] for row in rows)
        wait_for(up, f"{', '.join(names)} up", 90)

    def wait_health(self, name, *healths):
        wait_for(lambda: (self.backend(name) or {}).get("health") in healths,
                 f"{name} is {' or '.join(healths)}", 90)

    def check_accounts(self):
        """rx == tx + to_kernel + handed_off + sum(dropped)."""
        drops = self.ask("show", "drops")
        right = drops["tx"] + drops["to_kernel"] + drops["handed_off"] + \
            sum(drops["drops"].values())
        check(drops["balanced"] and drops["rx"] == right,
              f"every one of {drops['rx']} frames is accounted for")
        return drops

    # -- mail --------------------------------------------------------------

    def start_sender(self, count, **options):
        from sender import Sender
        return Sender(self, count, **options)

    def smtp_source(self, count, sessions, size, progress=None):
        """Send with Postfix's smtp-source; returns its exit status."""
        program, env = smtp_source(self.build / "mta/postfix")
        process = self.spawn(
            "client", [program, "-s", sessions, "-m", count, "-l", size,
                       "-f", "sender@example.net", "-t", "inbox@example.org",
                       "-M", "client.example.net", f"inet:{VIP}:25"], env=env)
        while process.alive():
            if progress:
                progress(self.delivered())
            time.sleep(0.2)
        return process.wait()

    def received(self):
        """{MTA's name: Counter of Message-Ids}."""
        return {name: mta.received() for name, mta in self.mtas.items()}

    def delivered(self):
        return sum(sum(ids.values()) for ids in self.received().values())

    def wait_delivered(self, count, limit_s=90):
        wait_for(lambda: self.delivered() >= count,
                 f"{count} messages in the mailboxes", limit_s)

    def ids(self):
        return sum(self.received().values(), Counter())


def main(test):
    """Run one lab test as a program."""
    print(test.__doc__.strip().splitlines()[0], flush=True)
    try:
        test()
    except Failed as failure:
        print(f"FAIL {failure}", flush=True)
        sys.exit(1)
    print("PASS", flush=True)
