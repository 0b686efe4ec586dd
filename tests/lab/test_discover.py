#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Pools whose MTAs DNS names, by a real name server and a real resolver.

The first part shows what mxsteer makes of each kind of zone.  In the second one
a zone moves mail from one MTA to another, and no session is lost.
"""

import socket
import subprocess
import threading
import time

from config import endpoint
from lab import Lab, check, main, wait_for
from nameserver import AUTHORITY, RESOLVER, NameServers
from network import LAN, WAN, in_space

LIMIT_S = 120  # more than any machine needs

# Many targets: an answer that only TCP can carry.
MANY = "".join(f"@ MX 10 m{i}.many.test.\nm{i} A 10.0.2.{i + 120}\n"
               for i in range(60))

LONG = ".".join(["l" * 63] * 3 + ["l" * 51])  # 253 bytes in name.test

ZONES = {
    "plain.test": "@ 77 MX 10 b\n@ 77 MX 10 a\n@ 77 MX 20 c\n"
                  "a 300 A 10.0.2.11\nb 300 A 10.0.2.12\n"
                  "c 300 A 10.0.2.13\nc 300 AAAA fd00:2::13\n",
    "null.test": "@ MX 0 .\n",
    "mixed.test": "@ MX 0 .\n@ MX 10 a\na A 10.0.2.11\n",
    "alias.test": "to 40 CNAME there\nthere 20 CNAME www.plain.test.\n"
                  "via MX 10 cname\ncname CNAME a.plain.test.\n",
    "dangling.test": "@ MX 10 none\n@ MX 20 a\n@ MX 30 10.0.2.99\n"
                     "a A 10.0.2.11\n",
    "implicit.test": "@ A 10.0.2.11\n",
    "many.test": MANY,
    "zero.test": "@ 0 MX 10 a\na 0 A 10.0.2.11\n",
    "huge.test": "".join(f"@ MX {i} m{i}\nm{i} A 10.0.3.{i % 200 + 20}\n"
                         for i in range(300)),
    "ring.test": "@ MX 10 ring\nring CNAME gnir\ngnir CNAME ring\n",
    "late.test": "@ 2147483647 MX 10 a\na 2147483647 A 10.0.2.11\n",
    # Names that a terminal, a file or a shell would take for more than a name, and
    # one of 253 bytes.
    "name.test": "@ MX 65535 a\n@ MX 65535 b\n@ MX 1 \\027[2J\n"
                 "@ MX 2 a\\.b\n@ MX 3 {x,\\032y:\\010z}\n@ MX 4 -rf\n"
                 "@ MX 5 \\255\\000\n@ MX 6 \\036\\040id\\041\n"
                 f"@ MX 65535 {LONG}\n{LONG} A 10.0.2.15\n"
                 "a A 10.0.2.13\nb A 10.0.2.14\n",
    # Addresses where no MTA can be.
    "bad.test": "@ MX 1 m\nm A 0.0.0.0\nm A 255.255.255.255\n"
                "m A 224.0.0.1\nm A 10.0.2.1\nm A 127.9.9.9\n"
                "m AAAA ::\nm AAAA ::1\nm AAAA fe80::1\nm AAAA ff02::1\n"
                "m AAAA ::ffff:10.0.2.11\n@ MX 2 a\na A 10.0.2.11\n",
    "own.test": "@ MX 10 vip\n@ MX 10 lo\n@ MX 20 a\n"
                f"vip A {WAN[4]}25\nlo A 127.0.0.1\na A 10.0.2.11\n",
}
ZONES["plain.test"] += "www 90 MX 10 a\n"

# name of a pool: domain, more of its `discover`, members in their order, and a
# part of what is said to be wrong.
POOLS = {
    "plain": ("plain.test", "", ["a 10", "b 10", "c 20", "c 20"], None),
    "null": ("null.test", "", [], "null MX"),
    "mixed": ("mixed.test", "", ["a 10"], "null MX beside others"),
    "owner": ("to.alias.test", "", ["a 10"], None),
    "target": ("via.alias.test", "", ["cname 10"], "CNAME"),
    "dangling": ("dangling.test", "", ["a 20"], "2 targets without an address"),
    "implicit": ("implicit.test", "", ["implicit 0"], None),
    "none": ("none.plain.test", "", [], "NXDOMAIN"),
    "servfail": ("dead.test", "", [], "SERVFAIL"),
    "refused": ("elsewhere.test", f', resolvers: ["127.0.0.1:{AUTHORITY}"]',
                [], "REFUSED"),
    "closed": ("plain.test", ', resolvers: ["127.0.0.1:9"]', [],
               "no resolver can be reached"),
    "silent": ("plain.test", ', resolvers: ["10.0.2.1:54"]', [],
               "no answer in time"),
    "many": ("many.test", "", [f"m{i} 10" for i in
                               sorted(range(60), key=str)], None),
    "zero": ("zero.test", "", ["a 10"], None),
    "own": ("own.test", "", ["a 20"], "2 addresses not taken, as lo_127.0.0.1"),
    "huge": ("huge.test", "", [f"m{i} {i}" for i in range(100)],
             "200 records over a limit"),
    "ring": ("ring.test", "", [], "no answer about the address of any target"),
    "late": ("late.test", "", ["a 10"], None),
    "name": ("name.test", "", ["a 65535", "b 65535", "l" * 63 + " 65535"],
             "6 targets are no host name"),
    "bad": ("bad.test", "", ["a 2"],
            "1 record is no address of its family; 9 addresses not taken"),
    "liar": ("plain.test", ', resolvers: ["10.0.2.1:55"]', [],
             "no answer in time"),
    "cut": ("plain.test", ', resolvers: ["10.0.2.1:56"]', [],
            "no resolver can be reached"),
    "slow": ("plain.test", ', resolvers: ["10.0.2.1:57"]', [],
             "no answer in time"),
    "other": ("plain.test", ', resolvers: ["10.0.2.1:58"]', [],
              "no answer in time"),
}


def config_text(lab):
    text = lab.config_text()
    head = text[:text.index("services:\n")] + "services:\n"
    services = pools = ""
    for number, (name, (domain, more, _, _)) in enumerate(POOLS.items()):
        vip = endpoint(WAN[4] + "25", 2000 + number)
        services += (f'  - {{name: s-{name}, listen: ["{vip}"], pool: {name}, '
                     f'snat: ["{LAN[4]}100", "{LAN[6]}100"], '
                     'client-address: hidden}\n')
        pools += (f"  - name: {name}\n    discover: {{mx: {domain}{more}}}\n"
                  if "resolvers" in more else
                  f"  - name: {name}\n    discover: {{mx: {domain}, "
                  f"resolvers: [{RESOLVER}]}}\n")
    return head + services + "pools:\n" + pools


def lie(question, client, sock):
    """A thousand answers with other ids, and as much noise."""
    for i in range(1000):
        sock.sendto(bytes([i % 256, i // 256]) + b"\x81\x80" + question[4:] +
                    bytes(i % 99), client)
        sock.sendto(question[:2] + bytes(i % 30), client)


def truncate(question, client, sock):
    """The answer is to be had over TCP."""
    sock.sendto(question[:2] + b"\x83\x80" + question[4:], client)


def change_subject(question, client, sock):
    """The answer to another question, under the right id."""
    sock.sendto(question[:2] + b"\x81\x80" + question[4:].replace(
        b"plain", b"other"), client)


def cut(stream):
    """Less than the length that was said, and the end."""
    stream.sendall(b"\x01\x00" + bytes(100))


def drip(stream):
    """A long answer, byte by byte."""
    stream.sendall(b"\xff\xff")
    while True:
        time.sleep(0.2)
        stream.sendall(b"x")


def serve(sock, answer):
    """Answer each question at a UDP socket until it is closed."""
    while True:
        try:
            answer(*sock.recvfrom(512), sock)
        except OSError:
            return


def serve_streams(sock, answer):
    """The same for each connection at a TCP socket."""
    while True:
        try:
            with sock.accept()[0] as stream:
                stream.recv(512)
                answer(stream)
        except ConnectionError:
            continue
        except OSError:
            return


def bad_resolvers(lab):
    """Start those of POOLS, and return their sockets."""
    sockets = []
    for port, answer, stream in (
            (54, None, None), (55, lie, None), (56, truncate, cut),
            (57, truncate, drip), (58, change_subject, None)):
        for kind, way, act in ((socket.SOCK_DGRAM, serve, answer),
                               (socket.SOCK_STREAM, serve_streams, stream)):
            with in_space(lab.space("lb")):
                sock = socket.socket(socket.AF_INET, kind)
            sockets.append(sock)
            sock.bind(("10.0.2.1", port))
            if kind == socket.SOCK_STREAM:
                sock.listen()
            if act:
                threading.Thread(target=way, args=(sock, act),
                                 daemon=True).start()
    return sockets


def row_of(data, name):
    return next(row for row in data["pools"] if row["pool"] == name)


def kinds_of_zones():
    with Lab() as lab:
        servers = NameServers(lab, "lb", ZONES, dead=["dead.test"])
        sockets = bad_resolvers(lab)
        lab.config.write_text(config_text(lab))
        lab.start_controlplane()

        def answered():
            data = lab.ask("show", "discovery")
            return data and all(
                row["answered_ago_s"] is not None if POOLS[row["pool"]][2]
                else row["held"] for row in data["pools"]) and data
        data = wait_for(answered, lambda: str(lab.ask("show", "discovery")),
                        LIMIT_S)
        for name, (domain, _, members, wrong) in POOLS.items():
            row = row_of(data, name)
            found = [f'{member["host"].split(".")[0]} {member["preference"]}'
                     for member in data["members"] if member["pool"] == name
                     and not member["state"].startswith("not taken")]
            check(found == members, f"{name}: {domain} has {len(found)} MTAs"
                  f"{'' if found == members else ': ' + str(found)}")
            said = f"{row['held'] or ''} {row['notes'] or ''}"
            if wrong:
                check(wrong in said, f"{name}: said to be wrong: {said}")
            else:
                check(said == " ", f"{name}: nothing is wrong{said}")
        refused = [member["state"] for member in data["members"]
                   if member["pool"] == "own" and "not taken" in member["state"]]
        check(len(refused) == 2, "mxsteer's VIP and loopback are not taken: "
              + ", ".join(refused))
        check(row_of(data, "plain")["next_s"] <= 77, "the TTL counts")
        check(row_of(data, "owner")["next_s"] <= 20, "of a chain the least")
        check(row_of(data, "zero")["next_s"] <= 10, "a TTL of 0 is 10 s")
        check(row_of(data, "late")["next_s"] <= 86400, "one of 68 years a day")
        check(not set("\x1b\n\\{$").intersection(
            "".join(member["backend"] + member["host"]
                    for member in data["members"])),
              "odd names reach nothing")
        check("none.plain.test: NXDOMAIN" in lab.run_cli("-j", "status").stdout,
              "status names what is wrong")
        done = lab.run(
            "lb", lab.build / "controlplane/mxsteer", "config", "from-mx",
            "plain.test", RESOLVER, stdout=subprocess.PIPE).stdout
        (lab.dir / "first.yaml").write_bytes(done)
        check(b"a_10.0.2.11" in done and lab.run_cli(
            "config", "check", lab.dir / "first.yaml").returncode == 0,
              "config from-mx writes a good file")
        servers.stop_resolver()
        for sock in sockets:
            sock.close()


BEFORE = ("@ 1 MX 10 mta1\n@ 1 MX 20 mta2\n"
          "mta1 1 A 10.0.2.11\nmta2 1 A 10.0.2.12\n")
AFTER = ("@ 1 MX 10 mta3\n@ 1 MX 20 mta2\n"
         "mta3 1 A 10.0.2.13\nmta2 1 A 10.0.2.12\n")


def ask_now(lab):
    """An apply asks DNS at once, whatever the TTL; and lets it answer."""
    before = row_of(lab.ask("show", "discovery"), "mx")["inquiries"]
    lab.cli("config", "apply", lab.config)
    return wait_for(
        lambda: row_of(lab.ask("show", "discovery"), "mx")["inquiries"] >
        before, "an inquiry", LIMIT_S)


def mail_moves():
    with Lab() as lab:
        servers = NameServers(lab, "lb", {"site.test": BEFORE})
        lab.start_mtas()
        text = lab.config_text()
        at = text.index("    backends:\n")
        lab.config.write_text(
            text[:at] + f"    discover: {{mx: site.test, "
            f"resolvers: [{RESOLVER}]}}\n")
        lab.start_dataplane()
        lab.start_controlplane()
        old, new = "mta1_10.0.2.11", "mta3_10.0.2.13"
        wait_for(lambda: lab.backend(old), "DNS names mta1", LIMIT_S)
        lab.wait_up(old, "mta2_10.0.2.12")
        early = [lab.session() for _ in range(4)]
        check(lab.backend(old)["sessions"] == 4, "clients are at mta1")
        servers.change("site.test", AFTER)
        wait_for(lambda: ask_now(lab) and lab.backend(new), "DNS names mta3",
                 LIMIT_S)
        lab.wait_up(new)
        wait_for(lambda: not lab.backend(old), "mta1 has left", LIMIT_S)
        check("leaves, mta1.site.test (10.0.2.11), preference 10, by dns" in
              lab.controlplane.log.read_text(), "the log says that DNS did it")
        lab.wait_in_force()
        late = [lab.session() for _ in range(4)]
        check(lab.backend(new)["sessions"] == 4, "new clients are at mta3")
        retired = [row for row in lab.ask("show", "retired")["retired"]
                   if old in row["what"]]
        check(retired and retired[0]["sessions"] == 4,
              "those of mta1 have stayed there")
        for number, session in enumerate(early + late):
            session.deliver(f"<discover.{number}@client>")
            session.quit()
        lab.wait_delivered(8)
        check(len(lab.seen_clients()) == 8, "no session is lost")
        servers.stop_resolver()
        ask_now(lab)
        wait_for(lambda: row_of(lab.ask("show", "discovery"), "mx")["held"],
                 "the resolver is missed", LIMIT_S)
        check(lab.backend(new), "and mta3 stays")
        lab.check_accounts()


def test():
    """DNS names the MTAs of a pool: each kind of zone, and mail that follows."""
    kinds_of_zones()
    mail_moves()


if __name__ == "__main__":
    main(test)
