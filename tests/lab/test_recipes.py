#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
import subprocess
import sys

from dockerhost import DockerLab
from exchange import ExchangeLab
from lab import check, main, rounds
from moving import HaproxyLab
from mxmove import MxLab
from recipes import FOLDER, MTAS, CrowdLab, RecipeLab

OWN = "198.51.100.105"

# Of recipes that have more to try than mail by the VIP.
LABS = {"postfix": CrowdLab, "exim": CrowdLab, "opensmtpd": CrowdLab,
        "haraka": CrowdLab, "exchange": ExchangeLab, "mailcow": DockerLab,
        "docker-mailserver": DockerLab, "from-haproxy": HaproxyLab,
        "from-mx": MxLab}

# Their MTAs tell those who send no PROXY header after some seconds.
TELL_SOON = {"postfix", "postscreen", "exim", "mailcow"}


def doctor(lab, inbox):
    """What the recipe's command says on a client, in its last lines."""
    words = lab.blocks["console"].split()
    assert words[:3] == ["$", "mxsteer", "doctor"], words
    done = lab.run("client", lab.build / "controlplane/mxsteer", *words[2:],
                   "from", OWN, *(("mailbox", inbox) if inbox else ()),
                   check=False,
                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                   timeout=120)
    return done.stdout.decode()


def send_no_header(lab, name):
    """A host that comes without mxsteer hears what the recipe quotes."""
    with lab.connect("lb", lab.mta_address("mta1", 4), lab.entrance[0]) as sock:
        with sock.makefile("r", newline="") as lines:
            said = lines.readline()
            if said.startswith("220"):
                sock.sendall(b"EHLO client.example.net\r\n")
                said = lines.readline()
    said = " ".join(said.replace("mta1.example.org ", "").split())
    check(f"`{said}`" in " ".join((FOLDER / f"{name}.md").read_text().split()),
          f"without a header: {said}, as the recipe has it")


def one_recipe(name):
    print(f"--- {name}", flush=True)
    with LABS.get(name, RecipeLab)(name) as lab:
        lab.walk()
        if name in TELL_SOON:
            send_no_header(lab, name)
        # One MTA is left, so that its mailbox is known.
        lab.cli("drain", "mx/mta2")
        wanted = lab.blocks["doctor"].splitlines()
        by_message = "Received" in lab.blocks["doctor"]
        said = doctor(lab, lab.mtas["mta1"].dir / "inbox"
                      if by_message else None)
        missing = [line for line in wanted if line not in said.splitlines()]
        check(not missing, f"doctor mail says what the recipe shows "
              f"{(missing, said) if missing else ''}")
        lab.check_accounts()


def test():
    """Mail comes through with the settings of each recipe as they stand there, and
    MTAs see its clients."""
    for name in rounds(MTAS, lambda name: (name,)):
        if not sys.argv[1:] or name in sys.argv[1:]:
            one_recipe(name)


if __name__ == "__main__":
    main(test)
