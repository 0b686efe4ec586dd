#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
import re
import subprocess
import sys
import time

from lab import MTAS, VIP, Lab, check, main, wait_for
from network import LAN, WAN

MAILS = 3  # of each sender
POSTFIX = ("postfix", "postfix", "postfix")  # Exim has no port 465 here

# The segments that a session begins with, in their order: what loses them,
# their way, and what tells them from others.  "client" loses them of some of
# its addresses, a slice; an MTA, those of all its sessions.
TO_VIP, FROM_VIP = f"ip daddr {VIP}", f"ip saddr {VIP}"
PROBER = f"{LAN[4]}1"  # health checks come from there
TO_MTA = f"ip saddr != {PROBER} tcp dport {{ 25, 465 }}"
FROM_MTA = f"ip daddr != {PROBER} tcp sport {{ 25, 465 }}"
SYN = "tcp flags & (fin | syn | rst | ack) == syn"
SYN_ACK = "tcp flags & (syn | rst | ack) == (syn | ack)"
ACK = "tcp flags & (syn | rst | ack) == ack"
DATA = "tcp flags & (syn | rst | psh) == psh"

OF_CLIENTS = (
    ("the client's SYN", "out", f"{TO_VIP} {SYN}"),
    ("mxsteer's SYN-ACK", "in", f"{FROM_VIP} {SYN_ACK}"),
    ("the client's ACK", "out", f"{TO_VIP} {ACK}"),
    # Of port 465 its window, which was shut; of port 25 the greeting.
    ("the first ACK to the client", "in", f"{FROM_VIP} {ACK}"),
)
OF_MTAS = (
    ("mxsteer's SYN", "in", f"{TO_MTA} {SYN}"),
    ("the MTA's SYN-ACK", "out", f"{FROM_MTA} {SYN_ACK}"),
    ("mxsteer's ACK, with the header", "in", f"{TO_MTA} {ACK}"),
)
GREETING = ("the MTA's first data", "out", f"{FROM_MTA} {DATA}")

# The first such segment of each session is lost.
LOSS = """
table inet loss {{
  {sets}
  chain in {{ type filter hook prerouting priority -300; {in_rules} }}
  chain out {{ type filter hook output priority -300; {out_rules} }}
}}
"""
LOSS_SET = "set s{n} {{ type ipv4_addr . inet_service; flags dynamic; " \
    "size 65535; }}"
LOSS_RULE = "{which} {end} != @s{n} add @s{n} {{ {end} }} counter drop\n"

# The mail that needs more than 64 KiB on its way: bytes, the delay of the
# clients' wire each way, and how much a client sends ahead, so that the wire
# has room for it.
BIG_BYTES = 35000000
DELAY_US = 10000
LONG_DELAY_US = 50000
AHEAD_BYTES = 500000
UNSCALED = 65535  # what no window is larger than without a scale


def worker(lab):
    return lab.ask("show", "workers")["workers"][0]


def sockets(lab, space, *which):
    """What the kernel there says of its connections, a line each."""
    out = lab.run(space, "ss", "-Htino", "state", "established", *which,
                  stdout=subprocess.PIPE).stdout.decode()
    return re.sub(r"\n\s+", " ", out).splitlines()


def has_all_options(lines):
    return bool(lines) and all(re.search(r"\bsack\b", line) and
                               re.search(r"wscale:\d+,\d+", line)
                               for line in lines)


def options_pass(lab):
    """As soon as mxsteer has heard an MTA, both ends of a session have what
    they have without mxsteer."""
    seen = {}

    def is_full():
        before = worker(lab)["joins"]
        with lab.session() as session:
            session.noop()
            seen["client"] = sockets(lab, "client", "dst", VIP)
            seen["MTA"] = [line for name in MTAS for line in sockets(
                lab, name, "sport = :25", "and", "not", "dst", PROBER)]
            return worker(lab)["joins"] > before and \
                all(map(has_all_options, seen.values()))
    wait_for(is_full, "SACK and window scale at both ends, by a cookie", 120)
    for end, lines in seen.items():
        options = re.findall(r"\bts\b|\bsack\b|wscale:\S+|\bmss:\S+", lines[0])
        check(options, f"options of the {end}: {' '.join(options)}")


def lose(lab, space, segments, clients=None):
    """segments: each of them is lost in this namespace.  clients: the addresses
    whose segments these are, a list for each; None: of all."""
    rules, sets = {"in": "", "out": ""}, []
    for n, (_, way, which) in enumerate(segments):
        # The end of the peer of this namespace's server or clients.
        source = (space == "client") == (way == "out")
        word, port = ("saddr", "sport") if source else ("daddr", "dport")
        if clients:
            which += f" ip {word} {{ {', '.join(clients[n])} }}"
        sets.append(LOSS_SET.format(n=n))
        rules[way] += LOSS_RULE.format(which=which, n=n,
                                       end=f"ip {word} . tcp {port}")
    lab.nft(space, LOSS.format(sets="\n".join(sets), in_rules=rules["in"],
                               out_rules=rules["out"]))


def regain(lab, *spaces):
    """Lose no more.  Returns how many were lost, by namespace."""
    lost = {space: lab.lost(space) for space in spaces}
    for space in spaces:
        lab.run(space, "nft", "delete", "table", "inet", "loss")
    return lost


def send(lab, count, **options):
    """A sender whose clients try each mail once, all at the same time."""
    return lab.start_sender(count, sessions=count, attempts=1, **options)


def lost_at_clients(lab, mails):
    names = ", ".join(name for name, _, _ in OF_CLIENTS)
    print(f"--- lost once each: {names}", flush=True)
    addresses = lab.clients(4)
    groups = [addresses[n::len(OF_CLIENTS)] for n in range(len(OF_CLIENTS))]
    lose(lab, "client", OF_CLIENTS, groups)
    senders = [send(lab, mails, port=port, sources=sources)
               for port in lab.ports for sources in groups]
    for sender in senders:
        sender.finish()
    sessions = mails * len(senders)
    lost = regain(lab, "client")["client"]
    check(lost == sessions, f"{lost} segments of {sessions} sessions were lost")
    for sender in senders:
        sender.check_exactly_once()


def lost_at_mtas(lab, mails, segments):
    """segments: one for each MTA."""
    names = ", ".join(dict.fromkeys(name for name, _, _ in segments))
    print(f"--- lost once each: {names}", flush=True)
    for name, segment in zip(MTAS, segments):
        lose(lab, name, [segment])
    # So many that each MTA has some.
    count = 4 * len(MTAS) * mails
    senders = [send(lab, count, port=port) for port in lab.ports]
    for sender in senders:
        sender.finish()
    lost = regain(lab, *MTAS)
    check(all(lost.values()) and sum(lost.values()) >= count * len(lab.ports),
          f"{list(lost.values())} segments of {count * len(lab.ports)} "
          "sessions were lost at the MTAs")
    for sender in senders:
        sender.check_exactly_once()


def on_the_way(line):
    """Bytes that a sender has sent, and that are not acknowledged yet."""
    unacked = re.search(r"\bunacked:(\d+)", line)
    return int(unacked[1]) * int(re.search(r"\bmss:(\d+)", line)[1]) \
        if unacked else 0


def big_mail(lab, delay_us, ahead):
    """Over a wire with a delay, more is on its way than a window without a
    scale could hold."""
    print(f"--- {BIG_BYTES} bytes, {2 * delay_us // 1000} ms there and back",
          flush=True)
    lab.sysctl("client", f"net.ipv4.tcp_wmem=4096 65536 {ahead}")
    lab.cables.set_weather({("wan", way): {"delay_us": delay_us}
                            for way in ("in", "out")})
    began, most = time.monotonic(), 0
    sender = send(lab, 1, low=BIG_BYTES, high=BIG_BYTES)
    while sender.process.alive():
        most = max([most, *map(on_the_way,
                               sockets(lab, "client", "dst", VIP))])
        time.sleep(0.1)
    took = time.monotonic() - began
    sender.check_exactly_once()
    check(most > UNSCALED, f"in {took:.1f} s, with up to {most} bytes on their "
          "way")
    lab.cables.set_weather({})


def check_end(lab):
    counts = worker(lab)
    check(counts["synacks_again"] > 0,
          f"{counts['synacks']} SYN-ACKs with a cookie, "
          f"{counts['synacks_again']} of them were said again")
    wait_for(lambda: all(row["sessions"] == 0 for row in
                         lab.ask("show", "backends")["backends"]),
             "no session is left", 120)
    lab.check_accounts()


def cookie_lab(mode, delay_us):
    """mode: forward, and whether PROXY tells the client."""
    forward, proxy = mode
    print(f"--- {forward}, PROXY {proxy}", flush=True)
    with Lab(forward=forward, proxy=proxy, ports=(25, 465), cookies="always",
             driver="memif") as lab:
        lab.start_mtas(POSTFIX)
        lab.start_mxsteer()
        options_pass(lab)
        lost_at_clients(lab, MAILS)
        lost_at_mtas(lab, MAILS, OF_MTAS)
        lost_at_mtas(lab, MAILS, [GREETING] * len(MTAS))
        big_mail(lab, delay_us, AHEAD_BYTES)
        check_end(lab)


# -- beside the kernel's own cookies -----------------------------------------

# The SYN is hidden from conntrack, and what follows goes to the SYN proxy.
SYNPROXY = """
table ip peer {{
  chain early {{
    type filter hook prerouting priority raw;
    ip daddr {mta} tcp dport 25 tcp flags & (syn | ack) == syn notrack
  }}
  chain pass {{
    type filter hook forward priority filter;
    ip daddr {mta} tcp dport 25 ct state invalid,untracked \
synproxy mss 1460 wscale 7 timestamp sack-perm
    ct state invalid drop
  }}
}}
"""
PATIENCE_S = 20  # for the greeting; a real client waits for 300 s


def greeting_s(lab, address, lost):
    """Seconds until a client is greeted; None: it is not.  lost: its first ACK
    is."""
    if lost:
        lose(lab, "client", [("", "out", f"ip daddr {address} {ACK}")])
    began = time.monotonic()
    with lab.connect("client", address, 25, timeout=PATIENCE_S) as sock:
        try:
            greeted = sock.recv(100).startswith(b"220")
        except TimeoutError:
            greeted = False
    if lost:
        check(regain(lab, "client")["client"] == 1, "the client's ACK was lost")
    return time.monotonic() - began if greeted else None


def beside_synproxy():
    """A client whose ACK is lost is greeted by mxsteer, and not by the SYN proxy
    of the kernel, which forgets its SYN-ACK."""
    with Lab(cookies="always", driver="memif") as lab:
        lab.start_mtas(POSTFIX)
        lab.start_mxsteer()
        options_pass(lab)
        ours = [greeting_s(lab, VIP, lost) for lost in (False, True)]
    with Lab(forward="nat") as lab:
        lab.start_mtas(POSTFIX)
        mta = lab.mta_address("mta1", 4)
        lab.ip("client", "route", "add", f"{LAN[4]}0/24", "via", f"{WAN[4]}2")
        lab.sysctl("lb", "net.ipv4.ip_forward=1")
        plain = greeting_s(lab, mta, True)
        lab.nft("lb", SYNPROXY.format(mta=mta))
        lab.sysctl("lb", "net.netfilter.nf_conntrack_tcp_loose=0")
        theirs = [greeting_s(lab, mta, lost) for lost in (False, True)]
    check(None not in ours, "mxsteer: greeted after {:.2f} s, with the ACK lost "
          "after {:.2f} s".format(*ours))
    check(plain is not None, f"no cookies, the ACK lost: {plain:.2f} s")
    check(theirs[0] is not None, f"SYNPROXY: greeted after {theirs[0]:.2f} s")
    check(theirs[1] is None, "SYNPROXY, the ACK lost: not greeted in "
          f"{PATIENCE_S} s")


def test():
    """SYN cookies cost a client nothing, whichever segment is lost.

    long: in more modes, and over a slower wire.  synproxy: beside the cookies of
    the kernel."""
    which = sys.argv[1] if len(sys.argv) > 1 else ""
    if which == "synproxy":
        beside_synproxy()
        return
    if which == "long":
        for mode in (("fullnat", "off"), ("fullnat", "v1"), ("nat", "off")):
            cookie_lab(mode, LONG_DELAY_US)
        return
    cookie_lab(("fullnat", "v2"), DELAY_US)


if __name__ == "__main__":
    main(test)
