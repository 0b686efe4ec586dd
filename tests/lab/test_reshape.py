#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Sessions outlive a data plane that is restarted in another shape."""

import re
import smtplib

from lab import Lab, check, main, wait_for

SESSIONS = 24


class Reshape:
    """Open sessions, and a data plane that is killed and started again."""

    def __init__(self, lab):
        self.lab = lab
        self.warned = ""
        self.sessions = [lab.session(timeout=10) for _ in range(SESSIONS)]

    def restart(self, **changes):
        """Returns what the data plane says, and how many sessions it kept.
        self.warned is what config check said of the file before."""
        path = self.lab.dir / "reshaped.yaml"
        sessions_max = changes.pop("sessions_max", 100000)
        text = self.lab.config_text(**changes)
        path.write_text(text.replace("sessions-max: 100000",
                                     f"sessions-max: {sessions_max}"))
        checked = self.lab.cli("config", "check", path, check=False)
        check(checked.returncode == 0, "config check finds the file good")
        self.warned = checked.stdout
        before = len(self.lab.dataplane.log.read_text())
        self.lab.dataplane.kill_group()
        self.lab.start_dataplane(path)
        log = self.lab.dataplane.log

        def up():
            return re.search(r" up: .* (\d+) sessions kept",
                             log.read_text()[before:])
        wait_for(lambda: up() or not self.lab.dataplane.alive(), "it is up")
        if not up():
            check(False, "the data plane is up: " + log.read_text()[before:])
        return log.read_text()[before:], int(up().group(1))

    def talk(self):
        """Those that do not go on are gone from then on."""
        alive = []
        for session in self.sessions:
            try:
                if session.noop()[0] == 250:
                    alive.append(session)
            except (OSError, smtplib.SMTPException):
                session.close()
        self.sessions = alive
        return len(alive)


def other_sizes(reshape):
    for sessions_max in (1000, 200000):
        said, kept = reshape.restart(sessions_max=sessions_max)
        check(kept >= SESSIONS and "lost" not in said,
              f"sessions-max {sessions_max}: all sessions are kept")
        check("lost" not in reshape.warned, "and config check said so before")
        check(reshape.talk() == SESSIONS, "and all of them go on")


def more_workers(reshape):
    said, kept = reshape.restart(workers="[0, 1]")
    lost = re.search(r"warn (\d+) sessions are lost: their local port", said)
    there = len(reshape.sessions)
    warned = re.search(r"lost: up to (\d+) of fullnat", reshape.warned)
    check(warned and lost and int(lost.group(1)) <= int(warned.group(1)),
          f"two workers: config check warned of up to "
          f"{warned and warned.group(1)}")
    left = reshape.talk()
    check(lost and int(lost.group(1)) >= there - left,
          f"the log says that {lost.group(1)} sessions are lost")
    check(0 < left <= kept, f"and the other {left} go on")


def fewer_workers(reshape):
    there = len(reshape.sessions)
    said, kept = reshape.restart(workers="[1]")
    check(kept >= there and "lost" not in said,
          f"one worker again: the {there} sessions are kept")
    check("lost" not in reshape.warned, "and config check said so before")
    check(reshape.talk() == there, "and go on")


def test():
    """Sessions outlive a data plane that is restarted in another shape."""
    with Lab() as lab:
        lab.start_mtas()
        lab.start_mxsteer()
        reshape = Reshape(lab)
        other_sizes(reshape)
        more_workers(reshape)
        fewer_workers(reshape)


main(test)
