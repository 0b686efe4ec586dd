# SPDX-License-Identifier: BSD-3-Clause
"""Claims of a test about the product, and how a false claim ends it."""

import sys
import time


class Failed(Exception):
    """A claim about the product that does not hold."""


def check(claim, words):
    """The tests' assertion: print a claim that holds, raise one that does not."""
    if not claim:
        raise Failed(words)
    print("  ok   " + words, flush=True)


def wait_for(condition, words, limit_s=120):
    """Poll until condition() is true; its last value is returned.

    words: what is waited for, or a function that says what is there by then."""
    deadline = time.monotonic() + limit_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            said = words() if callable(words) else words
            raise Failed(f"waited {limit_s} s in vain: {said}")
        time.sleep(0.05)


SKIPPED = 77  # meson's status of a skipped test


def skip(reason):
    """End this test: it needs a part that is not there."""
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
