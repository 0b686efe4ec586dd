# SPDX-License-Identifier: BSD-3-Clause
"""HAProxy, mode tcp, two threads: one on each core."""

from lab import MTAS, VIP

from .base import Peer

CONFIG = """\
global
    nbthread 2
    cpu-map auto:1/1-2 0-1
    maxconn 2000
defaults
    mode tcp
    timeout connect 5s
    timeout client 300s
    timeout server 300s
listen smtp
    bind {vip}:25
    balance roundrobin
{servers}
"""


class Haproxy(Peer):
    NAME = "HAProxy"

    def start(self):
        self.take_vip()
        servers = "\n".join(
            f"    server {name} {address}:25 check inter 2s"
            for name, address in zip(MTAS, self.mta_addresses()))
        config = self.configure(CONFIG.format(vip=VIP, servers=servers))
        self.process = self.site.spawn(
            "lb", [self.peer_path("haproxy", "usr/sbin/haproxy"), "-db", "-f",
                   config])

    def stop(self):
        super().stop()
        self.leave_vip()
