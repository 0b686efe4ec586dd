# SPDX-License-Identifier: BSD-3-Clause
"""Source files that compile as one, so that what they include is read once.

Most files of a room include the same headers of DPDK, whose reading takes ten
times as long as the file itself.  A checker that only reads the files may so
read a room as one file that includes them.
"""

import json
import re
import shlex
from pathlib import Path

# Of these options of a compiler the next word names what is made.
OUTPUTS = ("-o", "-MF", "-MQ")
# Names that two files of one room may both have: functions, tests, variables,
# types, macros.
NAMES = (re.compile(r"^(?!static_assert|START_TEST)(\w+)\(", re.MULTILINE),
         re.compile(r"^START_TEST\((\w+)", re.MULTILINE),
         re.compile(r"^static [^=;({]*?(\w+)(?:\[[^\]]*\])*(?: =|;)",
                    re.MULTILINE),
         re.compile(r"^# *define (\w+)", re.MULTILINE),
         re.compile(r"^(?:struct|enum|union) \w+(?= \{)", re.MULTILINE))
# Names that most tests have: each file's get a number.
OF_TESTS = ("setup", "suite", "teardown")


def read_commands(build):
    """{source file: its compiler's options, without what is made}"""
    found = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        command = shlex.split(entry["command"])
        first = next(i for i, word in enumerate(command) if word[0] == "-")
        words, kept = iter(command[first:]), []
        for word in words:
            if word in OUTPUTS:
                next(words)
            # The folder of the target's objects has no headers.
            elif (word not in ("-c", "-MD", entry["file"])
                  and not re.fullmatch(r"-I\S+\.p", word)):
                kept.append(word)
        found.setdefault((build / entry["file"]).resolve(), tuple(kept))
    return found


def names_of(source):
    text = source.read_text()
    return {name for pattern in NAMES for name in pattern.findall(text)
            if name not in OF_TESTS}


def is_for_itself(source):
    """Whether a file says how headers are to be read, before it includes any."""
    first = re.search(r"^# *(\w+)", source.read_text(), re.MULTILINE)
    return first is not None and first[1] != "include"


def together(commands):
    """[(options, files)]: the files of one folder that have the same options and
    no name in common."""
    rooms = {}
    for source in sorted(commands):
        names = names_of(source)
        groups = rooms.setdefault(
            (source.parent, commands[source],
             source if is_for_itself(source) else None), [])
        for taken, files in groups:
            if not taken & names:
                taken |= names
                files.append(source)
                break
        else:
            groups.append((names, [source]))
    return [(options, files) for (_, options, _), groups in rooms.items()
            for _, files in groups]


def write_together(files, folder):
    """A source file in the folder that stands for the files; its path."""
    path = Path(folder) / (files[0].parent.name + "_" + files[0].name)
    lines = []
    for number, file in enumerate(files):
        for name in OF_TESTS:
            lines += [f"#undef {name}", f"#define {name} {name}_{number}"]
        lines.append(f'#include "{file}"')
    path.write_text("\n".join(lines) + "\n")
    return path
