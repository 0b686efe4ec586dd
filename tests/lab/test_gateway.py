#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
import itertools
import subprocess

from lab import MTAS, Lab, check, main, wait_for
from network import BEHIND_EDGE, WAN, net_of

MACS = (f"02:00:00:00:01:{number:02x}" for number in itertools.count(1))
LIMIT_S = 25  # the kernel alone needs half a minute, and sessions for ever


def new_mac(lab, space, announce):
    """Another MAC address for a host, as when another takes its place."""
    lab.sysctl(space, f"net.ipv4.conf.eth0.arp_notify={int(announce)}",
               f"net.ipv6.conf.eth0.ndisc_notify={int(announce)}")
    mac = next(MACS)
    # IPv6 addresses are not lost: the link stays up.
    lab.ip(space, "link", "set", "eth0", "address", mac)
    return mac


def silent_session(lab):
    """A session that waits for the reply to its final dot."""
    session = lab.session(lab.clients(lab.family)[0], timeout=90)
    session.ehlo()
    session.mail("sender@example.net")
    session.rcpt("inbox@example.org")
    session.putcmd("data")
    session.getreply()
    session.send(b"Message-Id: <held@example.net>\r\n\r\nx\r\n.\r\n")
    # Until the MTA has acknowledged all of it, nothing of ours is silent.
    wait_for(lambda: unacked(lab) == 0, "the message is acknowledged")
    return session


def unacked(lab):
    out = lab.run("client", "ss", "-tnHi", "state", "established",
                  stdout=subprocess.PIPE).stdout.decode()
    return out.count("unacked:")


def kernel_has(lab, mac):
    out = lab.run("lb", "ip", "neigh", stdout=subprocess.PIPE).stdout.decode()
    return mac in out


def router_fails_over(lab, announce):
    session = silent_session(lab)
    before = moved(lab)
    new_mac(lab, "edge", announce)
    wait_for(lambda: moved(lab) > before, "the session follows the router",
             LIMIT_S)
    for mta in lab.mtas.values():
        mta.release()
    session.sock.settimeout(LIMIT_S)
    check(session.getreply()[0] == 250,
          "the router's MAC address changes, " +
          ("announced" if announce else "silently") +
          ": a silent client gets its reply")
    session.close()
    for mta in lab.mtas.values():
        (mta.dir / "release").unlink()


def moved(lab):
    return sum(row["moved"] for row in lab.ask("show", "workers")["workers"])


def backend_changes(lab):
    for name in MTAS[1:]:
        lab.cli("drain", f"mx/{name}")
    mac = new_mac(lab, "mta1", announce=False)
    session = lab.session(lab.clients(lab.family)[0], timeout=LIMIT_S)
    check(session.server == "mta1" and lab.backend("mta1")["mac"] == mac,
          "an MTA's MAC address changes silently: a new session finds it")
    session.close()


def cell(family, announce):
    with Lab(proxy="v2", family=family, edge_mtu=1500) as lab:
        via = f"{WAN[family]}3"
        lab.ip("lb", f"-{family}", "route", "add",
               net_of(BEHIND_EDGE, family), "via", via)
        lab.start_mtas(("hold",) * 3)
        lab.start_mxsteer()
        wait_for(lambda: kernel_has(lab, via), "the router is looked for")
        router_fails_over(lab, announce)
        if family == 4:
            backend_changes(lab)
        lab.check_accounts()


def test():
    """Neighbours that change their MAC address are followed: the clients'
    router under a silent client, and an MTA that does not announce it."""
    cell(4, announce=False)
    cell(6, announce=True)


if __name__ == "__main__":
    main(test)
