#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The configuration as an operator changes it: what differs, what is in force.

The real program mxsteer and a real control plane, without a data plane, as in
test_desk.py."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "kit"))

from deskrig import DeskRig
from ownspace import enter, wait_for


class Settings(DeskRig):
    def change(self, name, *changes):
        """A file like that of the start, with some texts replaced."""
        text = (self.dir / "c.yaml").read_text()
        for before, after in changes:
            self.assertIn(before, text)
            text = text.replace(before, after)
        (self.dir / name).write_text(text)
        return self.dir / name

    def says(self, status, *words):
        done = self.cli(*words)
        self.assertEqual(done.returncode, status, done.stdout)
        return done.stdout

    def test_the_dump_is_a_file_of_the_configuration_in_force(self):
        self.start()
        dump = self.dir / "dump.yaml"
        dump.write_text(self.says(0, "config", "dump"))
        self.assertIn("half-open: 30s\n", dump.read_text())
        self.says(0, "config", "check", dump)
        self.assertIn("would change nothing",
                      self.says(0, "config", "diff", dump))
        self.assertIn("nothing changed", self.says(3, "config", "apply", dump))
        text = json.loads(self.says(0, "-j", "config", "dump"))["text"]
        self.assertEqual(text, dump.read_text())

    def test_a_difference_is_told_and_nothing_is_changed(self):
        self.start(ports=(1, 2))
        dump = self.says(0, "config", "dump")
        other = self.change("d.yaml", ("name: mta2", "name: mta9"),
                            ("192.0.2.2:2", "192.0.2.9:2"),
                            ("interval: 1s", "interval: 5s"))
        said = self.says(1, "config", "diff", other)
        self.assertEqual(said.splitlines()[:4], [
            "pools/mx/check/interval: 1s -> 5s",
            "pools/mx/backends/mta2: removed: address 192.0.2.2:2",
            "pools/mx/backends/mta9: added: address 192.0.2.9:2",
            "ends: backend mx/mta2 (192.0.2.2:2), it has no session"])
        self.assertIn("begins: backend mx/mta9 (192.0.2.9:2) from down", said)
        rows = json.loads(self.says(1, "-j", "config", "diff", other))
        self.assertEqual(rows["differences"][0], {
            "key": "pools/mx/check/interval", "before": "1s", "after": "5s"})
        self.assertEqual(self.says(0, "config", "dump"), dump)
        # A relative path is that of the caller.
        done = self.cli("config", "diff", "d.yaml", cwd=self.dir)
        self.assertEqual((done.returncode, done.stdout), (1, said))

    def test_what_an_apply_would_refuse_is_told(self):
        self.start()
        other = self.change("d.yaml", ("workers: [0]", "workers: [0, 1]"))
        said = self.says(1, "config", "diff", other)
        self.assertIn("dataplane/workers: added: 1\n", said)
        self.assertIn(f"would be refused: {other}: dataplane: differs", said)

    def test_a_file_that_cannot_be_read_is_trouble(self):
        self.start()
        for name in ("none.yaml", "pipe", "."):
            if name == "pipe":
                os.mkfifo(self.dir / name)
            done = self.cli("config", "diff", self.dir / name)
            self.assertEqual(done.returncode, 2, done.stdout)
        large = self.dir / "large.yaml"
        with open(large, "wb") as file:
            file.truncate(10 * 1024 * 1024)
        self.assertIn("up to 4 MiB", self.says(2, "config", "diff", large))
        bad = self.change("bad.yaml", ("pool: mx", "pool: my"))
        self.assertIn("expected the name of a pool",
                      self.says(2, "config", "diff", bad))

    def ask(self, line):
        """Say a line at the socket, as a program without the client does."""
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(60)
            sock.connect(str(self.socket))
            sock.sendall(line.encode() + b"\n")
            with sock.makefile("rb") as answer:
                word, length = answer.readline().split()
                return f"{word.decode()}: {answer.read(int(length)).decode()}"

    def test_the_control_plane_opens_no_file_for_its_callers(self):
        self.start()
        secret = self.dir / "secret.yaml"
        secret.write_text("password: hunter2\n")
        for command in ("diff", "apply", "apply --confirm-within 60s"):
            said = self.ask(f"config {command} {secret}")
            self.assertTrue(said.startswith("usage"), said)
            self.assertIn("opens no file for its callers", said)
            self.assertNotIn("hunter2", said)
        # The file of the start is its own.
        self.assertIn("is in force", self.ask(
            f"config diff {self.dir / 'c.yaml'}"))

    def test_a_link_is_followed_by_the_client(self):
        self.start()
        other = self.change("d.yaml", ("interval: 1s", "interval: 5s"))
        link = self.dir / "link.yaml"
        link.symlink_to(other)
        said = self.says(1, "config", "diff", link)
        self.assertIn("interval: 1s -> 5s", said)

    def test_without_a_file_that_of_the_start_is_compared(self):
        self.start()
        self.assertIn("c.yaml is in force", self.says(0, "config", "diff"))
        self.change("c.yaml", ("interval: 1s", "interval: 5s"))
        self.assertIn("interval: 1s -> 5s", self.says(1, "config", "diff"))

    def interval(self):
        """That of the checks, in force."""
        return re.search(r"interval: (\w+)",
                         self.says(0, "config", "dump")).group(1)

    def history(self):
        """[(revision, fate, is it in force)], the newest first."""
        rows = json.loads(self.says(0, "-j", "config", "history"))
        return [(row["revision"], row["fate"], row["in_force"])
                for row in rows["revisions"]]

    def other(self, interval, name="d.yaml"):
        return self.change(name, ("interval: 1s", f"interval: {interval}"))

    def restart(self, number=signal.SIGKILL):
        self.plane.send_signal(number)
        self.plane.wait(30)
        self.run_plane()

    def test_a_refused_apply_is_an_event(self):
        self.start()
        bad = self.change("bad.yaml", ("pool: mx", "pool: my"))
        self.says(1, "config", "apply", bad)
        said = self.says(0, "show", "events", "of", "config")
        self.assertIn(f"apply {bad} is refused", said)
        self.assertIn("expected the name of a pool", said)

    def try_out(self, path, time="300s"):
        """Apply it for a time.  Without a data plane that is only noted."""
        return self.says(3, "config", "apply", path, "--confirm-within", time)

    def test_words_behind_the_file_are_no_part_of_its_name(self):
        self.start()
        other = self.other("2s")
        for words in (("--confirm-within",), ("--confirm-within", "60s", "x"),
                      ("extra",), ("extra", "word"), ("--confirm", "60s"),
                      ("-j",)):
            said = self.says(2, "config", "apply", other, *words)
            self.assertIn("expected", said)
        self.assertIn("'--host' does not belong there",
                      self.says(2, "config", "check", other, "--host"))
        self.says(2, "config", "diff", other, "extra")
        self.assertEqual(self.interval(), "1s")
        # A name may have blanks.
        spaced = self.other("2s", "d.yaml of today")
        self.try_out(spaced)
        self.assertEqual(self.interval(), "2s")
        self.says(0, "config", "check", spaced)
        self.says(0, "config", "check", self.other("2s", "d --b.yaml"))

    def test_what_is_confirmed_stays(self):
        self.start()
        said = self.try_out(self.other("2s"))
        self.assertIn("revision 2 is on trial: without `config confirm`", said)
        self.assertEqual(self.interval(), "2s")
        self.assertIn("revision 2 is on trial", self.cli("status").stdout)
        self.assertIn("revision 3 does not wait",
                      self.says(1, "config", "confirm", "3"))
        self.says(0, "config", "confirm", "2")
        self.assertEqual(self.history(),
                         [(2, "kept", True), (1, "kept", False)])
        self.assertIn("revision 2 is in force, and stays",
                      self.says(1, "config", "confirm"))
        self.assertNotIn("on trial", self.cli("status").stdout)

    def test_what_is_not_confirmed_goes_by_itself(self):
        self.start()
        self.try_out(self.other("2s"), "1s")
        wait_for(lambda: "not confirmed: revision 1" in self.logged(),
                 "the configuration before")
        self.assertEqual(self.interval(), "1s")
        self.assertEqual(self.history(), [(2, "not confirmed", False),
                                          (1, "kept", True)])
        self.assertIn("was not confirmed in time, and revision 1 is in force",
                      self.says(1, "config", "confirm"))

    def test_two_operators_do_not_meet_in_a_trial(self):
        self.start()
        self.try_out(self.other("2s"))
        for words in ((self.other("3s", "e.yaml"),),
                      ("--confirm-within", "9s", self.dir / "e.yaml")):
            self.assertIn("revision 2 is on trial",
                          self.says(1, "config", "apply", *words))
        self.assertEqual(self.interval(), "2s")
        said = self.says(3, "config", "undo")
        self.assertIn("revision 2 is undone: revision 1", said)
        self.assertEqual(self.interval(), "1s")
        self.says(1, "config", "confirm")

    def test_undo_goes_back_step_by_step(self):
        self.start()
        self.assertIn("no configuration before",
                      self.says(1, "config", "undo"))
        self.says(3, "config", "apply", self.other("2s"))
        self.says(3, "config", "apply", self.other("3s"))
        # The file is another one by now, and the text is kept.
        self.assertEqual(self.interval(), "3s")
        for seconds in ("2s", "1s"):
            self.says(3, "config", "undo")
            self.assertEqual(self.interval(), seconds)
        self.says(1, "config", "undo")
        self.assertEqual(self.history(), [(3, "undone", False),
                                          (2, "undone", False),
                                          (1, "kept", True)])
        self.assertIn("interval: 2s", self.says(0, "config", "history", "2"))
        said = self.says(0, "config", "history")
        self.assertIn("pools/mx/check/interval: 2s -> 3s", said)
        self.assertIn("by command of ", said)

    def test_a_killed_control_plane_comes_back_with_what_was_confirmed(self):
        self.start()
        self.says(3, "config", "apply", self.other("2s"))
        # The file of the start itself is edited, and tried.
        start = self.dir / "c.yaml"
        first = start.read_text()
        start.write_text(first.replace("interval: 1s", "interval: 3s"))
        self.try_out(start)
        self.assertIn("a restart now brings revision 2 back",
                      self.says(0, "config", "history"))
        for _ in range(2):  # nor does it come with the next restart
            self.restart()
            self.assertEqual(self.interval(), "2s")
            self.assertEqual(self.history()[:2], [
                (3, "not confirmed", False), (2, "kept", True)])
            self.assertIn("has the text of revision 3, which was taken back",
                          self.cli("status").stdout)
        self.assertIn("a restart keeps revision 2",
                      self.says(0, "config", "history"))
        # An edited file counts.
        start.write_text(first.replace("interval: 1s", "interval: 4s"))
        self.assertIn("instead, which has another text",
                      self.says(0, "config", "history"))
        self.restart()
        self.assertEqual(self.interval(), "4s")
        self.assertEqual(self.history()[0], (4, "kept", True))

    def test_what_was_undone_does_not_come_back_with_a_restart(self):
        self.start()
        start = self.dir / "c.yaml"
        first = start.read_text()
        start.write_text(first.replace("interval: 1s", "interval: 3s"))
        self.says(3, "config", "apply", start)
        self.says(3, "config", "undo")
        self.restart(signal.SIGTERM)
        self.assertEqual(self.interval(), "1s")
        # Applied again, it counts.
        self.says(3, "config", "apply", start)
        self.restart(signal.SIGTERM)
        self.assertEqual(self.interval(), "3s")

    def test_what_cannot_come_back_now_is_told_until_it_is_confirmed(self):
        """Going back would leave a pool without any MTA: DNS names none."""
        self.start()
        start = self.dir / "c.yaml"
        backends = start.read_text()
        by_dns = re.sub(r"backends:\n.*\n", "discover: {mx: example.net, "
                        "resolvers: [192.0.2.200]}\n", backends)
        for file in (*self.dir.glob("desk*"), start):
            file.unlink()
        self.plane.kill()
        self.plane.wait(30)
        start.write_text(by_dns)
        self.run_plane()
        trial = self.dir / "d.yaml"
        trial.write_text(backends)
        self.try_out(trial, "1s")
        wait_for(lambda: "revision 1 cannot come back" in self.logged(),
                 "the end of the trial")
        said = self.cli("status").stdout
        self.assertRegex(said, "revision 2 was not confirmed until .*, and "
                         "revision 1 cannot come back: .* would have no")
        self.assertIn("would have no backend", self.says(1, "config", "undo"))
        self.says(0, "config", "confirm")
        self.assertNotIn("cannot come back", self.cli("status").stdout)
        self.assertEqual(self.history()[0], (2, "kept", True))

    def test_ten_are_kept_and_damage_is_told(self):
        self.start()
        for seconds in range(2, 15):
            self.says(3, "config", "apply", self.other(f"{seconds}s"))
        self.assertEqual([row[0] for row in self.history()],
                         list(range(14, 4, -1)))
        kept = sorted(self.dir.glob("desk*.history.*.yaml"))
        self.assertLessEqual(len(kept), 11)
        for file in [*kept, next(self.dir.glob("desk*.history.json"))]:
            self.assertEqual(file.stat().st_mode & 0o777, 0o640)
        for file in kept:
            if "interval: 13s" in file.read_text():
                file.write_text(file.read_text().replace("13s", "12s"))
            elif "interval: 12s" in file.read_text():
                file.unlink()
                os.mkfifo(file)
        self.restart()
        self.assertIn("revision 13 cannot come back: the file that keeps it "
                      "has not the text", self.logged())
        self.assertIn("revision 12 cannot come back: ", self.logged())
        self.assertEqual(self.interval(), "1s")  # the file of the start
        self.says(3, "config", "apply", self.other("20s"))
        self.says(3, "config", "undo")
        self.says(3, "config", "undo")
        self.assertIn("revision 13: ", self.says(1, "config", "undo"))
        self.assertEqual(self.interval(), "14s")

    def test_a_list_that_is_damaged_stops_no_start(self):
        self.start()
        self.says(3, "config", "apply", self.other("2s"))
        index = next(self.dir.glob("desk*.history.json"))
        good = index.read_text()
        for bad in ("{", "[]", good.replace('"number": 2', '"number": 1'),
                    good.replace('"in_force": 2', '"in_force": 7'),
                    good.replace('"slot": 1', '"slot": 99'), "\0" * 4096):
            self.assertNotEqual(bad, good)
            index.write_text(bad)
            self.restart()
            self.assertIn("is of no use: it is damaged", self.logged())
            self.assertEqual(self.history(), [(1, "kept", True)])

    def test_a_full_disk_refuses_a_trial_and_nothing_else(self):
        """No draft can be made where its name is a folder that has something."""
        self.start()
        index = next(self.dir.glob("desk*.history.json"))
        blocked = Path(f"{index}.new")
        (blocked / "x").mkdir(parents=True)
        said = self.says(1, "config", "apply", "--confirm-within", "300s",
                         self.other("2s"))
        self.assertIn("the history cannot be written", said)
        self.assertEqual(self.interval(), "1s")
        self.says(3, "config", "apply", self.other("2s"))
        self.assertEqual(self.interval(), "2s")
        self.assertIn("cannot be written", self.cli("status").stdout)
        (blocked / "x").rmdir()
        blocked.rmdir()
        self.try_out(self.other("3s"))
        self.assertIn("history saved to", self.logged())
        (blocked / "x").mkdir(parents=True)
        self.assertIn("that cannot be written",
                      self.says(3, "config", "confirm"))
        self.assertEqual(self.interval(), "3s")


def main():
    enter()
    subprocess.run("ip link set lo up && ip address add 192.0.2.0/24 dev lo",
                   shell=True, check=True)
    return not unittest.main(exit=False).result.wasSuccessful()


if __name__ == "__main__":
    sys.exit(main())
