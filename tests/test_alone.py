#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Every header compiles alone: it includes all that it needs.

Usage: test_alone.py BUILD_DIR.  A header is compiled as some source file of its
folder is, with the include paths of that file.
"""

import json
import os
import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("dataplane", "controlplane", "config", "confine", "drivers", "log",
           "machine", "bench", "tests")
OUTPUTS = ("-o", "-MF", "-MQ")  # of these the next word is the value


def flags_of(entry):
    """A compiler's command without its source and what it makes."""
    words, made = [], iter(shlex.split(entry["command"]))
    for word in made:
        if word in OUTPUTS:
            next(made)
        elif word not in ("-c", "-MD", entry["file"]):
            words.append(word)
    return words


def commands(build):
    """{folder: the different commands of its source files, longest first}"""
    found = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        folder = (build / entry["file"]).resolve().parent
        found.setdefault(folder, set()).add(tuple(flags_of(entry)))
    return {folder: sorted(flags, key=len, reverse=True)
            for folder, flags in found.items()}


def compile_alone(header, choices, build):
    """What the compiler says, or None if one of the commands works."""
    said = "no source file is compiled in its folder\n"
    for flags in choices:
        done = subprocess.run(
            [*flags, "-fsyntax-only", "-include", header, "-x", "c",
             "/dev/null"], cwd=build, text=True, stderr=subprocess.PIPE,
            check=False)
        if done.returncode == 0:
            return None
        said = done.stderr
    return said


def main():
    build = Path(sys.argv[1]).resolve()
    by_folder = commands(build)
    headers = [header for top in FOLDERS
               for header in sorted((ROOT / top).rglob("*.h"))]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        said = list(pool.map(
            lambda header: compile_alone(
                header, by_folder.get(header.parent, ()), build), headers))
    faults = [(header, words) for header, words in zip(headers, said) if words]
    for header, words in faults:
        print(f"{header.relative_to(ROOT)}\n{words}", file=sys.stderr)
    print(f"{len(headers)} headers, {len(faults)} fail")
    return 0 if headers and not faults else 1


if __name__ == "__main__":
    sys.exit(main())
