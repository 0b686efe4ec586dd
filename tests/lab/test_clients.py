#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
import signal

from flooder import Flood
from lab import Lab, check, main, wait_for

LIMIT = 20
GREED = 5000
MESSAGES = 150


def connect_all(lab, source, count):
    """Silent sessions of one client, as many as it gets of `count`.  While SYN
    cookies are on, mxsteer itself opens a session before it refuses the client."""
    kept = []
    for _ in range(count):
        try:
            sock = lab.connect("client", lab.vip, 25, source, 2)
        except OSError:
            continue
        if is_greeted(sock):
            kept.append(sock)
        else:
            sock.close()
    return kept


def is_greeted(sock):
    try:
        return sock.recv(4) == b"220 "
    except OSError:
        return False


def row_of(lab, client):
    for row in (lab.ask("show", "clients", "100") or {"clients": []})["clients"]:
        if row["client"] == client:
            return row
    return {"sessions": 0, "refused": 0}


def sessions_of(lab, client):
    return row_of(lab, client)["sessions"]


def test():
    """One client with thousands of silent sessions takes no mail of others; a
    flood of forged addresses counts for nobody; and after kill -9 of the data
    plane the counts are right again."""
    with Lab() as lab:
        text = lab.config_text()
        lab.config.write_text(text.replace(
            "    client-address: hidden\n",
            "    client-address: hidden\n"
            f"    clients: {{sessions: {LIMIT}}}\n"))
        lab.start_mtas(("postfix", "postfix", "postfix"))
        lab.start_mxsteer()
        greedy, *others = reversed(lab.clients(lab.family))

        sender = lab.start_sender(MESSAGES, sessions=15, sources=others)
        kept = connect_all(lab, greedy, GREED)
        report = sender.finish()
        check(len(report["accepted"]) == MESSAGES and not report["errors"],
              f"{MESSAGES} mails of others: {len(report['accepted'])} "
              f"accepted, {len(report['errors'])} sessions failed, beside "
              f"{GREED} sessions that one client tried to open")
        check(len(kept) == LIMIT == sessions_of(lab, greedy),
              f"it has {len(kept)} of them")
        check(row_of(lab, greedy)["refused"] >= GREED - LIMIT,
              "show clients says how often it was refused")
        status = lab.cli("status", check=False)
        check(status.returncode == 1 and "client-limit" in status.stdout,
              "status warns of it")
        looked = lab.cli("lookup", f"{greedy}:9", f"{lab.vip}:25", check=False)
        check(looked.returncode == 1 and "may have no more" in looked.stdout,
              "lookup says that it gets no session")

        before = lab.ask("show", "clients", "1000")
        flood = Flood(lab, "syn", 5000, 3)
        flood.result()
        after = lab.ask("show", "clients", "1000")
        check([(row["client"], row["sessions"]) for row in after["clients"]] ==
              [(row["client"], row["sessions"]) for row in before["clients"]],
              "a flood of forged SYNs has made no client")

        lab.dataplane.signal(signal.SIGKILL)
        lab.dataplane.wait()
        lab.start_dataplane()
        lab.wait_in_force()
        check(not connect_all(lab, greedy, 5),
              "after kill -9 of the data plane it still gets no session more")
        kept.pop().close()
        wait_for(lambda: sessions_of(lab, greedy) == LIMIT - 1,
                 "a session of it ends")
        more = connect_all(lab, greedy, 5)
        check(len(more) == 1, "then it gets one")
        lab.check_accounts()


if __name__ == "__main__":
    main(test)
