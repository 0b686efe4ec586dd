# SPDX-License-Identifier: BSD-3-Clause
"""A lab with the shipped configuration, and its floods."""

import json
import re
import subprocess

from config import TUNNEL_SOURCES, USER
from flooder import Flood
from lab import ROOT, Lab

SHIPPED = ROOT / "config" / "mxsteer.yaml"


class ShippedLab(Lab):
    """config/mxsteer.yaml as it is shipped, but for its mode of forwarding.
    room: connections-max of each of the three MTAs."""

    def __init__(self, forward="fullnat", proxy="v2", room=90):
        self.room = room
        super().__init__(forward=forward, proxy=proxy)

    def config_text(self, backends=None, **changes):
        text = SHIPPED.read_text()
        text = re.sub(r"^instance: \S+", f"instance: {self.instance}\nuser: {USER}", text,
                      flags=re.M)
        text = text.replace("driver: af_packet",
                            f"driver: {self.values['driver']}")
        text = re.sub(r"^    (forward|snat|proxy-protocol): .*\n", "", text,
                      flags=re.M)
        text = text.replace("    pool: mx\n", "    pool: mx\n" + self._mode(),
                            1)
        text = re.sub(r", connections-max: \d+", "", text)
        return re.sub(r"^(      - \{name: mta.*)\}",
                      rf"\1, connections-max: {self.room}}}", text, flags=re.M)

    def _mode(self):
        forward, proxy = self.values["forward"], self.values["proxy"]
        lines = [f"forward: {forward}"]
        if forward == "fullnat":
            lines += [f'snat: ["{self.values["snat"]}"]',
                      f"proxy-protocol: {proxy}"]
            if proxy == "off":
                lines.append("client-address: hidden")
        elif forward == "tunnel":
            lines.append(f'tunnel: {{type: ipip, source: '
                         f'["{TUNNEL_SOURCES[4]}"]}}')
        return "".join(f"    {line}\n" for line in lines)

    # -- floods ------------------------------------------------------------

    def flood(self, kind, rate, seconds):
        return Flood(self, kind, rate, seconds)

    # -- resets that come to the clients -----------------------------------

    def count_resets(self):
        """From now on count the RSTs that mxsteer makes and that reach the
        clients' side.  One that it only passes on has a lower TTL."""
        self.nft("client", """
table netdev resets {
  chain in {
    type filter hook ingress device "eth0" priority 0;
    ip ttl 64 tcp flags & rst == rst counter
  }
}
""")

    def resets(self):
        out = self.run("client", "nft", "-j", "list", "table", "netdev",
                       "resets", stdout=subprocess.PIPE).stdout
        return sum(part["counter"]["packets"]
                   for item in json.loads(out)["nftables"]
                   for part in item.get("rule", {}).get("expr", ())
                   if "counter" in part)
