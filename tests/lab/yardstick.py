# SPDX-License-Identifier: BSD-3-Clause
"""The kernel's own NAT beside mxsteer, in the same namespace, for comparison.

PEER is an address of the lb's kernel; nftables sends its port 25 to an MTA, from
an address of the lb, and conntrack judges the segments.
"""

import subprocess

from network import SNATS, VIPS, WAN

PEER = WAN[4] + "26"

# The kernel does not forward mxsteer's packets.
RULES = """
table ip peer {{
  chain ours {{
    type filter hook prerouting priority -300
    ip daddr {{ {vip}, {snat} }} drop
  }}
  chain pre {{
    type nat hook prerouting priority -100
    ip daddr {peer} tcp dport 25 dnat to {mta}:25
  }}
  chain post {{
    type nat hook postrouting priority 100
    ip daddr {mta} masquerade
  }}
}}
"""


def start(lab, name):
    """PEER leads to that MTA from now on."""
    lab.ip("lb", "address", "add", PEER + "/24", "dev", "mxs-wan")
    lab.nft("lb", RULES.format(vip=VIPS[4], snat=SNATS[4], peer=PEER,
                               mta=lab.mta_address(name, 4)))
    lab.sysctl("lb", "net.ipv4.ip_forward=1")


def introduce(lab, wire, end):
    """Tell the lb's kernel the MAC of a client that answers no ARP."""
    lab.ip("lb", "neigh", "replace", end[0], "lladdr", wire.mac, "dev",
           "mxs-wan")


def state(lab, end):
    """conntrack's word for the session of a client's end; None if it has none,
    or if this kernel does not say."""
    out = lab.run("lb", "cat", "/proc/net/nf_conntrack", check=False,
                  stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    for line in out.decode().splitlines():
        words = line.split()
        if f"src={end[0]}" in words and f"sport={end[1]}" in words:
            return words[5]
    return None
