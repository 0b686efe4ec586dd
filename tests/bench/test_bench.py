#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""bench/run's verdicts: what is measured, missed or missing is reported so.

Method: invented figures through the code that judges and writes; nothing is
measured."""

import json
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench/runner"))

import page  # noqa: E402
import results  # noqa: E402
from rows import FIRST, ROWS, Row  # noqa: E402

LOW = Row("a", "<= 100", "cycles", "one", "what a costs")
HIGH = Row("b", ">= 1.5", "times", "two", "how b compares")
RATIO = Row("c", "<= 1.3", "times", "one", "c by a",
            (("c1", "a"), ("c2", "a")))


def figures(**values):
    return {name: results.figure(name, value, unit, 1.0)
            for name, (value, unit) in values.items()}


class Bench(unittest.TestCase):
    def test_every_row_has_one_entry_whatever_happened(self):
        for measured in ({}, figures(a=(50, "cycles"))):
            judged = results.judge(ROWS, measured, {"veths": "no veths"})
            for row in ROWS:
                self.assertEqual(
                    {"value", "unit", "goal", "met", "spread"} -
                    judged[row.name].keys(), set())
        self.assertEqual(len({row.name for row in ROWS}), len(ROWS))

    def test_a_goal_is_met_up_to_its_limit_and_missed_beyond(self):
        for a, b, met in ((100, 1.5, True), (100.1, 1.49, False)):
            judged = results.judge((LOW, HIGH), figures(
                a=(a, "cycles"), b=(b, "times")), {})
            self.assertIs(judged["a"]["met"], met)
            self.assertIs(judged["b"]["met"], met)

    def test_a_missed_goal_is_written_as_missed(self):
        judged = results.judge((LOW,), figures(a=(200, "cycles")), {})
        result = {"figures": judged}
        self.assertIn("**missed**", "\n".join(page.goals_table((LOW,), result)))
        self.assertIn("missed  a", page.plain((LOW,), result))
        self.assertIn("0 of 1 goals met", page.plain((LOW,), result))

    def test_latencies_and_the_drivers_share_are_written(self):
        points = {f"latency at 10 %, {point}": (value, "us") for point, value
                  in (("p50", 1), ("p99", 2), ("p99.9", 3), ("max", 4))}
        measured = figures(**points, **{
            "highest rate": (20, "Mpps"), "mxsteer: CPU": (0.5, "ms"),
            "testpmd io: CPU": (0.25, "ms")})
        self.assertIn("| 10 % | 1 | 2 | 3 | 4 |", page.latency_table(measured))
        self.assertEqual(page.latency_table(figures()), [])
        self.assertIn("0.25 ms are its own",
                      "\n".join(page.driver_share(measured)))
        self.assertEqual(page.driver_share(figures()), [])

    def test_what_was_not_measured_is_an_error_with_a_reason(self):
        judged = results.judge((LOW, HIGH), {}, {"one": "no such program"})
        self.assertEqual(judged["a"]["error"], "no such program")
        self.assertIn("b", judged["b"]["error"])
        self.assertIs(judged["a"]["met"], False)
        result = {"figures": judged}
        self.assertIn("**error**", "\n".join(page.goals_table((LOW,), result)))

    def test_a_figure_in_another_unit_is_an_error(self):
        judged = results.judge((LOW,), figures(a=(1, "ns")), {})
        self.assertIsNone(judged["a"]["value"])
        self.assertIs(judged["a"]["met"], False)

    def test_a_ratio_is_the_worst_of_its_pairs(self):
        judged = results.judge((RATIO,), figures(
            a=(100, "cycles"), c1=(110, "cycles"), c2=(140, "cycles")), {})
        self.assertAlmostEqual(judged["c"]["value"], 1.4)
        self.assertIs(judged["c"]["met"], False)
        judged = results.judge((RATIO,), figures(
            a=(100, "cycles"), c1=(110, "cycles")), {})
        self.assertIn("c2", judged["c"]["error"])

    def test_what_has_no_goal_is_stored_too(self):
        judged = results.judge((LOW,), figures(
            a=(1, "cycles"), d=(5, "ms")), {})
        self.assertEqual((judged["d"]["value"], judged["d"]["goal"]),
                         (5, None))

    def test_the_median_of_runs_has_their_spread(self):
        found = results.of_runs("a", [3, 1, 2, 9], "ms")
        self.assertEqual((found["value"], found["spread"]), (2.5, 8))

    def test_a_machine_is_named_by_cpu_and_cores(self):
        for model, cores, name in (
                ("AMD EPYC", 2, "amd-epyc-2core"),
                ("Intel(R) Xeon(R) CPU E5-2680 v4 @ 2.40GHz", 28,
                 "intel-xeon-e5-2680-v4-28core"),
                ("AMD EPYC 7302P 16-Core Processor", 16,
                 "amd-epyc-7302p-16core")):
            self.assertEqual(results.machine_name(
                f"model name\t: {model}\n", cores), name)

    def test_a_stored_result_is_found_by_machine_and_commit(self):
        result = {"machine": "m", "commit": "c", "seed": 1, "figures": {}}
        with tempfile.TemporaryDirectory() as folder:
            path = results.store(result, Path(folder) / "results")
            self.assertEqual(path.name, "m-c.json")
            self.assertEqual(json.loads(path.read_text()), result)

    def test_only_what_is_between_the_lines_is_replaced(self):
        text = (ROOT / "bench/README.md").read_text()
        once = page.replace(text, "new")
        self.assertIn(f"{page.BEGIN}\nnew\n{page.END}\n\n## How", once)
        self.assertEqual(page.replace(once, "new"), once)

    def test_modes_are_compared_at_the_same_number_of_sessions(self):
        for row in ROWS:
            for above, below in row.over:
                self.assertEqual(above.split()[1], below.split()[1])
                self.assertEqual(below.split()[0], FIRST)


if __name__ == "__main__":
    unittest.main()
