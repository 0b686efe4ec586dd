#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The JSON schema of the configuration says what the program says.

Method: the shipped files, and one with all other keys, are read as YAML 1.2.
Each is valid.  Then each key gets values that the program must refuse for their
shape, and values that it must take, one key at a time.  The schema and
`mxsteer config check` are asked about each.  MXSTEER_BUILD: the build folder.
"""
import copy
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import jsonschema
import yaml

SOURCE = Path(__file__).resolve().parents[3]
MXSTEER = os.path.join(os.environ["MXSTEER_BUILD"], "controlplane/mxsteer")
SHIPPED = [SOURCE / "config/mxsteer.yaml"] + sorted(
    (SOURCE / "config/examples").glob("*.yaml"))

# What the shipped files do not say.
REST = """
instance: rest
user: someone
log: {sessions: file, file: /l, format: json, only: failed,
      lines: both, services: [s]}
http: {listen: off, hosts: [lb.example.net, mail_lb]}
dataplane:
  workers: [1, 2]
  telemetry: on
  ports:
    - {name: a, driver: dpdk, device: "65:00.0", queues: 2, mtu: 1400,
       interface: a0, twin: vhost}
    - {name: b, driver: dpdk, vlan: 4, bond: {mode: lacp, members:
       ["65:00.1", net_tap0]}}
services:
  - name: s
    listen: ["192.0.2.1:25"]
    pool: p
    snat: [10.0.0.7]
    proxy-protocol: v2
    client-sources: any
    early-talkers: mark
    greeting-delay: 2s
    clients:
      {sessions: 9, per-10s: 9, prefix: {v4: 20, v6: 56, sessions: 90,
       per-10s: 90}, answer: drop, allow: [10.0.0.0/8], allow-file: /a}
    deny: {file: /d, answer: drop, allow: ["fd00::/8"], allow-file: /e}
  - name: t
    listen: ["192.0.2.2:25"]
    pool: q
    forward: tunnel
    tunnel: {type: gue, port: 6081, source: [10.9.0.0/24]}
  - name: h
    listen: ["192.0.2.3:25"]
    pool: r
    snat: [10.0.0.7]
    client-address: hidden
pools:
  - name: p
    agent: {port: 9, interval: 2s, send: "a\\n"}
    discover: {mx: example.net, resolvers: ["10.0.0.53", "[fd00::53]:54"],
      port: 25, trust: on, weight: 5, connections-max: 7}
    check: {type: smtp, tls-name: mx.example.net, ca: /ca,
      expect: [AUTH PLAIN, SIZE>=100], probe-recipient: a@example.net}
  - {name: q, backends: [{name: a, address: "192.0.2.9:25"}]}
  - {name: r, backends: [{name: a, address: "192.0.2.10:25"}]}
lints: [{name: idle, ignore: it is meant}]
"""


class Yaml12(yaml.SafeLoader):
    """Plain words are texts, but for numbers, true, false and null."""


Yaml12.yaml_implicit_resolvers = {}
for tag, form, first in (("int", r"-?(0|[1-9][0-9]*)", "-0123456789"),
                         ("bool", "true|false", "tf"), ("null", "null|", "n")):
    Yaml12.add_implicit_resolver(
        f"tag:yaml.org,2002:{tag}", re.compile(f"^({form})$"), list(first))


def values(schema, data, path=()):
    """Each key of a file: where it is, its schema, and its value."""
    for name, value in data.items():
        of = schema["properties"][name]
        yield path + (name,), of, value
        if of.get("type") == "object":
            yield from values(of, value, path + (name,))
        elif of.get("type") == "array":
            for i, item in enumerate(value):
                if isinstance(item, dict):
                    yield from values(of["items"], item, path + (name, i))


def all_keys(schema, path=()):
    for name, of in schema["properties"].items():
        yield path + (name,)
        inner = of.get("items", of)
        if "properties" in inner:
            yield from all_keys(inner, path + (name,))


def wrong(of):
    """Values of a wrong shape."""
    if of.get("type") == "object":
        yield from ("text", 7, ["a"], {"no-such-key": 1})
        return
    if of.get("type") == "array":
        yield from ("text", 7, {"a": 1}, [])
        yield from ([value] for value in wrong(of["items"]))
        return
    yield from ([], ["a"], {}, {"a": 1}, "", "?\x01", "-1")
    inner = of["anyOf"][0] if "anyOf" in of else of
    if "minimum" in inner:
        yield inner["maximum"] + 1
        yield "heavy"
        if inner["minimum"] > 1:
            yield inner["minimum"] - 1
    elif "enum" in of:
        yield from ("no-such-word", of["enum"][0] + "x" if isinstance(
            of["enum"][0], str) else 999)
    elif "a time" in of.get("description", ""):
        yield from ("1", "1d", "01s", "0.5s", "999999h", "9999999999s")
    else:
        yield from ("..", ".a", "a" * 300, "~")


def right(of):
    """Values of the right shape that the file need not have."""
    inner = of["anyOf"][0] if "anyOf" in of else of
    if "minimum" in inner:
        yield from (inner["minimum"], inner["maximum"])
    yield from of.get("enum", ())
    if "default" in of:
        yield of["default"]
    if "anyOf" in of:
        yield 0


def changed(data, path, value):
    data = copy.deepcopy(data)
    at = data
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    return data


class Schema(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.schema = json.loads(subprocess.run(
            [MXSTEER, "config", "schema"], stdout=subprocess.PIPE,
            check=True).stdout)
        cls.files = {str(path): yaml.load(path.read_text(), Yaml12)
                     for path in SHIPPED}
        cls.files["rest"] = yaml.load(REST, Yaml12)

    def judge(self, documents):
        """The errors that the program finds in each document."""
        with tempfile.TemporaryDirectory() as folder:
            lines = []
            for i, document in enumerate(documents):
                path = Path(folder) / str(i)
                path.write_text(json.dumps(document) + "\n")
                lines.append(f"config check {path}\n")
            # One instance: the files of a data plane here are not asked for.
            run = subprocess.run([MXSTEER, "-j"], input="".join(lines),
                                 stdout=subprocess.PIPE, text=True)
        return [json.loads(line)["errors"] for line in run.stdout.splitlines()]

    def test_is_a_schema(self):
        jsonschema.Draft202012Validator.check_schema(self.schema)
        self.assertIs(self.schema["additionalProperties"], False)

    def test_the_files_are_valid_and_have_all_keys(self):
        validator = jsonschema.Draft202012Validator(self.schema)
        have = set()
        for name, data in self.files.items():
            faults = [f"{list(e.path)}: {e.message}"
                      for e in validator.iter_errors(data)]
            self.assertEqual(faults, [], name)
            have |= {tuple(step for step in path if isinstance(step, str))
                     for path, _, _ in values(self.schema, data)}
        self.assertEqual(set(all_keys(self.schema)) - have, set())
        self.assertEqual(self.judge(self.files.values()),
                         [[]] * len(self.files))

    def cases(self, choose):
        """(key, schema, value, document) of each key, the first time it is
        seen."""
        seen = set()
        for name in ["rest"] + [n for n in self.files if n != "rest"]:
            data = self.files[name]
            for path, of, _ in values(self.schema, data):
                key = tuple(s for s in path if isinstance(s, str))
                if key in seen:
                    continue
                seen.add(key)
                for value in choose(of):
                    yield key, of, value, changed(data, path, value)

    def test_wrong_values_are_refused_by_both(self):
        cases = list(self.cases(wrong))
        for (key, of, value, _), errors in zip(
                cases, self.judge(c[3] for c in cases), strict=True):
            what = f"{'.'.join(key)} = {value!r}"
            valid = jsonschema.Draft202012Validator(of).is_valid(value)
            if not errors:
                # A text of any letters, and paths, take some of them.
                self.assertTrue(valid, what)
            else:
                self.assertFalse(valid, what + ": " + errors[0])
        self.assertGreater(len(cases), 800)

    def test_right_values_are_taken_by_both(self):
        cases = list(self.cases(right))
        for (key, of, value, _), errors in zip(
                cases, self.judge(c[3] for c in cases), strict=True):
            what = f"{'.'.join(key)} = {value!r}"
            self.assertTrue(
                jsonschema.Draft202012Validator(of).is_valid(value), what)
            # Others are of what values mean together.
            shown = f": {key[-1]}: expected"
            found = f'found "{value}"'
            self.assertEqual([e for e in errors if shown in e and
                              e.endswith(found)], [], what)
        self.assertGreater(len(cases), 150)

    def test_keys_that_are_missing_or_unknown_are_refused_by_both(self):
        data = self.files["rest"]
        documents, valid = [], []
        validator = jsonschema.Draft202012Validator(self.schema)
        for path, of, value in list(values(self.schema, data)):
            if of.get("type") == "object":
                documents.append(changed(data, path, {**value, "nosuch": 1}))
        for path in (("instance",), ("dataplane", "workers"),
                     ("services", 0, "pool"), ("pools", 0, "name")):
            document = copy.deepcopy(data)
            at = document
            for step in path[:-1]:
                at = at[step]
            del at[path[-1]]
            documents.append(document)
        for document, errors in zip(documents, self.judge(documents),
                                    strict=True):
            self.assertNotEqual(errors, [])
            valid.append(validator.is_valid(document))
        self.assertNotIn(True, valid)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"])
