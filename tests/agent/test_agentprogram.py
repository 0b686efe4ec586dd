#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""mxsteer-agent answers whoever asks, however he asks, and only whom it should.

MXSTEER_BUILD names the build folder.
"""

import os
import socket
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

PROGRAM = Path(os.environ["MXSTEER_BUILD"], "agent/mxsteer-agent")
PATIENCE_S = 60
PLACES = 64  # SERVER_PEERS_MAX


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return sock.getsockname()[1]


def run(*words):
    return subprocess.run([PROGRAM, *map(str, words)], text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=PATIENCE_S)


class Agent:
    def __init__(self, *options):
        self.port = free_port()
        self.folder = tempfile.TemporaryDirectory()
        self.state = Path(self.folder.name, "state")
        self.log = Path(self.folder.name, "log")
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [PROGRAM, "--listen", f"127.0.0.1:{self.port}", "--state",
                 self.state, "--queue", "off", *map(str, options)], stderr=log)

    def __enter__(self):
        self.wait(lambda: "started" in self.log.read_text())
        return self

    def __exit__(self, *_):
        self.process.terminate()
        status = self.process.wait(PATIENCE_S)
        self.folder.cleanup()
        assert status == 0, f"the agent ended with {status}"

    @staticmethod
    def wait(condition):
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < deadline, "waited in vain"
            time.sleep(0.02)

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), PATIENCE_S)

    def ask(self, send=b""):
        """A whole session, as HAProxy has it."""
        with self.connect() as sock:
            if send:
                sock.sendall(send)
            with sock.makefile() as lines:
                return lines.readline()


class Answers(unittest.TestCase):
    def test_each_session_gets_one_whole_line(self):
        with Agent() as agent:
            for send in (b"", b"hello\n", b"x" * 100000):
                self.assertRegex(agent.ask(send),
                                 r"^ready up (\d{1,2}|100)% # .*memory \d+%\n$")
            with agent.connect() as sock:
                got = sock.makefile().read()  # to its end
            self.assertEqual(got.count("\n"), 1)

    def test_ready_is_said_ten_times(self):
        with Agent() as agent:
            words = [agent.ask().split()[0] for _ in range(12)]
            self.assertEqual(words, ["ready"] * 10 + ["up"] * 2)

    def test_a_command_and_a_file_change_the_state(self):
        with Agent() as agent:
            self.assertEqual(run("--state", agent.state, "drain", "new",
                                 "kernel").returncode, 0)
            agent.wait(lambda: agent.ask().startswith("drain up "))
            self.assertIn("# new kernel\n", agent.ask())
            self.assertEqual(run("--state", agent.state, "show").stdout,
                             "drain # new kernel\n")
            agent.state.write_text("maint\n")
            agent.wait(lambda: agent.ask().startswith("maint up "))
            agent.state.write_text("what?\n")
            agent.wait(lambda: "expected ready" in agent.log.read_text())
            self.assertTrue(agent.ask().startswith("maint up "))
            agent.state.unlink()
            agent.wait(lambda: agent.ask().startswith("ready up "))

    def test_the_state_outlives_a_restart(self):
        with Agent() as agent:
            agent.state.write_text("drain\n")
            with tempfile.TemporaryDirectory() as folder:
                copy = Path(folder, "state")
                copy.write_text("drain\n")
                with Agent("--state", copy) as again:
                    self.assertTrue(again.ask().startswith("drain up "))


class Limits(unittest.TestCase):
    def test_slow_askers_keep_nobody_waiting(self):
        with Agent() as agent:
            idle = [agent.connect() for _ in range(3 * PLACES)]
            for _ in range(20):
                self.assertIn("%", agent.ask())
            for sock in idle:
                self.assertIn(b"%", sock.recv(1000))
                sock.close()

    def test_an_asker_that_sends_for_ever_is_ended(self):
        with Agent() as agent, agent.connect() as sock:
            with self.assertRaises(OSError):
                deadline = time.monotonic() + PATIENCE_S
                while time.monotonic() < deadline:
                    sock.sendall(b"x" * 65536)
            self.assertIn("%", agent.ask())

    def test_a_reset_ends_nothing(self):
        with Agent() as agent:
            for _ in range(50):
                sock = agent.connect()
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                b"\1\0\0\0\0\0\0\0")
                sock.close()
            self.assertIn("%", agent.ask())

    def test_who_is_not_allowed_gets_nothing(self):
        with Agent("--allow", "192.0.2.1") as agent:
            try:
                said = agent.ask()
            except OSError:
                said = ""
            self.assertEqual(said, "")
            agent.wait(lambda: "127.0.0.1 is not allowed to ask" in
                       agent.log.read_text())


class Arguments(unittest.TestCase):
    def test_wrong_ones_are_refused(self):
        for words in (["--listen", "x"], ["--allow", "10.0.0.1/8"],
                      ["--cpu", "90-50"], ["--cpu", "50-101"],
                      ["--queue", "5"], ["--queue", "1-200000"],
                      ["--memory=-1-5"], ["--nothing"], ["drian"],
                      ["show", "more"]):
            self.assertEqual(run(*words).returncode, 2, words)

    def test_help_and_version(self):
        self.assertIn("usage: mxsteer-agent", run("--help").stdout)
        self.assertIn("0.1.0", run("--version").stdout)

    def test_a_state_that_cannot_be_written_is_a_failure(self):
        done = run("--state", "/nonexistent/state", "drain")
        self.assertEqual(done.returncode, 1)
        self.assertIn("/nonexistent/state: No such file", done.stdout)


if __name__ == "__main__":
    sys.exit(not unittest.main(exit=False).result.wasSuccessful())
