# SPDX-License-Identifier: BSD-3-Clause
"""The data plane as a process that a test starts, in a network namespace of its
own with two pairs of interfaces."""

import os
import signal
import subprocess
import tempfile
import unittest
from pathlib import Path

from ownspace import wait_for
from smallfile import smallfile

PROGRAM = Path(os.environ["MXSTEER_BUILD"]) / "dataplane/mxsteer-dataplane"
INTERFACES = ("mx-wan", "mx-lan")
TEMPORARY = 75  # EX_TEMPFAIL: a restart may help
# libxdp keeps what it has read of the program until the process ends, which the
# sanitizers take for leaks.
LEAKS = "leak:libxdp.so\nleak:libbpf.so\n"
LIMIT_S = 60


def ip(words, check=True):
    subprocess.run(["ip", *words.split()], check=check,
                   stderr=None if check else subprocess.DEVNULL)


class ProcessRig(unittest.TestCase):
    def setUp(self):
        for name in INTERFACES:
            ip(f"link add {name} type veth peer name {name}-peer")
            ip(f"link set {name} up")
            ip(f"link set {name}-peer up")
        self.folder = tempfile.TemporaryDirectory(prefix="mxprocess")
        self.dir = Path(self.folder.name)
        (self.dir / "leaks").write_text(LEAKS)
        os.environ["LSAN_OPTIONS"] = (f"suppressions={self.dir / 'leaks'}:"
                                      "print_suppressions=0")
        self.instance = f"process{os.getpid()}"
        self.files = Path("/dev/shm") / f"mxsteer.{self.instance}"
        self.config = self.dir / "c.yaml"
        self.running = None
        self.write_config()

    def tearDown(self):
        if self.running and self.running.poll() is None:
            self.running.kill()
            self.running.wait(LIMIT_S)
        self.run_with("--remove", self.instance)
        self.folder.cleanup()
        for name in INTERFACES:
            ip(f"link delete {name}-peer", check=False)

    def write_config(self, wan="mx-wan", driver="af_packet", wan_port=None,
                     **changes):
        """wan: the interface of its port; or wan_port: all keys of the port."""
        wan_port = wan_port or f"driver: {driver}, interface: {wan}"
        self.config.write_text(smallfile(
            ports=[f"name: wan, {wan_port}",
                   f"name: lan, driver: {driver}, interface: mx-lan"],
            backends=["10.0.2.1:25"],
            **{"instance": self.instance, "idle": "sleep", **changes}))

    def run_with(self, *words):
        return subprocess.run(
            [PROGRAM, *words], text=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=LIMIT_S,
            check=False)

    def refuses(self, text, *words):
        """It does not start, says why, and leaves no files."""
        done = self.run_with("--no-huge", "-c", self.config, *words)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn(text, done.stdout)
        self.assertFalse((self.files / "region").exists(), done.stdout)

    def start(self, *words):
        self.log = self.dir / "log"
        with open(self.log, "wb") as log:
            self.running = subprocess.Popen(
                [PROGRAM, "--no-huge", "-c", self.config, *words],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_for(lambda: " up: " in self.log.read_text() or
                 self.running.poll() is not None, "the data plane is up")
        self.assertIsNone(self.running.poll(), self.log.read_text())

    def logs(self, text):
        wait_for(lambda: text in self.log.read_text(), f"the log has: {text}")

    def ends_by_itself(self, reason):
        self.assertEqual(self.running.wait(LIMIT_S), TEMPORARY)
        self.assertIn(reason, self.log.read_text())
        self.assertTrue((self.files / "sessions.0").exists())

    def end(self, number=signal.SIGTERM):
        self.running.send_signal(number)
        return self.running.wait(LIMIT_S)
