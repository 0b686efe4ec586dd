# SPDX-License-Identifier: BSD-3-Clause
"""Nothing: clients reach an MTA by a wire of their own."""

from .base import Peer


class Direct(Peer):
    NAME = "nothing"

    def start(self):
        self.address = self.mta_addresses()[0]

    def wait_ready(self):
        """Nothing to wait for."""
