# SPDX-License-Identifier: BSD-3-Clause
"""FRR in the lab: zebra, bfdd and bgpd of an unpacked package, in a folder of
their own."""

import subprocess
from pathlib import Path

from claims import skip, wait_for

TREE = "peers/frr"
DAEMONS = ("zebra", "bfdd", "bgpd")
START_S = 60

# They want a group of their own, which only they see: `ip netns exec` gives each
# command its own mounts.
WITH_GROUP = ["sh", "-c", 'mount --bind "$0" /etc/group && exec "$@"']


def need(build):
    """Skip the test if FRR is not there."""
    if not (build / TREE).is_dir():
        skip("FRR is not there: run tests/packages tests")


def start(lab, space, text):
    """Start them in a namespace, and give them the configuration; returns their
    processes."""
    tree, folder = lab.build / TREE, lab.dir / f"{space}.frr"
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    group = folder / "group"
    group.write_text(Path("/etc/group").read_text() + "frrvty:x:65533:root\n")
    (folder / "vtysh.conf").write_text("username root nopassword\n")
    (folder / "frr.conf").write_text(text)
    env = {"LD_LIBRARY_PATH": str(tree / "usr/lib/x86_64-linux-gnu/frr")}
    processes = []
    for name in DAEMONS:  # zebra first: who finds none looks again 10 s later
        processes.append(lab.spawn(space, [
            *WITH_GROUP, group, tree / "usr/lib/frr" / name, "-u", "root", "-g",
            "root", "-z", folder / "zserv.api", "--vty_socket", folder, "-i",
            folder / f"{name}.pid", "-A", "127.0.0.1", "-P", "0", "-f",
            "/dev/null", "--log", "stdout"], env=env,
            log=lab.dir / f"{space}.{name}.log"))
        wait_for(lambda: (folder / f"{name}.vty").exists() or
                 not processes[-1].alive(), f"{name} of {space} runs", START_S)
    lab.run(space, "env", *(f"{key}={value}" for key, value in env.items()),
            tree / "usr/bin/vtysh", "--vty_socket", folder, "--config_dir",
            folder, "-f", folder / "frr.conf", stderr=subprocess.STDOUT)
    return processes
