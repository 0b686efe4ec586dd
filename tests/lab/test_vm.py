#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
import hashlib
import os
import random
import re
import socket
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import vm
from lab import ROOT, check, main, skip, wait_for
from network import FAMILIES, LAN, WAN
from vmlab import CONFIG, IP, LOGS, SIDES, VmLab

# {side: the namespace that reaches the machine there}
NEIGHBOURS = {"wan": "client", "lan": "mta1"}
ECHO_PORT, ECHO_BYTES = 7, 1 << 20


@dataclass
class Scenario:
    """workers: the machine's cores that poll.  isolated: cores that its kernel
    leaves alone.  families: of the mail, one after another.  kill: the data
    plane is killed while mail flows.  spread: the card itself gives each frame
    to the worker that its session belongs to.  unplug: a card is taken out.
    replug: it is put back, when a data plane has started without it.
    bond: its mode; wan has two cards, and a switch at the end of their cables.
    far: there are two NUMA nodes; the cards, the worker and a huge page of 1 GiB
    are on the second one.
    """
    workers: str = "[1]"
    isolated: str = ""
    families: tuple = (4,)
    kill: bool = False
    spread: bool = False
    unplug: bool = False
    replug: bool = False
    bond: str = ""
    far: bool = False


SCENARIOS = {
    "e1000e": Scenario(isolated="1", families=(6, 4), kill=True, unplug=True,
                       replug=True),
    "vmxnet3": Scenario(families=(6,), unplug=True, far=True),
    "virtio": Scenario(workers="[0,1]", spread=True),
    "bond": Scenario(bond="active-backup"),
    "lacp": Scenario(bond="lacp"),
}


def check_machine(lab):
    """The machine is found unfit with a card that is not bound, and then fit.
    Its IOMMU and its cards are those of a kernel."""
    def examine():
        return (lab.machine.run("mxsteer-dataplane --list-ports"),
                *lab.machine.run(f"mxsteer-dataplane --check {CONFIG}",
                                 check=False))
    lab.machine.write(CONFIG, lab.config_text(user="root"))
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


def check_ping(lab, side, family):
    host, prefix = SIDES[side]
    done = lab.run(NEIGHBOURS[side], "ping", "-c", "3", "-i", "0.3", "-W", "5",
                   f"{prefix[family]}{host}", check=False)
    check(done.returncode == 0, "the machine's kernel answers "
          f"{prefix[family]}{host} from {NEIGHBOURS[side]}")


def check_echo(lab, side):
    """A TCP session with a program of the machine, as SSH has one."""
    host, prefix = SIDES[side]
    data, back = random.Random(side).randbytes(ECHO_BYTES), hashlib.sha256()
    with lab.connect(NEIGHBOURS[side], f"{prefix[4]}{host}", ECHO_PORT) as sock:
        def send():
            sock.sendall(data)
            sock.shutdown(socket.SHUT_WR)
        sender = threading.Thread(target=send, daemon=True)
        sender.start()
        while got := sock.recv(65536):
            back.update(got)
        sender.join()
    check(back.digest() == hashlib.sha256(data).digest(),
          f"{ECHO_BYTES} bytes go by TCP from {NEIGHBOURS[side]} to a program "
          "of the machine, and come back whole")


def check_nodes(lab):
    """Without a page on the main thread's node, pages of 4 KiB do.  With the page
    that --check says, the data plane takes the page of 1 GiB near the cards."""
    def free_pages():
        return int(lab.machine.run(
            "cat /sys/devices/system/node/node1/hugepages/"
            "hugepages-1048576kB/free_hugepages"))
    _, found = lab.machine.run(f"mxsteer-dataplane --check {CONFIG}",
                               check=False)
    cure = re.search(r"`(echo 1 >\S+node0\S+)`", found)
    check(cure is not None and free_pages() == 1,
          "the first node has no huge page, and the second one has one")
    lab.start_dataplane()
    check(free_pages() == 1 and "using 4 KiB pages" in
          lab.machine.run(f"cat {LOGS['dataplane']}"),
          "the data plane uses no huge page then, and says so")
    lab.dataplane.kill(15)
    lab.machine.run(cure[1])
    lab.start_dataplane()
    check(free_pages() == 0, "with the page that --check says, it uses both")
    lab.dataplane.kill(15)


def check_twins(lab):
    """The machine's kernel is reached through the twins, from either side.
    They use its vhost-net."""
    twins = [row["twin"] for row in lab.ask("show", "ports")["ports"]]
    check(twins == ["vhost", "vhost"], f"kinds of the twins: {twins}")
    lab.machine.run(f"nc -ll -p {ECHO_PORT} -e cat >/dev/null 2>&1 &")
    for side in SIDES:
        for family in FAMILIES:
            check_ping(lab, side, family)
        check_echo(lab, side)


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
    wait_for(lambda: not lab.machine.has(card),
             "the machine has let the card go")
    check_ping(lab, "lan", 4)
    check(lab.dataplane.alive(),
          "a card that is unplugged does not stop the port of the other")
    check(f"there is no device {card.address}" in
          lab.run_cli("status").stdout, "the status names it")


def await_members(lab):
    """All members of the bond have their links, and the switch agrees."""
    both = {"active"} if lab.bond == "lacp" else {"active", "waiting"}
    wait_for(lambda: set(lab.members().values()) == both,
             f"the members of the bond are {both}")


def cut_cables(lab):
    """While mail flows, one cable of the bond is pulled out and put back, then
    the other.  Sessions go on by the card that is left."""
    sender = lab.start_sender(80, sessions=10, think=1.0, high=100000)
    for cut, left, accepted in (("wan", "spare", 15), ("spare", "wan", 40)):
        sender.wait_accepted(accepted)
        lab.set_cable(cut, False)
        cut_at = time.monotonic()
        wait_for(lambda: lab.members() == {cut: "down", left: "active"},
                 f"{left} carries the frames and {cut} has no link")
        check(True, f"{cut} is cut: that is shown after "
              f"{time.monotonic() - cut_at:.1f} s")
        log = lab.machine.run(f"cat {LOGS['dataplane']}")
        check(f"member {lab.cards[cut].address} has no link" in log,
              "the log names the card")
        if cut == "wan":
            lab.set_cable(cut, True)
            await_members(lab)
    sender.check_exactly_once()
    row = next(row for row in lab.ask("show", "ports")["ports"]
               if row["port"] == "wan")
    check(row["link"] == "up", "the bond keeps its link with one card of two")
    lab.set_cable("wan", False)
    lab.wait_link("wan", "down")
    check(True, "the bond has no link without a card")


def start_without_card(lab):
    """A data plane starts without a card that is gone.  When the card is there
    again, the data plane ends, and its successor takes the card up."""
    card = lab.cards["wan"]
    lab.dataplane.kill()
    lab.start_dataplane()
    lab.wait_link("wan", "gone")
    check_ping(lab, "lan", 4)
    check(f"port wan: there is no device {card.address} on this host" in
          lab.dataplane.text(),
          "a start without a card serves the port of the other, and logs it")
    lab.machine.plug(card)
    lab.machine.bind(card)
    wait_for(lambda: not lab.dataplane.alive(), "the data plane ends")
    check("is there now: ending" in lab.dataplane.text(),
          "with the card there again the data plane ends, for its supervisor")
    lab.start_dataplane()
    lab.wait_link("wan", "up")
    lab.start_sender(10).check_exactly_once()


def prove_rss(lab, family):
    """Half the classes of every queue are seen by chance, so mail goes on until
    they are."""
    def proven():
        return all(row["rss"][family] == "proven"
                   for row in lab.ask("show", "ports")["ports"])
    for _ in range(6):
        if proven():
            break
        lab.start_sender(60, sessions=10, high=5000).check_exactly_once()
    wait_for(proven, "the mail has proven the RSS of both cards")


def check_mail(lab, scenario):
    # Each worker of two is to have a part.
    sender = lab.start_sender(60 if scenario.spread else 30, sessions=10,
                              high=300000)
    sender.check_exactly_once()
    sender.check_true_clients()
    drops = lab.check_accounts()
    handed = drops["handed_off"]
    if scenario.spread:
        check(handed == 0 and all(
            row["tx"] for row in lab.ask("show", "workers")["workers"]),
              "both workers forward, and the card has handed each frame to the "
              "right one")
        prove_rss(lab, f"ipv{scenario.families[0]}")
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
    with VmLab("e1000e" if scenario.bond else model, words=words,
               bond=scenario.bond, far=scenario.far, workers=scenario.workers,
               proxy="v2", family=scenario.families[0]) as lab:
        lab.power_on()
        lab.start_mtas()
        lab.boot()
        check(lab.isolated() == scenario.isolated,
              f"isolated cores: {scenario.isolated or None}")
        check_machine(lab)
        if scenario.far:
            check_nodes(lab)
        for family in scenario.families:
            print(f"--- IPv{family}", flush=True)
            lab.use_family(family)
            lab.start_mxsteer()
            if scenario.bond:
                await_members(lab)
            check_mail(lab, scenario)
            if family == scenario.families[-1]:
                if scenario.bond:
                    cut_cables(lab)
                else:
                    check_twins(lab)
                    check_link(lab)
                if scenario.kill:
                    kill_dataplane(lab)
                if scenario.unplug:
                    unplug_card(lab)
                if scenario.replug:
                    start_without_card(lab)
            lab.stop_mxsteer()


if __name__ == "__main__":
    main(test)
