# SPDX-License-Identifier: BSD-3-Clause
"""The move from HAProxy to mxsteer, as its recipe tells it, beside a stream of
mail."""

import signal

from lab import VIP, wait_for
from recipes import RecipeLab

HAPROXY_ADDRESS = "198.51.100.2"
LIMIT_S = 90


class HaproxyLab(RecipeLab):
    """HAProxy has the mail, then both have it, then mxsteer alone."""

    def start_stream(self, to, count=80):
        """Its clients come to that address."""
        self.vip = to
        try:
            return self.start_sender(count, sessions=5, high=5000, think=0.3,
                                     sources=self.clients(4)[:3])
        finally:
            self.vip = VIP

    def walk(self):
        self.start_mtas(self.kinds)
        self.start_mxsteer()
        path = self.dir / "haproxy.cfg"
        path.write_text(self.blocks["haproxy"])
        haproxy = self.spawn("lb", [
            self.build / "peers/haproxy/usr/sbin/haproxy", "-db", "-f", path])
        old = self.start_stream(HAPROXY_ADDRESS)
        old.wait_accepted(20)
        new = self.start_stream(VIP)
        new.wait_accepted(20)
        old.finish()
        haproxy.signal(signal.SIGUSR1)
        wait_for(lambda: not haproxy.alive(), "HAProxy's last session", LIMIT_S)
        for sender in (old, new):
            # HAProxy refuses clients until its own checks have passed.
            sender.check_exactly_once(unbroken=sender is new)
            sender.check_true_clients()
        self.keep_address()

    def keep_address(self):
        """HAProxy's address becomes one of mxsteer's."""
        self.ip("lb", "address", "del", f"{HAPROXY_ADDRESS}/24", "dev", "mxs-wan")
        text = self.config.read_text()
        self.config.write_text(text.replace(
            f'"{VIP}:25"', f'"{VIP}:25", "{HAPROXY_ADDRESS}:25"'))
        self.cli("config", "apply", self.config)
        sender = self.start_stream(HAPROXY_ADDRESS, 20)
        sender.check_exactly_once()
        sender.check_true_clients()
