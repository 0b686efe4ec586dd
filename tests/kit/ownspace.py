# SPDX-License-Identifier: BSD-3-Clause
"""A test program in a network namespace of its own, and its waits.

Without root that is a user namespace as well.  The mounts are its own, too."""

import os
import subprocess
import sys
import time

SKIPPED = 77  # as meson wants it
BEGUN_BY = "MXSTEER_TEST_BEGUN_BY"


def enter():
    """Begin the program anew, inside; ends it if that cannot be."""
    if BEGUN_BY in os.environ:
        return
    root = os.geteuid() == 0
    unshare = ["unshare", "-nm" if root else "-rnm"]
    if subprocess.run([*unshare, "true"], check=False).returncode != 0:
        print("skipped: no network namespace is to be had here")
        sys.exit(SKIPPED)
    os.environ[BEGUN_BY] = "root" if root else "user"
    os.execvp(unshare[0], [*unshare, sys.executable, *sys.argv])


def is_root():
    """Did root begin the program?"""
    return os.environ.get(BEGUN_BY) == "root"


def wait_for(condition, what, limit_s=60):
    end = time.monotonic() + limit_s
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"never: {what}")
        time.sleep(0.02)
