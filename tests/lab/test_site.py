#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The site of config/examples/site.yaml, as it is shipped: three inbound MTAs,
two outbound MTAs, two that stand in for either, a message store, an Internet.

    client ----- edge --- wan [ lb ] lan --- switch --- mx1..3 out1..2 any1..2
    (Internet)    |  '-----------------------'
                store

edge routes between all of them.  Outbound MTAs reach the Internet by it, past
mxsteer.  The store reaches the outbound VIP by it as well.
"""

import re
from collections import Counter

from config import USER
from lab import Lab, check, main, wait_for
from mta import site
from network import (BEHIND_CORE, BEHIND_EDGE, HOSTS, LAN, ROUTER_SYSCTLS, WAN)
from talk import Session

LIMIT_S = 120

# name: its number in the network of MTAs, and its kind.
MTAS = {"mx1": (11, "inbound"), "mx2": (12, "inbound"), "mx3": (13, "inbound"),
        "out1": (21, "outbound"), "out2": (22, "exim"),
        "any1": (31, "combined"), "any2": (32, "combined")}
INBOUND = {"mx1", "mx2", "mx3"}
OUTBOUND = {"out1", "out2"}
FALLBACK = {"any1", "any2"}
MEMBERS = {"mx": INBOUND | FALLBACK, "relay": OUTBOUND | FALLBACK}

COUNT = 30  # messages of each batch


class SiteLab(Lab):
    def lay(self):
        self.client_prefix = BEHIND_EDGE
        for name in ("client", "lb", "store", *MTAS):
            self._add_space(name)
        self._add_space("edge", *ROUTER_SYSCTLS)
        self._add_space("switch", "net.ipv6.conf.all.disable_ipv6=1",
                        "net.ipv6.conf.default.disable_ipv6=1")
        self._add_bridge("br0")
        self._wire("lb", "mxs-lan", "switch", "lb", "br0")
        self._address("lb", "mxs-lan", LAN, 1)
        self._wire("edge", "eth0", "lb", "mxs-wan")
        self._address("edge", "eth0", WAN, 3)
        self._address("lb", "mxs-wan", WAN, 2)
        self._wire("client", "eth0", "edge", "eth1")
        self._address("client", "eth0", BEHIND_EDGE, *HOSTS)
        self._address("edge", "eth1", BEHIND_EDGE, 254)
        self._route("client", BEHIND_EDGE, 254, WAN)
        self._route("client", BEHIND_EDGE, 254, LAN)
        self._wire("edge", "eth2", "switch", "edge", "br0")
        self._address("edge", "eth2", LAN, 254)
        self._wire("store", "eth0", "edge", "eth3")
        self._address("store", "eth0", BEHIND_CORE, 5)
        self._address("edge", "eth3", BEHIND_CORE, 254)
        self._route("store", BEHIND_CORE, 254, LAN)
        for name, (host, _) in MTAS.items():
            self._wire(name, "eth0", "switch", name, "br0")
            self._address(name, "eth0", LAN, host)
            # No way to the host's resolvers: a lookup fails at once.
            self._route(name, LAN, 254, BEHIND_EDGE)
            self._route(name, LAN, 254, BEHIND_CORE)

    def config_text(self, backends=None, **changes):
        """Names of this host alone differ from what is shipped."""
        text = site.EXAMPLE.read_text()
        text = re.sub(r"^instance: .*", f"instance: {self.instance}\n"
                      f"user: {USER}", text, flags=re.M)
        text = text.replace("  workers: [1]\n", "  workers: [1]\n"
                            f"  idle: {self.values['idle']}\n"
                            "  sessions-max: 100000\n")
        for side, name in ("wan", "eth0"), ("lan", "eth1"):
            text = text.replace(f"interface: {name}", f"interface: mxs-{side}")
        return text

    def start_site(self):
        kinds = {name: (name, kind) for name, (_, kind) in MTAS.items()}
        kinds["store"] = ("store", "store")
        kinds["internet"] = ("client", "internet")
        for name, (space, kind) in kinds.items():
            self.mtas[name] = site.KINDS[kind](
                name, self.build / "mta", self.dir / name,
                lambda command, space=space, **options:
                self.spawn(space, command, **options),
                "off" if name in ("store", "internet") else "v2")
            self.mtas[name].start()
        self.start_dataplane()
        self.start_controlplane()
        self.wait_serving(mx=INBOUND, relay=OUTBOUND)
        for pool in ("mx", "relay"):
            wait_for(lambda pool=pool: all(
                self.backend(name, pool)["health"] == "up"
                for name in FALLBACK), "the fallback is up", LIMIT_S)

    def wait_serving(self, **pools):
        """Until new sessions of a pool go to these and to no others."""
        def serving(pool):
            return {name for name in MEMBERS[pool]
                    if (self.backend(name, pool) or {}).get("effective_weight")}
        wait_for(lambda: all(serving(pool) == names
                             for pool, names in pools.items()) and
                 self.in_force(),
                 lambda: str({pool: serving(pool) for pool in pools}), LIMIT_S)

    # -- mail --------------------------------------------------------------

    def names(self, clients, idents):
        """The MTAs that brought these messages, by their own addresses."""
        by_address = {f"{LAN[4]}{host}": name
                      for name, (host, _) in MTAS.items()}
        return {by_address.get(clients[ident], clients[ident])
                for ident in idents}

    def receive(self, words, allowed, unbroken=True):
        """Mail of the Internet reaches the store once, by these MTAs."""
        sender = self.start_sender(COUNT, sessions=6, high=20000)
        sender.check_exactly_once(unbroken)
        seen = self.names(self.mtas["store"].clients(), sender.arrived())
        check(seen and seen <= allowed, f"{words}: to the store by "
              f"{', '.join(sorted(seen))}")

    def send(self, tag, to=f"user@{site.INTERNET_DOMAIN}"):
        """The store is given mail for the Internet."""
        idents = [f"<{tag}.{number}@store>" for number in range(COUNT)]
        with Session(self.connect("store", "127.0.0.1", 25)) as session:
            for ident in idents:
                session.sendmail("inbox@example.org", [to], (
                    f"From: <inbox@example.org>\r\nTo: <{to}>\r\n"
                    f"Message-Id: {ident}\r\n\r\n" + ("x" * 76 + "\r\n") * 9))
        return idents

    def check_sent(self, words, idents, allowed):
        """That mail has reached the Internet once, by these MTAs."""
        internet = self.mtas["internet"]
        wait_for(lambda: all(internet.received()[ident] for ident in idents),
                 lambda: f"{words}: {len(idents)} messages in the Internet",
                 LIMIT_S)
        there = Counter({ident: internet.received()[ident]
                         for ident in idents})
        check(set(there.values()) == {1}, f"{words}: {COUNT} messages reached "
              "the Internet once")
        seen = self.names(internet.clients(), idents)
        check(seen <= allowed,
              f"from the own address of {', '.join(sorted(seen))}")

    def check_no_relay(self, words):
        """A stranger cannot send to the Internet by the site."""
        for address in (self.vip, site.OUTBOUND_VIP):
            with Session(self.connect("client", address, 25,
                                      f"{BEHIND_EDGE[4]}101")) as session:
                server = session.server
                session.ehlo()
                session.mail("stranger@example.net")
                code, said = session.rcpt(f"victim@{site.INTERNET_DOMAIN}")
                check(code in (550, 554), f"{words}: {server} relays for no "
                      f"stranger: {code} {said.decode()}")


def all_of_them(lab):
    lab.receive("all serve", INBOUND)
    lab.check_sent("all serve", lab.send("all"), OUTBOUND)
    lab.check_no_relay("all serve")


def without_inbound(lab):
    """Mail comes before mxsteer has seen that they died."""
    for name in sorted(INBOUND):
        lab.mtas[name].kill()
    sent = lab.send("inbound")
    lab.receive("no inbound MTA lives", FALLBACK, unbroken=False)
    lab.wait_serving(mx=FALLBACK, relay=OUTBOUND)
    lab.check_sent("no inbound MTA lives", sent, OUTBOUND)
    lab.check_no_relay("the fallback serves")
    for name in sorted(INBOUND):
        lab.mtas[name].start()
    lab.wait_serving(mx=INBOUND, relay=OUTBOUND)
    lab.receive("they are back", INBOUND)


def without_outbound(lab):
    """They are drained."""
    for name in sorted(OUTBOUND):
        lab.cli("drain", f"relay/{name}")
    lab.wait_serving(mx=INBOUND, relay=FALLBACK)
    lab.check_sent("outbound MTAs are drained", lab.send("drained"), FALLBACK)
    lab.receive("outbound MTAs are drained", INBOUND)
    lab.check_no_relay("the fallback serves outbound")
    for name in sorted(OUTBOUND):
        lab.cli("ready", f"relay/{name}")
    lab.wait_serving(mx=INBOUND, relay=OUTBOUND)
    lab.check_sent("they are ready again", lab.send("ready"), OUTBOUND)


def test():
    """A site of inbound, outbound and combined MTAs, as the example has it."""
    with SiteLab(proxy="v2") as lab:
        lab.start_site()
        all_of_them(lab)
        without_inbound(lab)
        without_outbound(lab)
        check(set(lab.mtas["internet"].received().values()) == {1},
              "no message has come to the Internet twice since")
        lab.check_accounts()


if __name__ == "__main__":
    main(test)
