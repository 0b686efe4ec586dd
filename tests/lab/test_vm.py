#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import vm
from lab import ROOT, check, main, skip, wait_for
from network import FAMILIES, LAN, WAN
from vmlab import CONFIG, IP, LOGS, SIDES, VmLab


@dataclass
class Scenario:
    """workers: the machine's cores that poll.  isolated: cores that its kernel
    leaves alone.  families: of the mail, one after another.  kill: the data
    plane is killed while mail flows.  spread: the card itself gives each frame
    to the worker that its session belongs to.  unplug: a card is taken out.
    bond: a second card stands by for that of wan."""
    workers: str = "[1]"
    isolated: str = ""
    families: tuple = (4,)
    kill: bool = False
    spread: bool = False
    unplug: bool = False
    bond: bool = False


SCENARIOS = {
    "e1000e": Scenario(isolated="1", families=(6, 4), kill=True, unplug=True),
    "vmxnet3": Scenario(families=(6,), unplug=True),
    "virtio": Scenario(workers="[0,1]", spread=True),
    "bond": Scenario(bond=True),
}


def check_machine(lab):
    """The machine is found unfit with a card that is not bound, and then fit.
    Its IOMMU and its cards are those of a kernel."""
    def examine():
        return (lab.machine.run("mxsteer-dataplane --list-ports"),
                *lab.machine.run(f"mxsteer-dataplane --check {CONFIG}",
                                 check=False))
    lab.machine.write(CONFIG, lab.config_text())
    card = lab.cards["wan"]
    lab.machine.run(f"echo {card.address} "
                    f">/sys/bus/pci/devices/{card.address}/driver/unbind")
    ports, status, found = examine()
    cure = f"`driverctl set-override {card.address} vfio-pci`"
    check(cure in ports and cure in found and status == 1,
          "a card that is not bound is found, with what binds it")
    lab.machine.bind(card)
    ports, status, found = examine()
    check(ports.count("ready: driver: dpdk") == len(lab.cards) and status == 0,
          "with all cards bound the machine is fit")
    check(("other programs can run on" in found) != ("1" in lab.isolated()),
          "worker cores that are not isolated are found")


def check_twins(lab):
    """The machine's kernel is reached through the twins, from either side.
    They use its vhost-net."""
    twins = [row["twin"] for row in lab.ask("show", "ports")["ports"]]
    check(twins == ["vhost", "vhost"], f"kinds of the twins: {twins}")
    for side, space in (("wan", "client"), ("lan", "mta1")):
        host, prefix = SIDES[side]
        for family in FAMILIES:
            address = f"{prefix[family]}{host}"
            done = lab.run(space, "ping", "-c", "3", "-i", "0.3", "-W", "5",
                           address, check=False)
            check(done.returncode == 0,
                  f"the machine's kernel answers {address} from {space}")


def check_link(lab):
    """A cable that is pulled out shows."""
    card = lab.cards["wan"]
    for up, word in ((False, "down"), (True, "up")):
        lab.machine.set_link(card, up)
        lab.wait_link("wan", word)
        check(True, f"the link of wan is {word}")


def kill_dataplane(lab):
    """The twins keep their addresses, and sessions go on."""
    sender = lab.start_sender(60, sessions=10, think=1.0, high=100000)
    sender.wait_accepted(15)
    alive = lab.ask("show", "sessions")["total"]
    lab.dataplane.kill()
    left = lab.machine.run(f"{IP} -br address")
    check(f"{WAN[4]}2/" in left and f"{LAN[6]}1/" in left,
          "the twins of a killed data plane keep their addresses")
    check(lab.machine.run(f"{IP} route").count("dev mxs-") == 2,
          "and their routes")
    lab.start_dataplane()
    check(alive > 0, f"killed with {alive} sessions in the table")
    sender.check_exactly_once()


def unplug_card(lab):
    """The kernel gets the card back, and the other port goes on."""
    card = lab.cards["wan"]
    lab.machine.unplug(card)
    lab.wait_link("wan", "gone")
    wait_for(lambda: lab.machine.run(
        f"[ -e /sys/bus/pci/devices/{card.address} ]", check=False)[0] != 0,
        "the machine has let the card go")
    host, prefix = SIDES["lan"]
    done = lab.run("mta1", "ping", "-c", "3", "-i", "0.3", "-W", "5",
                   f"{prefix[4]}{host}", check=False)
    check(done.returncode == 0 and lab.dataplane.alive(),
          "a card that is unplugged does not stop the port of the other")
    check(f"there is no device {card.address}" in
          lab.run_cli("status").stdout, "the status names it")


def cut_cable(lab):
    """The card that stands by takes over, and sessions go on."""
    sender = lab.start_sender(60, sessions=10, think=1.0, high=100000)
    sender.wait_accepted(10)
    lab.machine.set_link(lab.cards["wan"], False)
    sender.check_exactly_once()
    row = next(row for row in lab.ask("show", "ports")["ports"]
               if row["port"] == "wan")
    log = lab.machine.run(f"cat {LOGS['dataplane']}")
    check(f"member {lab.cards['wan'].address} has no link" in log,
          "the log names the card whose cable is cut")
    check(row["link"] == "up" and row["device"] == "net_bonding0",
          "the bond keeps its link with one card of two")
    lab.machine.set_link(lab.cards["spare"], False)
    lab.wait_link("wan", "down")
    check(True, "the bond has no link without a card")


def check_mail(lab, scenario):
    sender = lab.start_sender(60, sessions=10, high=300000)
    sender.check_exactly_once()
    sender.check_true_clients()
    drops = lab.check_accounts()
    handed = drops["handed_off"]
    if scenario.spread:
        check(handed == 0 and all(
            row["tx"] for row in lab.ask("show", "workers")["workers"]),
              "both workers forward, and the card has handed each frame to the "
              "right one")
        family = f"ipv{scenario.families[0]}"
        wait_for(lambda: all(row["rss"][family] == "proven" for row in
                             lab.ask("show", "ports")["ports"]),
                 "the mail has proven the RSS of both cards")
        check(not any(row["rss"]["astray"] for row in
                      lab.ask("show", "ports")["ports"]),
              "no segment came by another queue than computed")


def test():
    """Mail passes through emulated network cards that DPDK drives, in a virtual
    machine."""
    model = sys.argv[1]
    scenario = SCENARIOS[model]
    missing = vm.lacks(Path(os.environ.get("MXSTEER_BUILD", ROOT / "build")))
    if missing:
        skip(missing)
    words = f"isolcpus={scenario.isolated}" if scenario.isolated else ""
    with VmLab("virtio" if scenario.bond else model, words=words,
               bond=scenario.bond, workers=scenario.workers, proxy="v2",
               family=scenario.families[0]) as lab:
        lab.power_on()
        lab.start_mtas()
        lab.boot()
        check(lab.isolated() == scenario.isolated,
              f"isolated cores: {scenario.isolated or None}")
        check_machine(lab)
        for family in scenario.families:
            print(f"--- IPv{family}", flush=True)
            lab.use_family(family)
            lab.start_mxsteer()
            check_mail(lab, scenario)
            if family == scenario.families[-1]:
                check_twins(lab)
                if scenario.bond:
                    cut_cable(lab)
                else:
                    check_link(lab)
                if scenario.kill:
                    kill_dataplane(lab)
                if scenario.unplug:
                    unplug_card(lab)
            lab.stop_mxsteer()


if __name__ == "__main__":
    main(test)
