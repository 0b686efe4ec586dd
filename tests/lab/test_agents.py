#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
import subprocess

from lab import MTAS, Lab, check, main, wait_for
from network import LAN, MTA_HOSTS

# A line without end.  The rest waits for the reader.
FLOOD = """
import socket
server = socket.create_server(("", 9707))
while True:
    peer = server.accept()[0]
    try:
        while True:
            peer.sendall(b"x" * 65536)
    except OSError:
        pass
"""


class Agents:
    """mxsteer-agent on the host of each MTA.  CPU and memory would be those of
    this machine, so it looks at a queue alone."""

    def __init__(self, lab):
        self.lab, self.processes = lab, {}
        for name in MTAS:
            for folder in ("incoming", "active"):
                (self.spool(name) / folder).mkdir(parents=True)

    def spool(self, name):
        return self.lab.dir / f"{name}.spool"

    def command(self, name, *words):
        return [self.lab.build / "agent/mxsteer-agent", "--state",
                self.lab.dir / f"{name}.state", *words]

    def fill(self, name, messages):
        for i in range(messages):
            (self.spool(name) / "active" / str(i)).touch()

    def start(self, name):
        self.processes[name] = self.lab.spawn(name, self.command(
            name, "--listen", f"{LAN[4]}{MTA_HOSTS[name]}:9707", "--cpu",
            "off", "--memory", "off", "--queue", "10-100", "--postfix",
            self.spool(name)), log=self.lab.dir / f"{name}.agent.log")

    def say(self, name, *words):
        subprocess.run(self.command(name, *words), check=True,
                       stdout=subprocess.DEVNULL)

    def row(self, name):
        for row in self.lab.ask("show", "agents")["agents"]:
            if row["backend"] == f"mx/{name}":
                return row
        return None

    def wait(self, name, key, *values):
        wait_for(lambda: self.row(name)[key] in values,
                 lambda: f"{key} of {name} is one of {values}: "
                 f"{self.row(name)}", 120)


def weight(lab, name):
    return lab.backend(name)["effective_weight"]


def totals(lab):
    return {name: lab.backend(name)["sessions_total"] for name in MTAS}


def check_load(lab, agents):
    agents.wait("mta1", "counts_words", "25%")
    wait_for(lab.in_force, "that is in force", 120)
    before = totals(lab)
    lab.start_sender(240, sessions=20, low=1000, high=2000) \
        .check_exactly_once()
    got = {name: total - before[name] for name, total in totals(lab).items()}
    share = got["mta1"] / sum(got.values())
    check(0.02 < share < 0.22,
          f"a loaded MTA of 25 % gets a ninth of the sessions ({got})")
    check(min(got["mta2"], got["mta3"]) > 60, "the others get the rest")


def check_drain(lab, agents):
    agents.say("mta2", "drain", "new", "kernel")
    wait_for(lambda: lab.backend("mta2")["reason"] ==
             "its agent says drain: new kernel", "mta2's agent drains it", 120)
    answer = lab.cli("ready", "mx/mta2").stdout
    check("its agent says drain" in answer,
          "an operator is told whose restriction stays")
    before = lab.backend("mta2")["sessions_total"]
    lab.start_sender(40, sessions=10, low=1000, high=2000).check_exactly_once()
    check(lab.backend("mta2")["sessions_total"] == before,
          "a drained MTA gets no session")
    agents.say("mta2", "ready")
    wait_for(lambda: weight(lab, "mta2") == 100, "and then it is back", 120)


def check_operator(lab, agents):
    lab.cli("drain", "mx/mta3")
    agents.processes["mta3"].end()
    agents.wait("mta3", "state", "stale")
    agents.start("mta3")
    wait_for(lambda: agents.row("mta3")["state"] == "ok" and
             agents.row("mta3")["line"].startswith("ready"),
             "a new agent says ready", 120)
    check(lab.backend("mta3")["reason"].startswith("draining"),
          "an agent does not undo an operator's drain")
    lab.cli("ready", "mx/mta3")


def check_silence(lab, agents):
    agents.processes["mta1"].kill_group()
    agents.wait("mta1", "state", "stale")
    check(weight(lab, "mta1") == 25, "a dead agent's last word counts")
    check("agent mx/mta1 does not answer" in
          lab.cli("status", check=False).stdout, "status says so")
    lab.spawn("mta1", ["/usr/bin/python3", "-c", FLOOD],
              log=lab.dir / "flood.log")
    agents.wait("mta1", "fault", "a line of over 1024 bytes")
    check(lab.backend("mta2")["health"] == "up" and
          agents.row("mta2")["state"] == "ok",
          "an agent that sends without end touches nobody else")
    lab.cli("agent", "mx/mta1", "ignore")
    check(weight(lab, "mta1") == 100, "an operator may ignore an agent")


def test():
    """What mxsteer-agent says of an MTA counts, and lifts nothing of others."""
    with Lab(agent="interval: 500ms", load_bound=0) as lab:
        lab.start_mtas()
        agents = Agents(lab)
        agents.fill("mta1", 81)
        for name in MTAS:
            agents.start(name)
        lab.start_mxsteer()
        for name in MTAS:
            agents.wait(name, "state", "ok")
        check_load(lab, agents)
        check_drain(lab, agents)
        check_operator(lab, agents)
        check_silence(lab, agents)
        lab.check_accounts()


if __name__ == "__main__":
    main(test)
