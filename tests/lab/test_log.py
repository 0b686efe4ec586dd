#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
import json
import shutil
import signal
import socket
import struct
import subprocess
import time
from collections import Counter
from datetime import datetime, timedelta

import config
from lab import Failed, Lab, check, main, wait_for

SYSLOG_LINES = 600  # more than a socket holds that nobody reads


class Log:
    """mxsteer-log of a lab, and the lines that it has written."""

    def __init__(self, lab):
        self.lab = lab
        self.folder = lab.dir / "log"
        self.folder.mkdir()
        shutil.chown(self.folder, config.USER)
        self.syslog = self.folder / "syslog"
        self.process = None
        # Before any process starts, as each has mounts of its own.
        self.small = self.folder / "small"
        self.small.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8k,mode=777",
                        "tmpfs", self.small], check=True)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        subprocess.run(["umount", "-l", self.small], check=True)

    def start(self):
        self.process = self.lab.spawn(
            "lb", [self.lab.build / "logger/mxsteer-log", "-c",
                   self.lab.config, "--syslog", self.syslog])
        wait_for(lambda: self.state()["running"], "mxsteer-log runs")

    def state(self):
        return self.lab.ask("show", "log")

    def configure(self, **keys):
        """Put another log in force."""
        keys.setdefault("sessions", "file")
        keys.setdefault("format", "json")
        text = "".join(f"  {key}: {value}\n" for key, value in keys.items())
        self.lab.config.write_text(self.lab.config_text() + "log:\n" + text)
        if self.lab.controlplane:
            self.lab.cli("config", "apply", self.lab.config)

    def read(self, *names):
        """The lines of sessions in these files."""
        lines = [json.loads(line) for name in names
                 for line in (self.folder / name).read_text().splitlines()]
        return [line for line in lines if line["event"] == "session"]


def hear(sock, last):
    """Read up to the line that begins so; returns how many bytes these are."""
    said = b""
    while not (said.endswith(b"\r\n") and
               said.splitlines()[-1].startswith(last)):
        more = sock.recv(4096)
        if not more:
            raise Failed(f"no {last} comes after {said}")
        said += more
    return len(said)


def talk(lab, end):
    """A session by hand; returns what the log must say of it."""
    begun = time.monotonic()
    sock = lab.connect("client", lab.vip, 25, lab.clients(4)[0])
    sent, received = 0, hear(sock, b"220 ")
    for word, reply in ((b"EHLO client.example.net\r\n", b"250 "),
                        (b"QUIT\r\n", b"221 ") if end == "closed" else
                        (b"NOOP\r\n", b"250 ")):
        time.sleep(0.3)
        sock.sendall(word)
        sent += len(word)
        received += hear(sock, reply)
    client = sock.getsockname()
    if end == "client-reset":
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                        struct.pack("ii", 1, 0))
    sock.close()
    return {"client": client[0], "client_port": client[1], "end": end,
            "bytes_in": sent, "bytes_out": received,
            "most_ms": (time.monotonic() - begun) * 1000 + 1500}


def tells_the_truth(lab, log):
    """One line for each session, with what its client saw."""
    for end in ("closed", "client-reset"):
        truth = talk(lab, end)

        def found():
            return [line for line in log.read("a.log")
                    if (line["client"], line["client_port"]) ==
                    (truth["client"], truth["client_port"])]
        wait_for(found, f"a line of a session that is {end}", 120)
        line = found()[0]
        check(len(found()) == 1, f"one line: {line}")
        same = ("client", "client_port", "end") + (
            ("bytes_in", "bytes_out") if end == "closed" else ())
        check(all(line[key] == truth[key] for key in same),
              f"it has {', '.join(f'{key} {truth[key]}' for key in same)}")
        check((line["vip"], line["vip_port"], line["service"]) ==
              (lab.vip, 25, "inbound") and
              line["backend"] in [f"mx/{name}" for name in lab.mtas],
              "it names VIP, service and MTA")
        check(600 <= line["duration_ms"] <= truth["most_ms"] and
              0 < line["banner_ms"] < truth["most_ms"],
              f"it lasted {line['duration_ms']} ms, and the banner took "
              f"{line['banner_ms']} ms")


def tells_changes(lab, log):
    """One line for each change, also of a control plane that is killed then."""
    lab.cli("drain", "mx/mta1", "new", "kernel")
    lab.controlplane.kill_group()
    lab.start_controlplane()
    lab.wait_in_force()
    lab.cli("ready", "mx/mta1")

    def told():
        lines = map(json.loads,
                    (log.folder / "a.log").read_text().splitlines())
        return [(line["before"], line["after"], line.get("why"))
                for line in lines if line["event"] == "change" and
                line["source"] == "operator" and
                line["subject"] == "backend mx/mta1"]
    wanted = [("ready", "drain", "new kernel"), ("drain", "ready", None)]
    wait_for(lambda: told() == wanted, lambda: f"changes: {told()}", 120)
    check(True, f"each change has a line: {wanted}")


def overlapping(lines):
    """The lines of a client's port that tell of a time of which another line
    tells: two lines of one session.  A port may be used again later."""
    over, found = {}, []
    for line in sorted(lines, key=lambda line: line["time"]):
        client = line["client"], line["client_port"]
        end = datetime.fromisoformat(line["time"])
        begin = end - timedelta(milliseconds=line["duration_ms"])
        if client in over and begin < over[client]:
            found.append(line)
        over[client] = end
    return found


def killed(lab, log):
    """Each process is killed while mail flows: no session without its line, and
    none with two."""
    there = len(log.read("a.log"))
    sender = lab.start_sender(200, sessions=10, think=0.5, high=20000)
    for step, (name, again) in enumerate((
            ("mxsteer-log", log.start),
            ("the data plane", lab.start_dataplane),
            ("mxsteer-log again", log.start),
            ("the control plane", lab.start_controlplane)), 1):
        sender.wait_accepted(step * 30)
        {"the data plane": lab.dataplane, "the control plane":
         lab.controlplane}.get(name, log.process).kill_group()
        again()
        check(True, f"{name} was killed and is back")
    (log.folder / "a.log").rename(log.folder / "a.log.1")
    log.process.signal(signal.SIGHUP)
    wait_for((log.folder / "a.log").exists, "SIGHUP makes a new file", 120)
    sender.wait_accepted(160)
    (log.folder / "a.log").rename(log.folder / "a.log.2")
    wait_for((log.folder / "a.log").exists, "so does a rename alone", 120)
    report = sender.check_exactly_once()
    names = ("a.log.1", "a.log.2", "a.log")
    wait_for(lambda: len(log.read(*names)) >= there + report["begun"],
             lambda: f"{report['begun']} sessions have lines: "
             f"{len(log.read(*names)) - there} have; {log.state()}")
    lines = log.read(*names)
    ids = Counter(line["id"] for line in lines)
    check(len(ids) == len(lines) == there + report["begun"] and
          not overlapping(lines),
          f"each has one: {len(lines)} lines, {len(ids)} ids, two at a time: "
          f"{overlapping(lines)}")
    wrong = [line for line in lines if "bytes_in" not in line and
             line["end"] == "closed"]
    check(not wrong, f"each tells its bytes {wrong[:1] or ''}")
    check(log.state()["lost"] == 0, "none is lost")


def disk_full(lab, log):
    """Lines wait while the disk is full, and come when it has room."""
    log.configure(file=log.small / "b.log")
    wait_for((log.small / "b.log").exists, "the log goes to a small disk", 120)
    before = log.state()
    check(lab.smtp_source(60, 4, 1000) == 0, "60 sessions are over")
    wait_for(lambda: log.state()["stuck"] == "no-space",
             lambda: f"it is full: {log.state()}")
    status = lab.run_cli("status")
    check(status.returncode == 1 and "no-space" in status.stdout,
          "status warns of it")
    text = (log.small / "b.log").read_text()
    check(text.endswith("\n"), "no line is half there")
    subprocess.run(["mount", "-o", "remount,size=1m", log.small], check=True)
    wait_for(lambda: len(log.read("small/b.log")) >= 60,
             lambda: "60 lines come when there is room: "
             f"{len(log.read('small/b.log'))} came; {log.state()}")
    wait_for(lambda: not log.state()["stuck"], "it is not stuck any more", 120)
    check(len(log.read("small/b.log")) == 60 and
          log.state()["lost"] == before["lost"], "none is lost, none is twice")


class Syslog:
    """A syslog that reads when it is told to."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))
        self.socket.setblocking(False)
        path.chmod(0o777)
        self.ids = Counter()

    def read(self):
        """Read what is there; returns how many lines have come."""
        while True:
            try:
                line = self.socket.recv(2048).decode()
            except BlockingIOError:
                return sum(self.ids.values())
            if not (line.startswith("<22>") and " mxsteer[" in line):
                raise Failed(f"a line of syslog: {line}")
            if " event=change " in line:
                continue
            if " event=session " not in line:
                raise Failed(f"a line of a session: {line}")
            self.ids[line.split(" id=")[1].split()[0]] += 1


def syslog_hangs(lab, log):
    """A syslog that does not read holds nobody up."""
    reader = Syslog(log.syslog)
    log.configure(sessions="syslog", format="logfmt")
    # What ends before is a line of the file.
    wait_for(lambda: log.state()["writes_to"] == "syslog",
             lambda: f"syslog is used: {log.state()}")
    check(lab.smtp_source(SYSLOG_LINES, 20, 500) == 0,
          f"{SYSLOG_LINES} sessions are over")
    wait_for(lambda: log.state()["stuck"] == "reader-busy",
             lambda: f"syslog takes no more: {log.state()}")
    check(lab.cli("show", "backends").returncode == 0,
          "the control plane answers")
    wait_for(lambda: reader.read() >= SYSLOG_LINES,
             lambda: f"{SYSLOG_LINES} lines: {sum(reader.ids.values())} came, "
             f"with {len(reader.ids)} ids; {log.state()}; mail delivered: "
             f"{lab.delivered()}; {lab.ask('show', 'services')}")
    check(len(reader.ids) == reader.read() == SYSLOG_LINES,
          f"{SYSLOG_LINES} lines came, each once")
    reader.socket.close()


def test():
    """A line for each session, whatever ends, is full or hangs."""
    with Lab() as lab:
        with Log(lab) as log:
            log.configure(file=log.folder / "a.log")
            lab.start_mtas()
            lab.start_mxsteer()
            check("mxsteer-log does not run" in lab.run_cli("status").stdout,
                  "status says that the log does not run")
            log.start()
            tells_the_truth(lab, log)
            tells_changes(lab, log)
            killed(lab, log)
            disk_full(lab, log)
            syslog_hangs(lab, log)


if __name__ == "__main__":
    main(test)
