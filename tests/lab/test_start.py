#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The data plane starts where the machine gives less than it counts on."""

import mmap
import os
import re
import shutil
from pathlib import Path

from lab import Lab, check, main, wait_for
from sharedhost import available

MAP_HUGETLB = 0x40000
PAGE_BYTES = 2 << 20
STARTS = 10
TRIES = 5


def hold_pages(count):
    """Reserve huge pages without touching them: the kernel counts them as free
    and gives them to nobody else.  Returns their mappings."""
    held = []
    for _ in range(count):
        try:
            held.append(mmap.mmap(-1, PAGE_BYTES,
                                  flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS |
                                  MAP_HUGETLB))
        except OSError:
            break
    return held


class Starts:
    """Data planes of instances of their own, in two namespaces, which share
    nothing but the huge pages."""

    SPACES = ("lb", "client")

    def __init__(self, lab):
        self.lab = lab
        self.program = lab.build / "dataplane/mxsteer-dataplane"
        for interface in ("mxs-wan", "mxs-lan"):
            lab._wire("client", interface, "switch", interface)

    def begin(self, name, *prefix, space="lb", **changes):
        config = self.lab.dir / f"{name}.yaml"
        self.lab.write_config(config, instance=f"{self.lab.instance}.{name}",
                              **changes)
        log = self.lab.dir / f"{name}.log"
        log.unlink(missing_ok=True)
        return self.lab.spawn(space, [*prefix, self.program, "-c", config],
                              log=log)

    def is_up(self, process):
        """Waits until it is up or has ended."""
        wait_for(lambda: " up: " in process.log.read_text() or
                 not process.alive(), "the data plane is up or has ended")
        return process.alive()

    def end(self, process):
        process.end()
        self.lab.processes.remove(process)


def release(held):
    for pages in held:
        pages.close()


def pages_are_promised_to_another(starts):
    """Counted as free, and not to be had when they are used.  Another lab may
    add pages meanwhile, so this is tried a few times.  Returns how many pages
    a data plane wants."""
    for _ in range(TRIES):
        held = hold_pages(available())
        process = starts.begin("promised")
        check(starts.is_up(process), f"a data plane is up while {len(held)} "
              "free huge pages are promised to another process")
        log = process.log.read_text()
        name = Path(f"/proc/{process.pid}/comm").read_text()
        starts.end(process)
        release(held)
        if "Cannot init memory" in log:
            break
    check("Cannot init memory" in log and "using 4 KiB pages" in log,
          "it had begun with huge pages, and says that it goes on without")
    check(name == "mxsteer-datapla\n", "it still has the name of its program")
    return int(re.search(r"huge pages for (\d+) MiB", log).group(1)) // 2 + 1


def two_start_at_once(starts, wanted):
    """There are pages for one of them only."""
    held = hold_pages(available() - wanted * 3 // 2)
    small = 0
    for _ in range(STARTS):
        both = [starts.begin(space, space=space) for space in starts.SPACES]
        if not all([starts.is_up(process) for process in both]):
            check(False, "two that start at once are both up: " + "".join(
                process.log.read_text() for process in both))
        small += sum("using 4 KiB pages" in process.log.read_text()
                     for process in both)
        for process in both:
            starts.end(process)
    check(small, f"{STARTS} times two data planes started at once, with huge "
          f"pages for one: all are up, {small} with 4 KiB pages")
    release(held)


def threads_on(pid, core):
    """Threads of a process that may run on that core only."""
    return [task for task in Path("/proc", str(pid), "task").iterdir()
            if re.search(rf"^Cpus_allowed_list:\t{core}$",
                         (task / "status").read_text(), re.M)]


def its_core_is_isolated(starts):
    """isolcpus= takes a core out of the mask that processes inherit."""
    process = starts.begin("isolated", "taskset", "-c", "0", workers="[1]")
    check(starts.is_up(process), "a worker's core that is not in the "
          "inherited mask is used all the same")
    check(len(threads_on(process.pid, 1)) == 1, "its worker runs there alone")
    starts.end(process)
    process = starts.begin("nowhere", workers=f"[{os.cpu_count()}]")
    check(not starts.is_up(process) and
          "does not exist here" in process.log.read_text(),
          "a core that the machine does not have is refused")
    starts.end(process)


def it_is_started_without_root(starts):
    """The program is copied: the build's folder may be root's alone."""
    copy = starts.lab.dir / starts.program.name
    shutil.copy(starts.program, copy)
    starts.program, before = copy, starts.program
    process = starts.begin("other", "setpriv", "--reuid=nobody",
                           "--clear-groups")
    check(not starts.is_up(process) and
          "does not run as root" in process.log.read_text(),
          "a data plane that is not root says that this may be why")
    starts.end(process)
    starts.program = before


def test():
    """Huge pages that others take meanwhile, and cores out of the mask."""
    with Lab() as lab:
        starts = Starts(lab)
        wanted = pages_are_promised_to_another(starts)
        two_start_at_once(starts, wanted)
        its_core_is_isolated(starts)
        it_is_started_without_root(starts)


main(test)
