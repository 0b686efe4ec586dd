#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Alerts and the dashboard name only metrics and labels that there are.

Method: METRICS.md has the table that the code has (test_exposition).  Each
expression is split into names, and promtool runs the alerts' own tests.
MXSTEER_BUILD: the build folder."""
import json
import os
import re
import subprocess
import unittest
from pathlib import Path

import yaml

SOURCE = Path(__file__).resolve().parents[2]
FOLDER = SOURCE / "config/prometheus"
PROMTOOL = Path(os.environ["MXSTEER_BUILD"],
                "peers/prometheus/usr/bin/promtool")
# What Prometheus adds.
OWN_LABELS = {"instance", "job", "le"}


def read_metrics():
    """{name of a series: its labels}"""
    rows = re.findall(r"^\| `(mxsteer_\w+)` \| (\w+) \| ([^|]*) \|",
                      (SOURCE / "controlplane/metrics/METRICS.md").read_text(),
                      re.MULTILINE)
    series = {"up": set()}
    for name, kind, labels in rows:
        known = set(re.findall(r"`(\w+)`", labels))
        for end in ("_bucket", "_sum", "_count") if kind == "histogram" \
                else ("",):
            series[name + end] = known
    return series


def read_dashboard():
    return json.loads((FOLDER / "mxsteer-dashboard.json").read_text())


def read_rules():
    groups = yaml.safe_load((FOLDER / "mxsteer.rules.yml").read_text())
    return [rule for group in groups["groups"] for rule in group["rules"]]


class Prometheus(unittest.TestCase):
    def check_expression(self, series, expression):
        names = set(re.findall(r"\b(mxsteer_\w+|up\b)", expression))
        self.assertTrue(names, expression)
        labels = set(OWN_LABELS)
        for name in names:
            self.assertIn(name, series, expression)
            labels |= series[name]
        used = set(re.findall(r'(\w+) *[=!]~?"', expression))
        for group in re.findall(r"\b(?:by|without|on|ignoring) *\(([^)]*)\)",
                                expression):
            used |= set(re.findall(r"\w+", group))
        self.assertLessEqual(used, labels, expression)
        return labels

    def test_the_table_was_read(self):
        self.assertGreater(len(read_metrics()), 40)

    def test_alerts_use_what_there_is(self):
        series = read_metrics()
        for rule in read_rules():
            labels = self.check_expression(series, rule["expr"])
            said = str(rule["annotations"])
            self.assertLessEqual(
                set(re.findall(r"\$labels\.(\w+)", said)), labels,
                rule["alert"])
            self.assertIn(rule["labels"]["severity"], ("critical", "warning"))

    def test_the_dashboard_uses_what_there_is(self):
        series = read_metrics()
        dashboard = read_dashboard()
        panels = dashboard["panels"]
        self.assertEqual(len({panel["id"] for panel in panels}), len(panels))
        queries = [panel for panel in panels if panel["type"] != "row"]
        self.assertGreater(len(queries), 15)
        for panel in queries:
            self.assertTrue(panel["targets"], panel["title"])
            for target in panel["targets"]:
                labels = self.check_expression(series, target["expr"])
                self.assertLessEqual(
                    set(re.findall(r"{{(\w+)}}", target["legendFormat"])),
                    labels, panel["title"])
        self.check_expression(series,
                              dashboard["annotations"]["list"][0]["expr"])

    def test_panels_do_not_overlap(self):
        seen = set()
        for panel in read_dashboard()["panels"]:
            at = panel["gridPos"]
            self.assertLessEqual(at["x"] + at["w"], 24)
            for x in range(at["x"], at["x"] + at["w"]):
                for y in range(at["y"], at["y"] + at["h"]):
                    self.assertNotIn((x, y), seen, panel["title"])
                    seen.add((x, y))

    def test_each_alert_is_tested(self):
        tests = (SOURCE / "tests/config/prometheus.test.yml").read_text()
        for rule in read_rules():
            self.assertRegex(tests, rf"alertname: {rule['alert']}\n\s+exp_alerts")

    @unittest.skipUnless(PROMTOOL.exists(), "run tests/packages tests")
    def test_prometheus_takes_the_alerts(self):
        for words in (("check", "rules", FOLDER / "mxsteer.rules.yml"),
                      ("test", "rules",
                       SOURCE / "tests/config/prometheus.test.yml")):
            done = subprocess.run([PROMTOOL, *words], text=True,
                                  stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT)
            self.assertEqual(done.returncode, 0, done.stdout)
            self.assertIn("SUCCESS", done.stdout)


unittest.main(verbosity=2)
