#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
import sys
from contextlib import contextmanager

from lab import MTAS, Lab, check, main, wait_for

COUNT = 40


@contextmanager
def losing(lab, how, argument, spaces):
    how(argument)
    yield
    lost = lab.lost(*spaces)
    for space in spaces:
        lab.run(space, "nft", "delete", "table", "inet", "loss")
    check(lost > 0, f"{lost} packets were lost")


@contextmanager
def settings(lab, spaces, **values):
    """net.ipv4 settings; they hold for IPv6 as well."""
    before = "1"  # the default of all that are changed here
    for space in spaces:
        lab.sysctl(space, *(f"net.ipv4.{key}={value}"
                            for key, value in values.items()))
    yield
    for space in spaces:
        lab.sysctl(space, *(f"net.ipv4.{key}={before}" for key in values))


def cookies(lab):
    """SYN cookies that came back to the MTAs."""
    return sum(lab.counter(name, "TcpExtSyncookiesRecv") for name in MTAS)


def mail(lab, count=COUNT, **options):
    sender = lab.start_sender(count, sessions=10, **options)
    sender.check_exactly_once()
    sender.check_true_clients()


def resent(lab):
    return sum(row["proxy_resent"]
               for row in lab.ask("show", "workers")["workers"])


def headers_lost(lab):
    for times in (1, 2):
        print(f"--- each PROXY header lost {times}x", flush=True)
        before = resent(lab)
        with losing(lab, lab.lose_headers, times, MTAS):
            mail(lab)
        # Sessions of health checks do not count.
        check(resent(lab) - before >= times * COUNT,
              f"{resent(lab) - before} headers were sent again")


def packets_lost(lab):
    print("--- every 20th packet lost, both ways", flush=True)
    with losing(lab, lab.lose_every, 20, ("client", *MTAS)):
        mail(lab)


def syn_cookies(lab):
    """The MTA forgets the SYN: nobody but us sends the header again."""
    for timestamps in (1, 0):
        print(f"--- SYN cookies, timestamps {timestamps}, headers lost",
              flush=True)
        before = cookies(lab)
        with settings(lab, MTAS, tcp_syncookies=2,
                      tcp_timestamps=timestamps), \
                losing(lab, lab.lose_headers, 1, MTAS):
            mail(lab)
        check(cookies(lab) - before >= COUNT,
              f"{cookies(lab) - before} sessions began with a cookie")


def big_mail(lab):
    mixed = ((1, 0), (0, 1)) if lab.family == 4 else ()
    for timestamps, sack in ((1, 1), *mixed, (0, 0)):
        print(f"--- 25 MB, timestamps {timestamps}, SACK {sack}, every 100th "
              "packet lost", flush=True)
        with settings(lab, ("client", *MTAS), tcp_timestamps=timestamps,
                      tcp_sack=sack), \
                losing(lab, lab.lose_every, 100, ("client", *MTAS)):
            mail(lab, count=2, low=25000000, high=25000000)


def test():
    """Lost packets are sent again, and no end gets data twice."""
    family = int(sys.argv[1])
    with Lab(proxy="v2" if family == 4 else "v1", family=family) as lab:
        lab.start_mtas()
        lab.start_mxsteer()
        headers_lost(lab)
        packets_lost(lab)
        syn_cookies(lab)
        big_mail(lab)
        wait_for(lambda: not lab.ask("show", "sessions")["total"] or
                 all(row["sessions"] == 0 for row in
                     lab.ask("show", "backends")["backends"]),
                 "no session is left")
        lab.check_accounts()


if __name__ == "__main__":
    main(test)
