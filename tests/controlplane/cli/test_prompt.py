#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The prompt of mxsteer on a terminal: TAB, the history, and Ctrl-C."""

import fcntl
import os
import pty
import re
import select
import signal
import stat
import subprocess
import sys
import termios
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "kit"))

from deskrig import PROGRAMS, DeskRig
from ownspace import enter, wait_for

SOURCE = Path(__file__).resolve().parents[3]
CONTROL = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]|[\x07\r]")


def take_terminal():
    """The terminal belongs to the new session, so that Ctrl-C becomes a signal.
    A shell ignores these signals in programs that it runs in the background."""
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def state_of(program):
    """T is stopped: see proc(5)."""
    return Path(f"/proc/{program.pid}/stat").read_text().rsplit(")", 1)[1][1]


class Reader:
    """The end of a terminal that a person is at."""

    def __init__(self, rig, ours):
        self.rig = rig
        self.ours = ours
        self.said = b""

    def read_until(self, part):
        """Read until this is there; what was read stays for the next call
        only behind it."""
        end = time.monotonic() + 120
        while part not in CONTROL.sub(b"", self.said):
            self.rig.assertLess(time.monotonic(), end,
                                (part, self.said[-300:]))
            if select.select([self.ours], [], [], 1)[0]:
                try:
                    self.said += os.read(self.ours, 65536)
                except OSError as ended:
                    raise AssertionError(self.said[-300:]) from ended
        plain = CONTROL.sub(b"", self.said)
        self.said = plain[plain.index(part) + len(part):]

    def type(self, keys, *parts):
        os.write(self.ours, keys)
        for part in parts:
            self.read_until(part)


class Terminal(Reader):
    """The program at a terminal."""

    def __init__(self, rig, **environment):
        ours, theirs = pty.openpty()
        super().__init__(rig, ours)
        rig.addCleanup(os.close, self.ours)
        self.program = subprocess.Popen(
            [PROGRAMS / "mxsteer", "-s", rig.socket], stdin=theirs,
            stdout=theirs, stderr=theirs, start_new_session=True,
            preexec_fn=take_terminal,
            env={**os.environ, "HOME": str(rig.dir), "TERM": "xterm",
                 **environment})
        rig.addCleanup(self.program.wait)
        rig.addCleanup(self.program.kill)
        os.close(theirs)
        self.read_until(b"mxsteer> ")

    def is_cooked(self):
        return termios.tcgetattr(self.ours)[3] & termios.ICANON

    def children(self):
        pid = self.program.pid
        return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()

    def runs_a_command(self):
        """Is there a process that Ctrl-C would end, with its last words?"""
        try:
            status = Path(f"/proc/{self.children()[0]}/status").read_text()
        except (IndexError, FileNotFoundError):
            return False
        blocked = re.search(r"SigBlk:\t(\w+)", status)[1]
        return not int(blocked, 16) & 1 << signal.SIGINT - 1

    def leave(self):
        self.type(b"quit\n")
        self.rig.assertEqual(self.program.wait(120), 0)


class Prompt(DeskRig):
    def test_tab_completes_commands_and_values(self):
        self.start(ports=(1, 1, 1))
        there = Terminal(self)
        there.type(b"sho\t", b"show ")
        there.type(b"ba\t", b"backend")
        there.type(b"\t", b"backend ", b"backends", b"show backend")
        there.type(b"s\n", b"mta3", b"mxsteer> ")
        there.type(b"weight m\t", b"mx/mta")
        there.type(b"\t", b"mx/mta1", b"mx/mta2", b"mx/mta3", b"weight mx/mta")
        there.type(b"2\t", b"2")
        there.type(b"50\n", b"weight 100 -> 50", b"mxsteer> ")
        there.type(b"show events of in\t", b"inbound")
        there.type(b"\x03", b"mxsteer> ")
        there.leave()

    def test_ctrl_c_gives_up_the_line_and_not_the_prompt(self):
        self.start()
        there = Terminal(self)
        there.type(b"drain mx/mta1", b"drain mx/mta1")
        there.type(b"\x03", b"mxsteer> ")
        there.type(b"\x03", b"mxsteer> ")
        there.type(b"show pools\n", b"SERVING", b"mxsteer> ")
        self.assertEqual(self.backends()["mta1"]["admin"], "ready")
        there.leave()

    def test_ctrl_c_ends_the_command_and_not_the_prompt(self):
        self.start()
        there = Terminal(self)
        there.type(b"wait 600 drained mx/mta1\n", b"no session now")
        there.type(b"\x03", b"no longer waiting; what was changed stays",
                   b"mxsteer> ")
        self.plane.send_signal(signal.SIGSTOP)
        there.type(b"show pools\n")
        wait_for(there.runs_a_command, "it runs")
        there.type(b"\x03", b"interrupted", b"mxsteer> ")
        there.type(b"drain mx/mta1\n")
        wait_for(there.runs_a_command, "it runs")
        there.type(b"\x03", b"a change that was sent may be in force",
                   b"mxsteer> ")
        self.plane.send_signal(signal.SIGCONT)
        there.type(b"show pools\n", b"SERVING", b"mxsteer> ")
        there.leave()

    def test_ctrl_c_is_never_too_early(self):
        """At any moment after the line, or as a key of the next one."""
        self.start()
        there = Terminal(self)
        for step in range(40):
            there.type(b"wait 600 drained mx/mta1\n")
            time.sleep(step / 2000)
            there.type(b"\x03")
            there.type(b"show events\n", b"SUBJECT", b"mxsteer> ")
        there.type(b"show pools\n", b"SERVING", b"mxsteer> ")
        there.leave()

    def test_the_prompt_bears_a_stop_and_a_new_width(self):
        self.start()
        there = Terminal(self)
        for _ in range(2):
            there.type(b"show po", b"show po")
            os.kill(there.program.pid, signal.SIGSTOP)
            wait_for(lambda: state_of(there.program) == "T", "it is stopped")
            termios.tcsetwinsize(there.ours, (24, 60))
            os.kill(there.program.pid, signal.SIGCONT)
            there.type(b"\t", b"show po")
            there.type(b"ols\n", b"SERVING", b"mxsteer> ")
        there.leave()

    def test_the_terminal_is_as_before_if_the_prompt_is_ended(self):
        self.start()
        for number in (signal.SIGTERM, signal.SIGQUIT):
            there = Terminal(self)
            wait_for(lambda at=there: not at.is_cooked(), "a line is edited")
            there.program.send_signal(number)
            self.assertEqual(there.program.wait(120), -number)
            self.assertTrue(there.is_cooked())

    def test_what_a_command_is_in_ends_with_the_prompt(self):
        self.start()
        there = Terminal(self)
        there.type(b"wait 600 drained mx/mta1\n", b"no session now")
        child = there.children()[0]
        there.program.kill()
        wait_for(lambda: not Path(f"/proc/{child}").exists(), "it has ended")

    def test_a_control_plane_that_hangs_delays_tab_and_no_more(self):
        self.start()
        there = Terminal(self)
        self.plane.send_signal(signal.SIGSTOP)
        there.type(b"drain m\t", b"drain m")
        there.type(b"\x03", b"mxsteer> ")
        there.type(b"show po\t", b"show po")
        there.type(b"\t", b"pools", b"ports")
        there.type(b"\x03", b"mxsteer> ")
        self.plane.send_signal(signal.SIGCONT)
        there.type(b"drain m\t", b"mx/mta1")
        there.type(b"\x03", b"mxsteer> ")
        there.leave()

    def test_odd_lines_do_no_harm(self):
        self.start()
        there = Terminal(self)
        for line in (b"a " * 600, b"[" * 300, b"drain " + b"m" * 900,
                     b"'\"\\$(x)", b"show backends -", b"\xff\xfe"):
            there.type(line + b"\t\t")
            there.type(b"\x03", b"mxsteer> ")
        there.type(b"show pools\n", b"SERVING", b"mxsteer> ")
        there.leave()

    def history(self):
        return self.dir / ".local/state/mxsteer/history"

    def test_lines_are_there_again_the_next_time(self):
        self.start()
        there = Terminal(self)
        for line in (b"show pools", b"show pools", b"show snat"):
            there.type(line + b"\n", b"mxsteer> ")
        there.leave()
        self.assertEqual(self.history().read_text(),
                         "show pools\nshow snat\nquit\n")
        self.assertEqual(stat.S_IMODE(self.history().stat().st_mode), 0o600)
        again = Terminal(self)
        again.type(b"\x1b[A\x1b[A\n", b"show snat", b"mxsteer> ")
        again.leave()

    def test_the_history_is_bounded(self):
        self.start()
        self.history().parent.mkdir(parents=True)
        self.history().write_text("".join(
            f"show events {n:0300}\n" for n in range(1200)))
        self.history().chmod(0o600)
        Terminal(self).leave()
        lines = self.history().read_text().splitlines()
        self.assertLess(len("\n".join(lines)), 260 * 1024)
        self.assertEqual(lines[-2], f"show events {1199:0300}")
        self.assertTrue(lines[0].startswith("show events 0"))

    def test_files_of_others_and_links_are_left_alone(self):
        """A HOME that sudo left is another user's."""
        self.start()
        foreign = self.dir / "foreign"
        foreign.mkdir()
        target = self.dir / "target"
        target.write_text("show pools\n")
        target.chmod(0o600)
        self.history().parent.mkdir(parents=True)
        self.history().symlink_to(target)
        there = Terminal(self)
        there.type(b"show snat\n", b"mxsteer> ")
        there.leave()
        self.assertEqual(target.read_text(), "show pools\n")
        if os.geteuid() == 0:
            try:
                os.chown(foreign, 1234, 1234)
            except OSError:
                return  # a user namespace has one user
            for names in ({"HOME": str(foreign)},
                          {"XDG_STATE_HOME": str(foreign)}):
                there = Terminal(self, **names)
                there.type(b"show snat\n", b"mxsteer> ")
                there.leave()
            self.assertEqual(list(foreign.iterdir()), [])

    def test_values_are_listed_for_programs(self):
        self.start(ports=(1, 1))
        done = self.cli("complete", "POOL/BACKEND", "mx/m")
        self.assertEqual(done.stdout.split(), ["mx/mta1", "mx/mta2"])
        done = self.cli("complete", "POOL/BACKEND", "mx/mta2")
        self.assertEqual(done.stdout.split(), ["mx/mta2"])
        done = self.cli("complete", "@HOST", "@")
        self.assertEqual(done.stdout.split(), ["@mta1", "@mta2"])
        self.assertEqual(self.cli("complete", "@HOST").stdout.strip(), "")
        self.assertIn("inbound", self.cli("complete", "SUBJECT").stdout)
        done = self.cli("complete", "POOL/BACKEND", "*/")
        self.assertEqual(done.stdout.split(), ["*/mta1", "*/mta2"])
        self.assertEqual(self.cli("complete", "STATE", "est").stdout.split(),
                         ["established"])
        self.assertEqual(self.cli("complete", "SOURCE", "prob").stdout.split(),
                         ["probe"])
        self.assertEqual(self.cli("complete", "NONSENSE").stdout.strip(), "")
        self.assertNotIn("complete", self.cli("help").stdout)


class Bash(DeskRig):
    """The completion of bash itself, in an interactive shell."""

    def setUp(self):
        super().setUp()
        (self.dir / "bin").mkdir()
        (self.dir / "bin/mxsteer").symlink_to(PROGRAMS / "mxsteer")
        (self.dir / "my file.yaml").write_text("")

    def complete(self, line):
        """What bash offers for a line."""
        script = (f"source {SOURCE}/controlplane/cli/mxsteer.bash\n"
                  "COMP_LINE=$1 COMP_POINT=${#1}\n"
                  "_mxsteer mxsteer\n"
                  "printf '%s\\n' \"${COMPREPLY[@]}\"\n")
        done = subprocess.run(
            ["bash", "--norc", "-c", script, "bash", line], cwd=self.dir,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            timeout=120, check=False,
            env={**os.environ, "PATH": f"{self.dir}/bin:" +
                 os.environ["PATH"]})
        return done.stdout.split("\n")[:-1]

    def test_words_are_completed_without_a_control_plane(self):
        for line, words in (
                ("mxsteer sh", ["show"]),
                ("mxsteer -j -o pool,backend show ba", ["backend", "backends"]),
                ("mxsteer -s /nowhere/sock drain ", ["box"]),
                ("mxsteer agent mx/a ", ["ignore", "obey"]),
                ("mxsteer help show po", ["pools", "ports"]),
                ("mxsteer capture back", ["backend"]),
                ("mxsteer se", ["set"]),
                ("mxsteer set ", ["server", "weight"]),
                ("mxsteer show st", ["stat"]),
                ("mxsteer show s", ["services", "sessions", "snat"]),
                ("mxsteer show servers ", ["state"]),
                ("mxsteer disa", ["disable"]),
                ("mxsteer -s /nowh", [""]),
                ("mxsteer zzz ", [""]),
                ("mxsteer " + "a " * 3000, [""])):
            self.assertEqual(self.complete(line), words, line[:60])

    def test_values_and_files_are_completed(self):
        self.start(ports=(1, 1))
        ours = f"mxsteer -s {self.socket} "
        self.assertEqual(self.complete(ours + "drain mx/m"),
                         ["mx/mta1", "mx/mta2"])
        # bash replaces the word only from its last colon on.
        vips = self.complete(ours + "lookup 192.0.2.7:1 198.51.100.25:")
        self.assertEqual(vips, ["25"])
        self.assertIn("my file.yaml",
                      self.complete(ours + "config check my"))

    def test_a_shell_completes_at_a_terminal(self):
        self.start(ports=(1,))
        ours, theirs = pty.openpty()
        self.addCleanup(os.close, ours)
        shell = subprocess.Popen(
            ["bash", "--norc", "--noprofile", "-i"], stdin=theirs,
            stdout=theirs, stderr=theirs, start_new_session=True,
            preexec_fn=take_terminal, cwd=self.dir,
            env={**os.environ, "HOME": str(self.dir), "TERM": "xterm",
                 "PS1": "ready: ", "HISTFILE": "",
                 "PATH": f"{self.dir}/bin:" + os.environ["PATH"]})
        self.addCleanup(shell.wait)
        self.addCleanup(shell.kill)
        os.close(theirs)
        there = Reader(self, ours)
        there.read_until(b"ready: ")
        there.type(f"source {SOURCE}/controlplane/cli/mxsteer.bash\n".encode(),
                   b"ready: ")
        there.type(f"mxsteer -s {self.socket} dra\t".encode(), b" drain ")
        there.type(b"m\t", b"mx/mta1 ")


def main():
    enter()
    subprocess.run("ip link set lo up && ip address add 192.0.2.0/24 dev lo",
                   shell=True, check=True)
    return not unittest.main(exit=False).result.wasSuccessful()


if __name__ == "__main__":
    sys.exit(main())
