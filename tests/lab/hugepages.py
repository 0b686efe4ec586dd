# SPDX-License-Identifier: BSD-3-Clause
"""Huge pages for the data planes of all labs that run at the same time.

The kernel has one number of huge pages for the whole machine.  A file says what
that number was before the first lab, and which labs add to it; the last lab
that ends puts the number back.  Labs that were killed are left out of the sum.
"""

import fcntl
import itertools
import json
import os
from contextlib import contextmanager
from pathlib import Path

FILE = Path("/run/mxsteer-lab-hugepages.json")
PAGES = Path("/proc/sys/vm/nr_hugepages")
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


class HugePages:
    """One lab's share of them; a process may have several."""

    counter = itertools.count()

    def __init__(self, file=FILE, pages=PAGES):
        self.file, self.pages = Path(file), Path(pages)
        self.share = f"{os.getpid()}.{next(self.counter)}"

    @contextmanager
    def _labs(self):
        """What the file says, for this process alone, and written back:
        the number before the first lab, and {process.share: when it started}."""
        with open(os.open(self.file, os.O_RDWR | os.O_CREAT, 0o600),
                  "r+", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            state = json.loads(file.read() or '{"labs": {}}')
            labs = {share: start for share, start in state["labs"].items()
                    if started(share.split(".")[0]) == start}
            if not labs and "before" in state:
                # Nobody was left to put it back.
                self._set(state["before"])
            if not labs:
                state = {"before": int(self.pages.read_text())}
            state["labs"] = labs
            yield labs
            self._set(state["before"] + EACH * len(labs))
            if not labs:
                del state["before"]
            file.seek(0)
            file.truncate()
            file.write(json.dumps(state))

    def _set(self, count):
        try:
            self.pages.write_text(str(count))
        except OSError:
            pass  # a read-only /proc: the data plane goes on without

    def reserve(self):
        with self._labs() as labs:
            labs[self.share] = started(os.getpid())
        if available() < EACH:
            print("warning: huge pages are not to be had here; going on "
                  "without, which is slower", flush=True)

    def restore(self):
        with self._labs() as labs:
            labs.pop(self.share, None)
