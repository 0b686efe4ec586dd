# SPDX-License-Identifier: BSD-3-Clause
"""Twenty minutes of mail, in which nothing may grow: the memory and the
descriptors of both planes, the slots of the session table, and the files."""

import os
import time
from pathlib import Path

from lab import Failed
from weather.files import path_of
from weather.row import row

MINUTES = 20
LEAST_S = 600  # slots of the first sessions are free before the second quarter
SAMPLE_S = 5
# What may be more in the last quarter than in the second one.
MEMORY_KB = 512
SLOTS_SHARE = 1.25
DESCRIPTORS = 2
FILE_BYTES = 4096


def memory_kb(process):
    """What a process has written for itself alone.  Pages of programs do not
    count: the kernel takes them away and reads them again."""
    text = Path(f"/proc/{process.pid}/smaps_rollup").read_text()
    return sum(int(line.split()[1]) for line in text.splitlines()
               if line.startswith(("Private_Dirty:", "Private_Hugetlb:",
                                   "Swap:")))


def sample(site):
    lab = site.lab
    workers = lab.ask("show", "workers")["workers"]
    backends = lab.ask("show", "backends")["backends"]
    values = {"slots": sum(worker["slots_used"] for worker in workers),
              "sessions": sum(row["sessions_total"] for row in backends),
              "state file": path_of(site, "state").stat().st_size}
    for name in ("dataplane", "controlplane"):
        process = getattr(lab, name)
        values[f"memory of the {name}"] = memory_kb(process)
        values[f"descriptors of the {name}"] = \
            len(os.listdir(f"/proc/{process.pid}/fd"))
    return values


def limit(name, before):
    if name.startswith("slots"):
        return before * SLOTS_SHARE
    if name == "state file":
        return before + FILE_BYTES
    return before + (MEMORY_KB if name.startswith("memory") else DESCRIPTORS)


def averages(samples):
    """The average of each value in a part of the time.  A slot stays in use for
    two minutes after its session, so slots are compared with the sessions that
    began."""
    values = {name: sum(each[name] for each in samples) / len(samples)
              for name in samples[0] if name != "sessions"}
    begun = samples[-1]["sessions"] - samples[0]["sessions"]
    values["slots per 1,000 new sessions"] = \
        values.pop("slots") * 1000 / max(begun, 1)
    return values


def judge(site, samples):
    """Compare the second quarter with the last one."""
    quarter = len(samples) // 4
    before = averages(samples[quarter:2 * quarter])
    after = averages(samples[-quarter:])
    for name, value in before.items():
        site.say(f"{name} {value:,.0f} -> {after[name]:,.0f}")
    grown = [name for name, value in before.items()
             if after[name] > limit(name, value)]
    if grown:
        site.outcome.failure = f"{', '.join(grown)} grew: {site.outcome.words}"


def operate(site, turn):
    """What an operator does all the time, and what changes nothing."""
    lab = site.lab
    lab.cli("drain", "mx/mta1")
    lab.cli("config", "apply", lab.config)
    lab.cli("weight", "mx/mta2", 10 + turn % 50)
    lab.cli("show", "sessions", 100)
    lab.cli("no", "such", "command", check=False)
    lab.cli("ready", "mx/mta1")


@row("mail, and changes by an operator every 5 s", load="gen", once=True, seconds=MINUTES * 60,
     options={"rate": 150})
def soak(site):
    samples, turn = [], 0
    site.begin()
    end = time.monotonic() + site.seconds
    while time.monotonic() < end:
        time.sleep(SAMPLE_S)
        samples.append(sample(site))
        operate(site, turn)
        turn += 1
    site.end()
    site.say(f"{site.seconds / 60:.0f} minutes")
    if site.seconds < LEAST_S:
        raise Failed(f"this takes {LEAST_S} s at least")
    judge(site, samples)
