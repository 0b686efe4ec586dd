#!/usr/bin/python3
"""The micro-benchmarks say what they measured in a form others can read.
Method: each program named as an argument runs once with --json; the figures
themselves are not judged, as the machine may be busy with something else."""

import json
import subprocess
import sys
import unittest

PROGRAMS = sys.argv[1:]


class Figures(unittest.TestCase):
    def test_each_has_a_name_of_its_own_a_value_and_a_unit(self):
        names = []
        for program in PROGRAMS:
            run = subprocess.run([program, "--json"], check=True,
                                 stdout=subprocess.PIPE, text=True)
            for figure in json.loads(run.stdout):
                self.assertEqual(set(figure), {"name", "value", "unit", "spread"})
                self.assertGreater(figure["value"], 0)
                self.assertIn(figure["unit"], ("ns", "cycles"))
                names.append(figure["name"])
        self.assertTrue(names)
        self.assertEqual(sorted(set(names)), sorted(names))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
