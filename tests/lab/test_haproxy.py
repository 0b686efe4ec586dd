#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
import csv
import os
import socket
import subprocess
import tempfile
from pathlib import Path

from claims import check, main, wait_for

BUILD = Path(os.environ.get("MXSTEER_BUILD", "build"))
HAPROXY = BUILD / "peers/haproxy/usr/sbin/haproxy"
LIMIT_S = 120

CONFIG = """
global
    stats socket {folder}/haproxy.sock level admin
defaults
    mode tcp
    timeout connect 5s
    timeout client 5s
    timeout server 5s
frontend mail
    bind 127.0.0.1:{front}
    default_backend mx
backend mx
    server m1 127.0.0.1:25 weight 100 agent-check agent-port {port} agent-inter 200ms agent-send "{send}\\n"
"""


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return sock.getsockname()[1]


class Site:
    """HAProxy with one server, and its agent; all at this host."""

    def __init__(self, folder):
        self.folder, self.port = Path(folder), free_port()
        self.state = self.folder / "state"
        self.active = self.folder / "spool/active"
        self.active.mkdir(parents=True)
        (self.folder / "spool/incoming").mkdir()
        self.processes = []

    def agent(self, *words):
        return [BUILD / "agent/mxsteer-agent", "--state", self.state, *words]

    def start(self):
        (self.folder / "haproxy.cfg").write_text(CONFIG.format(
            folder=self.folder, port=self.port, front=free_port(),
            send="x" * 500))
        self.run(self.agent(
            "--listen", f"127.0.0.1:{self.port}", "--cpu", "off", "--memory",
            "off", "--queue", "10-100", "--postfix", self.folder / "spool"))
        self.run([HAPROXY, "-db", "-f", self.folder / "haproxy.cfg"])
        wait_for((self.folder / "haproxy.sock").exists, "HAProxy runs", LIMIT_S)

    def run(self, command):
        with open(self.folder / "log", "ab") as log:
            self.processes.append(subprocess.Popen(
                [*map(str, command)], stdout=log, stderr=log,
                stdin=subprocess.DEVNULL))

    def end(self):
        for process in self.processes:
            process.terminate()
            process.wait(LIMIT_S)

    def say(self, *words):
        subprocess.run(self.agent(*words), check=True,
                       stdout=subprocess.DEVNULL)

    def ask(self):
        with socket.create_connection(("127.0.0.1", self.port)) as sock, \
                sock.makefile() as answer:
            return answer.read()

    def haproxy(self, command):
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(LIMIT_S)
            sock.connect(str(self.folder / "haproxy.sock"))
            sock.sendall(command.encode() + b"\n")
            with sock.makefile() as answer:
                return answer.read()

    def row(self):
        """HAProxy's row of the server."""
        lines = self.haproxy("show stat mx 4 -1").strip("# \n").splitlines()
        return next(csv.DictReader(lines))

    def wait(self, words, **wanted):
        """Until each of these values of the row has this beginning."""
        wait_for(lambda: all(self.row()[key].startswith(value)
                             for key, value in wanted.items()),
                 lambda: f"{words}: {self.row()}", LIMIT_S)
        print(f"  ok   {words}", flush=True)


def test_site(site):
    site.wait("HAProxy hears the agent", agent_status="L7OK", weight="100",
              status="no check")
    for i in range(55):
        (site.active / str(i)).touch()
    site.wait("a queue of 55 of 10-100 messages is a weight of 53 %",
              weight="53")
    site.say("drain", "new", "kernel")
    site.wait("drain drains", status="DRAIN")
    site.say("maint")
    site.wait("maint is maintenance", status="MAINT")
    site.say("ready")
    site.wait("ready undoes both", status="no check")

    # It counts the replies to an address, and this test has HAProxy's.
    wait_for(lambda: not site.ask().startswith("ready"),
             "the agent has said ready often enough", LIMIT_S)
    # What it said before may still be on its way.
    site.say("ready", "before")
    wait_for(lambda: "before" in str(site.row()), "HAProxy hears", LIMIT_S)
    site.haproxy("set server mx/m1 state drain")
    # Each change of the words shows that HAProxy has heard of it since.
    for turn in range(3):
        site.say("ready", f"later{turn}")
        wait_for(lambda: f"later{turn}" in str(site.row()),
                 lambda: f"later {turn}: {site.row()}", LIMIT_S)
        check(site.row()["status"].startswith("DRAIN"),
              "the operator's drain of HAProxy stays")
    idle = [socket.create_connection(("127.0.0.1", site.port))
            for _ in range(100)]
    site.say("ready", "crowded")
    wait_for(lambda: "crowded" in str(site.row()),
             "slow askers keep HAProxy waiting no longer", LIMIT_S)
    for sock in idle:
        sock.close()
    check(site.row()["agent_status"] == "L7OK",
          "no reply was lost by what HAProxy sends")


def test():
    """mxsteer-agent speaks with the real HAProxy."""
    with tempfile.TemporaryDirectory() as folder:
        site = Site(folder)
        try:
            site.start()
            test_site(site)
        finally:
            site.end()


if __name__ == "__main__":
    main(test)
