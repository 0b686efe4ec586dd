# SPDX-License-Identifier: BSD-3-Clause
"""The lab's processes, and the removal of what dead labs leave behind."""

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

SHM = Path("/dev/shm")


def is_running(pid):
    try:
        state = Path("/proc", pid, "stat").read_text().rsplit(")", 1)[1]
    except FileNotFoundError:
        return False
    return state.split()[0] not in "ZX"


def remove_files(instance):
    """Remove the files of an instance, and of those named after it: lab12x of
    lab12, but not lab123, which is another lab's."""
    for end in ("", "[!0-9]*"):
        for plane in ("mxsteer", "mxsteer-control"):
            for folder in SHM.glob(f"{plane}.{instance}{end}"):
                shutil.rmtree(folder, ignore_errors=True)
        for older in SHM.glob(f"mxsteer-{instance}{end}"):
            older.unlink()


def sweep():
    """Remove what labs that were killed outright have left behind."""
    spaces = Path("/run/netns")
    for path in spaces.glob("mxs*-*") if spaces.exists() else ():
        tag = path.name.split("-")[0]
        if not tag[3:].isdigit() or is_running(tag[3:]):
            continue
        pids = subprocess.run(["ip", "netns", "pids", path.name], text=True,
                              stdout=subprocess.PIPE, check=False).stdout
        for pid in pids.split():
            try:
                os.kill(int(pid), signal.SIGKILL)
            except ProcessLookupError:
                pass
        subprocess.run(["ip", "netns", "del", path.name], check=False)
        remove_files(f"lab{tag[3:]}")
        for leftover in Path(tempfile.gettempdir()).glob(f"{tag}.*"):
            shutil.rmtree(leftover, ignore_errors=True)


class Process:
    """A started command that leads a process group of its own."""

    def __init__(self, popen, log):
        self.popen, self.log = popen, log

    @property
    def pid(self):
        return self.popen.pid

    def alive(self):
        return self.popen.poll() is None

    def signal(self, number):
        if self.alive():
            self.popen.send_signal(number)

    def wait(self, limit_s=30):
        return self.popen.wait(limit_s)

    def kill_group(self):
        try:
            os.killpg(self.popen.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.popen.wait()

    def end(self):
        """Send SIGTERM, and SIGKILL if the process does not end."""
        self.signal(signal.SIGTERM)
        try:
            self.popen.wait(5)
        except subprocess.TimeoutExpired:
            pass
        self.kill_group()
