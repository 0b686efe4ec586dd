#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""systemd finds no mistake in the units, and they restrict the programs as much as
was once possible.

Method: systemd-analyze reads the units of the build.  It looks for their programs,
so copies name those of the build."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

BUILD = Path(os.environ["MXSTEER_BUILD"])
SKIPPED = 77
# {unit: the highest exposure}, of 10; the comments of a unit have the reasons.
EXPOSURE = {"mxsteer-controlplane": 2.0, "mxsteer-controlplane@": 2.0,
            "mxsteer-dataplane": 4.6, "mxsteer-dataplane@": 4.6,
            "mxsteer-log": 0.7, "mxsteer-log@": 0.7,
            "mxsteer-agent": 1.8}


class Units(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="mxunits")
        self.addCleanup(self.folder.cleanup)
        self.units = {}
        for name in EXPOSURE:
            folder = "agent" if name == "mxsteer-agent" else "config"
            source = BUILD / folder / f"{name}.service"
            if not source.exists():  # built without a data plane: no DPDK
                continue
            # An instance, since a template alone cannot be loaded.
            copy = Path(self.folder.name) / source.name.replace("@", "@mx7")
            copy.write_text(re.sub(r"(?<=[ =])/\S*/(mxsteer[a-z-]*) ",
                                   self.program, source.read_text()))
            self.units[name] = copy

    @staticmethod
    def program(found):
        """The program of that name in the build."""
        programs = {"mxsteer-dataplane": "dataplane", "mxsteer-agent": "agent",
                    "mxsteer-log": "logger"}
        folder = programs.get(found[1], "controlplane")
        path = BUILD / folder / found[1]
        # Built without a data plane: any program will do.
        return f"{path if path.exists() else '/bin/true'} "

    def test_systemd_finds_no_mistake(self):
        done = subprocess.run(
            ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no",
             *self.units.values()],
            text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            check=False)
        self.assertEqual((done.returncode, done.stdout), (0, ""))

    def test_the_programs_are_restricted(self):
        self.assertTrue(self.units)
        for name, path in self.units.items():
            done = subprocess.run(
                ["systemd-analyze", "security", "--offline=true", "--no-pager",
                 path], text=True, stdout=subprocess.PIPE, check=True)
            found = float(re.search(r"level for \S+: ([0-9.]+)",
                                    done.stdout)[1])
            self.assertLessEqual(found, EXPOSURE[name], done.stdout)

    def test_a_service_that_ends_leaves_plan_and_sessions(self):
        # systemd would remove all in /dev/shm that has the user or the group.
        for path in self.units.values():
            self.assertNotIn("\nRemoveIPC=yes", path.read_text())

    def test_an_instance_has_a_file_and_a_socket_of_its_own(self):
        for plane in ("dataplane", "log", "controlplane"):
            text = (BUILD / f"config/mxsteer-{plane}@.service").read_text()
            self.assertIn(f"mxsteer-{plane} -c /etc/mxsteer/%i.yaml "
                          "--instance %i\n", text)
            self.assertIn("\nConditionPathExists=/etc/mxsteer/%i.yaml\n", text)
            self.assertNotIn("mxsteer.yaml\n", text)
            self.assertNotRegex(text, "mxsteer-(data|control)plane.service")
        self.assertIn("-s /run/mxsteer/%i.sock config apply", text)

    def test_the_planes_of_a_restart_have_an_order(self):
        for at in ("", "@"):
            name = f"mxsteer-controlplane{at}"
            after = re.search(r"^After=(.*)", self.units[name].read_text(),
                              re.MULTILINE)[1].split()
            self.assertIn(f"mxsteer-dataplane{'@%i' if at else ''}.service",
                          after)


if __name__ == "__main__":
    if not shutil.which("systemd-analyze"):
        print("skipped: there is no systemd-analyze on this machine")
        sys.exit(SKIPPED)
    unittest.main()
