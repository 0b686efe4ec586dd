#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
import json
import signal
import sys

from drivers import UNCABLED
from lab import MTAS, Lab, check, main, wait_for
from network import LAN, WAN

SESSIONS = 100000
RATE = 5000  # a second
# At a time: their segments under way fit into the rings of a port.
AT_ONCE = 200
# Enough local ports: each is in use for as long as its session is closing.
TIMERS = "closing: 10s"
SNAT = " ".join(f"{LAN[4]}{host}" for host in (100, 101, 102))
CLIENTS = f"{WAN[4]}128/25"


class MemoryLab(Lab):
    """A lab in which mxsteer-gen is at the other end of mxsteer's ports, in
    shared memory: clients at one, MTAs at the other."""

    def __init__(self, **values):
        super().__init__(proxy="v2", timers=TIMERS, **values)
        self.values["snat"] = SNAT
        self.driver = UNCABLED[sys.argv[1]]

    def start_gen(self, *more):
        servers = [word for name in MTAS
                   for word in ("--server", self.mta_address(name, 4))]
        return self.spawn("lb", [
            self.build / "bench/gen/mxsteer-gen", "--quiet", "--wait",
            "--nap", 50, "--json", self.dir / "gen.json",
            "--client-vdev", self.driver.far_device(self, "wan"),
            "--server-vdev", self.driver.far_device(self, "lan"),
            "--clients", CLIENTS, "--target", self.vip, *servers,
            "--client-seen", "proxy-v2", *more])


def drops(lab):
    return lab.ask("show", "drops")["drops"]


def established(lab):
    rows = (lab.ask("show", "backends") or {"backends": []})["backends"]
    return sum(row["sessions_total"] for row in rows)


def judge(lab, sessions):
    report = json.loads((lab.dir / "gen.json").read_text())
    ended, messages = report["sessions"], report["messages"]
    check(ended["started"] == ended["completed"] >= sessions,
          f"{ended['completed']} of {ended['started']} sessions completed")
    check(messages["server"] == messages["accepted"] == ended["completed"] and
          messages["lost"] == messages["doubled"] == messages["damaged"] == 0,
          f"{messages['accepted']} messages arrived exactly once")
    check(ended["wrong_client"] == ended["proxy_bad"] == 0 and
          report["clean"], "each PROXY header named the client")


def check_counts_stay(lab, before):
    """A device may forget its counters with its peer; its port does not."""
    def rows():
        return lab.ask("show", "ports")["ports"]
    wait_for(lambda: all(row["link"] == "down" for row in rows()),
             "the ports have lost their links")
    for old, new in zip(before, rows()):
        check(new["rx"] >= old["rx"] > 0 and new["tx"] >= old["tx"] > 0,
              f"port {old['port']} without its peer still counts "
              f"{new['rx']} frames")


def many(workers, sessions):
    """Nothing is lost in many sessions."""
    print(f"--- workers {workers}, {sessions} sessions", flush=True)
    with MemoryLab(workers=workers) as lab:
        lab.start_dataplane()
        wait_for(lambda: " up: " in lab.dataplane.log.read_text(),
                 "the data plane is up")
        gen = lab.start_gen("--rate", RATE, "--at-once", AT_ONCE,
                            "--duration", "30m", "--drain", "60s")
        lab.start_controlplane()
        lab.wait_up(*MTAS)
        # The kernel of lb sends before the ports have their links.
        before = drops(lab)
        gen.signal(signal.SIGUSR1)
        wait_for(lambda: established(lab) >= sessions,
                 f"{sessions} sessions have begun", 300)
        # With the generator's end the ports lose their links.
        after = drops(lab)
        lost = {reason: n - before[reason] for reason, n in after.items()
                if n != before[reason]}
        check(not lost, f"not one frame was dropped {lost or ''}")
        rows = lab.ask("show", "ports")["ports"]
        for row in rows:
            check(row["missed"] == row["no_memory"] == row["errors"] == 0,
                  f"port {row['port']} has lost no frame of {row['rx']}")
        gen.signal(signal.SIGINT)
        wait_for(lambda: not gen.alive(), "all sessions end", 90)
        judge(lab, sessions)
        lab.check_accounts()
        check_counts_stay(lab, rows)


def test():
    """100,000 sessions with PROXY headers through ports in shared memory."""
    many("[1]", SESSIONS)
    many("[0,1]", SESSIONS // 10)


if __name__ == "__main__":
    main(test)
