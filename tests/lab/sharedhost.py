# SPDX-License-Identifier: BSD-3-Clause
"""What all labs that run at the same time share: two settings of the kernel.

Huge pages: the kernel has one number for the whole machine, to which each lab
adds.

Autogroups are off while any lab runs.  With them each process of a lab that
begins a session competes for its core as a group, and between groups whose
threads never sleep Linux 6.18 leaves one worker without its core for up to 10 s
(seen with two labs whose workers share a core; without autogroups never).

A file says what the settings were before the first lab, and which labs there
are.  The last lab that ends puts the settings back.  Labs that were killed are
left out of the count.
"""

import fcntl
import itertools
import json
import os
from contextlib import contextmanager
from pathlib import Path

FILE = Path("/run/mxsteer-lab-hugepages.json")
PAGES = Path("/proc/sys/vm/nr_hugepages")
AUTOGROUP = Path("/proc/sys/kernel/sched_autogroup_enabled")
EACH = 64  # what a lab's data planes take at most, of 2 MiB


def started(pid):
    """When a process started, in the kernel's ticks; None if it is gone."""
    try:
        words = Path("/proc", str(pid), "stat").read_text()
    except OSError:
        return None
    words = words.rsplit(")", 1)[1].split()
    return None if words[0] in "ZX" else int(words[19])


def available():
    """Pages that are neither used nor reserved by a process."""
    pages = {"HugePages_Free:": 0, "HugePages_Rsvd:": 0}
    for line in Path("/proc/meminfo").read_text().splitlines():
        name, value, *_ = line.split()
        if name in pages:
            pages[name] = int(value)
    return pages["HugePages_Free:"] - pages["HugePages_Rsvd:"]


def read_number(path):
    """A setting of the kernel; None if this kernel has none."""
    try:
        return int(path.read_text())
    except OSError:
        return None


def write_number(path, number):
    try:
        if number is not None:
            path.write_text(str(number))
    except OSError:
        pass  # a read-only /proc: the lab goes on as it is


class SharedHost:
    """One lab's share of the host; a process may have several."""

    counter = itertools.count()

    def __init__(self, file=FILE, pages=PAGES, autogroup=AUTOGROUP):
        self.file = Path(file)
        self.pages, self.autogroup = Path(pages), Path(autogroup)
        self.share = f"{os.getpid()}.{next(self.counter)}"

    @contextmanager
    def _labs(self):
        """What the file says, for this process alone, and written back: the
        settings before the first lab, and {process.share: when it started}."""
        with open(os.open(self.file, os.O_RDWR | os.O_CREAT, 0o600),
                  "r+", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            state = json.loads(file.read() or '{"labs": {}}')
            labs = {share: start for share, start in state["labs"].items()
                    if started(share.split(".")[0]) == start}
            if not labs and "before" in state:
                # No lab was left to put the settings back.
                self._set(state, 0)
            if not labs:
                state = {"before": read_number(self.pages),
                         "autogroup": read_number(self.autogroup)}
            state["labs"] = labs
            yield labs
            self._set(state, len(labs))
            if not labs:
                del state["before"]
            file.seek(0)
            file.truncate()
            file.write(json.dumps(state))

    def _set(self, state, labs):
        if state["before"] is not None:
            write_number(self.pages, state["before"] + EACH * labs)
        before = state.get("autogroup")
        write_number(self.autogroup, 0 if labs and before else before)

    def reserve(self):
        with self._labs() as labs:
            labs[self.share] = started(os.getpid())
        if available() < EACH:
            print("warning: huge pages are not to be had here; going on "
                  "without, which is slower", flush=True)

    def restore(self):
        with self._labs() as labs:
            labs.pop(self.share, None)
