# SPDX-License-Identifier: BSD-3-Clause
"""A mail site in network namespaces: clients, mxsteer, three MTAs.

network.py draws it.  mxsteer owns the VIP and the snat address; the kernel of
the lb namespace has other addresses, for probes.  Everything carries the number
of this process in its name, and goes away with the Lab, whatever happened.
keep.py says what a lab that failed can leave.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import config
import keep
import mta
from claims import Failed, check, main, skip, wait_for
from drivers import DRIVERS
from network import MTA_HOSTS, SNATS, VIPS, Network
from operated import Operated
from process import Process, remove_files, sweep
from sharedhost import SharedHost
from talk import Session

__all__ = ["Failed", "Lab", "MTAS", "SNAT", "VIP", "check", "main", "rounds",
           "skip", "wait_for"]

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
VIP, SNAT = VIPS[4], SNATS[4]
MTAS = list(MTA_HOSTS)

# How an MTA's replies reach the client, by mode.
REPLIES = {"fullnat": "snat", "nat": "lb", "dsr": "direct", "tunnel": "direct"}


def rounds(every, kinds, build=None):
    """The rounds of a test that run now: with the argument "haraka" those with
    Haraka, or else those without.  kinds: returns the MTAs of a round.  If
    Haraka is not installed, its rounds are skipped; tests/packages has written
    the reason."""
    wanted = sys.argv[1:] == ["haraka"]
    trees = Path(build or os.environ.get("MXSTEER_BUILD", ROOT / "build"),
                 "mta")
    if wanted and not (trees / "haraka").is_dir():
        missing = trees / "haraka.missing"
        skip(missing.read_text().strip() if missing.exists() else
             "Haraka is not there: run tests/packages tests")
    return [each for each in every if ("haraka" in kinds(each)) == wanted]


class Lab(Network, Operated):
    """family: of the VIP and the clients; backend_family: of the MTAs.
    ports: what the VIP listens on, 25 and 465.
    extra: more of an MTA's line of the configuration, by name.
    driver: of the ports, a row of drivers.py; if it is None, MXSTEER_DRIVER of
    the environment, or af_packet.
    idle: of the workers; if it is None, MXSTEER_IDLE of the environment, or poll.
    The rest is named as in the configuration, or in Network."""

    def __init__(self, hash="flow", weights=(100, 100, 100), workers="[1]",
                 forward="fullnat", family=4, backend_family=None,
                 proxy="off", tunnel="ipip", load_bound=None, timers=None,
                 idle=None, extra=None, ports=(25,), build=None, no_huge=None,
                 edge_mtu=None, core_mtu=None, driver=None, answer=None,
                 patience=None, early=None, cookies=None, delay=None,
                 agent=None):
        super().__init__(f"mxs{os.getpid()}", REPLIES[forward], edge_mtu,
                         core_mtu)
        self.build = Path(build or os.environ.get("MXSTEER_BUILD",
                                                  ROOT / "build"))
        self.instance = f"lab{os.getpid()}"
        self.no_huge = no_huge
        self.processes, self.mtas = [], {}
        self.family = family
        self.backend_family = backend_family or family
        self.vip = VIPS[family]
        self.ports = ports
        self.weights, self.extra = dict(zip(MTAS, weights)), extra or {}
        self.driver = DRIVERS[driver or os.environ.get("MXSTEER_DRIVER",
                                                       "af_packet")]
        self.cables = None  # of the drivers that need them
        self.values = dict(
            instance=self.instance, workers=workers, vip=self.vip,
            snat=SNATS[self.backend_family], hash=hash, forward=forward,
            backend_family=self.backend_family, proxy=proxy, tunnel=tunnel,
            load_bound=load_bound, timers=timers, answer=answer,
            patience=patience, early=early, cookies=cookies, delay=delay,
            agent=agent,
            idle=idle or os.environ.get("MXSTEER_IDLE", "poll"))
        self.dataplane = self.controlplane = None

    # -- coming and going --------------------------------------------------

    def __enter__(self):
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: sys.exit(130))
        sweep()
        self.dir = Path(tempfile.mkdtemp(prefix=self.tag + "."))
        # The control plane's socket is there.
        shutil.chown(self.dir, config.USER)
        self.dir.chmod(0o755)
        self.host = SharedHost()
        self.host.reserve()
        try:
            self.lay()
            self.driver.lay(self)
            self.write_config()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *exc):
        failed = exc and exc[0] not in (None, KeyboardInterrupt, SystemExit)
        if failed and keep.STAYS:
            keep.wait_for_person(self, exc[1])
        # A second Ctrl-C must not stop the clean-up half-way.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        logs = self._logs() if failed else ""
        for process in reversed(self.processes):
            process.end()
        for space in self.spaces:
            subprocess.run(["ip", "netns", "del", space], check=False)
        remove_files(self.instance)
        self.host.restore()
        try:
            if failed and keep.FOLDER:
                keep.copy_logs(self)
        finally:
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

    # -- processes ---------------------------------------------------------

    def spawn(self, space, command, env=None, log=None, stdout=None,
              stdin=subprocess.DEVNULL):
        log = Path(log or self.dir / (Path(command[0]).name + ".log"))
        with open(log, "ab") as out:
            popen = subprocess.Popen(
                ["ip", "netns", "exec", self.space(space), *map(str, command)],
                stdin=stdin, stdout=stdout or out, stderr=out,
                env={**os.environ, **(env or {})}, start_new_session=True)
        process = Process(popen, log)
        self.processes.append(process)
        return process

    def start_mtas(self, kinds=("postfix", "postfix", "exim")):
        for name, kind in zip(MTAS, kinds):
            self.mtas[name] = mta.KINDS[kind](
                name, self.build / "mta", self.dir / name,
                lambda command, space=name, **options:
                self.spawn(space, command, **options), self.values["proxy"])
            self.mtas[name].start()
            if self.values["forward"] == "tunnel":
                self.spawn(name, ["/usr/bin/python3", HERE / "decap.py",
                                  self.decap_log(name)])
        for name, started in self.mtas.items():
            wait_for(lambda: self.greets(name) or
                     not started.process.alive(), f"{name} greets")
            if not started.process.alive():
                raise Failed(f"{name} does not start")

    def decap_log(self, name):
        return self.dir / f"{name}.outer"

    @property
    def neighbour(self):
        return self.driver.neighbour

    def greets(self, name):
        """Does that MTA answer a host of its network?"""
        try:
            with self.connect(self.neighbour or name, self.mta_address(
                    name, self.backend_family), 25, timeout=5) as sock:
                Session(sock, self.values["proxy"]).quit()
            return True
        except OSError:  # SMTPException is one as well
            return False

    def session(self, source=None, port=25, timeout=60):
        """A client's session with the VIP; its socket is in the clients'
        namespace, its code here."""
        source = source or self.clients(self.family)[0]
        return Session(self.connect("client", self.vip, port, source, timeout))

    # -- mxsteer -----------------------------------------------------------

    @property
    def config(self):
        return self.dir / "mxsteer.yaml"

    @property
    def socket(self):
        return self.dir / "ctl.sock"

    def backend_lines(self, port=25):
        lines = []
        for name in MTAS:
            address = config.endpoint(
                self.mta_address(name, self.backend_family), port)
            more = self.extra.get(name)
            lines.append(f'name: {name}, address: "{address}", '
                         f"weight: {self.weights[name]}" +
                         (f", {more}" if more else ""))
        return lines

    def port_lines(self):
        """mxsteer's ports in the configuration."""
        return self.driver.port_lines(self)

    def config_text(self, backends=None, **changes):
        return config.text(
            lambda port: backends or self.backend_lines(port), self.ports,
            **{**self.values, "interfaces": self.port_lines(), **changes})

    def write_config(self, path=None, **changes):
        (path or self.config).write_text(self.config_text(**changes))

    def start_dataplane(self, config=None):
        command = [self.build / "dataplane/mxsteer-dataplane", "-c",
                   config or self.config]
        if self.no_huge or os.environ.get("MXSTEER_NO_HUGE"):
            command.append("--no-huge")
        self.driver.connect(self)
        self.dataplane = self.spawn("lb", command)
        self.driver.started(self)
        return self.dataplane

    def start_controlplane(self):
        self.controlplane = self.spawn(
            "lb", [self.build / "controlplane/mxsteer-controlplane", "-c",
                   self.config, "-s", self.socket, "--state-dir",
                   self.dir / "state"])
        wait_for(self.socket.exists, "the CLI socket is there")
        return self.controlplane

    def start_mxsteer(self):
        self.start_dataplane()
        self.start_controlplane()
        self.wait_up(*self.mtas)

    # -- mail --------------------------------------------------------------

    def start_sender(self, count, **options):
        from sender import Sender
        return Sender(self, count, **options)

    def smtp_source(self, count, sessions, size, progress=None):
        """Send with Postfix's smtp-source; returns its exit status."""
        program, env = mta.smtp_source(self.build / "mta/postfix")
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

    def seen_clients(self):
        """{Message-Id: the client's address that its MTA saw}."""
        return {ident: address for mta in self.mtas.values()
                for ident, address in mta.clients().items()}
