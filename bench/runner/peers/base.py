# SPDX-License-Identifier: BSD-3-Clause
"""The common part of all peers."""

from lab import MTAS, VIP


class Peer:
    """A way from the VIP to the MTAs.

    POLLS: its core spins, and so is always busy; work_s() tells what of that
    was work.  address: where clients find it."""

    NAME = None
    POLLS = False

    def __init__(self, site):
        self.site = site
        self.process = None
        self.address = VIP

    def start(self):
        raise NotImplementedError

    def wait_ready(self):
        """Until clients are served; the MTAs must be there.  As most peers
        have it, whose socket greets when an MTA does."""
        self.site.wait_greeting(VIP, self.NAME)

    def stop(self):
        if self.process:
            self.site.finish(self.process)
            self.process = None

    def work_s(self):
        """Of a peer that polls: seconds of work of its core so far."""
        raise NotImplementedError

    # -- for those who use the kernel's TCP and IP ---------------------------

    def take_vip(self):
        self.site.ip("lb", "address", "add", f"{VIP}/32", "dev", "mxs-wan")

    def leave_vip(self):
        self.site.ip("lb", "address", "del", f"{VIP}/32", "dev", "mxs-wan")

    def mta_addresses(self):
        return [self.site.mta_address(name, 4) for name in MTAS]

    def configure(self, text):
        path = self.site.dir / f"{self.NAME.lower().replace(' ', '-')}.conf"
        path.write_text(text)
        return path

    def peer_path(self, package, path):
        return self.site.build / "peers" / package / path
