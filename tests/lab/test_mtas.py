#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
import ssl

from lab import MTAS, Lab, check, main, rounds
from network import VIPS
from talk import Session, proxy_header

# Clients that are not there, and the VIPs they came to.
CLIENTS = {4: "203.0.113.7", 6: "2001:db8:f::7"}
ENDS = {family: ((CLIENTS[family], 4711), (vip, 25))
        for family, vip in VIPS.items()}

# PROXY, and MTAs that understand it; without, it is their own client they see.
ROUNDS = (
    ("off", ("postscreen", "opensmtpd")),
    ("off", ("haraka",)),
    ("v1", ("postfix", "postscreen", "exim")),
    ("v1", ("haraka",)),
    ("v2", ("postfix", "postscreen", "exim")),
    ("v2", ("opensmtpd",)),
)


def sees_what_is_claimed(lab, name, kind, proxy, family, claimed):
    ident = f"<{name}.{kind}.{proxy}.{family}.{claimed}@client>"
    sock = lab.connect("lb", lab.mta_address(name, family), 25)
    own = sock.getsockname()[0]
    with Session(sock, proxy, ENDS[claimed]) as session:
        session.deliver(ident)
    return ident, own if proxy == "off" else CLIENTS[claimed]


def speaks_tls(lab, name, proxy):
    """Port 465: the header comes before the TLS."""
    ident = f"<{name}.tls@client>"
    sock = lab.connect("lb", lab.mta_address(name, 4), 465)
    if proxy != "off":
        sock.sendall(proxy_header(proxy, *ENDS[4]))
    context = ssl._create_unverified_context()
    with Session(context.wrap_socket(sock)) as session:
        session.deliver(ident)
    return ident, CLIENTS[4]


def one_round(proxy, kinds):
    with Lab(proxy=proxy) as lab:
        lab.start_mtas(kinds)
        expected = {}
        for name, kind in zip(MTAS, kinds):
            for family in VIPS:
                for claimed in (4, 6):
                    expected.update([sees_what_is_claimed(
                        lab, name, kind, proxy, family, claimed)])
            if kind == "postfix":
                expected.update([speaks_tls(lab, name, proxy)])
        lab.wait_delivered(len(expected))
        seen = lab.seen_clients()
        wrong = {ident: (seen.get(ident), address)
                 for ident, address in expected.items()
                 if seen.get(ident) != address}
        check(not wrong, f"PROXY {proxy}: {', '.join(kinds)} see their "
              f"clients {wrong or ''}")


def test():
    """The lab's MTAs themselves: each sees the client it is told of."""
    for proxy, kinds in rounds(ROUNDS, lambda each: each[1]):
        one_round(proxy, kinds)


if __name__ == "__main__":
    main(test)
