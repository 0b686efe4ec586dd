#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
import re
import subprocess
import textwrap

import bird
import frr
from boxes import BoxLab, snat_of
from boxevents import Site
from boxmail import Knocks
from lab import ROOT, check, main, skip, wait_for

PAGE = ROOT / "config/group/README.md"
KEEPALIVED = "peers/keepalived/usr/sbin/keepalived"
ENGINES = {"BIRD": bird, "FRR": frr}


def section(name):
    """The text of a section that stands apart: what is written into files."""
    found = re.search(rf"^## {name}\n(.*?)(?=^## |\Z)", PAGE.read_text(),
                      re.M | re.S)
    return [textwrap.dedent(block) for block in
            re.findall(r"(?:^    .*\n|^\n(?=    ))+", found[1], re.M)]


def of_box(text, number):
    """The page has the text of box 1."""
    for word in ("172.16.1.", "172.17.1."):
        text = text.replace(word, f"{word[:-2]}{number}.")
    return text.replace("65001", str(bird.ROUTER_AS + number)).replace(
        f"{snat_of(1)}/32", f"{snat_of(number)}/32")


class PageLab(BoxLab):
    """The routes of each box are announced as the page says."""

    engine = None

    def config_text(self, **changes):
        return super().config_text(**changes) + "".join(
            section("Routes that are there while the data plane runs"))

    def start_routing(self, box):
        return ENGINES[self.engine].start(self, box.name, of_box(
            "".join(section(self.engine)), box.number))


class BirdLab(PageLab):
    engine = "BIRD"


class FrrLab(PageLab):
    engine = "FRR"


def snat_path(lab, number):
    """The box that the router sends replies to that SNAT address to."""
    out = lab.run("router", "ip", "route", "get", snat_of(number),
                  check=False, stdout=subprocess.PIPE,
                  stderr=subprocess.DEVNULL).stdout.decode()
    hop = re.search(r"via 172\.17\.(\d+)\.", out)
    return hop and int(hop[1])


def dies_and_returns(lab, number, other):
    box = lab.boxes[number]
    # The sides of a box know nothing of each other.
    wait_for(lambda: [snat_path(lab, n) for n in lab.boxes] == list(lab.boxes),
             "replies come to the box of their SNAT address")
    with Knocks(lab) as knocks:
        wait_for(lambda: len(knocks.accepted) > 3, "mail flows")
        box.kill()
        lab.wait_paths([other])
        wait_for(lambda: snat_path(lab, number) == other,
                 "the other box has its SNAT address")
        box.start().announce()
        lab.wait_paths(lab.boxes)
        wait_for(lambda: snat_path(lab, number) == number,
                 "it has its SNAT address again")
        count = box.sessions()
        wait_for(lambda: box.sessions() > count, "it gets new sessions")
        box.kill_parts("dataplane")
        lab.wait_paths([other])
        box.start_parts("dataplane")
        lab.wait_paths(lab.boxes)
    lost, doubled = knocks.fate()
    check(lost == doubled == 0, f"{lab.engine}: a box dies and returns, and its "
          f"data plane alone; of {len(knocks.accepted)} mails none is lost or "
          "doubled")


def keepalived_reads_it(lab):
    """All but the interfaces, which are the page's."""
    text = lab.dir / "keepalived.conf"
    text.write_text(section("keepalived")[-1].replace("eth0", "mxs-wan"))
    done = lab.run("box1", lab.build / KEEPALIVED, "--config-test", "-f", text,
                   check=False, stdout=subprocess.PIPE,
                   stderr=subprocess.STDOUT)
    print(done.stdout.decode(), end="", flush=True)
    check(done.returncode == 0, "keepalived: its configuration is good")


def test():
    """What the page on more than one box says of BIRD, FRR and keepalived works."""
    if not PAGE.exists():
        skip("there is no page on more than one box")
    for kind in (BirdLab, FrrLab):
        site = Site(2, joined=True, lab=kind)
        frr.need(site.lab.build)
        with site:
            dies_and_returns(site.lab, 1, 2)
            if kind is FrrLab:
                keepalived_reads_it(site.lab)


if __name__ == "__main__":
    main(test)
