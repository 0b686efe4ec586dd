# SPDX-License-Identifier: BSD-3-Clause
"""A bare Debian 12 in a folder, that a systemd of its own runs.

It has processes, mounts, network and journal of its own, and the kernel of this
machine."""

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from claims import skip, wait_for

CGROUPS = Path("/sys/fs/cgroup")
PACKAGES = "systemd,iproute2"
# Some seconds on an idle machine.
LIMIT_S = 300
PATH = "PATH=/usr/sbin:/usr/bin:/sbin:/bin"
# What would set the whole machine's kernel.
MASKED = ("systemd-sysctl", "systemd-modules-load", "systemd-udevd",
          "systemd-remount-fs", "systemd-logind", "systemd-networkd")

# $0: the root.  The manager moves all processes of the root of the cgroups that it
# sees, so it gets one of its own.
BOOT = """
set -e
echo $$ >"$CGROUP/cgroup.procs"
exec unshare --mount --pid --uts --ipc --net --cgroup --fork --kill-child \\
	--propagation private sh -euc "$BEGIN" "$0"
"""
BEGIN = """
mount --bind "$0" "$0"
cd "$0"
mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t tmpfs tmpfs run
mount -t tmpfs tmpfs tmp
mount -t tmpfs -o mode=755 tmpfs dev
for device in null zero full random urandom tty; do
	touch "dev/$device"
	mount --bind "/dev/$device" "dev/$device"
done
if [ -c /dev/net/tun ]; then
	mkdir dev/net
	touch dev/net/tun
	mount --bind /dev/net/tun dev/net/tun
fi
mkdir dev/shm dev/pts
mount -t tmpfs -o mode=1777 tmpfs dev/shm
mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
ln -s pts/ptmx dev/ptmx
if [ "$VERSION" = 2 ]; then
	mount -t cgroup2 cgroup2 sys/fs/cgroup
else
	mount -t tmpfs tmpfs sys/fs/cgroup
	mkdir sys/fs/cgroup/systemd
	mount -t cgroup -o none,name=systemd cgroup sys/fs/cgroup/systemd
fi
ip link set lo up
exec env -i container=mxsteer PATH=/usr/sbin:/usr/bin:/sbin:/bin \\
	chroot . /lib/systemd/systemd --unit=multi-user.target
"""


def mirror():
    """The mirror that this machine uses."""
    lines = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI)",
         "Created-By: Packages", "Release: bookworm"], text=True,
        stdout=subprocess.PIPE, check=False).stdout.split()
    return lines[0] if lines else skip("this machine has no mirror of Debian 12")


class Debian:
    """folder: is removed at the end."""

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="mxdebian.", dir="/var/tmp"))
        self.root = self.folder / "root"
        self.version = 1 if (CGROUPS / "systemd").is_dir() else 2
        self.cgroup = (CGROUPS / ["systemd", ""][self.version - 1] /
                       self.folder.name)
        self.outer = self.pid = None

    def __enter__(self):
        try:
            self._install()
            self._boot()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _install(self):
        done = subprocess.run(
            ["mmdebstrap", "--variant=minbase", f"--include={PACKAGES}",
             "--dpkgopt=force-unsafe-io", "--skip=cleanup/apt", "bookworm",
             self.root, mirror()],
            text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            check=False)
        if done.returncode != 0:
            skip(f"mmdebstrap: {done.stdout.strip().splitlines()[-1]}")
        for name in MASKED:
            (self.root / f"etc/systemd/system/{name}.service").symlink_to(
                "/dev/null")
        shutil.copy("/etc/resolv.conf", self.root / "etc/resolv.conf")

    def _boot(self):
        self.cgroup.mkdir()
        with open(self.folder / "console", "wb") as console:
            self.outer = subprocess.Popen(
                ["sh", "-c", BOOT, self.root], stdin=subprocess.DEVNULL,
                stdout=console, stderr=console, start_new_session=True,
                env={**os.environ, "BEGIN": BEGIN, "CGROUP": str(self.cgroup),
                     "VERSION": str(self.version)})
        wait_for(self._find_pid, "systemd runs")
        wait_for(lambda: self.run("systemctl", "is-system-running")[1] in
                 ("running", "degraded"), "systemd has started all")

    def _find_pid(self):
        """The number of the first process, in this machine's view."""
        for pid in Path(f"/proc/{self.outer.pid}/task/{self.outer.pid}/"
                        "children").read_text().split():
            if Path(f"/proc/{pid}/comm").read_text() == "systemd\n":
                self.pid = int(pid)
        return self.pid

    def __exit__(self, *exc):
        if exc and exc[0]:
            print(self.run("journalctl", "--no-pager", "-n", "60")[1])
        if self.outer:
            # All processes of a namespace end with its first one.
            for pid in filter(None, (self.pid, self.outer.pid)):
                os.kill(pid, signal.SIGKILL)
            self.outer.wait()
        if self.cgroup.exists():
            wait_for(lambda: not any(
                path.read_text() for path in
                self.cgroup.rglob("cgroup.procs")), "nothing runs any more")
            for folder, _, _ in os.walk(self.cgroup, topdown=False):
                os.rmdir(folder)
        subprocess.run(["rm", "-rf", "--one-file-system", self.folder],
                       check=True)
        return False

    def command(self, *words, network=True):
        """network: of the guest; else of this machine, which has the mirror."""
        spaces = ["-m", "-p", "-u", "-i", "-C"] + ["-n"] * network
        return ["nsenter", "-t", str(self.pid), *spaces, "-r", "-w",
                "/usr/bin/env", "-i", PATH, "DEBIAN_FRONTEND=noninteractive",
                *words]

    def run(self, *words, network=True):
        """The exit status, and what was printed."""
        done = subprocess.run(
            self.command(*words, network=network), text=True, check=False,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, timeout=LIMIT_S)
        return done.returncode, done.stdout.strip()

    def must(self, *words, network=True):
        """What was printed by a command that does not fail."""
        status, said = self.run(*words, network=network)
        if status != 0:
            raise AssertionError(f"{' '.join(words)}: {status}\n{said}")
        return said

    def file(self, path):
        return self.root / path.lstrip("/")
