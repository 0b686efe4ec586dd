# SPDX-License-Identifier: BSD-3-Clause
"""The lab's network: a namespace for every host, veths between them.

    client --- wan [ lb ] lan --- switch --- mta1..3

                 wan                             lan
    IPv4         198.51.100.0/24                 10.0.2.0/24
    IPv6         2001:db8:1::/64                 fd00:2::/64
    clients      1, 101-140 of either family
    VIP          25
    lb's kernel  2                               1
    snat                                         100
    MTAs                                         11-13

Replies of the MTAs: in fullnat they go to the snat address; in nat the lb is
the MTAs' gateway; in dsr and tunnel the MTAs have the VIP, and their gateway
is the client, or its router, with a link to the switch (254) for that.

A router may stand on either side, whose routes have a smaller MTU than the
wires: `edge` before the clients, who then are in 192.0.2.0/24 and
2001:db8:2::/64, and `core` before the MTAs, who then are in 10.0.3.0/24 and
fd00:3::/64.
"""

import contextlib
import ctypes
import json
import os
import socket
import subprocess

LIBC = ctypes.CDLL(None, use_errno=True)

FAMILIES = (4, 6)
BITS = {4: 24, 6: 64}
HOSTS = [1, *range(101, 141)]  # numbers of the clients
MTA_HOSTS = {"mta1": 11, "mta2": 12, "mta3": 13}

# What stands before a host's number.
WAN = {4: "198.51.100.", 6: "2001:db8:1::"}
LAN = {4: "10.0.2.", 6: "fd00:2::"}
BEHIND_EDGE = {4: "192.0.2.", 6: "2001:db8:2::"}
BEHIND_CORE = {4: "10.0.3.", 6: "fd00:3::"}

VIPS = {family: WAN[family] + "25" for family in FAMILIES}
SNATS = {family: LAN[family] + "100" for family in FAMILIES}

SYSCTLS = """
net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2
net.ipv6.conf.all.accept_ra=0 net.ipv6.conf.default.accept_ra=0
net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0
net.ipv6.conf.default.router_solicitations=0
""".split()
ROUTER_SYSCTLS = "net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1".split()


def net_of(prefix, family):
    """The network of which prefix begins the addresses."""
    return f"{prefix[family]}{'0' if family == 4 else ''}/{BITS[family]}"


@contextlib.contextmanager
def in_space(space):
    """Put this thread into a namespace for a while; its sockets stay there."""
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    there = os.open(f"/run/netns/{space}", os.O_RDONLY)
    try:
        if LIBC.setns(there, 0) != 0:
            raise OSError(ctypes.get_errno(), "setns")
        yield
    finally:
        LIBC.setns(home, 0)
        os.close(there)
        os.close(home)


class Network:
    """tag: begins the names of its namespaces.
    replies: how the MTAs reach clients: snat, lb or direct.
    edge_mtu, core_mtu: MTU of a router's routes to clients and to MTAs."""

    def __init__(self, tag, replies="snat", edge_mtu=None, core_mtu=None):
        self.tag, self.replies = tag, replies
        self.edge_mtu, self.core_mtu = edge_mtu, core_mtu
        self.spaces = []
        self.client_prefix = BEHIND_EDGE if edge_mtu else WAN
        self.mta_prefix = BEHIND_CORE if core_mtu else LAN

    def space(self, name):
        return f"{self.tag}-{name}"

    def clients(self, family):
        return [f"{self.client_prefix[family]}{n}" for n in HOSTS]

    def mta_address(self, name, family):
        return f"{self.mta_prefix[family]}{MTA_HOSTS[name]}"

    def run(self, space, *command, **options):
        """Run a command to its end inside a namespace."""
        options.setdefault("check", True)
        options.setdefault("stdout", subprocess.DEVNULL)
        if "input" not in options:
            options.setdefault("stdin", subprocess.DEVNULL)
        return subprocess.run(
            ["ip", "netns", "exec", self.space(space), *map(str, command)],
            **options)

    def ip(self, space, *words):
        subprocess.run(["ip", "-n", self.space(space), *words], check=True)

    def sysctl(self, space, *settings):
        self.run(space, "sysctl", "-q", "-w", *settings)

    def counter(self, space, name):
        """What the kernel there has counted: InDestUnreachs of Icmp, say, is
        IcmpInDestUnreachs, as nstat(8) calls it."""
        out = self.run(space, "cat", "/proc/net/snmp", "/proc/net/netstat",
                       "/proc/net/snmp6", stdout=subprocess.PIPE).stdout
        counters, names = {}, None
        for line in out.decode().splitlines():
            head, *words = line.split()
            if not head.endswith(":"):
                counters[head] = int(words[0])
            elif names is None:
                names = words
            else:
                counters.update((head[:-1] + key, int(value))
                                for key, value in zip(names, words))
                names = None
        return counters[name]

    def has_interface(self, space, name):
        return self.run(space, "ip", "link", "show", name, check=False,
                        stderr=subprocess.DEVNULL).returncode == 0

    def path_mtu(self, space, address):
        """What the kernel there has learnt of the way to an address."""
        out = self.run(space, "ip", "-j", "route", "get", address,
                       stdout=subprocess.PIPE).stdout
        route = json.loads(out)[0]
        return next((metric["mtu"] for metric in route.get("metrics", ())
                     if "mtu" in metric), None)

    def batch(self, space, *lines):
        """Many lines of ip(8) at once."""
        subprocess.run(["ip", "-n", self.space(space), "-batch", "-"],
                       input="\n".join(lines) + "\n", text=True, check=True)

    def connect(self, space, address, port, source=None, timeout=60):
        """A socket of a namespace, connected, for the test to use here."""
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with in_space(self.space(space)):
            sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.settimeout(timeout)
            if source:
                sock.bind((source, 0))
            sock.connect((address, port))
        except BaseException:
            sock.close()
            raise
        return sock

    # -- pieces ------------------------------------------------------------

    def _add_space(self, name, *settings):
        subprocess.run(["ip", "netns", "add", self.space(name)], check=True)
        self.spaces.append(self.space(name))
        self.ip(name, "link", "set", "lo", "up")
        self.sysctl(name, *SYSCTLS, *settings)

    def _add_bridge(self, name):
        self.batch("switch", f"link add {name} type bridge mcast_snooping 0",
                   f"link set {name} up")

    def _wire(self, space, interface, to_space, to_interface, bridge=None):
        """A veth, at whose far end may be a bridge of the switch."""
        self.ip(space, "link", "add", interface, "type", "veth", "peer",
                "name", to_interface, "netns", self.space(to_space))
        self.ip(space, "link", "set", interface, "up")
        self.ip(to_space, "link", "set", to_interface, "up",
                *(["master", bridge] if bridge else []))

    def _plain_frames(self, space, interface):
        """Whole checksums and no super-packets, as on a real wire."""
        self.run(space, "ethtool", "-K", interface, "tx", "off", "tso", "off",
                 "gso", "off", "gro", "off")

    def _address(self, space, interface, prefix, *hosts):
        self.batch(space, *(
            f"address add {prefix[family]}{host}/{BITS[family]} dev "
            f"{interface}{' nodad' if family == 6 else ''}"
            for family in FAMILIES for host in hosts))

    def _route(self, space, via, host, to=None, *words):
        """To a network, or by default, by way of a host of another."""
        for family in FAMILIES:
            self.ip(space, f"-{family}", "route", "replace",
                    net_of(to, family) if to else "default", "via",
                    f"{via[family]}{host}", *words)

    def _limit_route(self, space, interface, to, mtu):
        """What goes to a network it is on must be small from now on."""
        metric = {4: "0", 6: "256"}  # of the kernel's own route
        for family in FAMILIES:
            self.ip(space, f"-{family}", "route", "replace",
                    net_of(to, family), "dev", interface, "metric",
                    metric[family], "mtu", str(mtu))

    # -- the whole ---------------------------------------------------------

    def lay(self):
        for name in ("client", "lb", *MTA_HOSTS):
            self._add_space(name)
        self._add_space("switch", "net.ipv6.conf.all.disable_ipv6=1",
                        "net.ipv6.conf.default.disable_ipv6=1")
        self._add_bridge("br0")
        self._wire("lb", "mxs-lan", "switch", "lb", "br0")
        self._address("lb", "mxs-lan", LAN, 1)
        self._lay_wan()
        self._lay_core()
        if self.replies == "direct":
            # ICMP about these replies goes to the VIP, and so through the lb.
            gateway = "edge" if self.edge_mtu else "client"
            self._wire(gateway, "eth2", "switch", "direct", "br0")
            self._address(gateway, "eth2", LAN, 254)
        for name in MTA_HOSTS:
            self._lay_mta(name)

    def _lay_wan(self):
        if self.edge_mtu:
            self._add_space("edge", *ROUTER_SYSCTLS)
            self._wire("edge", "eth0", "lb", "mxs-wan")
            self._address("edge", "eth0", WAN, 3)
            self._wire("client", "eth0", "edge", "eth1")
            self._address("edge", "eth1", BEHIND_EDGE, 254)
            self._limit_route("edge", "eth1", BEHIND_EDGE, self.edge_mtu)
        else:
            self._wire("client", "eth0", "lb", "mxs-wan")
        self._address("client", "eth0", self.client_prefix, *HOSTS)
        self._address("lb", "mxs-wan", WAN, 2)
        if self.edge_mtu:
            self._route("client", BEHIND_EDGE, 254)

    def _lay_core(self):
        if not self.core_mtu:
            return
        self._add_bridge("br1")
        self._add_space("core", *ROUTER_SYSCTLS)
        self._wire("core", "eth0", "switch", "core0", "br0")
        self._wire("core", "eth1", "switch", "core1", "br1")
        self._address("core", "eth0", LAN, 3)
        self._address("core", "eth1", BEHIND_CORE, 254)
        self._limit_route("core", "eth1", BEHIND_CORE, self.core_mtu)
        self._route("lb", LAN, 3, BEHIND_CORE)
        self._gateway("core", LAN)

    def _lay_mta(self, name):
        bridge = "br1" if self.core_mtu else "br0"
        self._wire(name, "eth0", "switch", name, bridge)
        self._address(name, "eth0", self.mta_prefix, MTA_HOSTS[name])
        if self.core_mtu:
            self._route(name, BEHIND_CORE, 254)
        else:
            self._gateway(name, LAN)
        if self.replies == "direct":
            self.batch(name, f"address add {VIPS[4]}/32 dev lo",
                       f"address add {VIPS[6]}/128 dev lo nodad")

    def _gateway(self, space, prefix):
        host = {"snat": None, "lb": 1, "direct": 254}[self.replies]
        if host:
            self._route(space, prefix, host)

    # -- what goes wrong ---------------------------------------------------

    def nft(self, space, text):
        """Load rules for nftables."""
        self.run(space, "nft", "-f", "-", input=text.encode())

    def lose_every(self, n):
        """Lose every n-th packet of mail, in either direction: at the
        client what comes from the VIP, at the MTAs what comes to them."""
        rules = """
table inet loss {{
  chain in {{
    type filter hook prerouting priority -300;
    meta l4proto tcp th {end} {{ 25, 465 }} numgen inc mod {n} 0 counter drop
  }}
}}
"""
        self.nft("client", rules.format(end="sport", n=n))
        for name in MTA_HOSTS:
            self.nft(name, rules.format(end="dport", n=n))

    def lose_headers(self, times):
        """Lose the first PROXY headers that come from a snat address, each
        session's `times` times."""
        starts = ("0x50524f58", "0x0d0a0d0a")  # "PROX", and version 2
        sets = "".join(
            f"set seen{i} {{ type inet_service; flags dynamic; size 65535; }}\n"
            for i in range(times))
        rules = "".join(
            f"tcp dport 25 {'ip' if family == 4 else 'ip6'} saddr "
            f"{SNATS[family]} @ih,0,32 {start} tcp sport != @seen{i} "
            f"add @seen{i} {{ tcp sport }} counter drop\n"
            for family in FAMILIES for start in starts for i in range(times))
        for name in MTA_HOSTS:
            self.nft(name, f"table inet loss {{\n{sets}chain in {{\n"
                     "type filter hook prerouting priority -300;\n"
                     f"{rules}}}\n}}\n")

    def lost(self, *spaces):
        """How many packets were lost there."""
        total = 0
        for space in spaces:
            out = self.run(space, "nft", "-j", "list", "table", "inet",
                           "loss", stdout=subprocess.PIPE).stdout
            for item in json.loads(out)["nftables"]:
                for part in item.get("rule", {}).get("expr", ()):
                    total += part.get("counter", {}).get("packets", 0)
        return total
