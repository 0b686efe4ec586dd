# SPDX-License-Identifier: BSD-3-Clause
"""The table of outcomes: for people, as JSON, and as a page."""

import json
import platform
import time

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


def write_json(path, outcomes, seed):
    path.write_text(json.dumps({
        "seed": seed, "kernel": platform.release(),
        "date": time.strftime("%F"),
        "rows": [row_json(outcome) for outcome in outcomes]},
        indent=1) + "\n", encoding="utf-8")


def page(outcomes, seed):
    """The table as Markdown."""
    lines = [f"Seed {seed}, kernel {platform.release()}, "
             f"{time.strftime('%F')}.", "",
             "| fault | load | in flight | sessions | lost | mails | lost, "
             "doubled, damaged | recovers in | |", "|---" * 9 + "|"]
    for o in outcomes:
        lost = f"{o.lost} of at most {o.lost_max}" if o.lost_max else o.lost
        state = o.words if o.holds() else f"**missed** {o.failure}"
        lines.append(
            f"| {o.row.name} | {o.load} | {o.in_flight:,} | {o.sessions:,} | "
            f"{lost} | {o.mails:,} | {o.mails_lost}, {o.mails_doubled}, "
            f"{o.mails_damaged} | {o.recover_s:.1f} s | {state} |")
    return "\n".join(lines) + "\n"
