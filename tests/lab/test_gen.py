#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
import json
import signal

from genlab import CLIENTS, GenLab
from lab import MTAS, VIPS, Lab, check, main, wait_for

SESSIONS = 1500
WEIGHTS = (100, 60, 40)

# How it forwards, PROXY, family, and what the servers see of a client.
ROUNDS = (
    ("fullnat", "v2", 4, "proxy-v2"),
    ("fullnat", "v1", 6, "proxy-v1"),
    ("nat", "off", 4, "source"),
)


def one_round(forward, proxy, family, seen):
    print(f"--- {forward}, PROXY {proxy}, IPv{family}", flush=True)
    with GenLab(forward=forward, proxy=proxy, family=family, weights=WEIGHTS,
                load_bound=0) as lab:
        gen = lab.start_gen(
            seen, "--sessions", SESSIONS, "--rate", 500, "--poisson",
            "--at-once", SESSIONS, "--size", "500-5k", "--messages", "1-3",
            "--pipelining", 0.3, "--drain", "60s")
        lab.start_dataplane()
        lab.start_controlplane()
        lab.wait_up(*MTAS)
        gen.popen.send_signal(signal.SIGUSR1)
        wait_for(lambda: not gen.alive(), "all sessions end", 150)
        report = json.loads((lab.dir / "gen.json").read_text())
        judge(report)
        lab.check_accounts()


def judge(report):
    sessions, messages = report["sessions"], report["messages"]
    check(sessions["started"] == sessions["completed"] == SESSIONS,
          f"{sessions['completed']} of {SESSIONS} sessions completed")
    check(messages["accepted"] >= SESSIONS and
          messages["server"] == messages["accepted"] and
          messages["lost"] == messages["doubled"] == messages["damaged"] == 0,
          f"{messages['accepted']} messages arrived exactly once")
    check(sessions["wrong_client"] == sessions["proxy_bad"] == 0 and
          report["clean"], "servers saw the true client of every session")
    check(sessions["foreign"] > 0,
          f"{sessions['foreign']} health checks were answered beside")
    check(report["client_wire"]["bad_checksum"] ==
          report["server_wire"]["bad_checksum"] == 0,
          "every checksum was right")
    total = sum(row["sessions"] for row in report["backends"])
    for row, weight in zip(report["backends"], WEIGHTS):
        share, wanted = 100 * row["sessions"] / total, weight / 2
        check(abs(share - wanted) <= 5,
              f"{row['address']}: {share:.1f} % of the sessions, "
              f"{wanted:.1f} % by weight")


def real_mtas():
    print("--- clients alone, real MTAs", flush=True)
    with Lab(proxy="v2") as lab:
        lab.start_mtas()
        lab.start_mxsteer()
        gen = lab.spawn("client", [
            lab.build / "bench/gen/mxsteer-gen", "--quiet", "--nap", 50,
            "--json", lab.dir / "gen.json", "--client-vdev",
            "net_af_packet0,iface=eth0", "--clients", CLIENTS[4], "--target",
            VIPS[4], "--recipient", "inbox@example.org", "--sessions", 150,
            "--at-once", 15, "--messages", "1-3", "--pipelining", 0.3,
            "--size", "500-20k", "--drain", "60s"])
        wait_for(lambda: not gen.alive(), "all sessions end", 150)
        report = json.loads((lab.dir / "gen.json").read_text())
        accepted = report["messages"]["accepted"]
        check(report["sessions"]["completed"] == 150,
              f"all sessions completed, with {accepted} messages")
        check(report["messages"]["lost"] is None,
              "what became of them clients alone cannot know")
        lab.wait_delivered(accepted)
        ids = lab.ids()
        check(len(ids) == sum(ids.values()) == accepted,
              f"{len(ids)} of them are in the mailboxes, once each")


def test():
    """mxsteer-gen as clients and MTAs: exactly once, and by weight."""
    real_mtas()
    for each in ROUNDS:
        one_round(*each)


if __name__ == "__main__":
    main(test)
