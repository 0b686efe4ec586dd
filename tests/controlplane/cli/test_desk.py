#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The program mxsteer: an operator's input, and its output.

The real program mxsteer talks to a real control plane, in a network namespace
of their own, where MTAs have addresses of its loopback interface.  Without root
that is a user namespace as well.  No data plane."""

import json
import os
import pty
import re
import signal
import socket
import subprocess
import sys
import tempfile
import termios
import threading
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "kit"))

from deskrig import PROGRAMS, DeskRig
from ownspace import enter, is_root, wait_for

SOURCE = Path(__file__).resolve().parents[3]


class Server:
    """An MTA that greets whoever connects, or one that says nothing."""

    def __init__(self, greets):
        self.listening = socket.create_server(("", 0), backlog=500)
        self.port = self.listening.getsockname()[1]
        if greets:
            threading.Thread(target=self.greet, daemon=True).start()

    def greet(self):
        while True:
            try:
                client, _ = self.listening.accept()
            except OSError:
                return
            with client, client.makefile("rb") as lines:
                try:
                    for reply in (b"220 x\r\n", b"250 x\r\n", b"221 x\r\n"):
                        client.sendall(reply)
                        lines.readline()
                except OSError:
                    pass

    def die(self):
        self.listening.shutdown(socket.SHUT_RDWR)
        self.listening.close()


class Desk(DeskRig):
    def connect_idle(self, count):
        for _ in range(count):
            client = socket.socket(socket.AF_UNIX)
            self.addCleanup(client.close)
            client.connect(str(self.socket))

    def test_a_line_feed_in_an_argument_makes_no_second_command(self):
        self.start()
        for bad in ("show pools\ndrain mx/mta1", "show pools\rdrain mx/mta1",
                    "show\x01pools"):
            done = self.cli(bad)
            self.assertEqual(done.returncode, 2, done.stdout)
            self.assertIn("one line of printable", done.stdout)
        done = self.cli("config", "apply", "/tmp/x\ndrain mx/mta1")
        self.assertEqual(done.returncode, 2, done.stdout)
        self.assertEqual(self.backends()["mta1"]["admin"], "ready")

    def test_a_nul_byte_in_a_piped_command_does_not_cut_it(self):
        self.start()
        with tempfile.TemporaryFile() as commands:
            commands.write(b"drain mx/mta1\0 --end-sessions\n"
                           b"weight mx/mta1 50\n")
            commands.seek(0)
            done = self.cli(stdin=commands)
        self.assertEqual(done.returncode, 2, done.stdout)
        self.assertIn("has a NUL byte", done.stdout)
        row = self.backends()["mta1"]
        self.assertEqual((row["admin"], row["weight"]), ("ready", 50))

    def test_an_answer_that_cannot_be_written_is_a_failure(self):
        self.start()
        for words in (("show", "backends"), ("help",), ("-V",), ("-h",)):
            with open("/dev/full", "w") as full:
                done = self.cli(*words, stdout=full)
            self.assertEqual(done.returncode, 1, words)
            self.assertIn("could not be written: No space", done.stderr)

    def test_an_old_control_plane_gets_no_file(self):
        """It knows no texts, and would take the lines of one for commands."""
        file = self.dir / "new.yaml"
        file.write_text("drain mx/mta1\nend sessions mx/mta1\n")
        server = socket.socket(socket.AF_UNIX)
        self.addCleanup(server.close)
        server.bind(str(self.socket))
        server.listen()
        got = []

        def serve(reply):
            client, _ = server.accept()
            with client, client.makefile("rb") as lines:
                for line in lines:
                    got.append(line)
                    client.sendall(reply)

        for reply, words in (
                (b"usage 22\nunknown command 'text'", "Restart mxsteer-"),
                (b"error 15\ncome back later", "come back later")):
            for command in ("apply", "diff"):
                thread = threading.Thread(target=serve, args=(reply,),
                                          daemon=True)
                thread.start()
                done = self.cli("config", command, file)
                thread.join(60)
                self.assertFalse(thread.is_alive(), done.stdout)
                self.assertIn(words, done.stdout)
                self.assertEqual(done.returncode,
                                 2 if command == "diff" else 1)
        self.assertEqual(got, [b"text\n"] * 4)

    def test_trouble_is_no_difference(self):
        self.start()
        file = self.dir / "c.yaml"
        file.write_text(file.read_text() + "access: {read: everyone}\n")
        self.assertEqual(self.cli("config", "diff").returncode, 1)
        with open("/dev/full", "w") as full:
            done = self.cli("config", "diff", stdout=full)
        self.assertEqual(done.returncode, 2, done.stderr)
        done = self.cli("config", "diff", "/" + "x" * 4000 + "/" + "y" * 200)
        self.assertEqual(done.returncode, 2, done.stdout)
        self.cli("config", "apply", file)
        self.assertEqual(self.cli("config", "diff").returncode, 0)
        for words in (("config", "diff"), ("-j", "config", "diff", file)):
            done = self.cli("-s", self.dir / "ctl.read.sock", *words)
            self.assertIn("has the level read", done.stdout)
            self.assertEqual(done.returncode, 2, done.stdout)

    def test_the_readme_shows_what_is_said_of_a_mistake(self):
        shipped = (SOURCE / "config/mxsteer.yaml").read_text()
        bad = self.dir / "mxsteer.yaml"
        bad.write_text(shipped.replace("weight: 100", "weight: heavy", 1))
        done = self.cli("config", "check", bad)
        self.assertEqual(done.returncode, 1)
        said = done.stdout.replace(str(self.dir), "/etc/mxsteer").strip()
        # The line is another one with each new comment of the file.
        said, readme = (re.sub(r"yaml:\d+:", "yaml:N:", text) for text in
                        (said, (SOURCE / "README.md").read_text()))
        self.assertIn(f"\n    {said}\n", readme)

    def test_a_user_whose_name_is_no_text_wishes_for_a_time(self):
        users = self.dir / "passwd"
        users.write_bytes(b"J\xf6rg:x:0:0::/:/bin/sh\n" +
                          Path("/etc/passwd").read_bytes())
        subprocess.run(["mount", "--bind", users, "/etc/passwd"], check=True)
        self.addCleanup(subprocess.run, ["umount", "/etc/passwd"], check=True)
        self.start()
        self.assertEqual(self.cli("drain", "mx/mta1", "for", "1h").returncode,
                         3)
        for _ in range(2):
            rows = json.loads(self.cli("-j", "show", "wishes").stdout)["wishes"]
            self.assertEqual(rows[0]["by"][:4], "J?rg")
            self.assertGreater(rows[0]["left_s"], 3000)
            self.plane.kill()
            self.plane.wait(30)
            self.run_plane()

    def test_numbers_have_one_form(self):
        self.start()
        for number in ("010", "0x10", "+1", "1.0", " "):
            done = self.cli("weight", "mx/mta1", number)
            self.assertEqual(done.returncode, 2, number)

    def test_a_command_that_is_too_long_is_wrong_usage(self):
        self.start()
        for words, piped in ((("deny", "x" * 5000), None),
                             ((), "deny " + "x" * 5000 + "\n")):
            with tempfile.TemporaryFile("w+") as lines:
                lines.write(piped or "")
                lines.seek(0)
                done = self.cli(*words, stdin=lines)
            self.assertEqual(done.returncode, 2, done.stdout)
            self.assertEqual(done.stdout, "the command is too long\n")

    def test_help_is_found_however_it_is_asked_for(self):
        """Also without a control plane."""
        whole = self.cli("help").stdout
        for words in (("?",), ("--", "-h")):
            self.assertEqual(self.cli(*words).stdout, whole)
        for words in ("help forget", "forget -h", "forget --help", "forget ?"):
            done = self.cli(*words.split())
            self.assertEqual(done.returncode, 0, words)
            self.assertTrue(done.stdout.startswith("forget PREFIX"))
            self.assertIn("example: forget 192.0.2.0/24", done.stdout)
        self.assertIn("[--host] FILE", self.cli("config", "check", "-h").stdout)
        done = self.cli("drain", "mx/mta1", "is it alive ?")
        self.assertEqual(done.returncode, 2, done.stdout)
        self.assertIn("nothing was done: ", done.stdout)
        self.assertIn("drain POOL/BACKEND", done.stdout)
        done = self.cli("help", "nonsense")
        self.assertEqual(done.returncode, 2)
        self.assertIn("unknown command", done.stdout)
        for option in ("-h", "--help"):
            done = self.cli(option)
            self.assertEqual(done.returncode, 0)
            self.assertIn("usage: mxsteer", done.stdout)
        for option in ("-V", "--version"):
            done = self.cli(option)
            self.assertEqual(done.returncode, 0)
            self.assertRegex(done.stdout, r"^mxsteer \d+\.\d+")

    def test_hanging_checks_use_up_nothing_that_others_need(self):
        """Of 64 files that may be open, 100 checks that hang leave enough to
        see an MTA die, and to ask."""
        hangs, lives = Server(False), Server(True)
        self.addCleanup(hangs.listening.close)
        self.start([lives.port] + [hangs.port] * 100, check="smtp",
                   prefix=("prlimit", "--nofile=64:64"))
        self.assertIn("checks of 101 backends are made 16 at a time: 64 files",
                      self.logged())
        wait_for(lambda: self.backends()["mta1"]["health"] == "up", "it is up")
        self.connect_idle(20)
        lives.die()
        wait_for(lambda: self.backends()["mta1"]["health"] == "down",
                 "it is down", 90)
        wait_for(lambda: len([1 for row in self.backends().values()
                              if row["last_check"]]) == 101, "all are checked")
        self.assertNotIn("Too many open files", self.logged())
        self.assertLess(len(self.logged()), 20000)

    def test_the_limit_of_open_files_is_raised_at_the_start(self):
        self.start(prefix=("prlimit", "--nofile=64:1400"))
        limits = Path(f"/proc/{self.plane.pid}/limits").read_text()
        self.assertRegex(limits, r"Max open files +1315 +1400 ")

    def test_clients_that_say_nothing_lock_nobody_out(self):
        self.start()
        self.connect_idle(70)
        wait_for(lambda: self.cli("show", "pools").returncode == 0,
                 "an answer beside 70 idle clients")

    def test_a_client_that_had_to_make_room_connects_anew(self):
        self.start()
        with subprocess.Popen([PROGRAMS / "mxsteer", "-s", self.socket],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              text=True) as client:
            for _ in range(2):
                client.stdin.write("show generation\nshow pools\n")
                client.stdin.flush()
                while not client.stdout.readline().startswith("mx "):
                    self.assertIsNone(client.poll())
                self.connect_idle(70)
                self.cli("show", "pools")  # so all before it are accepted
            client.stdin.close()
            self.assertEqual(client.wait(30), 0)

    @unittest.skipUnless(is_root(),
                         "only root can give files to a group")
    def test_the_socket_is_for_a_group_if_there_is_one(self):
        group = self.dir / "group"
        group.write_text(Path("/etc/group").read_text() +
                         "mxsteer:x:4242:alice\n")
        subprocess.run(["mount", "--bind", group, "/etc/group"], check=True)
        try:
            self.start()
        finally:
            subprocess.run(["umount", "/etc/group"], check=True)
        status = self.socket.stat()
        self.assertEqual((status.st_uid, status.st_gid), (0, 4242))
        self.assertEqual(status.st_mode & 0o777, 0o660)
        self.dir.chmod(0o755)
        ask = [PROGRAMS / "mxsteer", "-s", self.socket, "drain", "mx/mta1"]
        done = subprocess.run(ask, user=65534, group=65534, extra_groups=[],
                              stderr=subprocess.PIPE, text=True, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("root, to the group mxsteer", done.stderr)
        subprocess.run(ask, user=65534, group=4242, extra_groups=[],
                       stdout=subprocess.DEVNULL, check=False)
        self.assertIn("ready -> drain, by command of nobody (uid 65534)",
                      self.logged())

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

    def test_the_user_of_the_control_plane_is_looked_at(self):
        self.start()
        path = self.dir / "c.yaml"
        text = path.read_text()
        for user, mode, words in (
                ("nosuchuser", 0o644, "there is no user nosuchuser"),
                ("nobody", 0o600, "user nobody, which the control plane runs "
                 "as, may not read")):
            path.write_text(text.replace("user: root", f"user: {user}"))
            path.chmod(mode)
            done = self.cli("config", "check", "--host", path)
            self.assertEqual(done.returncode, 1)
            self.assertIn(words, done.stdout)
        path.chmod(0o644)
        self.assertNotIn("nobody", self.cli("config", "check", "--host",
                                            path).stdout)

    def test_a_deny_list_that_cannot_be_read_is_found(self):
        self.start()
        path, deny = self.dir / "c.yaml", self.dir / "deny.txt"
        path.write_text(path.read_text().replace("user: root", "user: nobody")
                        .replace("forward: ", f"deny: {{file: {deny}}}\n"
                                 "    forward: ", 1))
        path.chmod(0o644)

        def look():
            return self.cli("config", "check", "--host", path).stdout

        self.assertIn(f"warning: deny: {deny}: No such file", look())
        deny.mkdir()
        self.assertIn("is no regular file", look())
        deny.rmdir()
        deny.write_text("192.0.2.0/24\n")
        deny.chmod(0o600)
        if is_root():
            self.assertIn(f"may not read {deny}", look())
        deny.chmod(0o644)
        self.assertNotIn("deny:", look())
        path.write_text(path.read_text().replace("type: tcp",
                                                 "type: smtp, ca: /no/ca"))
        self.assertIn("ca: /no/ca: No such file", look())

    def test_the_secret_of_a_group_is_looked_for(self):
        self.start()
        path, secret = self.dir / "c.yaml", self.dir / "secret"
        path.write_text(re.sub("snat: .*", "snat-of-boxes: [{box: 1, snat: "
                               "[10.0.9.1]}, {box: 2, snat: [10.0.9.2]}]",
                               path.read_text()) + f"""
group: {{box: 1, secret: {secret}, boxes: [
  {{box: 1, address: "10.9.0.1:9708"}}, {{box: 2, address: "10.9.0.2:9708"}}]}}
""")

        def look():
            return self.cli("config", "check", "--host", path)

        self.assertEqual(look().returncode, 1)
        self.assertIn(f"secret: {secret}: No such file", look().stdout)
        secret.mkdir()
        self.assertIn(f"secret: {secret} is no regular file", look().stdout)
        secret.rmdir()
        secret.write_text(32 * "ab")
        secret.chmod(0o600)
        self.assertNotIn("secret:", look().stdout)

    def test_the_prompt_answers_until_it_is_left(self):
        self.start()
        ours, theirs = pty.openpty()
        self.addCleanup(os.close, ours)
        prompt = subprocess.Popen(
            [PROGRAMS / "mxsteer", "-s", self.socket], stdin=theirs,
            env=dict(os.environ, HOME=str(self.dir)),
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        os.close(theirs)
        os.write(ours, b"show pools\n\nnonsense\nquit\n")
        said, _ = prompt.communicate(timeout=60)
        self.assertEqual(prompt.returncode, 0, said)
        self.assertIn("SERVING", said)
        self.assertIn("unknown command 'nonsense'", said)

    def at_terminal(self, columns, *words, **environment):
        """What the program prints at a terminal of so many columns."""
        ours, theirs = pty.openpty()
        self.addCleanup(os.close, ours)
        termios.tcsetwinsize(theirs, (24, columns))
        with subprocess.Popen(
                [PROGRAMS / "mxsteer", "-s", self.socket, *words],
                stdin=subprocess.DEVNULL, stdout=theirs,
                stderr=subprocess.STDOUT,
                env={"TERM": "xterm", **environment}) as program:
            os.close(theirs)
            said = b""
            while True:
                try:
                    said += os.read(ours, 65536)
                except OSError:  # EIO: the program has ended
                    break
        return program.returncode, said.decode()

    def test_a_terminal_gets_lines_that_fit_it_and_a_pipe_gets_all(self):
        self.start(ports=(1, 2))
        wait_for(lambda: self.backends()["mta1"]["health"] == "down",
                 "a check that fails")
        piped = self.cli("show", "backends").stdout
        self.assertIn("BANNER MS", piped)
        self.assertNotIn("\033", piped)
        for columns in (40, 80):
            status, said = self.at_terminal(columns, "show", "backends")
            self.assertEqual(status, 0, said)
            self.assertIn("\033[31mdown\033[0m", said)
            table, _, _ = said.partition("This is not in force")
            for line in re.sub(r"\033\[\d+m", "", table).splitlines():
                self.assertLessEqual(len(line), columns)
        for plain in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
            _, said = self.at_terminal(80, "show", "backends", **plain)
            self.assertNotIn("\033", said)
        _, said = self.at_terminal(200, "-o", "backend,BANNER MS", "show",
                                   "backends")
        self.assertEqual(said.split("\r\n")[0], "BACKEND  BANNER MS")
        done = self.cli("-o", "backend,nonsense", "show", "backends")
        self.assertEqual(done.returncode, 2)
        self.assertIn("no column nonsense", done.stdout)

    def test_prose_is_wrapped_at_a_terminal_and_whole_in_a_pipe(self):
        self.start(ports=(1, 2))
        self.cli("drain", "mx/mta1", "for", "2h", "the disk of this host "
                 "is replaced, and the next one, and then its power supply")
        for words in (("status",), ("show", "drops"), ("show", "events"),
                      ("show", "backend", "mx/mta1"), ("config", "history"),
                      ("show", "next-hops")):
            _, said = self.at_terminal(80, *words)
            self.assertIn("\r\n", said)
            for line in re.sub(r"\033\[\d+m", "", said).split("\r\n"):
                self.assertLessEqual(len(line), 80, said)
            if words == ("show", "events"):
                self.assertIn(" WHY", said)
                self.assertIn("  the d", said)
        self.assertIn("no gateway is used", said)
        piped = self.cli("config", "history").stdout
        self.assertRegex(piped, r"(?m)^1  .*c\.yaml, by .*$")

    def test_errors_are_json_where_that_was_asked_for(self):
        path = self.dir / "c.yaml"
        self.start()
        done = self.cli("-j", "config", "check", path)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertTrue(json.loads(done.stdout)["ok"])
        done = self.cli("-j", "config", "check", "--host", path)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertTrue(any("is this host itself" in hazard["text"]
                            for hazard in json.loads(done.stdout)["host"]))
        path.write_text("instance: x\n")
        done = self.cli("-j", "config", "check", path)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertFalse(json.loads(done.stdout)["ok"])
        self.assertEqual(json.loads(done.stdout)["outcome"], "refused")
        for words in (["config", "lints"], ["help", "drain"]):
            done = self.cli("-j", *words)
            self.assertEqual(json.loads(done.stdout)["outcome"], "done")
        self.plane.terminate()
        self.plane.wait(30)
        done = self.cli("-j", "show", "pools")
        self.assertEqual(done.returncode, 2, done.stdout)
        self.assertIn("cannot talk to", json.loads(done.stdout)["error"])

    def test_the_json_tells_what_became_of_a_command(self):
        self.start()
        for words, status, outcome in (
                ("drain mx/mta1 new kernel", 3, "noted"),
                ("drain mx/mta1 for 2h new kernel", 3, "noted"),
                ("drain mx/nobody", 1, "refused"),
                ("drain", 2, "usage"), ("nonsense", 2, "usage"),
                ("config check", 2, "usage"), ("show pools", 0, "done"),
                ("show sessions", 1, "refused"),
                ("show sessions never", 2, "usage"),
                ("lookup here there", 2, "usage"),
                ("drain mx/mta1 --dry-run", 0, "done"),
                ("status", 2, "critical")):
            done = self.cli("-j", *words.split())
            answer = json.loads(done.stdout)
            self.assertEqual((done.returncode, answer["outcome"]),
                             (status, outcome), words)
            self.assertEqual("error" in answer,
                             outcome in ("refused", "usage"), words)
            if outcome == "noted":
                self.assertIn("drain", answer["message"])
                self.assertIn("no data plane", answer["obstacle"])
        self.plane.terminate()
        self.plane.wait(30)
        done = self.cli("-j", "show", "pools")
        self.assertEqual(json.loads(done.stdout)["outcome"], "unreachable")
        self.assertEqual(done.returncode, 2)

    def test_a_program_may_have_the_counts_of_the_live_screen(self):
        self.start()
        done = self.cli("-j", "top", "--once")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertEqual(json.loads(done.stdout)["services"][0]["name"],
                         "inbound")
        done = self.cli("-j", "top")
        self.assertEqual(done.returncode, 2)
        self.assertIn("ask for -j top --once", done.stdout)

    def test_options_may_stand_behind_what_only_shows(self):
        self.start(ports=(1, 1))
        done = self.cli("show", "backends", "mx", "-j")
        self.assertEqual(len(json.loads(done.stdout)["backends"]), 2)
        done = self.cli("sh", "ba", "-a", "-o", "backend,admin")
        self.assertEqual(done.stdout.splitlines()[1].split(),
                         ["mta1", "ready"])
        for last, status in (("quit", 0), ("nonsense\n exit ", 2)):
            done = self.cli(stdin=None,
                            input=f"show pools\n{last}\nshow nothing\n")
            self.assertEqual(done.returncode, status, done)
            self.assertIn("SERVING", done.stdout)
            self.assertNotIn("show nothing", done.stdout)
        self.assertEqual(self.cli("quit").returncode, 2)
        done = self.cli(stdin=None, input="show pools -j\nshow pools\n")
        first, second = done.stdout.splitlines()[:2]
        self.assertIn("pools", json.loads(first))
        self.assertIn("SERVING", second)
        done = self.cli("drain", "mx/mta1", "why", "-j")
        self.assertNotEqual(done.returncode, 0)
        self.assertEqual(self.backends()["mta1"]["admin"], "ready")

    def test_a_hangup_reads_the_file_again(self):
        self.start()
        path = self.dir / "c.yaml"
        good = path.read_text()
        path.write_text(good.replace("name: mta1", "name: other"))
        self.plane.send_signal(signal.SIGHUP)
        wait_for(lambda: list(self.backends()) == ["other"], "the new name")
        path.write_text("instance: x\n")
        self.plane.send_signal(signal.SIGHUP)
        wait_for(lambda: "config stays as it was" in self.logged(),
                 "the file with faults is refused")
        self.assertEqual(list(self.backends()), ["other"])

    def plane_with(self, *words):
        return subprocess.run(
            [PROGRAMS / "mxsteer-controlplane", *words], text=True, timeout=60,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, check=False)

    def test_the_control_plane_says_how_it_is_called(self):
        for words, status, text in ((("--help",), 0, "usage: "),
                                    (("--version",), 0,
                                     "mxsteer-controlplane "),
                                    (("-V",), 0, "mxsteer-controlplane "),
                                    (("--unknown",), 2, "usage: "),
                                    (("operand",), 2, "found operand\nusage: ")):
            done = self.plane_with(*words)
            self.assertEqual(done.returncode, status, words)
            self.assertIn(text, done.stdout)

    def test_a_control_plane_that_cannot_start_says_why(self):
        self.start()
        path = self.dir / "c.yaml"
        second = self.dir / "second.yaml"
        second.write_text(path.read_text().replace(
            f"instance: desk{os.getpid()}", f"instance: desk{os.getpid()}b"))
        faulty = self.dir / "faulty.yaml"
        faulty.write_text(second.read_text().replace("fullnat", "other"))
        occupied = self.dir / "occupied"
        occupied.write_text("")
        state = ("--state-dir", self.dir)
        for words, text in (
                (("-c", path, "-s", self.dir / "b.sock", *state),
                 f"serves instance desk{os.getpid()}"),
                (("-c", self.dir / "none", *state), "No such file"),
                (("-c", faulty, *state), "forward"),
                (("-c", second, "-s", self.socket, *state),
                 "another process answers there"),
                (("-c", second, "-s", occupied, *state),
                 "it is not a socket, and is left alone"),
                (("-c", second, "-s", self.dir / "b.sock", "--state-dir",
                  occupied / "x"), "cannot make ")):
            done = self.plane_with(*words)
            self.assertEqual(done.returncode, 1, done.stdout)
            self.assertIn(text, done.stdout)
        self.assertTrue(occupied.is_file())
        self.assertEqual(self.cli("show", "pools").returncode, 0)


def main():
    enter()
    subprocess.run("ip link set lo up && ip address add 192.0.2.0/24 dev lo",
                   shell=True, check=True)
    return not unittest.main(exit=False).result.wasSuccessful()


if __name__ == "__main__":
    sys.exit(main())
