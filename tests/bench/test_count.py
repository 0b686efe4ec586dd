#!/usr/bin/python3
"""bench/count: a packet that costs more is a fault, and so is a figure that is
missing on either side; a cheaper one is not.
Method: its own comparison, given numbers; what it prints is looked at."""

import contextlib
import io
import sys
import unittest
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

COUNT = Path(__file__).resolve().parents[2] / "bench/count"
sys.dont_write_bytecode = True
loader = SourceFileLoader("count", str(COUNT))
count = module_from_spec(spec_from_loader("count", loader))
loader.exec_module(count)

WRITTEN = {"fullnat 4 -> 4 in": 600.0, "dsr 4 in": 500.0}


def compared(counted):
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        faults = count.compare(WRITTEN, counted)
    return faults, said.getvalue()


class Comparison(unittest.TestCase):
    def test_the_same_numbers_are_no_fault_and_no_words(self):
        self.assertEqual(compared(WRITTEN), (0, ""))

    def test_a_dearer_packet_is_a_fault_that_says_by_how_much(self):
        faults, said = compared(WRITTEN | {"dsr 4 in": 520.0})
        self.assertEqual(faults, 1)
        self.assertRegex(said, r"dsr 4 in +500.0 -> +520.0 +\+4.0 %  too much")

    def test_a_little_more_is_said_and_passes(self):
        faults, said = compared(WRITTEN | {"dsr 4 in": 505.0})
        self.assertEqual(faults, 0)
        self.assertIn("+1.0 %", said)

    def test_a_cheaper_packet_is_said_and_passes(self):
        faults, said = compared(WRITTEN | {"dsr 4 in": 250.0})
        self.assertEqual(faults, 0)
        self.assertIn("-50.0 %", said)

    def test_a_figure_of_one_side_alone_is_a_fault(self):
        faults, said = compared({"dsr 4 in": 500.0, "dsr 6 in": 500.0})
        self.assertEqual(faults, 2)
        self.assertIn("fullnat 4 -> 4 in: not counted", said)
        self.assertIn("dsr 6 in: not written", said)

    def test_what_is_written_is_read_again(self):
        compiler, figures = count.read()
        self.assertRegex(compiler, r"^gcc \d+\.")
        self.assertIn("fullnat 4 -> 4 in", figures)


if __name__ == "__main__":
    unittest.main()
