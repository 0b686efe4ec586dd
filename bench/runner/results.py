# SPDX-License-Identifier: BSD-3-Clause
"""Turn figures into the stored result: one entry a row, and a verdict."""

import json
import operator
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

GOALS = {"<=": operator.le, ">=": operator.ge}

# What a run itself writes.
WRITTEN = (":!bench/results", ":!bench/README.md")


def figure(name, value, unit, spread=0.0, note=None):
    """A figure of a chapter; spread: between the best and the worst run."""
    found = {"name": name, "value": value, "unit": unit, "spread": spread}
    return {**found, "note": note} if note else found


def median(values):
    ordered = sorted(values)
    middle = len(ordered) // 2
    return (ordered[(len(ordered) - 1) // 2] + ordered[middle]) / 2


def of_runs(name, values, unit, note=None):
    """A figure of several runs."""
    return figure(name, median(values), unit, max(values) - min(values), note)


def is_met(goal, value):
    word, limit = goal.split()
    return GOALS[word](value, float(limit))


def divide(row, figures):
    """The figure of a row that divides other figures."""
    def quotient(above, below):
        value = above["value"] / below["value"]
        return value, value * (above["spread"] / above["value"] +
                               below["spread"] / below["value"])
    value, spread = max(quotient(figures[above], figures[below])
                        for above, below in row.over)
    return figure(row.name, value, row.unit, spread)


def entry(row, figures, errors):
    """The entry of a row.  A figure without a measurement is an error."""
    needed = sum(row.over, ()) or (row.name,)
    gone = [name for name in needed if name not in figures]
    if gone:
        why = errors.get(row.chapter, f"nobody prints {', '.join(gone)}")
        return {"value": None, "unit": row.unit, "goal": row.goal,
                "met": False, "spread": None, "error": why}
    found = divide(row, figures) if row.over else figures[row.name]
    if found["unit"] != row.unit:
        return {"value": None, "unit": row.unit, "goal": row.goal,
                "met": False, "spread": None,
                "error": f"measured in {found['unit']}"}
    return {**without_name(found), "goal": row.goal,
            "met": is_met(row.goal, found["value"])}


def without_name(found):
    return {key: value for key, value in found.items() if key != "name"}


def judge(rows, figures, errors):
    """{name: entry}: the rows in their order, then what has no goal.

    figures: {name: figure}.  errors: {chapter: why it failed}."""
    judged = {row.name: entry(row, figures, errors) for row in rows}
    for name, found in figures.items():
        judged.setdefault(name, {**without_name(found), "goal": None,
                                 "met": None})
    return judged


def machine_name(cpuinfo=None, cores=None):
    """A name from the CPU's model and the cores: amd-epyc-2core."""
    if cpuinfo is None:
        cpuinfo = Path("/proc/cpuinfo").read_text()
    if cores is None:
        cores = len(re.findall(r"^processor\s*:", cpuinfo, re.M))
    model = re.search(r"^model name\s*:\s*(.*)$", cpuinfo, re.M)
    words = model[1] if model else "unknown"
    words = re.sub(r"\((R|TM|tm)\)|@.*|\b(CPU|Processor|\d+-Core)\b", " ",
                   words)
    return "-".join(re.findall(r"[a-z0-9]+", words.lower()) + [f"{cores}core"])


def git(*words):
    done = subprocess.run(["git", "-C", ROOT, *words], text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return done.stdout.strip() if done.returncode == 0 else None


def commit():
    """The short hash of the commit, with a mark for uncommitted changes."""
    short = git("rev-parse", "--short", "HEAD")
    if short is None:
        return "unknown"
    changed = git("status", "--porcelain", "--", ".", *WRITTEN)
    return short + ("-changed" if changed else "")


def store(result, folder):
    """Write a result; returns its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{result['machine']}-{result['commit']}.json"
    path.write_text(json.dumps(result, indent=1) + "\n")
    return path
