#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""mxsteer doctor mail beside servers of any kind, without a control plane.

Method: a server of the test at 127.0.0.1, one for each way to answer."""

import json
import os
import socket
import subprocess
import tempfile
import threading
import time
import unittest
from pathlib import Path

PROGRAM = Path(os.environ["MXSTEER_BUILD"]) / "controlplane/mxsteer"
REPLIES = {"EHLO": b"250-mta Hello vm [127.0.0.1]\r\n250 SIZE 10\r\n",
           "DATA": b"354 go on\r\n"}


class Server:
    """Answers as a mail server; but to words of `replies` in its own way.
    None: it closes the connection."""

    def __init__(self, **replies):
        self.replies = {**REPLIES, "banner": b"220 mta ESMTP\r\n", **replies}
        self.heard = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.listener.close()
        self.thread.join(30)

    @property
    def address(self):
        return "127.0.0.1:%d" % self.listener.getsockname()[1]

    def run(self):
        try:
            sock, _ = self.listener.accept()
        except OSError:
            return
        with sock, sock.makefile("rb") as lines:
            sock.settimeout(30)
            try:
                self.talk(sock, lines)
            except OSError:
                pass

    def talk(self, sock, lines):
        reply = self.replies["banner"]
        while reply is not None:
            sock.sendall(reply)
            line = lines.readline()
            if not line:
                return
            self.heard.append(line.decode(errors="replace"))
            word = (line.split() or [b""])[0].decode(errors="replace").upper()
            reply = self.replies.get(word, b"250 ok\r\n")
            if word == "DATA" and reply:
                sock.sendall(reply)
                self.heard += iter(lambda: lines.readline().decode(), ".\r\n")
                reply = self.replies.get("message", b"250 queued\r\n")


class Dribbler(Server):
    """Sends a record of the handshake of TLS that does not end."""

    def talk(self, sock, lines):
        for reply in (b"220 mta\r\n", b"250-mta\r\n250 STARTTLS\r\n"):
            sock.sendall(reply)
            lines.readline()
        sock.sendall(b"220 go\r\n")
        time.sleep(0.2)
        sock.sendall(b"\x16\x03\x03\x3f\xff")
        while True:
            sock.sendall(b"\2")
            time.sleep(0.02)


def doctor(server, *words):
    done = subprocess.run(
        [PROGRAM, "doctor", "mail", server.address, "to", "a@example.org",
         "within", "1", *words], text=True, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, timeout=60, check=False)
    return done.returncode, done.stdout


class DoctorMail(unittest.TestCase):
    def says(self, done, status, *words):
        self.assertEqual(done[0], status, done[1])
        for word in words:
            self.assertIn(word, done[1])

    def test_a_message_is_brought_whole(self):
        with Server() as server:
            self.says(doctor(server, "helo", "client.example.net"), 0,
                      "the MTA saw 127.0.0.1, by its reply to EHLO")
        text = "".join(server.heard)
        for line in ("EHLO client.example.net\r\n", "MAIL FROM:<>\r\n",
                     "RCPT TO:<a@example.org>\r\n", "DATA\r\n", "QUIT\r\n",
                     "\r\nX-mxsteer-doctor: ", "\r\nSubject: ",
                     "\r\nAuto-Submitted: auto-generated\r\n"):
            self.assertIn(line, text)

    def test_a_sender_can_be_named(self):
        with Server() as server:
            self.says(doctor(server, "sender", "b@example.net", "--no-data"),
                      0, "RSET")
        self.assertIn("MAIL FROM:<b@example.net>\r\n", server.heard)
        self.assertNotIn("DATA\r\n", server.heard)

    def test_texts_of_a_server_are_cleaned(self):
        with Server(EHLO=b"250 mta \x1b[2J\x9b\r\n") as server:
            status, text = doctor(server)
            self.assertEqual(status, 3, text)
            self.assertTrue(text.isascii())
            self.assertTrue(text.replace("\n", "").isprintable())

    def test_json_has_all(self):
        with Server(RCPT=b"550 5.1.1 no\r\n") as server:
            done = subprocess.run(
                [PROGRAM, "-j", "doctor", "mail", server.address, "to",
                 "a@example.org"], stdout=subprocess.PIPE, timeout=60,
                check=False)
        answer = json.loads(done.stdout)
        self.assertEqual(done.returncode, 1)
        self.assertFalse(answer["taken"])
        self.assertEqual([step["step"] for step in answer["steps"]],
                         ["connect", "banner", "EHLO", "MAIL", "RCPT", "QUIT"])
        self.assertEqual(answer["seen_by"], "ehlo")
        self.assertIn("550 5.1.1 no", answer["findings"][0]["wrong"])

    def test_servers_that_misbehave(self):
        cases = (
            ({"banner": b""}, "did not greet: silence"),
            ({"banner": None}, "the connection ended before a greeting"),
            ({"banner": b"220-a\r\n" * 1000}, "too many lines"),
            ({"banner": b"2" * 100000}, "a line without an end"),
            ({"banner": b"SSH-2.0\r\n"}, "a line without a code"),
            ({"banner": b"421 busy\r\n"}, "421 busy"),
            ({"EHLO": b"500 what\r\n250 mta\r\n"}, "PROXY header"),
            ({"EHLO": b"250-mta\r\n250 STARTTLS\r\n",
              "STARTTLS": b"220 go\r\n250 injected\r\n"},
             "the server, or somebody on the way, said more behind its 220"),
            ({"EHLO": b"250-mta\r\n250 STARTTLS\r\n",
              "STARTTLS": b"454 not now\r\n"}, "STARTTLS was not taken"),
            ({"DATA": None}, "DATA failed: it closed the connection"),
            ({"message": b"451 later\r\n"}, "message was not taken: 451"),
        )
        for replies, words in cases:
            with self.subTest(words), Server(**replies) as server:
                self.says(doctor(server), 1, words)

    def test_bytes_that_come_singly_make_no_wait_longer(self):
        with Dribbler() as server:
            self.says(doctor(server), 1, "TLS failed: no reply in time")

    def test_a_mailbox_that_is_no_file_is_not_waited_for(self):
        with tempfile.TemporaryDirectory() as folder:
            pipe, link = Path(folder, "pipe"), Path(folder, "link")
            os.mkfifo(pipe)
            link.symlink_to(pipe)
            inbox = Path(folder, "inbox")
            inbox.mkdir()
            os.mkfifo(inbox / "pipe")
            (inbox / "link").symlink_to("/dev/zero")
            for mailbox in (pipe, link, inbox, "/dev/zero", "/nonexistent"):
                with self.subTest(mailbox), Server() as server:
                    self.says(doctor(server, "mailbox", str(mailbox)), 0,
                              "by its reply to EHLO")

    def test_nothing_is_tested_for_wrong_words(self):
        class Nobody:
            address = "127.0.0.1:1"
        self.says(doctor(Nobody), 1, "refused the connection")
        for words in (("from", "here"), ("from", "192.0.2.1"),
                      ("helo", "[127.0.0.1]"), ("sender", "b"),
                      ("frm", "127.0.0.1")):
            with self.subTest(words):
                self.assertEqual(doctor(Nobody, *words)[0], 2)


if __name__ == "__main__":
    unittest.main()
