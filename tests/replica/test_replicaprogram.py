#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""mxsteer-replica runs once for an instance, and ends in good order.

MXSTEER_BUILD names the build folder.
"""

import getpass
import os
import shutil
import struct
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

PROGRAM = Path(os.environ["MXSTEER_BUILD"], "replica/mxsteer-replica")
PATIENCE_S = 60
HEAD = struct.Struct("=QIi")  # magic, layout and pid of struct replicated
CONFIG = """\
instance: {instance}
user: {user}
dataplane:
  workers: [1]
  ports: [{{name: wan, interface: lo}}]
services:
  - {{name: inbound, listen: ["192.0.2.1:25"], pool: mx, snat: [10.0.0.1], proxy-protocol: v2}}
pools:
  - {{name: mx, backends: [{{name: mta1, address: "10.0.0.2:25"}}]}}
"""


def run(*words):
    return subprocess.run([PROGRAM, *map(str, words)], text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=PATIENCE_S)


class Program(unittest.TestCase):
    def setUp(self):
        self.instance = f"replica-{os.getpid()}"
        self.folder = Path(f"/dev/shm/mxsteer-control.{self.instance}")
        self.addCleanup(shutil.rmtree, self.folder, True)
        with tempfile.NamedTemporaryFile("w", suffix=".yaml", delete=False) as file:
            file.write(CONFIG.format(instance=self.instance, user=getpass.getuser()))
        self.config = Path(file.name)
        self.addCleanup(self.config.unlink)

    def pid(self):
        """The process as the status file has it; None without one."""
        try:
            bytes_ = (self.folder / "replicated").read_bytes()
        except FileNotFoundError:
            return None
        return HEAD.unpack_from(bytes_)[2] if len(bytes_) >= HEAD.size else None

    def test_one_process_runs_until_a_signal(self):
        with subprocess.Popen([PROGRAM, "-c", self.config],
                              stderr=subprocess.DEVNULL) as process:
            self.addCleanup(process.kill)
            deadline = time.monotonic() + PATIENCE_S
            while self.pid() != process.pid:
                self.assertIsNone(process.poll())
                self.assertLess(time.monotonic(), deadline)
                time.sleep(0.02)
            second = run("-c", self.config)
            self.assertEqual(second.returncode, 1)
            self.assertIn("another mxsteer-replica is running", second.stderr)
            process.terminate()
            self.assertEqual(process.wait(PATIENCE_S), 0)
        self.assertEqual(self.pid(), 0)

    def test_another_instance_is_refused(self):
        done = run("-c", self.config, "--instance", "other")
        self.assertEqual(done.returncode, 1)
        self.assertIn(self.instance, done.stderr)
        self.assertFalse(self.folder.exists())

    def test_words_that_it_does_not_know(self):
        for words in (["-x"], ["more"]):
            self.assertEqual(run(*words).returncode, 2)
        self.assertEqual(run("--help").returncode, 0)
        self.assertIn("mxsteer-replica ", run("--version").stdout)


if __name__ == "__main__":
    unittest.main()
