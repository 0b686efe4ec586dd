#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""What an operator types, and what the program makes of it.

The real program mxsteer talks to a real control plane, in a network namespace
of their own, where MTAs have addresses of its loopback interface.  Without root
that is a user namespace as well.  No data plane."""

import os
import socket
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

PROGRAMS = Path(os.environ["MXSTEER_BUILD"]) / "controlplane"
CONFIG = """\
instance: desk{pid}
dataplane:
  workers: [0]
  sessions-max: 1000
  ports:
    - {{name: lan, driver: af_packet, interface: lo}}
services:
  - name: inbound
    listen: ["198.51.100.25:25"]
    pool: mx
    forward: fullnat
    snat: ["10.0.2.100"]
    client-address: hidden
pools:
  - name: mx
    check: {{type: tcp, interval: 1s, timeout: 1s}}
    backends:
{backends}
"""
BACKEND = '      - {{name: mta{n}, address: "192.0.2.1:{port}"}}\n'
SKIPPED = 77  # as meson wants it


def wait_for(condition, what, limit_s=30):
    end = time.monotonic() + limit_s
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"never: {what}")
        time.sleep(0.02)


class Desk(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="mxdesk")
        self.dir = Path(self.folder.name)
        self.socket = self.dir / "ctl.sock"
        self.log = self.dir / "log"
        self.plane = None

    def tearDown(self):
        if self.plane:
            self.plane.terminate()
            self.plane.wait(30)
        self.folder.cleanup()

    def start(self, ports=(1,), prefix=()):
        (self.dir / "c.yaml").write_text(CONFIG.format(
            pid=os.getpid(), backends="".join(
                BACKEND.format(n=n, port=port)
                for n, port in enumerate(ports, 1))))
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

    def admin(self):
        for line in self.cli("show", "backends").stdout.splitlines():
            if " mta1 " in line:
                return line.split()[3]
        return None

    def test_a_line_feed_in_an_argument_makes_no_second_command(self):
        self.start()
        for bad in ("show pools\ndrain mx/mta1", "show pools\rdrain mx/mta1",
                    "show\x01pools"):
            done = self.cli(bad)
            self.assertEqual(done.returncode, 2, done.stdout)
            self.assertIn("one line of printable", done.stdout)
        done = self.cli("config", "apply", "/tmp/x\ndrain mx/mta1")
        self.assertEqual(done.returncode, 2, done.stdout)
        self.assertEqual(self.admin(), "ready")

    def test_an_answer_that_cannot_be_written_is_a_failure(self):
        self.start()
        for words in (("show", "backends"), ("help",), ("-V",), ("-h",)):
            with open("/dev/full", "w") as full:
                done = self.cli(*words, stdout=full)
            self.assertEqual(done.returncode, 1, words)
            self.assertIn("could not be written: No space", done.stderr)

    def test_numbers_have_one_form(self):
        self.start()
        for number in ("010", "0x10", "+1", "1.0", " "):
            done = self.cli("weight", "mx/mta1", number)
            self.assertEqual(done.returncode, 2, number)

    def test_help_is_found_however_it_is_asked_for(self):
        self.start()
        whole = self.cli("help").stdout
        for words in (("?",), ("--", "-h")):
            self.assertEqual(self.cli(*words).stdout, whole)
        for words in ("help drain", "drain -h", "drain --help", "drain ?"):
            done = self.cli(*words.split())
            self.assertEqual(done.returncode, 0, words)
            self.assertTrue(done.stdout.startswith("drain POOL/BACKEND"))
            self.assertEqual(len(done.stdout.splitlines()), 1)
        self.assertIn("[--host] FILE", self.cli("config", "check", "-h").stdout)
        for option in ("-h", "--help"):
            done = self.cli(option)
            self.assertEqual(done.returncode, 0)
            self.assertIn("usage: mxsteer", done.stdout)
        for option in ("-V", "--version"):
            done = self.cli(option)
            self.assertEqual(done.returncode, 0)
            self.assertRegex(done.stdout, r"^mxsteer \d+\.\d+")

    def test_the_host_is_looked_at_for_a_file(self):
        self.start()
        path = self.dir / "c.yaml"
        done = self.cli("config", "check", path)
        self.assertEqual(done.returncode, 0, done.stdout)
        path.write_text(path.read_text().replace("interface: lo",
                                                 "interface: nowhere"))
        done = self.cli("config", "check", path)
        self.assertEqual(done.returncode, 0, done.stdout)
        done = self.cli("config", "check", "--host", path)
        self.assertEqual(done.returncode, 1)
        self.assertIn("there is no interface nowhere on this host",
                      done.stdout)
        for words in ((), ("--host",), ("--hosts", path)):
            done = self.cli("config", "check", *words)
            self.assertNotEqual(done.returncode, 0, done.stdout)


def main():
    if os.environ.get("MXSTEER_DESK") != "inside":
        os.environ["MXSTEER_DESK"] = "inside"
        unshare = ["unshare", "-n" if os.geteuid() == 0 else "-rn"]
        if subprocess.run([*unshare, "true"], check=False).returncode != 0:
            print("skipped: no network namespace is to be had here")
            return SKIPPED
        os.execvp(unshare[0], [*unshare, sys.executable, *sys.argv])
    subprocess.run("ip link set lo up && ip address add 192.0.2.1/32 dev lo",
                   shell=True, check=True)
    return not unittest.main(exit=False).result.wasSuccessful()


if __name__ == "__main__":
    sys.exit(main())
