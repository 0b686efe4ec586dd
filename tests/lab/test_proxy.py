#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
from lab import Lab, check, main, rounds

# Version, family of the clients, MTAs, and what the VIP listens on.
ROUNDS = (
    ("v1", 4, ("haraka", "postscreen", "exim"), (25,)),
    ("v2", 6, ("opensmtpd", "postscreen", "exim"), (25,)),
    ("v1", 6, ("postfix", "postfix", "postscreen"), (25, 465)),
    ("v2", 4, ("postfix", "postfix", "postscreen"), (25, 465)),
)


def one_round(proxy, family, kinds, ports):
    print(f"--- PROXY {proxy}, {', '.join(kinds)}", flush=True)
    with Lab(proxy=proxy, family=family, ports=ports) as lab:
        lab.start_mtas(kinds)
        lab.start_mxsteer()
        for port in ports:
            before = {name: sum(ids.values())
                      for name, ids in lab.received().items()}
            # Few clients: postscreen lets each wait for the greeting once.
            sender = lab.start_sender(60, sessions=12, port=port,
                                      sources=lab.clients(family)[:6])
            sender.check_exactly_once()
            sender.check_true_clients()
            idle = [name for name, ids in lab.received().items()
                    if sum(ids.values()) == before[name]]
            check(not idle, f"all of them had mail on port {port} {idle or ''}")
        lab.check_accounts()


def test():
    """Every kind of MTA is told the client's address by PROXY."""
    for each in rounds(ROUNDS, lambda each: each[2]):
        one_round(*each)


if __name__ == "__main__":
    main(test)
