#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
import errno
import sys

from lab import Lab, check, main, wait_for
from network import SNATS

# By argument: families of client and MTA, and the rest.
CELLS = {
    "fullnat": [(4, 4, {"proxy": "v2"}), (6, 6, {"proxy": "v2"}),
                (6, 4, {"proxy": "v1"}), (4, 6, {"proxy": "v1"})],
    "nat": [(4, 4, {}), (6, 6, {})],
    "dsr": [(4, 4, {}), (6, 6, {})],
    "tunnel": [(4, 4, {"tunnel": "ipip"}), (6, 6, {"tunnel": "gue"}),
               (6, 4, {"tunnel": "ipip"})],
}
# The MTU of the routers' routes to the clients, and to the MTAs.
EDGE_MTU, CORE_MTU = 1400, 1300
RECIPIENTS = 500


def send_much(lab):
    sender = lab.start_sender(12, sessions=6, low=2000000, high=2000000)
    sender.check_exactly_once()
    sender.check_true_clients()


def hear_much(lab, session):
    """So many replies at once that the MTA's packets are full."""
    session.ehlo()
    session.mail("sender@example.net")
    session.send("RCPT TO:<inbox@example.org>\r\n" * RECIPIENTS)
    codes = [session.getreply()[0] for _ in range(RECIPIENTS)]
    check(set(codes) == {250}, f"{len(codes)} replies at once arrive")
    session.rset()


def family_inside(lab):
    """Of the packets that the MTAs exchange with the clients, or with us."""
    fullnat = lab.values["forward"] == "fullnat"
    return lab.backend_family if fullnat else lab.family


def header_bytes(family):
    return 20 if family == 4 else 40


def check_path_mtus(lab, source):
    """Each end knows of the other side's router, in its own family."""
    more = header_bytes(lab.family) - header_bytes(family_inside(lab))
    forward = lab.values["forward"]
    learnt = lab.path_mtu("client", lab.vip)
    if lab.core_mtu:
        check(learnt == CORE_MTU + more,
              f"the clients send no more than {learnt} bytes")
    elif forward == "tunnel":
        outer = header_bytes(lab.backend_family) + \
            (8 if lab.values["tunnel"] == "gue" else 0)
        check(learnt == 1500 - outer,
              f"the clients leave room for the tunnel: {learnt} bytes")
    peer = SNATS[lab.backend_family] if forward == "fullnat" else source
    learnt = {lab.path_mtu(name, peer) for name in lab.mtas}
    check(EDGE_MTU - more in learnt,
          f"MTAs send no more than {EDGE_MTU - more} bytes")


def unreachable_backend(lab):
    """Told of by the router before the MTAs, to the client."""
    lab.ip("core", f"-{lab.backend_family}", "route", "add", "unreachable",
           lab.mta_address("mta1", lab.backend_family))
    try:
        lab.session(timeout=20).quit()
        code = None
    except OSError as error:
        code = error.errno
    check(code in (errno.EHOSTUNREACH, errno.ENETUNREACH),
          f"the client is told: {errno.errorcode.get(code, code)}")


def unreachable_client(lab, session, source):
    """Told of by the router before the clients, to the MTA."""
    name = "IcmpInDestUnreachs" if family_inside(lab) == 4 else \
        "Icmp6InDestUnreachs"
    before = lab.counter(session.server, name)
    where = ("edge", f"-{lab.family}", "route")
    lab.ip(*where, "add", "unreachable", source)
    session.send("NOOP\r\n")
    wait_for(lambda: lab.counter(session.server, name) > before,
             "the MTA is told")
    lab.ip(*where, "del", "unreachable", source)
    check(session.getreply()[0] == 250, "the MTA is told that its client is "
          "unreachable, and goes on when it is back")


def cell(forward, family, backend_family, options):
    print(f"--- {forward} {' '.join(options.values())}, IPv{family} clients, "
          f"IPv{backend_family} MTAs", flush=True)
    # Behind a router of their own MTAs cannot be reached by MAC address, and
    # errors inside a tunnel's path tell nobody that we know.
    core = CORE_MTU if forward in ("fullnat", "nat") else None
    with Lab(workers="[0, 1]", forward=forward, family=family,
             backend_family=backend_family, edge_mtu=EDGE_MTU, core_mtu=core,
             **options) as lab:
        lab.start_mtas(("postfix",))
        lab.start_mxsteer()
        source = lab.clients(family)[1]
        with lab.session(source) as session:
            # First: clients that know their path ask for small replies.
            hear_much(lab, session)
            send_much(lab)
            check_path_mtus(lab, source)
            unreachable_client(lab, session, source)
        lab.check_accounts()
        if core:
            unreachable_backend(lab)
        lab.check_accounts()


def test():
    """ICMP finds the end it is meant for, in that end's own terms."""
    for forward in sys.argv[1:] or CELLS:
        for families_and_options in CELLS[forward]:
            cell(forward, *families_and_options)


if __name__ == "__main__":
    main(test)
