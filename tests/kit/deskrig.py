# SPDX-License-Identifier: BSD-3-Clause
"""A control plane as a process that a test starts, and the program mxsteer that
talks to it, without a data plane."""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import unittest
from pathlib import Path

from ownspace import wait_for
from smallfile import smallfile

PROGRAMS = Path(os.environ["MXSTEER_BUILD"]) / "controlplane"


class DeskRig(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="mxdesk")
        self.dir = Path(self.folder.name)
        self.socket = self.dir / "ctl.sock"
        self.log = self.dir / "log"
        self.instance = f"desk{os.getpid()}"
        self.addCleanup(self.folder.cleanup)
        self.addCleanup(lambda: shutil.rmtree(
            f"/dev/shm/mxsteer-control.{self.instance}", ignore_errors=True))
        self.plane = None

    def tearDown(self):
        if self.plane:
            self.plane.send_signal(signal.SIGCONT)
            self.plane.terminate()
            self.plane.wait(30)

    def start(self, ports=(1,), prefix=(), check="tcp"):
        (self.dir / "c.yaml").write_text(smallfile(
            self.instance,
            ["name: lan, driver: af_packet, interface: lo"],
            [f"192.0.2.{n}:{port}" for n, port in enumerate(ports, 1)],
            check=f"type: {check}, interval: 1s, timeout: 2s, rise: 1, "
            "fall: 1"))
        self.run_plane(prefix)

    def run_plane(self, prefix=()):
        """Start it with the files that are there."""
        with open(self.log, "wb") as log:
            self.plane = subprocess.Popen(
                [*prefix, PROGRAMS / "mxsteer-controlplane", "-c",
                 self.dir / "c.yaml", "-s", self.socket, "--state-dir",
                 self.dir], stdin=subprocess.DEVNULL, stderr=log)
        wait_for(lambda: "started" in self.logged() or
                 self.plane.poll() is not None, "the control plane")
        self.assertIsNone(self.plane.poll(), self.logged())

    def logged(self):
        return self.log.read_text()

    def cli(self, *words, **options):
        options.setdefault("stdout", subprocess.PIPE)
        return subprocess.run(
            [PROGRAMS / "mxsteer", "-s", self.socket, *words], text=True,
            stderr=subprocess.STDOUT if options["stdout"] == subprocess.PIPE
            else subprocess.PIPE, timeout=60, check=False,
            stdin=options.pop("stdin", subprocess.DEVNULL), **options)

    def backends(self):
        """{name: its row}."""
        done = self.cli("-j", "show", "backends")
        self.assertEqual(done.returncode, 0, done.stdout)
        return {row["backend"]: row
                for row in json.loads(done.stdout)["backends"]}
