# SPDX-License-Identifier: BSD-3-Clause
"""Disks, memory files, descriptors and cores that are used up."""

import contextlib
import os
import re
import socket
import subprocess
import time
from pathlib import Path

from lab import Failed
from weather.row import row
from weather.site import MailLab

PLANES = ("mxsteer-dataplane", "mxsteer-controlplane")
SHM_BYTES = "100m"
STATE_BYTES = "64k"
CLIENTS = 30  # of the load


class SmallLab(MailLab):
    """The state folder and /dev/shm of the planes are small file systems of
    their own."""

    def lay(self):
        super().lay()
        for name, size in (("state", STATE_BYTES), ("shm", SHM_BYTES)):
            (self.dir / name).mkdir()
            subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}",
                            "tmpfs", self.dir / name], check=True)

    def spawn(self, space, command, **options):
        if getattr(command[0], "name", None) in PLANES:
            command = ["sh", "-c", 'mount --bind "$0" /dev/shm && exec "$@"',
                       self.dir / "shm", *command]
        return super().spawn(space, command, **options)

    def __exit__(self, *exc):
        for name in ("state", "shm"):
            subprocess.run(["umount", "--lazy", self.dir / name], check=False,
                           stderr=subprocess.DEVNULL)
        return super().__exit__(*exc)

    def fill(self, name):
        with open(self.dir / name / "hog", "wb", buffering=0) as out, \
                contextlib.suppress(OSError):
            while True:
                out.write(bytes(4096))

    def empty(self, name):
        (self.dir / name / "hog").unlink()


SMALL = {"make": SmallLab}


@row("the state folder is full", site=SMALL)
def full_state(site):
    lab = site.lab
    site.begin()
    lab.fill("state")
    lab.cli("drain", "mx/mta3", check=False)
    time.sleep(2)
    site.kill("controlplane")
    site.start("controlplane")
    site.end()
    lab.empty("state")
    site.wait_planes()  # mail passes without the control plane
    lab.cli("ready", "mx/mta3")
    lab.wait_up("mta3")


@row("/dev/shm is full, and the data plane is killed", site=SMALL)
def full_shm(site):
    site.begin()
    site.lab.fill("shm")
    time.sleep(2)
    site.kill("dataplane")
    site.start("dataplane")
    site.end()
    site.lab.empty("shm")
    site.wait_planes()


def idle_clients(lab, count):
    """Clients of the CLI's socket that say nothing."""
    clients = []
    for _ in range(count):
        client = socket.socket(socket.AF_UNIX)
        client.setblocking(False)
        try:
            client.connect(str(lab.dir / "ctl.sock"))
        except OSError:
            client.close()
            break
        clients.append(client)
    return clients


def limit_files(pid, most):
    """As the user of the process: root may lack CAP_SYS_RESOURCE, which it needs
    for the processes of others."""
    status = Path(f"/proc/{pid}/status").read_text()
    user, group = (int(re.search(rf"^{word}:\t(\d+)", status, re.M)[1])
                   for word in ("Uid", "Gid"))
    subprocess.run(["prlimit", f"--pid={pid}", f"--nofile={most}:"],
                   check=True, user=user, group=group)


@row("descriptors are used up while an MTA dies", lost=None)
def descriptors(site):
    lab = site.lab
    site.begin()
    site.lost_max = lab.backend("mta2")["sessions"] + 2 * CLIENTS
    for plane in (lab.dataplane, lab.controlplane):
        used = len(os.listdir(f"/proc/{plane.pid}/fd"))
        limit_files(plane.pid, used + 2)
    clients = idle_clients(lab, 200)
    time.sleep(3)
    lab.mtas["mta2"].kill()
    time.sleep(3)
    for client in clients:
        client.close()
    for plane in (lab.dataplane, lab.controlplane):
        limit_files(plane.pid, 1024)
    site.end()
    lab.wait_health("mta2", "down")
    lab.mtas["mta2"].start()
    lab.wait_up("mta2")


HOGS = 3


@row(f"{HOGS} busy loops beside the worker on its core")
def hogs(site):
    site.begin()
    programs = [site.lab.spawn("lb", ["taskset", "-c", "1", "sh", "-c",
                                      "while :; do :; done"])
                for _ in range(HOGS)]
    site.last(site.seconds)
    if not all(program.alive() for program in programs):
        raise Failed("a busy loop has ended")
    for program in programs:
        program.kill_group()
    site.end()
