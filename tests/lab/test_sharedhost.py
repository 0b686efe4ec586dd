#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Labs that run at the same time share the machine's huge pages: each adds its
own, none takes another's away.  Autogroups are off as long as there is a lab.
The last lab puts both settings back, also after labs that were killed.
Method: real processes and plain files in place of the kernel's settings."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

LAB = Path(__file__).resolve().parents[1] / "lab"
sys.dont_write_bytecode = True
sys.path.insert(0, str(LAB))

import sharedhost  # noqa: E402
from sharedhost import EACH, SharedHost  # noqa: E402

# A lab: reserves, says so, and gives back when its input ends.
CODE = """
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
from sharedhost import SharedHost
host = SharedHost(*sys.argv[2:])
host.reserve()
print("reserved", flush=True)
sys.stdin.read()
host.restore()
"""


class Sharing(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.file = Path(self.folder.name, "labs.json")
        self.pages = Path(self.folder.name, "nr_hugepages")
        self.pages.write_text("7\n")
        self.autogroup = Path(self.folder.name, "autogroup")
        self.autogroup.write_text("1\n")

    def tearDown(self):
        self.folder.cleanup()

    def number(self):
        return int(self.pages.read_text())

    def begin(self):
        return subprocess.Popen(
            [sys.executable, "-c", CODE, LAB, self.file, self.pages,
             self.autogroup],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def lab(self):
        lab = self.begin()
        while lab.stdout.readline() not in ("reserved\n", ""):
            pass
        return lab

    def end(self, lab):
        lab.communicate()
        self.assertEqual(lab.returncode, 0)

    def kill(self, lab):
        lab.kill()
        lab.communicate()

    def test_each_lab_adds_its_pages_and_the_last_one_puts_them_back(self):
        first = self.lab()
        self.assertEqual(self.number(), 7 + EACH)
        second = self.lab()
        self.assertEqual(self.number(), 7 + 2 * EACH)
        self.end(first)
        self.assertEqual(self.number(), 7 + EACH)
        self.end(second)
        self.assertEqual(self.number(), 7)

    def test_autogroups_are_off_while_there_is_a_lab(self):
        first, second = self.lab(), self.lab()
        self.end(first)
        self.assertEqual(int(self.autogroup.read_text()), 0)
        self.kill(second)
        self.assertEqual(int(self.autogroup.read_text()), 0)
        self.end(self.lab())
        self.assertEqual(int(self.autogroup.read_text()), 1)

    def test_what_was_off_stays_off(self):
        self.autogroup.write_text("0\n")
        self.end(self.lab())
        self.assertEqual(int(self.autogroup.read_text()), 0)

    def test_a_kernel_without_autogroups_is_left_alone(self):
        self.autogroup.unlink()
        self.end(self.lab())
        self.assertFalse(self.autogroup.exists())

    def test_the_next_lab_counts_without_one_that_was_killed(self):
        killed, other = self.lab(), self.lab()
        self.kill(killed)
        self.end(other)
        self.assertEqual(self.number(), 7)

    def test_a_lab_after_killed_ones_starts_from_the_number_before_them(self):
        self.kill(self.lab())
        self.end(self.lab())
        self.assertEqual(self.number(), 7)

    def test_a_process_of_the_same_number_is_not_taken_for_the_lab(self):
        with SharedHost(self.file, self.pages, self.autogroup)._labs() as labs:
            labs["1.0"] = sharedhost.started(1) + 1
        self.end(self.lab())
        self.assertEqual(self.number(), 7)

    def test_two_shares_of_one_process_are_two(self):
        first = SharedHost(self.file, self.pages, self.autogroup)
        second = SharedHost(self.file, self.pages, self.autogroup)
        for share in (first, second):
            share.reserve()
        self.assertEqual(self.number(), 7 + 2 * EACH)
        first.restore()
        self.assertEqual(self.number(), 7 + EACH)
        second.restore()
        self.assertEqual(self.number(), 7)

    def test_many_at_once_lose_no_count(self):
        labs = [self.begin() for _ in range(8)]
        for lab in labs:
            self.end(lab)
        self.assertEqual(self.number(), 7)


if __name__ == "__main__":
    unittest.main()
