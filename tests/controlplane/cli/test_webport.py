#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""`config check --host` tells who has the port of metrics and of the status page.

A real control plane, as in test_desk.py, and other programs that listen where the
file says."""

import os
import re
import socket
import subprocess
import sys
import threading
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "kit"))

from deskrig import DeskRig
from ownspace import enter, wait_for
from smallfile import smallfile

ADDRESS, PORT = "127.0.0.1", 9625
OTHER = "is taken, and no mxsteer answers there"
# What a program at the port answers, and what is said of it.
ANSWERS = (
    (b"HTTP/1.1 200 OK\r\n\r\nOK mxsteer SELF: 0 critical", None),
    (b"HTTP/1.1 503 Oh\r\n\r\nCRITICAL mxsteer SELF: 1 critical", None),
    (b"HTTP/1.1 200 OK\r\n\r\nOK mxsteer mx2: 0 critical",
     "instance mx2 of mxsteer has the port of"),
    (b"HTTP/1.1 200 OK\r\n\r\nOK mxsteer SELFX: 0 critical",
     "instance SELFX of mxsteer has the port of"),
    (b"HTTP/1.1 200 OK\r\n\r\nOK mxsteer \x1b[31m\xff: 0 critical",
     "instance ?[31m? of mxsteer has the port of"),
    (b"HTTP/1.1 200 OK\r\n\r\nOK mxsteer ", OTHER),
    (b"HTTP/1.1 200 OK\r\n\r\n<html>mxsteer</html>", OTHER),
    (b"220 mail ESMTP\r\n", OTHER),
    (b"x" * 5000, OTHER),
    (b"", OTHER),
)


def is_served():
    with socket.socket() as sock:
        return sock.connect_ex((ADDRESS, PORT)) == 0


class WebPort(DeskRig):
    def setUp(self):
        super().setUp()
        self.instance = f"port{os.getpid()}"
        self.path = self.dir / "c.yaml"
        self.write(f'"{ADDRESS}:{PORT}"')

    def write(self, listen):
        self.path.write_text(smallfile(
            self.instance, ["name: lan, driver: af_packet, interface: lo"],
            ["192.0.2.1:25"]).replace("{listen: off}", f"{{listen: {listen}}}"))

    def said(self):
        """What is said of the port, in one line or none."""
        lines = [line for line in self.cli(
            "config", "check", "--host", self.path).stdout.splitlines()
            if "warning: http:" in line]
        self.assertLessEqual(len(lines), 1, lines)
        return lines[0] if lines else None

    def listen(self):
        server = socket.create_server((ADDRESS, PORT))
        self.addCleanup(server.close)
        return server

    def test_the_port_of_the_own_control_plane_is_not_taken(self):
        self.assertIsNone(self.said())
        self.run_plane()
        wait_for(is_served, "the server")
        self.assertIsNone(self.said())
        text = self.path.read_text()
        self.path.write_text(text.replace(self.instance, "another"))
        self.assertRegex(self.said(), rf"instance {self.instance} of mxsteer "
                         f"has the port of {ADDRESS}:{PORT}")

    def test_what_answers_there_is_told(self):
        server = self.listen()
        answer = [b""]

        def serve():
            while True:
                try:
                    client = server.accept()[0]
                except OSError:
                    return
                with client:
                    client.recv(4096)
                    client.sendall(answer[0])

        threading.Thread(target=serve, daemon=True).start()
        for reply, wanted in ANSWERS:
            answer[0] = reply.replace(b"SELF", self.instance.encode())
            said = self.said()
            if wanted is None:
                self.assertIsNone(said)
            else:
                self.assertIn(wanted.replace("SELF", self.instance), said)
        server.shutdown(socket.SHUT_RDWR)

    def test_who_does_not_answer_is_not_waited_for_for_long(self):
        self.listen()
        self.assertIn(f"`ss -ltnp sport = :{PORT}`", self.said())

    def test_an_address_of_another_host_is_told(self):
        self.write(f'"192.0.2.77:{PORT}"')
        self.assertRegex(self.said(), "192.0.2.77:9625 is not at an address of "
                         "this host")
        self.write("off")
        self.assertIsNone(self.said())

    def test_it_stops_no_mail(self):
        self.listen()
        done = self.cli("-j", "config", "check", "--host", self.path)
        row = re.search(r'\{[^{}]*"http: [^{}]*\}', done.stdout)[0]
        self.assertIn('"stops_mail":false', row)


def main():
    enter()
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    return not unittest.main(exit=False).result.wasSuccessful()


if __name__ == "__main__":
    sys.exit(main())
