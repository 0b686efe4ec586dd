#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
import re
import sys
import time

from frames import ACK, FIN, MSS_OPTION, PSH, RST, SYN, Segment
from lab import Lab, check, main, wait_for
from talk import proxy_header
from wire import RawClient, Wire, session_of, split_end

# Workers and the family of all.
LABS = (("[1]", 4), ("[0,1]", 4), ("[1]", 6), ("[0,1]", 6))
VERSIONS = ("v2", "v1")
ROUNDS = 20
# Who the attacker claims to be: the host from which MTAs relay.
FORGED = {4: "127.0.0.1", 6: "::1"}


def ends_of(lab, client):
    """The MTA and the local end of a client's session."""
    row = wait_for(lambda: session_of(lab, client.end),
                   "the session is there", 10)
    mta = lab.mta_address(row["backend"].split("/")[-1], lab.family)
    return (mta, 25), split_end(row["local"])


def as_mta(lab, client, flags, seq, ack):
    """A segment in the name of the client's MTA."""
    mta, local = ends_of(lab, client)
    return Segment(mta, local, flags, seq=seq, ack=ack,
                   options=MSS_OPTION if flags & SYN else b"")


def move_by_syn_ack(client, first):
    """A SYN-ACK in the MTA's name that acknowledges less than the SYN."""
    client.wire.send(as_mta(client.wire.lab, client, SYN | ACK,
                            client.ack - 1, first))


def move_by_syn(client, first):
    """Another SYN, which the MTA's kernel takes for nothing."""
    client.say(SYN, seq=first - 1, options=MSS_OPTION)


def forge(wire, version, move):
    """Try once to write the PROXY header.

    The attacker makes mxsteer believe that its client's first byte is a
    header's length earlier than the MTA knows it to be.  So mxsteer's header
    would be old for the MTA, and the attacker's would lie in its place."""
    client = RawClient(wire)
    if not client.syn():
        return False
    true = proxy_header(version, client.end, client.vip)
    lie = proxy_header(version, (FORGED[wire.lab.family], 1025),
                       (client.vip[0], 25))
    first = client.first - len(true)
    move(client, first)
    time.sleep(0.01)  # its worker may be another one than the client's
    client.say(PSH | ACK, lie, seq=first)
    client.hear(1, lambda segment: segment.data.startswith(b"220"))
    client.say(RST, seq=first + len(lie))
    client.say(RST, seq=client.first)
    return True


def seen_by_mtas(lab, address):
    """How often a Postfix has said that this was its client."""
    wanted = re.compile(rf": connect from \S*\[{re.escape(address)}\]")
    return sum(len(wanted.findall((mta.dir / "log").read_text()))
               for mta in lab.mtas.values())


def forgers(lab, wire, version, rounds):
    for name, move in (("a SYN-ACK", move_by_syn_ack), ("a SYN", move_by_syn)):
        before = seen_by_mtas(lab, FORGED[lab.family])
        tried = sum(forge(wire, version, move) for _ in range(rounds))
        believed = seen_by_mtas(lab, FORGED[lab.family]) - before
        check(tried == rounds and not believed,
              f"{version}, by {name}: of {tried} headers that a client wrote "
              f"the MTAs believed {believed}")


def honest(lab, wire, version):
    """The attacker's own client, without the attack."""
    client = RawClient(wire)
    ident = f"<honest-{version}-{client.end[1]}@forge>"
    check(client.connect() and client.deliver(ident),
          f"{version}: a client led by hand delivers mail")
    wait_for(lambda: ident in lab.seen_clients(), "its message arrived", 20)
    check(lab.seen_clients()[ident] == client.end[0],
          "and the MTA saw its own address")


def from_the_wrong_side(lab, wire):
    """Segments in the MTA's name from the clients' side, with every number as
    the MTA's kernel would have it."""
    shift = len(proxy_header("v2", RawClient(wire).end, (lab.vip, 25)))
    for name, flags in (("RST", RST), ("FIN", FIN | ACK),
                        ("SYN-ACK", SYN | ACK), ("RST, ACK", RST | ACK)):
        client = RawClient(wire)
        check(client.connect() and client.reply() == 220 and
              client.ask("EHLO client.example.net") == 250,
              f"a session for a {name}")
        before = session_of(lab, client.end)["state"]
        wire.send(as_mta(lab, client, flags, client.ack, client.seq + shift))
        after = lambda: session_of(lab, client.end)["state"]
        check(client.ask("NOOP") == 250 and before == after() == "established",
              f"a {name} in the MTA's name moves nothing: {before}, {after()}")
        client.ask("QUIT")


def one_lab(workers, family, rounds):
    print(f"--- workers {workers}, IPv{family}", flush=True)
    with Lab(workers=workers, family=family, proxy="v2") as lab:
        lab.start_mtas(("postfix",) * 3)
        lab.start_mxsteer()
        wire = Wire(lab)
        for version in VERSIONS:
            lab.write_config(proxy=version)
            lab.cli("config", "apply", lab.config)
            lab.wait_in_force()
            honest(lab, wire, version)
            forgers(lab, wire, version, rounds)
            if version == "v2":
                from_the_wrong_side(lab, wire)
        lab.check_accounts()


def test():
    """Only mxsteer tells an MTA who its client is."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    for workers, family in LABS:
        one_lab(workers, family, rounds)


if __name__ == "__main__":
    main(test)
