# SPDX-License-Identifier: BSD-3-Clause
"""nftables in the kernel: DNAT by turns, and masquerade, as fullnat does."""

from lab import VIP

from .base import Peer

RULES = """\
table ip balance {{
  chain in {{
    type nat hook prerouting priority dstnat;
    ip daddr {vip} tcp dport 25 dnat to numgen inc mod {count} map {{ {map} }}
  }}
  chain out {{
    type nat hook postrouting priority srcnat;
    oifname "mxs-lan" tcp dport 25 masquerade
  }}
}}
"""


class Nftables(Peer):
    NAME = "nftables DNAT"

    def start(self):
        self.take_vip()
        self.site.sysctl("lb", "net.ipv4.ip_forward=1",
                         "net.netfilter.nf_conntrack_tcp_timeout_time_wait=1")
        addresses = self.mta_addresses()
        self.site.nft("lb", RULES.format(
            vip=VIP, count=len(addresses), map=", ".join(
                f"{i} : {address}" for i, address in enumerate(addresses))))

    def wait_ready(self):
        """Rules are in force once they are loaded."""

    def stop(self):
        self.site.nft("lb", "delete table ip balance")
        self.site.sysctl("lb", "net.ipv4.ip_forward=0")
        self.leave_vip()
