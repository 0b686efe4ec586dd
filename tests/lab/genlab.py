# SPDX-License-Identifier: BSD-3-Clause
"""A lab in which mxsteer-gen is the clients and the MTAs."""

from lab import MTAS, VIPS, Lab
from network import LAN, WAN

# Addresses of the wan that nobody has.
CLIENTS = {4: f"{WAN[4]}192/26", 6: f"{WAN[6]}1:0/112"}


class GenLab(Lab):
    """mxsteer-gen has the client's host, and from there a second wire to the
    switch."""

    def lay(self):
        super().lay()
        self._wire("client", "eth2", "switch", "gen", "br0")
        # The lb's kernel probes; mxsteer-gen wants whole checksums, as a
        # network card delivers them.
        self._plain_frames("lb", "mxs-lan")

    def _lay_mta(self, name):
        """None of its own."""

    def start_gen(self, seen, *more):
        family = self.family
        servers = [word for name in MTAS
                   for word in ("--server", self.mta_address(name, family))]
        gateway = (["--server-gateway", f"{LAN[family]}1"]
                   if self.values["forward"] == "nat" else [])
        return self.spawn(
            "client",
            [self.build / "bench/gen/mxsteer-gen", "--quiet", "--wait",
             "--nap", 50, "--json", self.dir / "gen.json",
             "--client-vdev", "net_af_packet0,iface=eth0",
             "--server-vdev", "net_af_packet1,iface=eth2",
             "--clients", CLIENTS[family], "--target", VIPS[family],
             *servers, *gateway, "--client-seen", seen, *more])
