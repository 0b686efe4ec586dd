# SPDX-License-Identifier: BSD-3-Clause
"""The move from equal MX records to mxsteer, as its recipe tells it.

A Postfix on the client's host sends a stream of mail all the time.  It finds its
way by MX records of a real name server (nsd), which a real resolver (unbound)
asks for it.  The MTAs have public addresses, to which the old names lead, past
mxsteer:

    client --- wan [ lb ] lan --- switch --- mta1..2
       '-------- 203.0.113.0/24 -----'
"""

import subprocess
import threading
from collections import Counter

from lab import check, wait_for
from mta.outgoing import OutgoingPostfix
from nameserver import RESOLVER, NameServers
from network import HOSTS, MTA_HOSTS, WAN
from recipes import RecipeLab
from talk import Session

PUBLIC = "203.0.113."
SENDER = 254  # its number in that network
DOMAIN = "example.org"
VIA_VIP = "the VIP"
PAUSE_S = 0.12  # between two messages
LIMIT_S = 120  # more than any machine needs

# A server that does not answer costs a sender this time.
MAIN = """
virtual_mailbox_domains =
smtpd_relay_restrictions = permit_mynetworks, reject
smtp_dns_support_level = enabled
smtp_connect_timeout = 2s
smtp_connection_cache_on_demand = no
default_transport = smtp
relay_transport = smtp
"""


class DnsPostfix(OutgoingPostfix):
    """Asks DNS for the MX records of each message."""
    MORE = MAIN

    def configure(self):
        super().configure()
        resolver = self.dir / "resolv.conf"
        resolver.write_text(f"nameserver {RESOLVER}\n")
        # `ip netns exec` gives each command its own mounts.
        self.command = ["sh", "-ec", "[ ! -e /etc/resolv.conf ] || "
                        'mount --bind "$0" /etc/resolv.conf; exec "$@"',
                        resolver, *self.command]


class Stream:
    """Messages, one after another, into an MTA of the client's host."""

    def __init__(self, lab, port):
        self.lab, self.port = lab, port
        self.idents = []
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        with Session(self.lab.connect("client", "127.0.0.1",
                                      self.port)) as session:
            while not self.ended.wait(PAUSE_S):
                ident = f"<{len(self.idents)}.stream@client>"
                session.deliver(ident)
                self.idents.append(ident)

    def end(self):
        check(self.thread.is_alive(), "the stream goes on to its end")
        self.ended.set()
        self.thread.join()

    def routes(self):
        """How each message that has arrived came, in the order of sending: an
        MTA's name if its old name led there."""
        came = {}
        for name, mta in self.lab.mtas.items():
            for ident, address in mta.clients().items():
                came[ident] = (name if address == f"{PUBLIC}{SENDER}" else
                               VIA_VIP if address == f"{WAN[4]}{HOSTS[0]}" else
                               address)
        return [came[ident] for ident in self.idents if ident in came]

    def wait_last_by(self, count, ways, words):
        """Until the last `count` that have arrived, all of them from now on, came
        by these ways alone, and by each of them more than once."""
        before = len(self.routes())

        def last():
            return Counter(self.routes()[before:][-count:])

        def arrived():
            there = last()
            return there.total() == count and set(there) == set(ways) and \
                min(there.values()) > 1 and there
        there = wait_for(arrived, lambda: f"{words}: {last()}", LIMIT_S)
        check(there, f"{words}: of the last {count} messages " + ", ".join(
            f"{n} by {way}" for way, n in sorted(there.items())))


class MxLab(RecipeLab):
    def lay(self):
        super().lay()
        self._wire("client", "eth2", "switch", "public", "br0")
        self.ip("client", "address", "add", f"{PUBLIC}{SENDER}/24", "dev", "eth2")
        for name, host in MTA_HOSTS.items():
            self.ip(name, "address", "add", f"{PUBLIC}{host}/24", "dev", "eth0")

    def records(self, old, vip):
        """The zone of the recipe.  old: preference of the old names, or None.
        vip: does the VIP's name stand among them?"""
        lines = []
        for line in self.blocks["zone"].splitlines(True):
            if "mx.example.org." in line:
                lines += [line] if vip else []
            elif old is not None:
                lines.append(line.replace("MX  10", f"MX  {old}"))
        lines += [f"{name} 300 A {PUBLIC}{host}\n"
                  for name, host in MTA_HOSTS.items()]
        # The steps wait for the TTL.
        return "".join(lines).replace(" 300 ", " 1 ")

    def from_mx(self):
        """What that command makes of DNS."""
        return self.run("client", self.build / "controlplane/mxsteer", "config",
                        "from-mx", DOMAIN, RESOLVER,
                        check=False, stdout=subprocess.PIPE,
                        stderr=subprocess.STDOUT).stdout.decode()

    def write_first_file(self):
        """config from-mx finds the MTAs of the old names."""
        done = self.from_mx()
        path = self.dir / "first.yaml"
        path.write_text(done)
        there = [f"{PUBLIC}{MTA_HOSTS[name]}" in done for name in self.mtas]
        check(all(there) and self.run_cli("config", "check",
                                          path).returncode == 0,
              "config from-mx writes a good file with both MTAs")

    def second_server_is_hidden(self):
        """The port that reads headers is not there for the world."""
        try:
            self.connect("client", f"{PUBLIC}{MTA_HOSTS['mta1']}", 2525,
                         timeout=5).close()
            reached = True
        except ConnectionRefusedError:
            reached = False
        check(not reached, "the world does not reach the port for mxsteer")

    def balancer_fails(self, stream):
        """A dead balancer costs senders time, and they go to the old names."""
        self.dataplane.kill_group()
        stream.wait_last_by(15, self.mtas, "the balancer is dead")
        self.start_dataplane()
        stream.wait_last_by(20, [VIA_VIP], "the balancer is back")

    def walk(self):
        servers = NameServers(self, "client", {DOMAIN: self.records(10, False)})
        self.entrance = (25, "off")
        self.start_mtas(self.kinds)
        sender = DnsPostfix("client", self.build / "mta", self.dir / "sender",
                            lambda command, **options:
                            self.spawn("client", command, **options))
        sender.start()
        wait_for(lambda: (self.dir / "sender/queue/public/qmgr").exists(),
                 "the sender starts", LIMIT_S)
        self.write_first_file()
        stream = Stream(self, sender.PORT)
        stream.wait_last_by(20, self.mtas, "equal MX records")
        for mta in self.mtas.values():
            mta.settle()
        self.start_mxsteer()
        self.second_server_is_hidden()
        stream.wait_last_by(20, self.mtas, "the VIP serves, and no name leads to it")
        servers.change(DOMAIN, self.records(10, True))
        stream.wait_last_by(30, [*self.mtas, VIA_VIP], "one name more")
        servers.change(DOMAIN, self.records(20, True))
        stream.wait_last_by(30, [VIA_VIP], "old names at preference 20")
        self.balancer_fails(stream)
        servers.change(DOMAIN, self.records(None, True))
        wait_for(lambda: PUBLIC not in self.from_mx(), "DNS", LIMIT_S)
        stream.wait_last_by(30, [VIA_VIP], "the VIP's name alone")
        stream.end()
        wait_for(lambda: all(ident in self.ids() for ident in stream.idents),
                 "the last messages", LIMIT_S)
        check(all(self.ids()[ident] == 1 for ident in stream.idents),
              f"{len(stream.idents)} messages arrived exactly once each")
        check("status=bounced" not in sender.log_text(), "none came back")
