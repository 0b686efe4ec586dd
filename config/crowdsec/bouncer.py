# SPDX-License-Identifier: BSD-3-Clause
"""A bouncer of CrowdSec: mxsteer refuses new sessions of the clients that CrowdSec
bans.  It asks the local API (LAPI) for decisions every few seconds.

  decisions of this site      -> rules:      mxsteer deny PREFIX --by crowdsec for TIME
  community and block lists,  -> a deny list: FILE of --list, which the key `deny` of
  and what is too many           a service names

A rule ends by itself, also if CrowdSec or this program dies.  The file is replaced
as a whole; a prefix stays in it until this program takes it out.
"""

import argparse
import http.client
import ipaddress
import json
import math
import os
import re
import shlex
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter

ANSWER_BYTES_MAX = 256 << 20
ANSWER_S_MAX = 120  # a LAPI that sends slowly
DECISIONS_MAX = 1_000_000
WIDE_BITS = {4: 8, 6: 16}  # what is shorter is hardly meant, as mxsteer says
RULE_S_MAX = 366 * 86400
LISTS = ("capi", "lists")  # origins: the community, subscribed block lists
DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?")


class Fault(Exception):
    """A round that cannot be finished, and is tried again."""


class LeftOut(Exception):
    """Why a decision does not count."""


def log(words):
    print(words, file=sys.stderr, flush=True)


def plain(text, most=60):
    """A text of others, for the log."""
    return "".join(c if c.isprintable() else "?" for c in str(text)[:most])


def parse_duration(text):
    """Seconds of "3h59m57.4s"; milliseconds and less are no time."""
    match = DURATION.fullmatch(text) if isinstance(text, str) and \
        len(text) < 40 else None
    if not match or not any(match.groups()):
        raise LeftOut("with no time")
    hours, minutes, seconds = (float(part or 0) for part in match.groups())
    return hours * 3600 + minutes * 60 + seconds


def parse_prefix(decision):
    """The prefix of a decision, as mxsteer writes it."""
    scope, value = decision.get("scope"), decision.get("value")
    if not isinstance(scope, str) or not isinstance(value, str):
        raise LeftOut("without scope and value")
    if scope.lower() not in ("ip", "range"):
        raise LeftOut(f"of scope {plain(scope, 20)}")
    try:
        prefix = ipaddress.ip_network(value, strict=False)
    except ValueError:
        raise LeftOut("with no address as value") from None
    if "%" in value:
        raise LeftOut("with no address as value")
    if prefix.prefixlen < WIDE_BITS[prefix.version]:
        raise LeftOut("with too wide a range")
    return str(prefix)


class Decisions:
    """Those that are in force, by prefix: {id: (end, origin)}."""

    def __init__(self):
        self.of = {}
        self.count = 0

    def take(self, answer, now):
        """Take the answer of the LAPI in.  Returns who was left out and why, and
        an example of each."""
        left_out, example = Counter(), {}
        for key, change in (("deleted", self._remove), ("new", self._add)):
            rows = answer.get(key) or []
            if not isinstance(rows, list):
                raise Fault(f"the LAPI's answer has no list of {key}")
            for row in rows:
                try:
                    if not isinstance(row, dict):
                        raise LeftOut("that are no objects")
                    change(row, now)
                except LeftOut as why:
                    if key == "new":
                        left_out[str(why)] += 1
                        example.setdefault(str(why), plain(
                            row.get("value") if isinstance(row, dict)
                            else row))
        return left_out, example

    def _add(self, row, now):
        kind = row.get("type")
        if not isinstance(kind, str) or kind.lower() != "ban":
            raise LeftOut(f"of type {plain(kind, 20)}")
        prefix = parse_prefix(row)
        end = now + parse_duration(row.get("duration"))
        if self.count >= DECISIONS_MAX:
            raise LeftOut(f"above the {DECISIONS_MAX} that may be")
        ids = self.of.setdefault(prefix, {})
        ident = str(row.get("id"))
        self.count += ident not in ids
        ids[ident] = (end, str(row.get("origin")).lower())

    def _remove(self, row, _now):
        prefix = parse_prefix(row)
        ids = self.of.get(prefix, {})
        if ids.pop(str(row.get("id")), None):
            self.count -= 1
        if not ids:
            self.of.pop(prefix, None)

    def expire(self, now):
        for prefix, ids in list(self.of.items()):
            for ident in [i for i, (end, _) in ids.items() if end <= now]:
                del ids[ident]
                self.count -= 1
            if not ids:
                del self.of[prefix]

    def share_out(self, rules_max, known):
        """Returns {prefix: end} of rules, and the prefixes of the list.  Those of
        which mxsteer has a rule come first, and keep it."""
        rules, listed = {}, set()
        for prefix, ids in sorted(self.of.items(),
                                  key=lambda row: row[0] not in known):
            end = max(end for end, _ in ids.values())
            if all(origin in LISTS for _, origin in ids.values()):
                listed.add(prefix)
            elif len(rules) < rules_max:
                rules[prefix] = end
            else:
                listed.add(prefix)
        return rules, listed


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """The key is for the LAPI alone."""

    def redirect_request(self, *_):
        return None


class Lapi:
    """CrowdSec's local API."""

    def __init__(self, url, key):
        self.url, self.key = url.rstrip("/"), key
        self.opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), NoRedirect)

    def ask(self, startup):
        """New and deleted decisions since the last answer; or all."""
        request = urllib.request.Request(
            f"{self.url}/v1/decisions/stream?startup={str(startup).lower()}",
            headers={"X-Api-Key": self.key, "User-Agent": "mxsteer-bouncer/1"})
        try:
            with self.opener.open(request, timeout=30) as reply:
                text = self._read(reply)
            answer = json.loads(text)
        except (OSError, ValueError, RecursionError,
                http.client.HTTPException) as error:
            raise Fault(f"the LAPI at {self.url} gives no decisions: "
                        f"{plain(error, 120)}") from None
        if not isinstance(answer, dict):
            raise Fault("the LAPI's answer is no object")
        return answer

    @staticmethod
    def _read(reply):
        until, parts, size = time.monotonic() + ANSWER_S_MAX, [], 0
        while part := reply.read1(1 << 20):
            parts.append(part)
            size += len(part)
            if size > ANSWER_BYTES_MAX or time.monotonic() > until:
                raise ValueError("its answer is too long, or too slow")
        return b"".join(parts)


class Mxsteer:
    """The rules that this program has given, and its list."""

    def __init__(self, command, program, path, fresh_s=900):
        self.command, self.program, self.path = command, program, path
        self.rules = {}     # prefix: end
        self.listed = None  # None: not written yet
        # When decisions last came, and what the file says of that.
        self.fresh_s, self.renewed, self.stamped = fresh_s, 0, 0
        self.refused = {}   # prefix: what mxsteer said

    def run(self, *words):
        """Returns the status and the text.  Raises Fault if nobody answers."""
        try:
            done = subprocess.run(
                [*self.command, *words], stdin=subprocess.DEVNULL, text=True,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60,
                check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise Fault(f"mxsteer: {plain(error, 120)}") from None
        if done.returncode not in (0, 1, 3):
            raise Fault(f"mxsteer: {plain(done.stdout.strip(), 200)}")
        return done.returncode, done.stdout

    def recall(self, now):
        """The rules of an earlier process of this program."""
        status, text = self.run("-j", "show", "denied")
        if status != 0:
            raise Fault(f"mxsteer: {plain(text.strip(), 200)}")
        self.rules = {
            str(ipaddress.ip_network(row["prefix"])):
            now + (row["for_s"] if row["for_s"] is not None else RULE_S_MAX)
            for row in json.loads(text)["rules"]
            if row["program"] == self.program}

    def follow_rules(self, wanted, now):
        for prefix in [p for p in self.rules if p not in wanted]:
            if self.rules[prefix] > now and prefix not in self.refused:
                self.run("forget", prefix, "--by", self.program)
            del self.rules[prefix]
            self.refused.pop(prefix, None)
        for prefix, end in wanted.items():
            # What a rule lacks of its time is given when it is much.
            if self.rules.get(prefix, 0) >= end - 30:
                continue
            left = min(RULE_S_MAX, max(1, math.ceil(end - now)))
            status, text = self.run("deny", prefix, "--by", self.program,
                                    "for", f"{left}s", "decision of CrowdSec")
            self.rules[prefix] = end
            if status == 1 and prefix not in self.refused:
                self.refused[prefix] = text
                log(f"refused: {plain(text.strip(), 200)}")
            elif status != 1:
                self.refused.pop(prefix, None)

    def follow_list(self, listed):
        """Replace the file.  Its time is that of the last decisions."""
        if self.path is None or listed == self.listed:
            self._renew()
            return
        draft = f"{self.path}.new"
        try:
            with open(draft, "w", encoding="ascii") as out:
                out.write(f"# fresh for {self.fresh_s}s\n"
                          "# Written by mxsteer's bouncer of CrowdSec.\n")
                out.writelines(f"{prefix}\n" for prefix in sorted(listed))
                out.flush()
                os.fsync(out.fileno())
            os.chmod(draft, 0o644)
            os.utime(draft, (self.renewed, self.renewed))
            os.replace(draft, self.path)
        except OSError as error:
            raise Fault(f"{self.path} cannot be written: {error}") from None
        self.listed, self.stamped = set(listed), self.renewed
        log(f"{self.path}: {len(listed)} prefixes")
        # mxsteer looks at the file by itself, too, every few seconds.
        self.run("reload", "lists")


    def _renew(self):
        """Set the file's time; not often, since mxsteer then reads it."""
        if not self.path or self.renewed - self.stamped < self.fresh_s / 3:
            return
        try:
            os.utime(self.path, (self.renewed, self.renewed))
        except OSError as error:
            self.listed = None  # write it anew
            raise Fault(f"{self.path} cannot be renewed: {error}") from None
        self.stamped = self.renewed


class Bouncer:
    """resync: seconds after which all decisions are asked for, and not only what
    changed.  The LAPI of CrowdSec 1.4.6 leaves some out that it gets while it
    answers."""

    def __init__(self, lapi, mxsteer, rules_max, resync=300):
        self.lapi, self.mxsteer, self.rules_max = lapi, mxsteer, rules_max
        self.resync = resync
        self.decisions = Decisions()
        self.fresh_at = 0  # when all decisions are asked for
        self.recalled = False
        self.faults = {}
        self.left_out = ()  # what the log has, so that it is told once
        self.told = None

    def attempt(self, what, work):
        """Do a part of the round.  A fault is told once, and its end."""
        try:
            result = work()
        except Fault as fault:
            if self.faults.get(what) != str(fault):
                log(f"{fault}; trying again")
            self.faults[what] = str(fault)
            return None
        if self.faults.pop(what, None):
            log(f"{what} works again")
        return result if result is not None else True

    def pull(self):
        now = time.monotonic()
        fresh_at, self.fresh_at = self.fresh_at, 0  # after a fault
        startup = now >= fresh_at
        answer = self.lapi.ask(startup)
        decisions = Decisions() if startup else self.decisions
        left_out, example = decisions.take(answer, now)
        self.decisions = decisions
        self.mxsteer.renewed = time.time()
        self.fresh_at = now + self.resync if startup else fresh_at
        for why, count in sorted(left_out.items()):
            words = f"left out: {count} decisions {why}, such as {example[why]}"
            if words not in self.left_out:
                log(words)
            self.left_out = (*self.left_out[-100:], words)

    def push(self):
        now = time.monotonic()
        self.decisions.expire(now)
        if not self.recalled:
            self.mxsteer.recall(now)
            self.recalled = True
        rules, listed = self.decisions.share_out(self.rules_max,
                                                 self.mxsteer.rules)
        self.mxsteer.follow_rules(rules, now)
        self.mxsteer.follow_list(listed)
        told = (len(rules), len(listed))
        if told != self.told:
            log(f"{self.decisions.count} decisions: {told[0]} rules, "
                f"{told[1]} prefixes of the list" +
                (", which are left out: there is no --list"
                 if listed and self.mxsteer.path is None else ""))
            self.told = told

    def round(self):
        # Without any answer yet, what an earlier process gave stays.
        pulled = self.attempt("the LAPI", self.pull)
        if pulled or self.told is not None:
            return bool(self.attempt("mxsteer", self.push) and pulled)
        return False


def main():
    parser = argparse.ArgumentParser(
        description="A bouncer of CrowdSec for mxsteer.")
    parser.add_argument("--url", default="http://127.0.0.1:8080",
                        help="the LAPI (%(default)s)")
    parser.add_argument("--key-file", required=True,
                        help="what `cscli bouncers add mxsteer` printed")
    parser.add_argument("--list", help="the file of a deny list")
    parser.add_argument("--rules-max", type=int, default=500,
                        help="rules; others go to the list (%(default)s)")
    parser.add_argument("--interval", type=float, default=10,
                        help="seconds between two rounds (%(default)s)")
    parser.add_argument("--resync", type=float, default=300,
                        help="seconds after which all decisions are asked "
                        "for (%(default)s)")
    parser.add_argument("--mxsteer", default="mxsteer", type=shlex.split,
                        help="the command, such as 'mxsteer -s SOCKET'")
    parser.add_argument("--program", default="crowdsec",
                        help="the name in `mxsteer show denied` (%(default)s)")
    parser.add_argument("--once", action="store_true",
                        help="one round; exit status 1 if it failed")
    args = parser.parse_args()
    try:
        with open(args.key_file, encoding="ascii") as file:
            key = file.read(1024).strip()
    except (OSError, ValueError) as error:
        sys.exit(f"{args.key_file}: {error}")
    if not key.isprintable() or not key:
        sys.exit(f"{args.key_file}: expected the key of a bouncer")
    bouncer = Bouncer(Lapi(args.url, key),
                      Mxsteer(args.mxsteer, args.program, args.list,
                              max(60, math.ceil(3 * args.resync))),
                      args.rules_max, args.resync)
    while True:
        done = bouncer.round()
        if args.once:
            sys.exit(0 if done else 1)
        time.sleep(args.interval)


if __name__ == "__main__":
    main()
