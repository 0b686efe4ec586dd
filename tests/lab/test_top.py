#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
import re
import shutil
import signal
import subprocess

from lab import Lab, check, main, skip, wait_for

RATE = r"([\d.]+[kM]?)"


class Terminal:
    """A terminal of a shell: a server of tmux that nobody else has."""

    def __init__(self, lab):
        self.lab = lab
        self.socket = lab.dir / "tmux.sock"
        self.top = (f"{lab.build}/controlplane/mxsteer "
                    f"-s {lab.dir}/ctl.sock top every 1")

    def __enter__(self):
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", "80", "-y",
                  "24", "env PS1='ready$ ' LC_ALL=C.UTF-8 bash --norc")
        return self

    def __exit__(self, *exc):
        if exc[0]:
            print(self.screen())
        self.tmux("kill-server")

    def tmux(self, *words):
        return subprocess.run(
            ["env", "-u", "TMUX", "tmux", "-S", self.socket, *words],
            text=True, stdout=subprocess.PIPE, timeout=60).stdout

    def screen(self):
        return self.tmux("capture-pane", "-p")

    def press(self, *keys):
        """Keys that have names, such as Enter."""
        self.tmux("send-keys", *keys)

    def type(self, text):
        self.tmux("send-keys", "-l", text)

    def run(self, line):
        self.type(line)
        self.press("Enter")

    def expect(self, pattern):
        """Wait until the screen has this; what it has is returned."""
        if isinstance(pattern, str):
            pattern = re.compile(re.escape(pattern))
        return wait_for(lambda: pattern.search(self.screen()),
                        lambda: f"{pattern.pattern!r} in\n{self.screen()}", 90)

    def expect_no(self, text):
        wait_for(lambda: text not in self.screen(),
                 lambda: f"no {text!r} in\n{self.screen()}", 90)

    def start(self, options=""):
        self.run(f"clear; {self.top} {options}")
        self.expect("1 Services")

    def resize(self, width, height):
        self.tmux("resize-window", "-x", str(width), "-y", str(height))

    def modes(self, name):
        """How the terminal is set."""
        path = self.lab.dir / name
        self.run(f"clear; stty -g >{path}; echo do'ne'")
        self.expect("done")
        return path.read_text()


def views(term):
    found = term.expect(re.compile(rf"inbound +ok +3/3 +\d+ +{RATE} +{RATE}"))
    check(found, f"the service has rates: {found[0]}")
    term.press("2")
    check(term.expect(re.compile(rf"\nmx +ok +3/3 +\d+ +{RATE} +{RATE}")),
          "and the pool")
    term.press("4")
    check(term.expect(re.compile(rf"\n0 +\d+ +[\d.]+ +\d+ +{RATE} +{RATE}")),
          "and the worker")
    term.press("5")
    check(term.expect("controlplane"), "events are shown")
    term.press("3")
    found = term.expect(re.compile(rf"mx/mta1 +up +ready +\d+ +{RATE} +{RATE}"))
    check(found, f"and the MTA: {found[0]}")
    term.press("Down", "Enter")
    check(term.expect("EHLO offers"), "an MTA is shown in detail")
    term.press("Escape")
    term.expect("HEALTH")
    term.press("?")
    check(term.expect("PageUp and PageDown"), "? shows the keys")
    term.press("?")
    term.expect_no("PageUp")


def sizes(term):
    term.resize(40, 10)
    term.expect(re.compile(r"\nmx/mta1 +up +\d+ +"))
    check(all(len(line) <= 40 for line in term.screen().splitlines()),
          "40 columns and 10 lines are enough")
    term.resize(160, 50)
    check(term.expect("BANNER ms"), "160 columns show more")
    check(term.expect("WHY"), "and the reasons")
    term.resize(80, 24)
    term.expect("? help")


def drained(lab):
    rows = (lab.ask("show", "events", "50") or {"events": []})["events"]
    return [row for row in rows if "mx/mta2" in row["subject"] and
            row["after"] == "drain"]


def drain(lab, term):
    term.type("/mta2")
    term.press("Enter")
    term.expect_no("mx/mta1")
    term.type("d")
    term.expect("drain mx/mta2: why?")
    term.type("new kernel")
    term.press("Enter")
    term.expect("drain mx/mta2 new kernel -- do it? y/n")
    check(not drained(lab), "nothing is drained before it is confirmed")
    term.type("y")
    rows = wait_for(lambda: drained(lab), "an event tells of the drain")
    check(rows[0]["why"] == "new kernel" and rows[0]["source"],
          f"a key drained mta2, and the reason is kept: {rows[0]}")
    check(term.expect(re.compile(r"mx/mta2 +up +drain")),
          "the screen shows that")
    term.type("r")
    term.press("Enter")
    term.expect("ready mx/mta2 -- do it?")
    term.type("y")
    lab.wait_up("mta2")
    term.expect(re.compile(r"mx/mta2 +up +ready"))
    term.press("Escape")
    term.expect("mx/mta1")
    check(True, "and a key takes it back")


def silence(lab, term):
    lab.controlplane.signal(signal.SIGSTOP)
    term.expect("no answer since")
    term.press("?")
    check(term.expect("PageUp"), "keys work while the control plane hangs")
    term.press("?")
    term.expect_no("PageUp")
    term.type("d")
    check(term.expect("nothing was sent"), "an action is refused")
    lab.controlplane.signal(signal.SIGCONT)
    term.expect_no("no answer since")
    check(True, "the screen goes on when it answers")
    lab.controlplane.signal(signal.SIGKILL)
    lab.controlplane.wait()
    term.expect("no control plane answers at")
    lab.start_controlplane()
    term.expect_no("no answer since")
    term.press("1")
    check(term.expect(re.compile(rf"inbound +\S+ +3/3 +\d+ +{RATE}")),
          "and when another one has started")


def restored(term):
    before = term.modes("before")
    term.start()
    term.type("q")
    term.expect("ready$")
    check(term.modes("q") == before, "q leaves the terminal as it was")
    term.start()
    term.press("C-c")
    term.expect("ready$")
    check(term.modes("c") == before, "so does Ctrl-C")
    term.start()
    term.press("C-z")
    term.expect("Stopped")
    term.run("clear; fg")
    term.expect("1 Services")
    term.type("q")
    term.expect("ready$")
    check(term.modes("z") == before, "so do Ctrl-Z and fg")
    term.run(f"clear; {term.top} & p=$!; fg")
    term.expect("1 Services")
    term.press("C-z")
    term.expect("Stopped")
    term.run("clear; kill $p; fg; echo status $?")
    term.expect("status 143")
    check(term.modes("t") == before, "and SIGTERM")


def access(lab, term):
    term.start("--read-only mtas")
    term.expect("mx/mta1")
    term.type("d")
    check(term.expect("--read-only"), "--read-only changes nothing")
    term.type("q")
    term.expect("ready$")
    path = lab.dir / "access.yaml"
    path.write_text(lab.config_text() + "\naccess: {read: everyone}\n")
    lab.cli("config", "apply", path)
    wait_for((lab.dir / "ctl.read.sock").exists, "a socket for readers")
    term.top = term.top.replace("ctl.sock", "ctl.read.sock")
    term.start("mtas")
    term.expect("mx/mta1")
    term.type("w")
    check(term.expect("you may read alone"), "nor does a reader's socket")
    term.type("q")
    term.expect("ready$")


def without_terminal(lab):
    done = lab.cli("top", check=False)
    check(done.returncode == 2 and "top --once" in done.stdout,
          f"a pipe is refused: {done.stdout.strip()}")
    done = lab.cli("top", "--once", "every", "1", "mtas")
    check(re.search(rf"mx/mta1 +up +ready .*{RATE}", done.stdout) and
          "\033" not in done.stdout, "--once prints text")
    done = lab.cli("-j", "top", check=False)
    check(done.returncode == 2 and "error" in done.stdout,
          "programs are told what to ask")


def test():
    """The live screen: rates of real mail, keys, actions, and its terminal."""
    if not shutil.which("tmux"):
        skip("tmux is not there: run tests/packages tests")
    with Lab() as lab:
        lab.start_mtas()
        lab.start_mxsteer()
        sender = lab.start_sender(100000, think=0.5)
        sender.wait_accepted(20)
        without_terminal(lab)
        with Terminal(lab) as term:
            term.expect("ready$")
            term.start()
            views(term)
            sizes(term)
            drain(lab, term)
            silence(lab, term)
            term.type("q")
            term.expect("ready$")
            restored(term)
            access(lab, term)
        sender.stop()


if __name__ == "__main__":
    main(test)
