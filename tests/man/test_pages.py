#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The manual pages are well-formed, and no command, key or option is missing.

Method: the built pages as mandoc shows them, beside what the built programs say
of themselves."""

import json
import os
import re
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

BUILD = Path(os.environ["MXSTEER_BUILD"])
MXSTEER = BUILD / "controlplane/mxsteer"
PROGRAMS = {"mxsteer-dataplane.8": BUILD / "dataplane/mxsteer-dataplane",
            "mxsteer-gen.1": BUILD / "bench/gen/mxsteer-gen",
            "mxsteer-controlplane.8":
                BUILD / "controlplane/mxsteer-controlplane",
            "mxsteer-log.8": BUILD / "logger/mxsteer-log",
            "mxsteer-replica.8": BUILD / "replica/mxsteer-replica",
            "mxsteer-agent.8": BUILD / "agent/mxsteer-agent",
            "mxsteer.8": MXSTEER}
SKIPPED = 77


def run(*words):
    return subprocess.run(words, text=True, check=True,
                          stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE).stdout


def shown(page):
    """What a reader sees of a page, with one blank between words."""
    text = run("mandoc", "-T", "utf8", "-O", "width=1000", BUILD / "man" / page)
    return " ".join(re.sub(".\b", "", text).split())


class Pages(unittest.TestCase):
    def test_they_are_well_formed(self):
        pages = sorted((BUILD / "man").glob("*.[1578]"))
        self.assertIn(BUILD / "man/mxsteer.7", pages)
        for page in pages:
            done = subprocess.run(
                ["mandoc", "-T", "lint", "-W", "warning", page], text=True,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
            self.assertEqual(done.stdout, "")

    def test_they_have_all_commands(self):
        page = shown("mxsteer.8")
        for row in json.loads(run(MXSTEER, "-j", "help"))["commands"]:
            usage = f"{row['command']} {row['arguments']}".strip()
            text = row["help"][:1].upper() + row["help"][1:]
            self.assertIn(f" {usage} {text}. ", page)

    def test_they_have_all_keys(self):
        page = shown("mxsteer.yaml.5")
        schema = json.loads(run(MXSTEER, "config", "schema"))
        found = 0

        def look(node, path):
            nonlocal found
            for name, value in node.get("properties", {}).items():
                here = path + name
                inner = value
                if value.get("type") == "array":
                    inner, here = value["items"], here + "[]"
                if "description" in value:
                    said = " ".join(value["description"].split())
                    self.assertIn(f" {here} {said} ", page)
                    found += 1
                look(inner, here + ".")
        look(schema, "")
        self.assertGreater(found, 80)

    def test_they_have_all_options(self):
        for page, program in PROGRAMS.items():
            if not program.exists():  # built without DPDK
                continue
            text = shown(page)
            for option in re.findall(r"(?<![\w-])--?[a-zA-Z][\w-]*",
                                     run(program, "--help")):
                self.assertRegex(text, re.escape(option) + r"(?![\w-])", page)


if __name__ == "__main__":
    if not shutil.which("mandoc"):
        print("skipped: there is no mandoc on this machine")
        sys.exit(SKIPPED)
    unittest.main()
