#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Every header compiles alone: it includes all that it needs.

Usage: test_alone.py BUILD_DIR.  The build has shown it for a header that its own
source file includes before anything else, as most are.  Another header is
compiled here, as some source file of its folder is, with the include paths of
that file.
"""

import json
import os
import re
import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("agent", "dataplane", "controlplane", "config", "confine", "drivers", "files", "log",
           "logger", "machine", "replica", "bench", "tests")
OUTPUTS = ("-o", "-MF", "-MQ")  # of these the next word is the value


def is_shown_by_build(header, sources):
    """Whether the header's own source file begins with it."""
    source = header.with_suffix(".c")
    if source not in sources:
        return False
    first = re.search(r"^[ \t]*#.*$", source.read_text(), re.MULTILINE)
    return first is not None and first[0] == f'#include "{header.name}"'


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
    """The source files of the build, and of each folder the different commands
    of its source files, longest first."""
    sources, found = set(), {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        source = (build / entry["file"]).resolve()
        sources.add(source)
        found.setdefault(source.parent, set()).add(tuple(flags_of(entry)))
    return sources, {folder: sorted(flags, key=len, reverse=True)
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
    sources, by_folder = commands(build)
    headers = [header for top in FOLDERS
               for header in sorted((ROOT / top).rglob("*.h"))]
    left = [header for header in headers
            if not is_shown_by_build(header, sources)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        said = list(pool.map(
            lambda header: compile_alone(
                header, by_folder.get(header.parent, ()), build), left))
    faults = [(header, words) for header, words in zip(left, said) if words]
    for header, words in faults:
        print(f"{header.relative_to(ROOT)}\n{words}", file=sys.stderr)
    print(f"{len(headers)} headers, {len(left)} compiled here, "
          f"{len(faults)} fail")
    return 0 if left and not faults else 1


if __name__ == "__main__":
    sys.exit(main())
