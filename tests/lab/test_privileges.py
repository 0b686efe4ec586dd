#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
import os
import signal
import subprocess
import sys
from pathlib import Path

from config import USER
from lab import Lab, check, main, wait_for

SHM = Path("/dev/shm")

NET_ADMIN, NET_RAW, IPC_LOCK, BPF = 1 << 12, 1 << 13, 1 << 14, 1 << 39

# What a running data plane keeps, by the driver of its ports: memif and vhost
# have twins here.
KEEPS = {"af_packet": 0, "af_xdp": NET_ADMIN | NET_RAW | BPF,
         "memif": NET_ADMIN, "vhost": NET_ADMIN}

# What somebody does who has taken the control plane over: to its own files
# everything, to the data plane what its user can.  Prints what was possible.
HOSTILE = """
import os, random, signal, sys
data, control, pid = sys.argv[1], sys.argv[2], int(sys.argv[3])
for name in os.listdir(data):
    path = data + "/" + name
    for what, attempt in (
            ("write", lambda: os.close(os.open(path, os.O_RDWR))),
            ("truncate", lambda: os.truncate(path, 0)),
            ("remove", lambda: os.unlink(path)),
            ("rename", lambda: os.rename(path, control + "/stolen")),
            ("chmod", lambda: os.chmod(path, 0o666)),
            ("put", lambda: os.symlink("/etc/passwd", data + "/new"))):
        try:
            attempt()
            print(what, path)
        except OSError:
            pass
for number in (signal.SIGKILL, signal.SIGSTOP, signal.SIGTERM):
    try:
        os.kill(pid, number)
        print("signal", number)
    except OSError:
        pass
plan = control + "/plan"
size = os.stat(plan).st_size
for turn in range(200):
    fd = os.open(plan, os.O_RDWR)
    at = random.choice([0, 8, 16, 64, 128, 4096, random.randrange(size)])
    os.pwrite(fd, random.randbytes(random.choice([1, 8, 64, 4096])), at)
    if turn % 10 == 0:
        os.ftruncate(fd, random.choice([0, 100, size // 2, size]))
    os.close(fd)
os.unlink(plan)
os.symlink("/etc/shadow", plan)
os.symlink("/etc/shadow", control + "/capture")
"""


def status(path):
    """{field: value} of a /proc/.../status."""
    return dict(line.split(":\t", 1) for line in
                (path / "status").read_text().splitlines() if ":\t" in line)


def threads(pid):
    return [status(path) for path in Path(f"/proc/{pid}/task").iterdir()]


def capabilities(thread):
    """All that it has or can get."""
    return max(int(thread[name], 16) for name in
               ("CapInh", "CapPrm", "CapEff", "CapAmb"))


def confined(pid, keeps, words):
    """Every thread has given up all but `keeps`."""
    found = threads(pid)
    for thread in found:
        check_quietly(capabilities(thread) & ~keeps == 0 and
                      thread["NoNewPrivs"] == "1" and
                      thread["Seccomp"] == "2",
                      f"{words}: thread {thread['Name']} has "
                      f"{capabilities(thread):x}, no_new_privs "
                      f"{thread['NoNewPrivs']}, seccomp {thread['Seccomp']}")
    check(found, f"{words}: each of {len(found)} threads has at most the "
          f"capabilities {keeps:x}, no_new_privs and a filter of system calls")


def check_quietly(claim, words):
    if not claim:
        check(False, words)


def users(lab):
    ids = status(Path(f"/proc/{lab.controlplane.pid}"))["Uid"].split()
    user = subprocess.run(["id", "-u", USER], text=True, check=True,
                          stdout=subprocess.PIPE).stdout.strip()
    check(set(ids) == {user}, f"the control plane runs as {USER}, for good")
    confined(lab.controlplane.pid, NET_ADMIN, "control plane")
    confined(lab.dataplane.pid, KEEPS[lab.values["driver_name"]], "data plane")


def owners(lab):
    for name, owner, modes in (
            ("mxsteer", "root", (0o2750, 0o640)),
            ("mxsteer-control", USER, (0o2770, 0o660))):
        folder = SHM / f"{name}.{lab.instance}"
        check(folder.owner() == owner and
              folder.stat().st_mode & 0o7777 == modes[0] and
              all(path.owner() == owner and
                  path.stat().st_mode & 0o7777 == modes[1]
                  for path in folder.iterdir()),
              f"{folder.name} and its files belong to {owner}, and nobody "
              "else can write to them: " +
              ", ".join(sorted(path.name for path in folder.iterdir())))


def operators(lab):
    """All that commands need is within the control plane's reach."""
    for words in (["show", "sessions"], ["show", "drops"], ["show", "workers"],
                  ["show", "next-hops"], ["show", "ports"]):
        check_quietly(lab.ask(*words) is not None, f"{words} is answered")
    lab.cli("drain", "mx/mta3")
    lab.cli("ready", "mx/mta3")
    lab.wait_in_force()
    path = lab.dir / "secret.yaml"
    lab.write_config(path)
    path.chmod(0o600)
    said = lab.cli("config", "apply", path).stdout
    check("is in force" in said and "would fail" not in said,
          f"the client reads a file that the control plane may not: {said}")
    start = lab.dir / "mxsteer.yaml"
    start.chmod(0o600)
    said = lab.cli("config", "apply", path).stdout
    check(f"a restart would fail: the control plane cannot read {start}"
          in said, f"it tells of the file that it must read: {said}")
    start.chmod(0o644)


def taken_over(lab, sender):
    """The control plane is hostile; sessions go on, and a good one follows."""
    lab.controlplane.kill_group()
    there = sender.accepted()
    done = subprocess.run(
        ["setpriv", "--reuid", USER, "--regid", "nogroup", "--clear-groups",
         sys.executable if os.access(sys.executable, os.X_OK) and
         not sys.executable.startswith("/root") else "/usr/bin/python3",
         "-c", HOSTILE, SHM / f"mxsteer.{lab.instance}",
         SHM / f"mxsteer-control.{lab.instance}", str(lab.dataplane.pid)],
        text=True, check=True, stdout=subprocess.PIPE)
    check(not done.stdout, "its user can do nothing to the data plane and its "
          f"files {done.stdout.strip()}")
    sender.wait_accepted(there + 20)
    check(lab.dataplane.alive(), "the data plane went on while plans of noise "
          "came, and their file was cut and replaced")
    Path(SHM / f"mxsteer-control.{lab.instance}/plan").unlink()
    lab.start_controlplane()
    lab.wait_up(*lab.mtas)
    check(lab.in_force(), "the next control plane's plan is in force")


def second(lab):
    """An instance of another user beside it."""
    other = lab.instance + "x"
    folder = lab.dir / "other"
    folder.mkdir()
    os.chown(folder, *owner_of("daemon"))
    lab.write_config(folder / "x.yaml", instance=other, user="daemon")
    process = lab.spawn("lb", [
        lab.build / "controlplane/mxsteer-controlplane", "-c",
        folder / "x.yaml", "-s", folder / "ctl.sock", "--state-dir",
        folder / "state"])
    wait_for(lambda: (folder / "ctl.sock").exists() or not process.alive(),
             "a second control plane listens")
    check(process.alive() and
          (SHM / f"mxsteer-control.{other}").owner() == "daemon",
          "an instance of another user runs beside it")
    process.end()
    done = lab.run("lb", lab.build / "controlplane/mxsteer-controlplane", "-c",
                   folder / "x.yaml", "-s", "/root/none/x.sock", check=False,
                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                   timeout=30)
    check(done.returncode == 1 and "user daemon may not make" in done.stdout,
          "a socket that its user may not make is refused: " +
          done.stdout.strip().splitlines()[-1])
    lab.write_config(folder / "y.yaml", instance=other, user="nosuchuser")
    for program in ("controlplane/mxsteer-controlplane",
                    "dataplane/mxsteer-dataplane"):
        done = lab.run("lb", lab.build / program, "-c", folder / "y.yaml",
                       check=False, stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, text=True, timeout=30)
        check(done.returncode == 1 and "no user nosuchuser" in done.stdout,
              f"{program} refuses a user that is not there")


def owner_of(user):
    import pwd
    entry = pwd.getpwnam(user)
    return entry.pw_uid, entry.pw_gid


def test():
    """Each plane has what it needs of the host, and nothing of the other's."""
    with Lab(workers="[0,1]") as lab:
        lab.values["driver_name"] = os.environ.get("MXSTEER_DRIVER",
                                                   "af_packet")
        lab.start_mtas()
        lab.start_mxsteer()
        users(lab)
        owners(lab)
        operators(lab)
        sender = lab.start_sender(300, think=1.0, high=200000)
        sender.wait_accepted(20)
        taken_over(lab, sender)
        sender.check_exactly_once()
        lab.check_accounts()
        users(lab)
        second(lab)
        lab.dataplane.signal(signal.SIGTERM)


if __name__ == "__main__":
    main(test)
