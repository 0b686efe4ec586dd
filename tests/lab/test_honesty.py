#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
import signal
import time

from lab import Lab, check, main, wait_for


def said(done):
    return done.stdout.strip()


def stopped_data_plane(lab):
    """A wish that the data plane has not taken up is no success, and a backend
    that it still gives sessions to is not drained."""
    done = lab.cli("wait", 1, "drained", "mx/mta1", check=False)
    check(done.returncode == 1 and "drain it" in said(done),
          f"a ready MTA without sessions is not drained: {said(done)}")
    lab.dataplane.signal(signal.SIGSTOP)
    done = lab.cli("drain", "mx/mta1", check=False)
    check(done.returncode == 3 and "noted, not in force" in said(done),
          f"a drain of a stopped data plane is noted: {said(done)!r}")
    done = lab.cli("wait", 3, "drained", "mx/mta1", check=False)
    check(done.returncode == 1 and "not drained" in said(done) and
          "silent" in said(done), f"nothing is drained: {said(done)}")
    done = lab.cli("ready", "mx/mta1", check=False)
    check(done.returncode == 3 and "silent" in said(done),
          "a silent data plane is told from a slow one")
    lab.cli("drain", "mx/mta1", check=False)
    lab.dataplane.signal(signal.SIGCONT)
    check(lab.cli("wait", 10, "drained", "mx/mta1").returncode == 0,
          "once it goes on, the MTA is drained")
    lab.cli("ready", "mx/mta1")
    log = lab.controlplane.log.read_text()
    check("dataplane running -> silent" in log and
          "dataplane silent -> running" in log, "the log tells of both")


def ended_data_plane(lab):
    lab.dataplane.kill_group()
    done = lab.cli("drain", "mx/mta2", check=False)
    check(done.returncode == 3 and "no data plane is running" in said(done),
          f"a drain without a data plane is noted: {said(done)!r}")
    done = lab.cli("wait", 1, "drained", "mx/mta2", check=False)
    check(done.returncode == 1 and "no data plane is running" in said(done),
          f"nothing is drained: {said(done)}")
    lab.start_dataplane()
    check(lab.cli("wait", 30, "drained", "mx/mta2").returncode == 0,
          "the next data plane takes it up")
    lab.cli("ready", "mx/mta2")


def stopped_control_plane(lab):
    """The CLI gives up on a control plane that does not answer."""
    lab.controlplane.signal(signal.SIGSTOP)
    start = time.monotonic()
    done = lab.cli("wait", 1, "drained", "mx/mta1", check=False)
    took_s = time.monotonic() - start
    check(done.returncode == 2 and "does not answer" in said(done),
          f"the CLI gives up after {took_s:.0f} s: {said(done)}")
    lab.controlplane.signal(signal.SIGCONT)
    wait_for(lambda: lab.cli("show", "backends", check=False).returncode == 0,
             "it answers again")


def test():
    """Every reply is true of what is in force, whatever half of it fails."""
    with Lab() as lab:
        lab.start_mtas()
        lab.start_mxsteer()
        stopped_data_plane(lab)
        ended_data_plane(lab)
        stopped_control_plane(lab)


if __name__ == "__main__":
    main(test)
