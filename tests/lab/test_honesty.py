#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
import contextlib
import signal
import subprocess
import time

from lab import MTAS, VIP, Lab, check, main, wait_for


def said(done):
    return done.stdout.strip()


def stopped_data_plane(lab):
    """An override that the data plane has not taken up is no success, and a backend
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
    check("CRITICAL" in (status(lab, 2) or ""),
          "to a monitoring plugin that is critical")
    lab.controlplane.signal(signal.SIGCONT)
    wait_for(lambda: lab.cli("show", "backends", check=False).returncode == 0,
             "it answers again")


def status(lab, code):
    """Has `status` that exit status now?  What it says, or None."""
    done = lab.cli("status", check=False)
    return said(done) if done.returncode == code else None


def refused_mail(lab):
    """The last MTA is drained: that is said, and what it costs is shown."""
    check(status(lab, 0), f"all is well: {status(lab, 0)}")
    for name in MTAS[:-1]:
        lab.cli("drain", f"mx/{name}")
    done = lab.cli("drain", f"mx/{MTAS[-1]}", check=False)
    check(done.returncode == 1 and "leave nothing that serves" in said(done),
          f"draining the last MTA is refused: {said(done)!r}")
    done = lab.cli("drain", f"mx/{MTAS[-1]}", "--even-last")
    check("warning: pool mx is EMPTY" in said(done),
          f"draining the last MTA warns: {said(done)!r}")
    for _ in range(2):
        try:
            lab.session(timeout=2).quit()
        except OSError:
            pass
    wait_for(lambda: "service inbound refuses new sessions, no-backend" in
             (status(lab, 2) or ""), "status tells of refused sessions", 10)
    print(status(lab, 2))
    services = lab.ask("show", "services")["services"]
    check(services[0]["state"] == "EMPTY" and services[0]["refused"] >= 2,
          "show services counts them")
    done = lab.cli("lookup", f"{lab.clients(4)[0]}:4444", VIP + ":25",
                   check=False)
    check(done.returncode == 1 and "mta1 is draining" in said(done),
          "lookup says why nobody gets the session")
    check("service inbound refuses new sessions, no-backend" in
          lab.controlplane.log.read_text(), "and the log")
    for name in MTAS:
        lab.cli("ready", f"mx/{name}")
    done = lab.cli("lookup", f"{lab.clients(4)[0]}:4444", VIP + ":25")
    check("mx/mta" in said(done), "lookup names an MTA again")


def full_state_folder(lab):
    """An override that cannot be saved is in force, and its reply says that a
    restart would forget it; it is saved when there is room again."""
    hog = lab.dir / "state" / "hog"
    with open(hog, "wb", buffering=0) as out, \
            contextlib.suppress(OSError):
        while True:
            out.write(bytes(4096))
    done = lab.cli("drain", "mx/mta3")
    check("warning: not saved to" in said(done) and
          "No space left on device" in said(done),
          f"a full state folder is said: {said(done)!r}")
    check("not saved" in (status(lab, 1) or ""), "status says so as well")
    hog.unlink()
    wait_for(lambda: "not saved" not in said(lab.cli("status", check=False)),
             "it is saved when there is room", 30)
    lab.controlplane.kill_group()
    lab.start_controlplane()
    wait_for(lambda: lab.backend("mta3"), "the next one answers")
    check(lab.backend("mta3")["admin"] == "drain",
          "the next control plane knows the override")


@contextlib.contextmanager
def small_folder(path):
    """A file system of 64 KiB."""
    path.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", path],
                   check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", path], check=True)


def test():
    """Replies agree with what is in force, and trouble with mail is shown."""
    with Lab() as lab, small_folder(lab.dir / "state"):
        lab.start_mtas()
        lab.start_mxsteer()
        refused_mail(lab)
        stopped_data_plane(lab)
        ended_data_plane(lab)
        stopped_control_plane(lab)
        full_state_folder(lab)


if __name__ == "__main__":
    main(test)
