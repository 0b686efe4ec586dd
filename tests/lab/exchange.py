# SPDX-License-Identifier: BSD-3-Clause
"""Two servers that speak as Exchange does, by its recipe.  The balancer is the
gateway of mta1.  That of mta2 is a router, which sends what comes from port 25 to
the balancer by the rules of the recipe."""

import contextlib
import subprocess

from lab import VIP, check, wait_for
from network import LAN, ROUTER_SYSCTLS
from recipes import RecipeLab
from talk import Session, proxy_header

ROUTER = 254
MANY = 5  # sessions of each of ten clients
LIMIT_S = 120


class ExchangeLab(RecipeLab):
    def lay(self):
        super().lay()
        self._add_space("router", *ROUTER_SYSCTLS)
        self._wire("router", "eth0", "switch", "router", "br0")
        self.ip("router", "address", "add", f"{LAN[4]}{ROUTER}/24", "dev",
                "eth0")
        for line in self.blocks["rules"].splitlines():
            assert line.startswith("ip "), line
            self.ip("router", *line.split()[1:])
        self.ip("mta2", "route", "replace", "default", "via",
                f"{LAN[4]}{ROUTER}")

    def walk(self):
        super().walk()
        for number, client in enumerate(self.clients(4)[20:40]):
            with self.session(client) as session:
                session.deliver(f"<{number}.way@client>")
        by = {name: len(mta.received()) for name, mta in self.mtas.items()}
        check(all(by.values()), f"either way back has mail: {by}")
        with self.session(self.clients(4)[7]) as session:
            session.starttls()
            session.deliver("<tls@client>")
        self.wait_delivered(41)
        check(self.seen_clients()["<tls@client>"] == self.clients(4)[7],
              "a client speaks TLS with the MTA")
        self.clients_are_counted()
        self.refused_clients_wait()
        self.way_back_is_missing()

    def clients_are_counted(self):
        """More sessions than a server allows one address."""
        with contextlib.ExitStack() as stack:
            for source in self.clients(4)[10:20] * MANY:
                stack.enter_context(self.session(source))
            at = {name: self.backend(name)["sessions"] for name in self.mtas}
            check(max(at.values()) > 20,
                  f"limits of an address do not count the balancer: {at}")

    def refused_clients_wait(self):
        """Exchange waits before it refuses, and mxsteer waits for the reply.  To
        Exchange a PROXY header is an unknown command."""
        relay = self.session()
        relay.ehlo()
        relay.mail("sender@example.net")
        relay.putcmd("rcpt", "TO:<stranger@example.com>")
        with self.connect("lb", self.mta_address("mta1", 4), 25) as sock:
            proxied = Session(sock)
            sock.sendall(proxy_header("v1", ("192.0.2.9", 4000), (VIP, 25)))
            code, text = relay.getreply()
            check(code == 550, f"no client relays: {code} {text.decode()}")
            code, text = proxied.getreply()
            check(code == 500, f"no header is read: {code} {text.decode()}")
        relay.close()

    def way_back_is_missing(self):
        """What the recipe says of a server without the way back."""
        self.cli("drain", "mx/mta2")
        self.ip("mta1", "route", "del", "default")
        done = self.run("client", self.build / "controlplane/mxsteer",
                        "doctor", "mail", f"{VIP}:25", "to",
                        "inbox@example.org", "within", "3", check=False,
                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        check(f"{VIP}:25 was not reached" in done.stdout.decode(),
              "without a way back doctor mail says that the VIP was not reached")
        check(self.backend("mta1")["health"] == "up", "while checks are well")
        row = self.ask("show", "services")["services"][0]
        check(row["half_open"] > 0, "and show services counts a handshake")
        self.ip("mta1", "route", "add", "default", "via", f"{LAN[4]}1")
        self.cli("ready", "mx/mta2")
        wait_for(lambda: self.backend("mta2")["admin"] == "ready", "mta2",
                 LIMIT_S)
