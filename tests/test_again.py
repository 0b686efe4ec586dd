#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""tests/again: a lab that failed once may hold alone, and one that always fails
stays a failure.

Method: records as meson writes them; instead of meson, a function that writes
what the test says."""

import contextlib
import io
import json
import sys
import tempfile
import unittest
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from unittest import mock

sys.dont_write_bytecode = True
loader = SourceFileLoader("again", str(Path(__file__).with_name("again")))
again = module_from_spec(spec_from_loader("again", loader))
loader.exec_module(again)


def write_record(path, tests):
    """tests: (name, result) of each."""
    path.write_text("".join(
        json.dumps({"name": f"mxsteer:lab / {name}", "result": result,
                    "stdout": f"out of {name}\n", "stderr": "why\n"}) + "\n"
        for name, result in tests))


class Again(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.build = Path(folder.name)
        self.logs = self.build / "meson-logs"
        self.logs.mkdir()
        self.asked = []

    def meson(self, words, **_):
        """Writes the record that self.then has of the test, if it has one."""
        self.asked.append(words[-1])
        base = words[words.index("--logbase") + 1]
        if words[-1] in self.then:
            write_record(self.logs / f"{base}.json", self.then[words[-1]])

    def run_again(self, first, then):
        """first: {test: result} of the suite.  then: {test: record of its new
        run}.  Returns the lines of unsteady labs."""
        self.then = then
        write_record(self.logs / "lab.json", first.items())
        with mock.patch.object(again.subprocess, "run", self.meson), \
                contextlib.redirect_stdout(io.StringIO()):
            again.main(self.build)
        return (self.logs / "unsteady").read_text().splitlines()

    def test_a_lab_that_fails_once_is_unsteady(self):
        name = "lab_workers_[0,1]"
        lines = self.run_again({"lab_a": "OK", name: "FAIL"},
                               {name: [[name, "OK"]]})
        kept = self.logs / f"unsteady-{name}.txt"
        self.assertEqual(lines, [
            f"UNSTEADY {name}: failed beside others, held alone; its output "
            f"is in {kept}"])
        self.assertEqual(kept.read_text(), f"out of {name}\nwhy\n")
        self.assertEqual(self.asked, [name])

    def test_a_lab_that_always_fails_stays_a_failure(self):
        for result in ("FAIL", "TIMEOUT", "ERROR", "INTERRUPT", "SKIP"):
            self.assertEqual(self.run_again(
                {"lab_a": "FAIL"}, {"lab_a": [["lab_a", result]]}), [])

    def test_only_its_own_record_speaks_for_a_lab(self):
        for record in ([], [["lab_b", "OK"]],
                       [["lab_a", "OK"], ["lab_b", "OK"]]):
            self.assertEqual(self.run_again({"lab_a": "TIMEOUT"},
                                            {"lab_a": record}), [])

    def test_an_old_record_does_not_speak(self):
        self.assertEqual(len(self.run_again(
            {"lab_a": "FAIL"}, {"lab_a": [["lab_a", "OK"]]})), 1)
        self.assertEqual(self.run_again({"lab_a": "FAIL"}, {}), [])

    def test_more_than_three_have_no_other_try(self):
        names = ["lab_a", "lab_b", "lab_c", "lab_d"]
        then = {name: [[name, "OK"]] for name in names}
        self.assertEqual(self.run_again(dict.fromkeys(names, "FAIL"), then), [])
        self.assertEqual(self.asked, [])
        self.assertEqual(len(self.run_again(
            dict.fromkeys(names[:3], "FAIL"), then)), 3)

    def test_what_is_no_lab_has_no_other_try(self):
        self.assertEqual(self.run_again(
            {"program": "FAIL"}, {"program": [["program", "OK"]]}), [])
        self.assertEqual(self.asked, [])

    def test_without_failures_nothing_is_run(self):
        self.assertEqual(self.run_again({"lab_a": "OK", "lab_b": "SKIP"}, {}),
                         [])
        self.assertEqual(self.asked, [])


if __name__ == "__main__":
    unittest.main()
