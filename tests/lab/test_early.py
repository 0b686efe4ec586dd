#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
from lab import VIP, Lab, check, main
from mta.outgoing import SENDERS
from test_refuse import start_senders, submit

TALKERS = 8
SENT = 40
TEXT = b"554 5.5.1 "


def early(lab):
    return lab.ask("show", "services")["services"][0]["early"]


def honest_clients_do_not_count(lab):
    """Postfix, Exim, swaks and smtplib wait for the greeting, which takes a
    second."""
    senders = start_senders(lab, SENDERS)
    for sender in senders:
        submit(lab, sender)
    swaks = [lab.spawn("client", [
        "swaks", "--server", VIP, "--to", "inbox@example.org", "--from",
        "a@example.net", "--header", f"Message-Id: <swaks{n}@client>"])
        for n in range(4)]
    lab.start_sender(SENT, sessions=20).check_exactly_once()
    for process in swaks:
        check(process.wait() == 0, "swaks has sent its mail")
    lab.wait_delivered(SENT + len(swaks) + len(senders))
    check(early(lab) == 0, "no honest client counts")


def talk(lab, count):
    """Clients that speak as soon as they are connected."""
    socks = [lab.connect("client", VIP, 25, timeout=60) for _ in range(count)]
    for sock in socks:
        sock.sendall(b"EHLO early.example.net\r\n")
    heard = []
    for sock in socks:
        with sock:
            heard.append(sock.makefile("rb").readline())
    return heard


def talkers_count(lab):
    heard = talk(lab, TALKERS)
    check(all(line.startswith(b"220") for line in heard),
          "clients that speak early are greeted")
    check(early(lab) == TALKERS, f"each counts once: {early(lab)}")


def talkers_are_refused(lab):
    lab.write_config(early="refuse")
    lab.cli("config", "apply", lab.config)
    heard = talk(lab, TALKERS)
    check(all(line.startswith(TEXT) for line in heard),
          "clients that speak early are told so")
    check(early(lab) == 2 * TALKERS, "and count")
    rows = lab.ask("show", "drops")["told"]
    check([(row["reason"], row["answer"], row["clients"]) for row in rows] ==
          [("early", "554", TALKERS)], "show drops has them")


def test():
    """Clients that speak before their greeting, and those that do not."""
    with Lab(early="count", proxy="v2") as lab:
        lab.start_mtas(("late",))
        lab.start_mxsteer()
        honest_clients_do_not_count(lab)
        talkers_count(lab)
        talkers_are_refused(lab)
        lab.start_sender(10, sessions=10).check_exactly_once()
        check(early(lab) == 2 * TALKERS, "honest clients go on")
        lab.check_accounts()


if __name__ == "__main__":
    main(test)
