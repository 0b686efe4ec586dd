#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
import os
import subprocess
from contextlib import contextmanager
from pathlib import Path

from lab import Lab, check, main, wait_for

SHM = Path("/dev/shm")


def latch_of(lab):
    """Both planes may remove it: neither may write to all folders."""
    folder = lab.dir / "latches"
    folder.mkdir(exist_ok=True)
    folder.chmod(0o777)
    return folder / "latch"


@contextmanager
def latched(lab):
    """Programs that are started meanwhile can be stopped at a moment."""
    os.environ["LD_PRELOAD"] = str(lab.build / "tests/liblatch.so")
    os.environ["MX_LATCH"] = str(latch_of(lab))
    try:
        yield
    finally:
        del os.environ["LD_PRELOAD"], os.environ["MX_LATCH"]


def arm(lab, moment):
    new = lab.dir / "latch.new"
    new.write_text(moment)
    new.chmod(0o644)
    new.rename(latch_of(lab))


def is_stopped(pid):
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1][1] == "T"


def command(lab, *words):
    """Begin a command that may never be answered."""
    return subprocess.Popen(
        [lab.build / "controlplane/mxsteer", "-s", lab.dir / "ctl.sock",
         *words], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL)


def killed_at(lab, process, moment, begin, words):
    """Arm, begin, and kill the process where it has stopped."""
    arm(lab, moment)
    begun = begin()
    wait_for(lambda: is_stopped(process.pid), f"stopped at {moment}")
    process.kill_group()
    if begun:
        begun.wait(60)
    check(not latch_of(lab).exists(), f"killed {words}")


def control_plane(lab):
    with latched(lab):
        lab.start_controlplane()
    lab.wait_up(*lab.mtas)


def data_plane(lab):
    with latched(lab):
        lab.start_dataplane()
    lab.wait_in_force()


def consistent(lab, name, sender):
    """What the control plane says of the MTA is what new sessions find."""
    lab.wait_in_force()
    row = lab.backend(name)
    check((row["admin"] == "ready") == (row["effective_weight"] > 0),
          f"{name} is {row['admin']}, and gets a share of {row['effective_weight']}")
    there = sender.accepted()
    sender.wait_accepted(there + 10)
    lab.cli("ready", f"mx/{name}")
    lab.wait_in_force()
    check(lab.backend(name)["effective_weight"] > 0, f"{name} serves again")


def test():
    """A plane that is killed half-way through a change leaves nothing half
    changed."""
    with Lab() as lab:
        lab.start_mtas()
        with latched(lab):
            lab.start_dataplane()
            lab.start_controlplane()
        lab.wait_up(*lab.mtas)
        sender = lab.start_sender(250, think=1.0, high=200000)
        sender.wait_accepted(10)
        killed_at(lab, lab.controlplane, "save",
                  lambda: command(lab, "drain", "mx/mta2"),
                  "a control plane whose drain was published and not saved")
        control_plane(lab)
        consistent(lab, "mta2", sender)
        for moment, words in (
                ("read", "a data plane that had read half of a plan"),
                ("swap", "a data plane whose workers had half of a plan")):
            killed_at(lab, lab.dataplane, moment,
                      lambda: command(lab, "drain", "mx/mta3"), words)
            data_plane(lab)
            consistent(lab, "mta3", sender)
        killed_at(lab, lab.controlplane, "save",
                  (SHM / f"mxsteer-control.{lab.instance}/plan").unlink,
                  "a control plane that made its file of plans anew")
        control_plane(lab)
        consistent(lab, "mta1", sender)
        sender.check_exactly_once()


if __name__ == "__main__":
    main(test)
