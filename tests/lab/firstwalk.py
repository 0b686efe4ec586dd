# SPDX-License-Identifier: BSD-3-Clause
"""The first steps with mxsteer, as the README tells them, in a bare Debian.

The commands are those of its chapter, and the first file is the one that is
installed.  The MTA is a real Postfix, which learns of the PROXY header late, as
that of somebody who reads on only when `status` says what is wrong."""

import os
import re
import shlex
import subprocess
from contextlib import contextmanager
from pathlib import Path

from claims import check, wait_for
from lab import ROOT
from process import Process
from recipes import RecipePostfix, read

TREES = Path(os.environ["MXSTEER_BUILD"]) / "mta"
CONFIG = "/etc/mxsteer/mxsteer.yaml"
CLIENT = "198.51.100.9"
STATUS = ("mxsteer", "-s", "/run/mxsteer/mx1.sock", "status")
NETWORK = f"""
for name in client mta1; do
	ip netns add $name
	ip -n $name link set lo up
done
ip link add wan type veth peer name eth0 netns client
ip link add lan type veth peer name eth0 netns mta1
ip address add 198.51.100.1/24 dev wan
ip address add 10.0.2.1/24 dev lan
ip -n client address add {CLIENT}/24 dev eth0
ip -n mta1 address add 10.0.2.11/24 dev eth0
for name in client mta1; do ip -n $name link set eth0 up; done
for name in wan lan; do ip link set $name up; done
"""


def commands():
    """Those of the chapter that begins with the folder of the configuration."""
    block = re.search(r"(^    sudo mkdir -p /etc/mxsteer\n(    .*\n)+)",
                      (ROOT / "README.md").read_text(), re.M)[1]
    return [shlex.split(line.replace("sudo ", ""), comments=True)
            for line in block.splitlines()]


def edit(guest, path):
    """What the README says to change; sooner checks, and less memory."""
    core = min(os.sched_getaffinity(0))
    text = guest.file(path).read_text()
    for old, new in (("workers: [1]", f"workers: [{core}]"),
                     ("idle: poll ", "idle: sleep"),
                     ("sessions-max: 1000000", "sessions-max: 1000"),
                     ("mxs-wan", "wan"), ("mxs-lan", "lan"),
                     ("interval: 10s", "interval: 1s")):
        assert old in text, f"{path} has no {old}"
        text = text.replace(old, new)
    guest.file(path).write_text(re.sub(r".*name: mta[23],.*\n", "", text))


def follow(guest):
    for words in commands():
        if words[0] == "sudoedit":
            edit(guest, words[1])
        # Huge pages are this machine's; walk() asks for the status.
        elif words[0] != "sysctl" and words != ["mxsteer", "status"]:
            guest.must(*words)
    check(True, "the README's commands do what they say")


@contextmanager
def postfix(guest):
    """The guest's network, and a Postfix of this machine in a part of it."""
    guest.must("sh", "-ec", NETWORK)
    guest.folder.chmod(0o711)  # it runs as nobody
    space = f"/proc/{guest.pid}/root/run/netns/mta1"

    def spawn(command, env, log):
        with open(log, "ab") as out:
            return Process(subprocess.Popen(
                ["nsenter", f"--net={space}", *map(str, command)],
                stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                env={**os.environ, **env}, start_new_session=True), log)
    mta = RecipePostfix("mta1", TREES, guest.file("/var/mta1"), spawn,
                        "off")
    mta.start()
    try:
        yield mta
    finally:
        mta.kill()


def expect_header(mta):
    """As the recipe says."""
    mta.blocks = read("postfix")
    mta.settle()


def walk(guest, mta):
    """From the installed package to a mail, and the address that its MTA saw."""
    follow(guest)
    wait_for(lambda: "it does not expect the PROXY header" in
             guest.run(*STATUS)[1],
             lambda: "status names the fault: " + guest.run(*STATUS)[1])
    check(guest.run(*STATUS)[0] == 2, "status says why no MTA serves")
    expect_header(mta)
    wait_for(lambda: guest.run(*STATUS)[0] == 0,
             lambda: "status is OK: " + guest.run(*STATUS)[1])
    status, said = guest.run(
        "ip", "netns", "exec", "client", "mxsteer", "doctor", "mail",
        "198.51.100.25:25", "to", "you@example.org", "mailbox",
        "/var/mta1/inbox")
    well = status == 0 and f"the MTA saw {CLIENT}, by the Received" in said
    check(well, f"doctor mail brings a message {'' if well else said}")
