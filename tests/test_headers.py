#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Every file that includes DPDK's headers compiles with those of another release.

The build uses the DPDK of this machine.  tests/packages unpacks the headers of
Debian 13 (24.11) into the build folder.  Those of 23.11, which no Debian has, run
if someone has unpacked them there.  clang reads the files of each folder as one
against them, and a file alone if that fails.  It makes no object.
Usage: test_headers.py BUILD_DIR RELEASE, such as 24.11
"""

import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "kit"))

from together import read_commands, together, write_together  # noqa: E402

SKIPPED = 77  # what meson takes for a skipped test


def version(headers):
    """What the headers' own configuration says: 24.11, for example."""
    text = (headers / "x86_64-linux-gnu/dpdk/rte_build_config.h").read_text()
    defined = dict(line.split()[1:3] for line in text.splitlines()
                   if line.startswith("#define RTE_VER_"))
    return f"{defined['RTE_VER_YEAR']}.{defined['RTE_VER_MONTH']}"


def commands(build, headers):
    """{file that uses DPDK: its options against the other headers}"""
    return {file: tuple(word.replace("/usr/include", str(headers))
                        if word.endswith("/dpdk") else word for word in words)
            for file, words in read_commands(build).items()
            if any(word.endswith("/usr/include/dpdk") for word in words)}


def read(source, options, build):
    """What clang says of a file; nothing if it compiles."""
    done = subprocess.run(
        ["clang", *options, "-fsyntax-only", source], cwd=build,
        text=True, capture_output=True, check=False)
    return done.stdout + done.stderr if done.returncode != 0 else ""


def read_together(options, files, folder, build):
    """{file: what clang says} of those of some files that do not compile."""
    if len(files) > 1 and not read(write_together(files, folder),
                                   (*options, "-Wno-shadow"), build):
        return {}
    said = {file: read(file, options, build) for file in files}
    return {file: words for file, words in said.items() if words}


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
    groups = together(todo)
    with (ThreadPoolExecutor(os.cpu_count()) as pool,
          tempfile.TemporaryDirectory() as folder):
        said = list(pool.map(
            lambda group: read_together(*group, folder, build), groups))
    failed = {file: words for one in said for file, words in one.items()}
    for file, words in failed.items():
        print(f"{file}\n{words}", file=sys.stderr)
    print(f"DPDK {release}: {len(todo)} files, {len(failed)} fail")
    return 0 if todo and not failed else 1


if __name__ == "__main__":
    sys.exit(main())
