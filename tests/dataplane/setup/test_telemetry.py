#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""DPDK's tools may ask the data plane for its counters, if the file says so.

The real program runs in a network namespace of its own.  The test speaks the
protocol of dpdk-telemetry.py: a SEQPACKET socket, a greeting, and one answer of
JSON for each command."""

import json
import os
import socket
import stat
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "kit"))

from ownspace import enter, wait_for
from processrig import ProcessRig

SOCKETS = Path("/run/dpdk") if os.geteuid() == 0 else Path(
    os.environ.get("XDG_RUNTIME_DIR", "/tmp"), "dpdk")


class Telemetry(ProcessRig):
    def find(self):
        """The socket of this data plane."""
        return SOCKETS / f"mxsteer-{self.instance}" / "dpdk_telemetry.v2"

    def ask(self, command):
        answer = json.loads(self.peer_ask(command))
        return answer[command.split(",")[0]]

    def peer_ask(self, command):
        self.peer.send(command.encode())
        return self.peer.recv(65536).decode()

    def connect(self):
        peer = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.addCleanup(peer.close)
        peer.settimeout(60)
        peer.connect(str(self.find()))
        self.greeting = json.loads(peer.recv(1024))
        return peer

    def turn_on(self):
        text = self.config.read_text()
        self.config.write_text(text.replace(
            "  sessions-max:", "  telemetry: on\n  sessions-max:"))

    def test_without_the_key_there_is_no_socket(self):
        self.start()
        self.assertFalse(self.find().exists())
        self.end()

    def test_the_counters_are_those_of_workers(self):
        self.write_config(workers="[0, 0]")
        self.turn_on()
        self.start()
        mode = self.find().stat().st_mode
        self.assertTrue(stat.S_ISSOCK(mode))
        self.peer = self.connect()
        self.assertEqual(self.greeting["pid"], self.running.pid)
        commands = self.ask("/")
        for name in ("workers", "services", "drops"):
            self.assertIn(f"/mxsteer/{name}", commands)
        self.assertEqual(len(self.ask("/mxsteer/workers")["rx"]), 2)

        def polls():
            return self.ask("/mxsteer/workers")["polls"]
        before = polls()
        wait_for(lambda: all(now > then for now, then in
                             zip(polls(), before)), "both workers poll", 60)
        drops = self.ask("/mxsteer/drops")
        self.assertIn("no_session", drops)
        self.assertGreater(len(drops), 30)
        self.assertEqual(self.ask("/mxsteer/services")["id"], [])
        # A client that hangs there does not keep the program from its end.
        self.assertEqual(self.end(), 0)

    def test_others_may_not_open_it(self):
        self.turn_on()
        self.start()
        folder = self.find().parent.stat()
        self.assertEqual(folder.st_uid, os.geteuid())
        self.assertEqual(folder.st_mode & 0o077, 0)
        self.assertEqual(self.end(), 0)

    def test_odd_commands_end_nothing(self):
        self.turn_on()
        self.start()
        self.peer = self.connect()
        for odd in ("", "/mxsteer", "/mxsteer/workers,1,2,3", "x" * 1000,
                    "/mxsteer/drops," + "y" * 900, "\x01\xff"):
            if odd:
                self.peer_ask(odd)
        self.assertIn("rx", self.ask("/mxsteer/workers"))
        self.assertEqual(self.end(), 0)


if __name__ == "__main__":
    enter()
    unittest.main(verbosity=2)
