#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Every file that includes DPDK's headers compiles with those of another release.

The build uses the DPDK of this machine.  tests/packages unpacks the headers of
Debian 13 (24.11) into the build folder.  Those of 23.11, which no Debian has, run
if someone has unpacked them there.  Each file is compiled against them without
making an object.  Usage: test_headers.py BUILD_DIR RELEASE, such as 24.11
"""

import json
import os
import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

SKIPPED = 77  # what meson takes for a skipped test

# The word after one of these options names what is to be made.
OUTPUTS = ("-o", "-MF", "-MQ")


def version(headers):
    """What the headers' own configuration says: 24.11, for example."""
    text = (headers / "x86_64-linux-gnu/dpdk/rte_build_config.h").read_text()
    defined = dict(line.split()[1:3] for line in text.splitlines()
                   if line.startswith("#define RTE_VER_"))
    return f"{defined['RTE_VER_YEAR']}.{defined['RTE_VER_MONTH']}"


def commands(build, headers):
    """{file: its command against the other headers}; one command a file."""
    found = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        if "/usr/include/dpdk" not in entry["command"]:
            continue
        words, made = [], iter(shlex.split(entry["command"]))
        for word in made:
            if word in OUTPUTS:
                next(made)
            elif word not in ("-c", "-MD"):
                words.append(word.replace("/usr/include", str(headers))
                             if word.endswith("/dpdk") else word)
        found[entry["file"]] = words + ["-fsyntax-only"]
    return found


def main():
    build = Path(sys.argv[1]).resolve()
    release = sys.argv[2]
    headers = build / "dpdk-headers" / release / "usr/include"
    missing = build / "dpdk-headers" / f"{release}.missing"
    if not headers.is_dir():
        print("skipped:", missing.read_text().strip() if missing.exists()
              else f"no headers in {headers.parents[1]}: tests/packages tests "
              "makes those of 24.11; for others unpack libdpdk-dev there")
        return SKIPPED
    if version(headers) != release:
        print(f"the headers are those of {version(headers)}", file=sys.stderr)
        return 1
    todo = commands(build, headers)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        done = list(pool.map(
            lambda words: subprocess.run(words, cwd=build, text=True,
                                         stderr=subprocess.PIPE, check=False),
            todo.values()))
    failed = 0
    for name, result in zip(todo, done):
        if result.returncode != 0:
            failed += 1
            print(f"{name}\n{result.stderr}", file=sys.stderr)
    print(f"DPDK {release}: {len(todo)} files, {failed} fail")
    return 0 if todo and not failed else 1


if __name__ == "__main__":
    sys.exit(main())
