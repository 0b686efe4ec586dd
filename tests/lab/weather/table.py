# SPDX-License-Identifier: BSD-3-Clause
"""The table of outcomes: for people, as JSON, and as a page."""

import json
import os
import platform
import time
from collections import Counter

COLUMNS = (
    ("fault", 46, lambda o: o.row.name),
    ("load", 26, lambda o: o.load),
    ("in flight", 9, lambda o: o.in_flight),
    ("sessions", 8, lambda o: o.sessions),
    ("lost", 10, lambda o: f"{o.lost} (<= {o.lost_max})" if o.lost_max
     else f"{o.lost}"),
    ("mails", 6, lambda o: o.mails),
    ("lost", 4, lambda o: o.mails_lost),
    ("doubled", 7, lambda o: o.mails_doubled),
    ("damaged", 7, lambda o: o.mails_damaged),
    ("recover", 8, lambda o: f"{o.recover_s:.2f} s"),
    ("took", 7, lambda o: f"{o.seconds:.0f} s"),
)


def head():
    return "     " + " | ".join(f"{name:{width}}"
                                for name, width, _ in COLUMNS)


def line(outcome):
    mark = "ok  " if outcome.holds() else "FAIL"
    cells = " | ".join(f"{value(outcome)!s:{width}}"
                       for _, width, value in COLUMNS)
    words = outcome.failure or outcome.words
    return f"{mark} {cells}" + (f" | {words}" if words else "")


def times(outcomes):
    """What each chapter took, the longest first, and the whole."""
    took = Counter()
    for outcome in outcomes:
        took[outcome.row.chapter] += outcome.seconds
    words = ", ".join(f"{name} {seconds:.0f} s"
                      for name, seconds in took.most_common())
    return f"{took.total() / 60:.1f} minutes: {words}"


def row_json(outcome):
    return {
        "chapter": outcome.row.chapter, "fault": outcome.row.name,
        "holds": outcome.holds(), "load": outcome.load,
        "in_flight": outcome.in_flight,
        "sessions": {"begun": outcome.sessions, "lost": outcome.lost,
                     "lost_max": outcome.lost_max},
        "mails": {"accepted": outcome.mails, "lost": outcome.mails_lost,
                  "doubled": outcome.mails_doubled,
                  "damaged": outcome.mails_damaged},
        "recover_s": round(outcome.recover_s, 3),
        "seconds": round(outcome.seconds, 1), "words": outcome.words,
        "failure": outcome.failure}


def report(outcomes, seed):
    """All of it as data."""
    return {"seed": seed, "kernel": platform.release(),
            "cores": os.cpu_count(), "date": time.strftime("%F"),
            "seconds": round(sum(o.seconds for o in outcomes), 1),
            "rows": [row_json(outcome) for outcome in outcomes]}


def write_json(path, data):
    path.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")


HEAD = """\
# What faults and floods cost

    sudo tests/weather --page tests/WEATHER.md

Each row is a fault or a flood beside honest mail. *In flight* are the sessions that mxsteer had when
it began. *Lost* are sessions that broke, for any reason; where a fault itself ends sessions, as a
killed MTA does, the row has a bound for them. A client sends the mail of a lost session again. No
mail may be lost, doubled or damaged. *Recovers in* is the time from the end of the fault until the
mail of a new client was accepted, at worst.

Mail goes to real MTAs, or from mxsteer-gen to mxsteer-gen, which finds each message that was lost
or came twice.

Seed {seed}, Linux {kernel}, {cores} cores, {date}. A row that is not here was not run.
"""

COLUMNS_OF_PAGE = ("", "load", "in flight", "sessions", "lost", "mails",
                   "lost, doubled, damaged", "recovers in", "")

CHAPTERS = {
    "kills": "The planes are killed and stopped",
    "mtas": "MTAs fail",
    "links": "Links fail",
    "clocks": "Clocks jump",
    "files": "Files are damaged",
    "scarce": "Something is used up",
    "changes": "The configuration changes",
    "floods": "Floods of made-up clients",
    "forged": "Forged segments at each session, and noise",
    "greed": "Clients that take more than their share",
    "refusals": "Clients are refused",
    "soak": "A long time",
}


def page_row(row):
    sessions, mails = row["sessions"], row["mails"]
    lost = sessions["lost"]
    if sessions["lost_max"]:
        lost = f"{lost} of at most {sessions['lost_max']}"
    words = row["words"] if row["holds"] else f"**missed** {row['failure']}"
    bad = ", ".join(str(mails[key]) for key in ("lost", "doubled", "damaged"))
    return (f"| {row['fault']} | {row['load']} | {row['in_flight']:,} | "
            f"{sessions['begun']:,} | {lost} | {mails['accepted']:,} | {bad} "
            f"| {row['recover_s']:.1f} s | {words} |")


def page(data):
    """The report as Markdown."""
    lines = [HEAD.format(**data)]
    for chapter, title in CHAPTERS.items():
        rows = [row for row in data["rows"] if row["chapter"] == chapter]
        if rows:
            lines += [f"## {title}", "",
                      f"| {' | '.join(COLUMNS_OF_PAGE)} |",
                      "|---" * len(COLUMNS_OF_PAGE) + "|",
                      *map(page_row, rows), ""]
    return "\n".join(lines)
