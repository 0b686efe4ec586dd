# SPDX-License-Identifier: BSD-3-Clause
"""keepalived in the lab: two boxes on one Ethernet, and which of them answers for the
VIP.

tests/packages has unpacked it into the folder of the build."""

from claims import Failed, skip, wait_for

PROGRAM = "peers/keepalived/usr/sbin/keepalived"
START_S = 60


def need(build):
    """Skip the test if keepalived is not there."""
    if not (build / PROGRAM).exists():
        skip("keepalived is not there: run tests/packages tests")


def box_text(shipped, changes):
    """The shipped configuration for a box of the lab.  changes: {what it says: what
    it is to say}; all must be there."""
    for old, new in changes.items():
        if old not in shipped:
            raise Failed(f"the shipped configuration lacks {old!r}")
        shipped = shipped.replace(old, str(new))
    return shipped


def start(lab, space, text):
    """Start it in a namespace; returns its processes."""
    path = lab.dir / f"{space}.keepalived.conf"
    pids = [lab.dir / f"{space}.keepalived.{part}" for part in ("pid", "vrrp")]
    path.write_text(text)
    for pid in pids:
        pid.unlink(missing_ok=True)
    # On a busy machine the other box would take it for dead.
    process = lab.spawn(space, [
        "nice", "-n", "-20", lab.build / PROGRAM, "--dont-fork", "--log-console",
        "--vrrp", "--use-file", path, "--pid", pids[0], "--vrrp_pid", pids[1]],
        log=lab.dir / f"{space}.keepalived.log")
    wait_for(lambda: pids[1].exists() or not process.alive(),
             f"keepalived of {space} runs", START_S)
    return [process]
