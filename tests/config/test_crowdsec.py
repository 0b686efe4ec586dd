#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The bouncer of CrowdSec: which decisions become rules, which get into the list,
and what it does with answers and programs that fail.
Method: a server that answers as the LAPI is documented, or wrongly, and a mxsteer
that keeps its commands."""

import http.server
import importlib.util
import json
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
SPEC = importlib.util.spec_from_file_location(
    "bouncer", ROOT / "config/crowdsec/bouncer.py")
bouncer = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(bouncer)
LOG = []
bouncer.log = LOG.append


def decision(value, ident=1, origin="crowdsec", scope="Ip", duration="1h0m0s",
             kind="ban"):
    return {"id": ident, "origin": origin, "scope": scope, "value": value,
            "type": kind, "duration": duration, "scenario": "x"}


class FakeMxsteer(bouncer.Mxsteer):
    """answers: (status, text), the last one again and again."""

    def __init__(self, path=None):
        super().__init__(["mxsteer"], "crowdsec", path)
        self.said, self.answers = [], [(3, "noted")]
        self.there = []

    def run(self, *words):
        if words[-2:] == ("show", "denied"):
            return 0, json.dumps({"rules": self.there})
        self.said.append(" ".join(words))
        status, text = (self.answers.pop(0) if len(self.answers) > 1
                        else self.answers[0])
        if status == 2:
            raise bouncer.Fault(f"mxsteer: {text}")
        return status, text


class FakeLapi(http.server.BaseHTTPRequestHandler):
    """Answers with `body`, a text or a function that writes it."""
    status, body, asked = 200, b"{}", []

    def do_GET(self):
        self.asked.append((self.path, self.headers["X-Api-Key"]))
        self.send_response(self.status)
        if self.status == 302:
            self.send_header("Location", "/elsewhere")
        self.end_headers()
        if callable(self.body):
            type(self).body(self.wfile)
        else:
            self.wfile.write(self.body)

    def log_message(self, *_):
        pass


class Bounces(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0),
                                                     FakeLapi)
        threading.Thread(target=cls.server.serve_forever, daemon=True).start()
        cls.url = f"http://127.0.0.1:{cls.server.server_port}"

    @classmethod
    def tearDownClass(cls):
        cls.server.shutdown()
        cls.server.server_close()

    def setUp(self):
        LOG.clear()
        FakeLapi.status, FakeLapi.asked = 200, []
        self.answer([])
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "deny.txt"
        self.mxsteer = FakeMxsteer(str(self.path))
        self.bouncer = bouncer.Bouncer(bouncer.Lapi(self.url, "key"),
                                       self.mxsteer, 3)

    def tearDown(self):
        self.folder.cleanup()

    @staticmethod
    def answer(new, deleted=None):
        FakeLapi.body = json.dumps({"new": new, "deleted": deleted}).encode()

    def listed(self):
        return [line for line in self.path.read_text().splitlines()
                if not line.startswith("#")]

    def test_a_decision_becomes_a_rule_and_a_deletion_ends_it(self):
        self.answer([decision("203.0.113.9")])
        self.assertTrue(self.bouncer.round())
        self.assertEqual(self.mxsteer.said[0],
                         "deny 203.0.113.9/32 --by crowdsec for 3600s "
                         "decision of CrowdSec")
        self.answer(None)
        self.assertTrue(self.bouncer.round())
        self.answer(None, [decision("203.0.113.9", duration="-5s")])
        self.assertTrue(self.bouncer.round())
        self.assertEqual(self.mxsteer.said[-1],
                         "forget 203.0.113.9/32 --by crowdsec")
        self.assertEqual(FakeLapi.asked[0],
                         ("/v1/decisions/stream?startup=true", "key"))
        self.assertEqual(FakeLapi.asked[1][0],
                         "/v1/decisions/stream?startup=false")

    def test_two_decisions_about_a_client_end_one_by_one(self):
        self.answer([decision("203.0.113.9", 1),
                     decision("203.0.113.9", 2, duration="2h")])
        self.bouncer.round()
        self.assertIn("for 7200s", self.mxsteer.said[0])
        self.answer(None, [decision("203.0.113.9", 1)])
        self.bouncer.round()
        self.assertFalse([s for s in self.mxsteer.said if "forget" in s])

    def test_lists_and_what_is_too_many_go_to_the_file(self):
        self.answer([decision(f"203.0.113.{n}", n) for n in range(5)] +
                    [decision("198.51.100.0/24", 9, "lists", "Range"),
                     decision("2001:db8::1", 10, "CAPI")])
        self.assertTrue(self.bouncer.round())
        denied = [s for s in self.mxsteer.said if s.startswith("deny")]
        self.assertEqual(len(denied), 3)
        self.assertEqual(self.listed(), [
            "198.51.100.0/24", "2001:db8::1/128", "203.0.113.3/32",
            "203.0.113.4/32"])
        self.assertEqual(self.mxsteer.said[-1], "reload lists")
        self.assertFalse(self.path.with_suffix(".txt.new").exists())

    def test_what_is_no_ban_of_addresses_is_left_out_and_named(self):
        wrong = {
            "of scope Country": decision("DE", scope="Country"),
            "of type captcha": decision("203.0.113.1", kind="captcha"),
            "with no address as value": decision("mail.example.net"),
            "with too wide a range": decision("0.0.0.0/0", scope="Range"),
            "with no time": decision("203.0.113.1", duration="long"),
            "without scope and value": {"type": "ban"},
            "of type None": {},
        }
        self.answer([*wrong.values(), 7, decision("::/0"),
                     decision("203.0.113.1; reboot"),
                     decision("--force"), decision("fe80::1%eth0"),
                     decision("203.0.113.1", duration="-1h"),
                     decision("198.51.100.7")])
        self.assertTrue(self.bouncer.round())
        self.assertEqual([s for s in self.mxsteer.said if "deny" in s],
                         ["deny 198.51.100.7/32 --by crowdsec for 3600s "
                          "decision of CrowdSec"])
        for why in wrong:
            self.assertTrue([x for x in LOG if why in x], (why, LOG))
        self.assertIn("left out: 2 decisions with too wide a range, such as "
                      "0.0.0.0/0", LOG)

    def test_a_lapi_that_fails_changes_nothing_and_is_told_once(self):
        self.answer([decision("203.0.113.9")])
        self.bouncer.round()
        before = list(self.mxsteer.said)

        def endless(out):
            try:
                while True:
                    out.write(b" " * 65536)
            except OSError:
                pass

        bouncer.ANSWER_BYTES_MAX, most = 1 << 20, bouncer.ANSWER_BYTES_MAX
        for status, body in ((200, b"<html>"), (200, b"[1]"), (403, b"{}"),
                             (302, b""), (200, b'{"new": 7}'),
                             (200, b"[" * 100000), (200, b"\xff\xfe{}"),
                             (200, endless)):
            FakeLapi.status, FakeLapi.body = status, body
            LOG.clear()
            self.assertFalse(self.bouncer.round(), body)
            self.assertFalse(self.bouncer.round())
            self.assertEqual(len(LOG), 1, LOG)
        bouncer.ANSWER_BYTES_MAX = most
        self.assertEqual(self.mxsteer.said, before)
        self.assertFalse([a for a in FakeLapi.asked if "elsewhere" in a[0]])
        FakeLapi.status, FakeLapi.asked = 200, []
        self.answer([decision("203.0.113.9")])
        self.assertTrue(self.bouncer.round())
        self.assertIn("startup=true", FakeLapi.asked[0][0])
        self.assertIn("the LAPI works again", LOG)

    def test_nobody_listens_at_the_lapi(self):
        other = bouncer.Bouncer(bouncer.Lapi("http://127.0.0.1:1", "key"),
                                self.mxsteer, 3)
        self.assertFalse(other.round())
        self.assertEqual(self.mxsteer.said, [])

    def test_a_mxsteer_that_does_not_answer_is_asked_again(self):
        self.answer([decision("203.0.113.1", 1), decision("203.0.113.2", 2)])
        self.mxsteer.answers = [(3, ""), (2, "no control plane"), (3, "")]
        self.assertFalse(self.bouncer.round())
        self.answer(None)
        self.assertTrue(self.bouncer.round())
        denied = [s.split()[1] for s in self.mxsteer.said if "deny" in s]
        self.assertEqual(denied, ["203.0.113.1/32", "203.0.113.2/32",
                                  "203.0.113.2/32"])

    def test_a_refusal_is_told_once(self):
        self.answer([decision("10.0.2.11")])
        self.mxsteer.answers = [(1, "it has the MTA mx/a in it")]
        self.bouncer.round()
        self.answer(None)
        self.bouncer.round()
        self.assertEqual(len([x for x in LOG if "refused" in x]), 1)

    def test_rules_of_an_earlier_process_stay_or_go(self):
        self.mxsteer.there = [
            {"prefix": "203.0.113.1/32", "program": "crowdsec",
             "for_s": 3600},
            {"prefix": "203.0.113.2/32", "program": "crowdsec", "for_s": 9},
            {"prefix": "203.0.113.3/32", "program": "fail2ban", "for_s": 9},
            {"prefix": "203.0.113.4/32", "program": None, "for_s": None}]
        self.answer([decision("203.0.113.1")])
        self.bouncer.round()
        self.assertEqual(self.mxsteer.said[0],
                         "forget 203.0.113.2/32 --by crowdsec")
        self.assertFalse([s for s in self.mxsteer.said if "deny" in s])

    def test_decisions_end_by_themselves(self):
        self.answer([decision("203.0.113.1", 1, duration="1.5s"),
                     decision("203.0.113.2", 2, "lists", duration="1.5s")])
        self.bouncer.round()
        self.assertEqual(self.listed(), ["203.0.113.2/32"])
        self.answer(None)
        wait = time.monotonic() + 30
        while self.listed() and time.monotonic() < wait:
            time.sleep(0.1)
            self.bouncer.round()
        self.assertEqual(self.listed(), [])
        self.assertEqual(self.bouncer.decisions.count, 0)

    def test_50000_decisions_are_one_file(self):
        bouncer_, rows = self.bouncer, [
            decision(f"{11 + n // 65536}.{n // 256 % 256}.{n % 256}.7", n,
                     "lists") for n in range(50_000)]
        self.answer(rows)
        self.assertTrue(bouncer_.round())
        self.assertEqual(len(self.listed()), 50_000)
        self.assertEqual(self.mxsteer.said, ["reload lists"])

    def test_the_file_has_the_time_of_the_last_decisions(self):
        self.mxsteer.fresh_s = 60
        self.answer([decision("203.0.113.2", 2, "lists")])
        self.assertTrue(self.bouncer.round())
        self.assertEqual(self.path.read_text().splitlines()[0],
                         "# fresh for 60s")
        self.assertLess(abs(self.path.stat().st_mtime - time.time()), 30)
        self.mxsteer.renewed -= 500
        self.mxsteer.stamped -= 600
        FakeLapi.status = 403
        self.assertFalse(self.bouncer.round())
        self.assertGreater(time.time() - self.path.stat().st_mtime, 400)
        FakeLapi.status = 200
        self.answer([decision("203.0.113.2", 2, "lists")])
        self.assertTrue(self.bouncer.round())
        self.assertLess(abs(self.path.stat().st_mtime - time.time()), 30)
        self.path.unlink()
        self.mxsteer.stamped -= 25
        self.assertFalse(self.bouncer.round())
        self.assertTrue(self.bouncer.round())
        self.assertEqual(self.listed(), ["203.0.113.2/32"])

    def test_a_list_that_cannot_be_written_is_tried_again(self):
        self.mxsteer.path = str(Path(self.folder.name) / "none" / "deny.txt")
        self.answer([decision("203.0.113.2", 2, "lists")])
        self.assertFalse(self.bouncer.round())
        self.assertIn("cannot be written", LOG[-1])
        Path(self.mxsteer.path).parent.mkdir()
        self.answer(None)
        self.assertTrue(self.bouncer.round())


if __name__ == "__main__":
    unittest.main()
