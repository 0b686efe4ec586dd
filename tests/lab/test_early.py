#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
import re
import sys
import time

from honest import send
from lab import VIP, Lab, check, main, wait_for
from mta.outgoing import SENDERS
from test_refuse import start_senders, submit

TALKERS = 8
SENT = 40
TEXT = b"554 5.5.1 "

# What the links do while honest clients open many sessions: frames in a million.
WEATHER = {"lose": 10000, "twice": 20000, "hold": 50000}

PREGREET = re.compile(r"PREGREET \d+ after [\d.]+ from \[([\d.]+)\]:(\d+)")


def early(lab):
    return lab.ask("show", "services")["services"][0]["early"]


def early_by_client(lab):
    return {row["client"]: row["early"]
            for row in lab.ask("show", "clients")["clients"] if row["early"]}


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


def talk(lab, count, sources=None):
    """Clients that speak as soon as they are connected.  Returns what each
    hears, and its address and port."""
    sources = sources or [None]
    socks = [lab.connect("client", VIP, 25, sources[n % len(sources)], 120)
             for n in range(count)]
    ends = [sock.getsockname()[:2] for sock in socks]
    for sock in socks:
        sock.sendall(b"EHLO early.example.net\r\n")
    heard = []
    for sock in socks:
        with sock:
            heard.append(sock.makefile("rb").readline())
    return heard, ends


def talkers_count(lab):
    heard, _ = talk(lab, TALKERS)
    check(all(line.startswith(b"220") for line in heard),
          "clients that speak early are greeted")
    check(early(lab) == TALKERS, f"each counts once: {early(lab)}")
    by_client = early_by_client(lab)
    check(list(by_client.values()) == [TALKERS],
          f"show clients has their address: {by_client}")


def talkers_are_refused(lab):
    lab.write_config(early="refuse")
    lab.cli("config", "apply", lab.config)
    heard, _ = talk(lab, TALKERS)
    check(all(line.startswith(TEXT) for line in heard),
          "clients that speak early are told so")
    check(early(lab) == 2 * TALKERS, "and count")
    rows = lab.ask("show", "drops")["told"]
    check([(row["reason"], row["answer"], row["clients"]) for row in rows] ==
          [("early", "554", TALKERS)], "show drops has them")


def clients_wait(lab):
    """An MTA that greets at once, and clients that mxsteer holds before it."""
    for wish, first in (("mark", b"220"), ("refuse", TEXT)):
        before = early(lab)
        lab.write_config(early=wish, delay="1s")
        lab.cli("config", "apply", lab.config)
        began = time.monotonic()
        with lab.session() as session:
            session.deliver(f"<{wish}@client>")
        check(time.monotonic() - began >= 1, "an honest client waits, and its "
              "mail is taken")
        heard, _ = talk(lab, TALKERS)
        check(all(line.startswith(first) for line in heard),
              f"clients that speak meanwhile hear {first.decode()}")
        check(early(lab) == before + TALKERS, "and count")


def counts_as_postscreen():
    """The same early talkers, and honest clients beside them.  mxsteer looks for
    a second and more.  It drops what it finds, which the talkers send again, while
    postscreen looks for six."""
    with Lab(early="delay", delay="1s", proxy="v2") as lab:
        lab.start_mtas(("strict",))
        lab.start_mxsteer()
        sources = lab.clients(4)[:7]  # of a few, show clients has all
        # The first SYN goes on at once, so that mxsteer learns the MTA's options.
        with lab.session() as session:
            session.deliver("<first@client>")
        sender = lab.start_sender(10, sessions=10, sources=sources[:1])
        heard, ends = talk(lab, 3 * TALKERS, sources[1:])
        check(all(line.startswith(b"220") for line in heard),
              "mxsteer and postscreen let early talkers go on")
        sender.check_exactly_once()
        log = lab.mtas["mta1"].dir / "log"

        def logged():
            return sorted((address, int(port)) for address, port in
                          PREGREET.findall(log.read_text(errors="replace")))
        wait_for(lambda: len(logged()) >= len(ends), "postscreen's log", 120)
        found = logged()
        check(found == sorted(ends),
              f"postscreen logs PREGREET for {len(found)} of {len(ends)} early "
              "talkers, and for nobody else")
        check(early(lab) == len(found), f"mxsteer counts {early(lab)}")
        by_client = early_by_client(lab)
        check(by_client == {source: sum(address == source
                                        for address, _ in ends)
                            for source in {address for address, _ in ends}},
              "and has the same addresses")
        lab.check_accounts()


def many_sessions(total):
    """Honest clients on links that lose, double and reorder frames."""
    with Lab(early="delay", delay="1s", proxy="v2", driver="memif") as lab:
        lab.start_mtas(("late", "postfix", "postfix"))
        lab.start_mxsteer()
        lab.cables.set_weather({(side, way): WEATHER for side in ("wan", "lan")
                                for way in ("in", "out")})
        mails = send(lab, total)
        row = lab.ask("show", "services")["services"][0]
        check(row["sessions_total"] >= mails,
              f"{mails} mails came in {row['sessions_total']} sessions, through "
              "links that lose, double and reorder frames")
        check(row["early"] == 0, f"{row['early']} of them count as early")
        lab.cables.set_weather({})
        talk(lab, TALKERS)
        check(early(lab) == TALKERS, "early talkers count")


def test():
    """Clients that speak before their greeting, and those that do not; and
    postscreen's log of the same.  With a number: so many sessions of honest
    clients, on bad links."""
    if sys.argv[1:]:
        many_sessions(int(sys.argv[1]))
        return
    with Lab(early="count", proxy="v2") as lab:
        lab.start_mtas(("late",))
        lab.start_mxsteer()
        honest_clients_do_not_count(lab)
        talkers_count(lab)
        talkers_are_refused(lab)
        lab.start_sender(10, sessions=10).check_exactly_once()
        check(early(lab) == 2 * TALKERS, "honest clients go on")
        clients_wait(lab)
        lab.check_accounts()
    counts_as_postscreen()


if __name__ == "__main__":
    main(test)
