# SPDX-License-Identifier: BSD-3-Clause
"""Chapters that are programs of bench/: each prints its figures with --json.

To add a program, add a line."""

import json
import subprocess
import tempfile
from typing import NamedTuple

LIMIT_S = 240

# Other programs get little of the core, but are not shut out.
FIRST_IN_LINE = ("nice", "-n", "-20")


class Program(NamedTuple):
    """cores: where it may run; `0,1` is a worker on each."""

    chapter: str
    name: str
    cores: str
    text: str


PROGRAMS = (
    Program("poll", "bench_poll", "1", "what a packet costs"),
    Program("session", "bench_session", "1", "sessions and their memory"),
    Program("plan", "bench_plan", "0,1", "a change of plan"),
    Program("latency", "bench_latency", "0,1", "the time of packets inside"),
    Program("workers", "bench_workers", "0,1", "two workers against one"),
    Program("mail", "bench_mail", "1", "whole SMTP sessions"),
    Program("tables", "bench_tables", "1", "hashes, VIPs, pick tables"),
    Program("places", "bench_places", "1", "session tables and local ports"),
    Program("forward", "bench_forward", "1", "rewriting headers"),
    Program("cookies", "bench_cookies", "1", "mail beside a flood of SYNs"),
    Program("greet", "bench_greet", "1", "clients that get no session"),
    Program("clients", "bench_clients", "1", "limits of clients"),
    Program("deny", "bench_deny", "1", "look-ups in deny lists"),
    Program("log", "bench_log", "0,1", "lines of sessions"),
    Program("reload", "bench_reload", "0,1", "the reload of a deny list"),
    Program("listing", "bench_listing", "1", "listings of 10 M sessions"),
)


class Broken(Exception):
    """A chapter that could not be measured, and why."""


def run(program, build, *arguments):
    """Yield a program's figures as it prints them."""
    path = build / "bench" / program.name
    if not path.exists():
        raise Broken(f"there is no {program.name}")
    command = [*FIRST_IN_LINE, "timeout", str(LIMIT_S), "taskset", "-c",
               program.cores, path, "--json", *map(str, arguments)]
    with tempfile.TemporaryFile("w+") as errors, subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=errors, text=True) as process:
        try:
            for line in process.stdout:
                if line.startswith("{"):
                    yield json.loads(line.rstrip().rstrip(",]"))
        finally:
            process.terminate()
        status = process.wait()
        if status != 0:
            errors.seek(0)
            said = errors.read().strip().splitlines()[-1:]
            raise Broken(f"{program.name} ended with {status} "
                         f"{''.join(said)}".strip())
