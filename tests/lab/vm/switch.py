# SPDX-License-Identifier: BSD-3-Clause
"""A switch in the virtual machine: the bridge and the bonding driver of its
kernel.  It is at the other end of the cables of a bond's cards.

    host --- uplink [ bridge [ port, port ]] --- cables --- cards of mxsteer
"""

from claims import wait_for

IP = "/usr/sbin/ip"


class Switch:
    """ports: {card of mxsteer: card of the switch that its cable leads to}.
    uplink: card of the switch that leads to the host."""

    def __init__(self, ports, uplink):
        self.ports, self.uplink = ports, uplink

    def cards(self):
        return [self.uplink, *self.ports.values()]

    def join(self, machine, lacp):
        """Join the ports to the uplink, as one group of LACP or each alone."""
        uplink, *ports = (self._interface(machine, card)
                          for card in self.cards())
        lines = [f"{IP} link add sw type bridge mcast_snooping 0"]
        if lacp:
            # The partner sends each second, and the hash is that of flows.
            lines.append(f"{IP} link add sw-group type bond mode 802.3ad "
                         "miimon 100 lacp_rate fast xmit_hash_policy layer3+4")
            lines += [f"{IP} link set {port} down master sw-group"
                      for port in ports]
        joined = [uplink, *(["sw-group"] if lacp else ports)]
        lines += [f"{IP} link set {name} master sw" for name in joined]
        for name in ("sw", *joined, *ports):
            lines += [f"sysctl -q -w net.ipv6.conf.{name}.disable_ipv6=1",
                      f"{IP} link set {name} up"]
        for line in lines:
            machine.run(line)

    @staticmethod
    def _interface(machine, card):
        """The kernel's name of one of its cards."""
        folder = f"/sys/bus/pci/devices/{card.address}/virtio*/net"
        return wait_for(
            lambda: machine.run(f"ls {folder}", check=False)[1].strip(),
            f"the machine's kernel has card {card.address}")
