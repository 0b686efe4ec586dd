# SPDX-License-Identifier: BSD-3-Clause
"""What a test says about the product, and how it says that it is not so."""

import sys
import time


class Failed(Exception):
    """A claim about the product that does not hold."""


def check(claim, words):
    """The tests' assertion: says what holds, raises what does not."""
    if not claim:
        raise Failed(words)
    print("  ok   " + words, flush=True)


def wait_for(condition, words, limit_s=60):
    """Poll until condition() is true; its last value is returned."""
    deadline = time.monotonic() + limit_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise Failed(f"waited {limit_s} s in vain: {words}")
        time.sleep(0.05)


SKIPPED = 77  # what meson takes for a skipped test


def skip(reason):
    """End this test: it needs what is not to be had here."""
    print(f"skipped: {reason}", flush=True)
    sys.exit(SKIPPED)


def main(test):
    """Run one lab test as a program."""
    print(test.__doc__.strip().splitlines()[0], flush=True)
    try:
        test()
    except Failed as failure:
        print(f"FAIL {failure}", flush=True)
        sys.exit(1)
    print("PASS", flush=True)
