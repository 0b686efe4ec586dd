#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""`mxsteer wait` tells a person how it goes on, and a program nothing but the end.

The real program mxsteer asks a control plane that the test plays.  Its terminal
is a pty."""

import os
import pty
import signal
import socket
import subprocess
import tempfile
import threading
import unittest
from pathlib import Path

PROGRAM = Path(os.environ["MXSTEER_BUILD"]) / "controlplane" / "mxsteer"


def frame(word, text):
    return f"{word} {len(text.encode())}\n{text}".encode()


class Progress(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="mxprogress")
        self.path = Path(self.folder.name) / "ctl.sock"
        self.listening = socket.socket(socket.AF_UNIX)
        self.listening.bind(str(self.path))
        self.listening.listen()
        self.line = None
        self.gone = threading.Event()

    def tearDown(self):
        self.listening.close()
        self.folder.cleanup()

    def serve(self, *frames):
        """Answer one request by these frames, and wait until its client goes."""
        def run():
            client, _ = self.listening.accept()
            with client, client.makefile("rb") as lines:
                self.line = lines.readline().decode()
                client.sendall(b"".join(frames))
                lines.readline()
            self.gone.set()
        threading.Thread(target=run, daemon=True).start()

    def ask(self, stdout, *words, term="xterm"):
        return subprocess.Popen(
            [PROGRAM, "-s", self.path, *words], stdin=subprocess.DEVNULL,
            stdout=stdout, stderr=subprocess.STDOUT,
            env={**os.environ, "TERM": term})

    def on_terminal(self, *words, until=None, term="xterm"):
        """Returns what the terminal got, and the exit status.  until: press
        Ctrl-C once this is there."""
        ours, theirs = pty.openpty()
        asked = self.ask(theirs, *words, term=term)
        os.close(theirs)
        got = b""
        while True:
            try:
                got += os.read(ours, 4096)
            except OSError:
                break
            if until and until in got:
                asked.send_signal(signal.SIGINT)
                until = None
        os.close(ours)
        return got.decode(), asked.wait(60)

    def test_a_terminal_has_one_line_that_is_rewritten(self):
        self.serve(frame("progress", "mx/a: 12 sessions left"),
                   frame("progress", "mx/a: 3 sessions left"),
                   frame("ok", "mx/a is drained\n"))
        got, status = self.on_terminal("wait", "600", "drained", "mx/a")
        self.assertEqual(
            got, "\r\x1b[Kmx/a: 12 sessions left\r\x1b[Kmx/a: 3 sessions left"
            "\r\x1b[Kmx/a is drained\r\n")
        self.assertEqual(status, 0)
        self.assertTrue(self.gone.wait(60))
        self.assertIn("-p ", self.line)

    def test_a_pipe_has_the_end_alone(self):
        self.serve(frame("progress", "not asked for"),
                   frame("error", "mx/a is not drained\n"))
        asked = self.ask(subprocess.PIPE, "wait", "1", "drained", "mx/a")
        self.assertEqual(asked.communicate(timeout=60)[0],
                         b"mx/a is not drained\n")
        self.assertEqual(asked.returncode, 1)
        self.assertTrue(self.gone.wait(60))
        self.assertNotIn("-p", self.line)

    def test_ctrl_c_ends_it_and_says_what_stays(self):
        self.serve(frame("progress", "mx/a: 12 sessions left"))
        got, status = self.on_terminal("wait", "600", "drained", "mx/a",
                                       until=b"12 sessions")
        self.assertIn("left\x1b[m\r\nno longer waiting; what was changed stays", got)
        self.assertEqual(status, -signal.SIGINT)
        self.assertTrue(self.gone.wait(60))

    def test_other_commands_and_terminals_have_none(self):
        for words, term in ((["drain", "mx/a"], "xterm"),
                            (["-j", "wait", "1", "drained", "mx/a"], "xterm"),
                            (["wait", "1", "drained", "mx/a"], "dumb")):
            self.gone.clear()
            self.serve(frame("ok", "done\n"))
            self.assertEqual(self.on_terminal(*words, term=term),
                             ("done\r\n", 0))
            self.assertTrue(self.gone.wait(60))
            self.assertNotIn("-p", self.line)


if __name__ == "__main__":
    unittest.main()
