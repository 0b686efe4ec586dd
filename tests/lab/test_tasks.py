#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios

from lab import ROOT, Lab, check, main, wait_for
from tasks import TASKS

PAGE = ROOT / "config/TASKS.md"
COLUMNS = 110
LINES_MAX = 14

HEAD = """# Tasks of an operator

Each task has its command and what it prints. A test runs all of these commands in a mail site with three MTAs,
and wrote this page:

    sudo tests/lab/test_tasks.py --page config/TASKS.md

| task | mxsteer | HAProxy | IPVS and keepalived |
|---|---|---|---|
"""


class TaskLab(Lab):
    def config_text(self, *words, **changes):
        text = super().config_text(*words, **changes)
        # Clients are counted, and metrics are there.
        text = text.replace("services:\n",
                            "http: {listen: 127.0.0.1:9625}\nservices:\n", 1)
        return text.replace("    forward: fullnat\n", "    forward: fullnat\n"
                            "    clients: {sessions: 100}\n", 1)

    # -- what is before a task ----------------------------------------------

    def stop_mta3(self):
        self.mtas["mta3"].kill()
        self.wait_health("mta3", "down")

    def hold_sessions(self):
        self.held = [self.session(source) for source in self.clients(4)[5:35]]

    def count_clients(self):
        wait_for(lambda: self.ask("show", "clients", "3")["clients"],
                 "clients are counted")

    def write_file(self):
        self.write_config(self.dir / "new.yaml", backends=[
            line.replace("weight: 100", "weight: 200") if "mta1" in line
            else line for line in self.backend_lines()])

    # -- a task -------------------------------------------------------------

    def run_task(self, task):
        """At a terminal; returns the exit status and the text."""
        command = task.command.split()
        if command[0] == "mxsteer":
            command[:1] = [self.build / "controlplane/mxsteer", "-s",
                           self.dir / "ctl.sock"]
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ,
                    struct.pack("HHHH", 50, COLUMNS, 0, 0))
        space = "client" if "doctor" in task.command else "lb"
        process = subprocess.Popen(
            ["ip", "netns", "exec", self.space(space), *map(str, command)],
            stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs,
            cwd=self.dir, env={**os.environ, "NO_COLOR": "1", "TERM": "xterm"})
        os.close(theirs)
        text = b""
        try:
            while part := os.read(ours, 65536):
                text += part
        except OSError:
            pass  # the other end is closed
        os.close(ours)
        return process.wait(120), self.clean(text.decode())

    def clean(self, text):
        """As the page has it: without names of this lab."""
        text = re.sub(r"\x1b\[[0-9;]*[A-Za-z]|[^\n]*\r(?!\n)", "",
                      text.replace("\r\n", "\n"))
        return text.replace(f"{self.dir}/", "").replace(self.instance, "mx1")


def section(task, text):
    lines = [line.rstrip() for line in text.strip("\n").splitlines()]
    if len(lines) > LINES_MAX:
        more = len(lines) - LINES_MAX
        lines = lines[:LINES_MAX] + [f"... {more} more line{'s' * (more > 1)}"]
    status = f"\n\nExit status {task.status}." if task.status else ""
    return (f"## {task.name}\n\n```console\n$ {task.command}\n" +
            "\n".join(lines) + f"\n```{status}\n")


def write_page(path, parts):
    rows = "".join(f"| {task.name} | `{task.command}` | {task.haproxy} | "
                   f"{task.ipvs} |\n" for task in TASKS)
    path.write_text(HEAD + rows + "\n" + "\n".join(parts))


def page_is_fresh():
    text = PAGE.read_text()
    missing = [task.name for task in TASKS
               if f"## {task.name}\n\n```console\n$ {task.command}\n"
               not in text or f"| {task.haproxy} | {task.ipvs} |" not in text]
    check(not missing, f"the page has each task {missing or ''}")
    check(text.count("\n## ") == len(TASKS), "and no other")


def test():
    """Each task of the page is done by its command, which prints what it
    should."""
    parts = []
    with TaskLab(proxy="v2") as lab:
        lab.start_mtas(("exim",) * 3)
        lab.start_mxsteer()
        wait_for(lambda: lab.cli("status", check=False).returncode == 0,
                 lambda: lab.cli("status", check=False).stdout)
        for task in TASKS:
            if task.before:
                getattr(lab, task.before)()
            status, text = lab.run_task(task)
            lacks = [word for word in task.words if word not in text]
            check(status == task.status and not lacks, f"{task.command}"
                  f"{'' if status == task.status and not lacks else (status, lacks, text)}")
            parts.append(section(task, text))
    if "--page" in sys.argv:
        write_page(ROOT / sys.argv[sys.argv.index("--page") + 1], parts)
    page_is_fresh()


if __name__ == "__main__":
    main(test)
