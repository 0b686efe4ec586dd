#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""systemd starts the data plane until an interface is there, and not in haste.
It starts a data plane anew whose worker hangs."""

import ctypes
import os
import signal
import subprocess
from pathlib import Path

from lab import Lab, check, main, skip, wait_for
from process import Process

SYSTEMD = Path("/lib/systemd/systemd")
UNIT = "mxsteer-dataplane.service"
FAILED_STARTS = 4

CGROUPS = Path("/sys/fs/cgroup")

# The manager is in a cgroup of its own, and that is the root of all that it
# sees: it would move the processes of a cgroup that it takes for its own.
JOIN = """
set -e
echo $$ >"$CGROUP/cgroup.procs"
exec unshare --cgroup --mount --propagation private sh -c "$BEGIN" "$0" "$1"
"""

# It also wants to be told that systemd runs this machine, which need not be so.
BEGIN = """
set -e
mount -t tmpfs tmpfs /run/systemd
mkdir /run/systemd/system
if [ "$VERSION" = 2 ]; then
	mount -t cgroup2 cgroup2 /sys/fs/cgroup
else
	mount -t tmpfs tmpfs /sys/fs/cgroup
	mkdir /sys/fs/cgroup/systemd
	mount -t cgroup -o none,name=systemd cgroup /sys/fs/cgroup/systemd
fi
exec "$0" --user --unit="$1"
"""

# What differs from the unit as it is installed.  A service's own view of the files
# cannot be had below a manager that has one already; test_debs.py tries that.
DROP_IN = """
[Unit]
DefaultDependencies=no
ConditionPathExists=
[Service]
ExecStart=
ExecStart={command}
ExecStartPre=/bin/sh -c 'date +%%s.%%N >>{starts}'
StandardError=append:{log}
ProtectHome=no
PrivateMounts=no
PrivateTmp=no
ProtectControlGroups=no
ProtectKernelLogs=no
ProtectKernelModules=no
ProtectSystem=no
ReadWritePaths=
"""


# A hang need not last long, and a core of it is of no use.
IMPATIENT = """
[Service]
WatchdogSec=3s
LimitCORE=0
"""
PTRACE_ATTACH = 16
WALL = 0x40000000  # __WALL: threads, too


class Manager:
    """A systemd that knows one unit, in the lab's lb namespace."""

    def __init__(self, lab):
        self.lab = lab
        self.starts = lab.dir / "starts"
        self.log = lab.dir / "unit.log"
        self.version = 1 if (CGROUPS / "systemd").is_dir() else 2
        self.cgroup = CGROUPS / ["systemd", ""][self.version - 1] / lab.tag

    def __enter__(self):
        units, run = self.lab.dir / "units", self.lab.dir / "run"
        self.drop_ins = units / f"{UNIT}.d"
        self.drop_ins.mkdir(parents=True)
        run.mkdir(mode=0o700)
        unit = self.lab.build / "config" / UNIT
        (units / UNIT).write_text(unit.read_text())
        (self.drop_ins / "lab.conf").write_text(DROP_IN.format(
            command=f"{self.lab.build}/dataplane/mxsteer-dataplane -c "
            f"{self.lab.config}", starts=self.starts, log=self.log))
        self.cgroup.mkdir()
        popen = subprocess.Popen(
            ["nsenter", f"--net=/run/netns/{self.lab.space('lb')}",
             "sh", "-c", JOIN, SYSTEMD, UNIT],
            stdin=subprocess.DEVNULL, start_new_session=True,
            env={**os.environ, "BEGIN": BEGIN, "CGROUP": str(self.cgroup),
                 "VERSION": str(self.version), "HOME": str(run),
                 "XDG_RUNTIME_DIR": str(run), "SYSTEMD_LOG_TARGET": "null",
                 "SYSTEMD_UNIT_PATH": str(units)})
        self.process = Process(popen, self.log)
        return self

    def __exit__(self, *exc):
        if exc[0]:
            print(self.said()[-2000:], flush=True)
        self.process.kill_group()
        for pid in self.pids():
            os.kill(pid, signal.SIGKILL)
        wait_for(lambda: not self.pids(), "nothing runs in the cgroup")
        for folder, _, _ in os.walk(self.cgroup, topdown=False):
            os.rmdir(folder)
        return False

    def pids(self):
        return [int(pid) for path in self.cgroup.rglob("cgroup.procs")
                for pid in path.read_text().split()]

    def said(self):
        return self.log.read_text() if self.log.exists() else ""

    def times(self):
        """When it has started the data plane."""
        text = self.starts.read_text() if self.starts.exists() else ""
        return [float(word) for word in text.split()]

    def up(self):
        return self.said().count(" up: ")

    def dataplane(self):
        pid, = [pid for pid in self.pids() if "mxsteer-dataplane" in
                os.readlink(f"/proc/{pid}/exe")]
        return pid

    def reload(self):
        self.process.signal(signal.SIGHUP)


def rename(lab, old, new):
    lab.ip("lb", "link", "set", old, "down")
    lab.ip("lb", "link", "set", old, "name", new)
    lab.ip("lb", "link", "set", new, "up")


def late_interfaces(lab):
    for side in ("wan", "lan"):
        rename(lab, f"mxs-{side}", f"late-{side}")
    with Manager(lab) as manager:
        wait_for(lambda: len(manager.times()) > FAILED_STARTS,
                 f"{FAILED_STARTS} starts without interfaces")
        check(not manager.up() and "mxs-wan" in manager.said(),
              "the data plane says which interface is not there")
        times = manager.times()
        pauses = [after - before for before, after in zip(times, times[1:])]
        check(min(pauses) >= 2, "systemd waits 2 s after a start that failed, "
              f"at the least (here {min(pauses):.1f} s)")
        rename(lab, "late-wan", "mxs-wan")
        wait_for(lambda: manager.up() == 1, "the data plane is up")
        check(True, "one interface has come, and the data plane is up")
        rename(lab, "late-lan", "mxs-lan")
        wait_for(lambda: manager.up() == 2, "it is up with both interfaces")
        check(True, "the other one has come, and it has started again with both")
        for kills in range(1, 4):
            os.kill(manager.dataplane(), signal.SIGKILL)
            wait_for(lambda: manager.up() == 2 + kills, "it is up again")
        check(True, f"killed {kills} times, it is up again each time")
        hung_worker(manager)


def stop_worker(pid):
    """Stop one worker of the process, and nothing else of it.  Its end is told
    to this process, and to its parent only after that."""
    libc = ctypes.CDLL(None, use_errno=True)
    worker = next(int(task.name) for task in Path(f"/proc/{pid}/task").iterdir()
                  if "worker" in (task / "comm").read_text())
    check(libc.ptrace(PTRACE_ATTACH, worker, None, None) == 0,
          "a worker is stopped")
    os.waitpid(worker, WALL)
    return worker


def hung_worker(manager):
    (manager.drop_ins / "watchdog.conf").write_text(IMPATIENT)
    manager.reload()
    before = manager.up()
    os.kill(manager.dataplane(), signal.SIGKILL)
    wait_for(lambda: manager.up() > before, "it runs with a short limit")
    before = manager.up()
    worker = stop_worker(manager.dataplane())
    wait_for(lambda: os.waitpid(worker, WALL | os.WNOHANG)[0] == worker,
             "systemd has ended it")
    wait_for(lambda: manager.up() > before, "systemd has started it anew")
    check("has finished no round" not in manager.said(),
          "systemd's watchdog has started a data plane anew whose worker hung")


def test():
    """systemd starts the data plane until an interface is there, and once more
    when the other one comes."""
    if not SYSTEMD.exists():
        skip("there is no systemd on this machine")
    with Lab() as lab:
        late_interfaces(lab)


main(test)
