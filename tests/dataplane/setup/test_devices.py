#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Ports of `driver: dpdk`: the data plane opens the device that the
configuration names, shows its link, and says what is wrong with a device.

The real program runs in a network namespace of its own.  The devices are
virtual ones: a TAP of DPDK's, packet sockets and shared memory."""

import contextlib
import json
import signal
import socket
import subprocess
import sys
import unittest
from pathlib import Path

sys.path[:0] = (str(Path(__file__).resolve().parents[2] / folder)
                for folder in ("kit", "lab"))

from ownspace import enter, wait_for
from processrig import ProcessRig, ip
from vlanswitch import TAG, TYPE, open_socket, receive

# Two networks: their VLANs, the twins of their ports, and addresses of the
# twins.
NETWORKS = ((42, "wan42", "192.0.2.2"), (43, "lan43", "203.0.113.2"))
ARP_ASK = bytes.fromhex("ffffffffffff 020000000099 0806 0001 0800 0604 0001"
                        "020000000099")
ARP_TOLD = slice(28, 32)  # the address that an answer tells

# A card that no host has.
ABSENT = "ffff:1f:1f.7"


def device(text, **keys):
    more = "".join(f", {key}: {value}" for key, value in keys.items())
    return f'driver: dpdk, device: "{text}"{more}'


def bond(mode, *members, **keys):
    listed = ", ".join(f'"{member}"' for member in members)
    more = "".join(f", {key}: {value}" for key, value in keys.items())
    return f"driver: dpdk, bond: {{mode: {mode}, members: [{listed}]}}{more}"


def ask(wire, vlan, address):
    """Ask for the MAC address of an address, in a VLAN."""
    target = socket.inet_aton(address)
    frame = ARP_ASK + target[:3] + b"\1" + bytes(6) + target
    wire.send(frame[:12] + TAG.pack(TYPE, vlan) + frame[12:])


def answers(wire):
    """The VLANs and addresses of all answers that have come."""
    found = set()
    with contextlib.suppress(BlockingIOError):
        while True:
            frame, vlan = receive(wire)
            if frame[12:14] == b"\x08\x06":
                found.add((vlan, socket.inet_ntoa(frame[ARP_TOLD])))
    return found


def mac_of(interface):
    out = subprocess.run(["ip", "-j", "link", "show", interface], check=True,
                         stdout=subprocess.PIPE).stdout
    return json.loads(out)[0]["address"]


class Devices(ProcessRig):
    def memif(self, role):
        return (f"net_memif0,role={role},id=0,socket={self.dir}/memif,"
                "socket-abstract=no")

    def test_a_tap_is_opened_with_its_mtu(self):
        self.write_config(wan_port=device("net_tap0,iface=dev0", mtu=1400))
        self.start()
        links = subprocess.run(["ip", "link", "show", "dev0"], text=True,
                               stdout=subprocess.PIPE, check=True).stdout
        self.assertIn("mtu 1400", links)
        self.assertEqual(self.end(), 0)

    def test_the_link_of_a_device_is_reported(self):
        self.write_config(wan_port=device(self.memif("server")))
        self.start()
        self.logs("port wan: device net_memif0 has no link")
        self.assertEqual(self.end(), 0)

    def test_a_device_has_fewer_queues_than_workers_if_so_configured(self):
        self.write_config(workers="[0, 0]", wan_port=device(
            "net_af_packet9,iface=mx-wan,qpairs=2", queues=1))
        self.start()
        self.logs("port wan: has queues for 1 of 2 workers")
        self.assertEqual(self.end(), 0)

    def test_too_many_workers_for_the_queues_of_a_device_are_refused(self):
        workers = f"[{', '.join(['0'] * 17)}]"
        for keys in ({"vlan": 42}, {"queues": 1}):
            self.write_config(workers=workers, wan_port=device(
                "net_af_packet9,iface=mx-wan,qpairs=17", **keys))
            self.refuses("cannot start device net_af_packet9: expected at "
                         "most 16 workers")

    def test_a_device_that_does_not_exist_is_refused(self):
        self.write_config(wan_port=device("net_nonsense0"))
        self.refuses("Unable to parse device 'net_nonsense0'")

    def test_a_card_that_is_absent_leaves_the_other_port_in_service(self):
        self.write_config(wan_port=device(ABSENT))
        self.start()
        self.logs(f"port wan: there is no device {ABSENT} on this host: the "
                  "other ports go on")
        self.assertNotIn("cannot be used", self.log.read_text())
        self.assertEqual(self.end(), 0)

    def test_a_bond_goes_on_without_an_absent_member(self):
        for mode in ("active-backup", "lacp"):
            self.write_config(wan_port=bond(mode, ABSENT,
                                            "net_tap0,iface=dev0"))
            self.start()
            self.logs(f"port wan: there is no member {ABSENT} on this host")
            self.logs("member net_tap0 has its link")
            self.assertEqual(self.end(), 0)

    def test_a_bond_without_any_member_is_an_absent_port(self):
        self.write_config(wan_port=bond("lacp", ABSENT, "ffff:1f:1f.6"))
        self.start()
        self.logs("port wan: there is no device net_bonding0 on this host")
        self.assertEqual(self.end(), 0)

    def test_a_device_that_names_too_many_others_is_refused(self):
        text = ",".join(f"a={bus:x}:0.0" for bus in range(1, 20))
        members = [f"net_null{n},{text}" for n in range(12)]
        self.write_config(wan_port="}\n    - {".join(
            f"name: b{n}, " * (n > 0) + bond("lacp", *members[n::3])
            for n in range(3)))
        self.refuses("dataplane.ports: the arguments of devices name too many "
                     "PCI devices")

    def test_a_bond_fails_over_and_back(self):
        self.write_config(wan_port=bond(
            "active-backup", "net_tap0,iface=dev0", "net_tap1,iface=dev1"))
        self.start()
        self.logs("member net_tap0 has its link, and carries frames")
        ip("link set dev0 down")
        self.logs("member net_tap0 has no link")
        self.logs("member net_tap1 has its link, and carries frames")
        ip("link set dev0 up")
        self.logs("member net_tap0 has its link, and carries no frames")
        ip("link set dev1 down")
        self.logs("member net_tap1 has no link")
        ip("link set dev0 down")
        self.logs("port wan: device net_bonding0 has no link: the port")
        self.assertEqual(self.end(), 0)

    def test_two_networks_of_a_bond_stay_apart_and_move_together(self):
        members = ("net_tap0,iface=dev0", "net_tap1,iface=dev1")
        self.write_config(wan_port="}\n    - {name: other, ".join(
            bond("active-backup", *members, vlan=vlan, interface=interface,
                 twin="tap") for vlan, interface, _ in NETWORKS))
        self.start()
        Path("/proc/sys/net/ipv4/conf/all/arp_ignore").write_text("1")
        for _, interface, address in NETWORKS:
            ip(f"address add {address}/24 dev {interface}")
        for port in ("wan", "other"):
            self.logs(f"port {port}: member net_tap0 has its link, and carries")
        self.each_network_answers("dev0")
        ip("link set dev0 down")
        for port in ("wan", "other"):
            self.logs(f"port {port}: member net_tap1 has its link, and carries")
        self.each_network_answers("dev1")
        self.assertEqual(self.end(), 0)

    def each_network_answers(self, interface):
        """Each twin hears its own VLAN, and answers in it alone."""
        expected = {(vlan, address) for vlan, _, address in NETWORKS}
        seen = set()

        def all_answer():
            for vlan, _, _ in NETWORKS:
                for _, _, address in NETWORKS:
                    ask(wire, vlan, address)
            seen.update(answers(wire))
            self.assertLessEqual(seen, expected)
            return seen == expected

        with open_socket(interface) as wire:
            wire.setblocking(False)
            wait_for(all_answer, "both networks answer")

    def test_two_bonds_agree_by_lacp_also_while_the_worker_sleeps(self):
        ip("link add mx-two type veth peer name mx-two-peer")
        ip("link set mx-two up")
        ip("link set mx-two-peer up")
        near = bond("lacp", "net_af_packet11,iface=mx-wan",
                    "net_af_packet12,iface=mx-two", vlan=42)
        far = bond("lacp", "net_af_packet13,iface=mx-wan-peer",
                   "net_af_packet14,iface=mx-two-peer")
        self.write_config(wan_port=near + "}\n    - {name: far, " + far)
        self.start()
        for number in range(11, 15):
            self.logs(f"member net_af_packet{number} has its link, and "
                      "carries frames")
        self.logs("port wan: device net_bonding0 has its link")
        self.assertEqual(mac_of("mx-two"), mac_of("mx-wan"),
                         "all members receive frames to the bond")
        self.assertEqual(self.end(), 0)
        ip("link delete mx-two")

    def test_a_bond_without_one_of_its_members_is_refused(self):
        self.write_config(wan_port=bond("lacp", "net_tap0,iface=dev0",
                                        "net_nonsense1"))
        self.refuses("Unable to parse device 'net_nonsense1'")

    def test_a_killed_process_is_followed_by_another(self):
        for text in ("net_tap0,iface=dev0", self.memif("server"),
                     f"net_vhost0,iface={self.dir}/vhost"):
            self.write_config(wan_port=device(text))
            for _ in range(2):
                self.start()
                self.end(signal.SIGKILL)
            self.start()
            self.assertEqual(self.end(), 0)

    def test_the_socket_of_a_living_process_stays(self):
        path = self.dir / "memif"
        for kind, text in ((socket.SOCK_SEQPACKET, self.memif("server")),
                           (socket.SOCK_STREAM, f"net_vhost0,iface={path}")):
            with socket.socket(socket.AF_UNIX, kind) as other:
                other.bind(str(path))
                other.listen()
                self.write_config(wan_port=device(text))
                self.refuses(f"{path} exists: another process has")
            self.assertTrue(path.is_socket())
            path.unlink()

    def test_a_process_that_accepts_nothing_does_not_delay_the_start(self):
        path = f"{self.dir}/vhost"
        with contextlib.ExitStack() as sockets:
            def connected():
                sock = socket.socket(socket.AF_UNIX)
                sockets.enter_context(sock)
                sock.setblocking(False)
                return sock.connect_ex(path) == 0

            other = sockets.enter_context(socket.socket(socket.AF_UNIX))
            other.bind(path)
            other.listen(0)
            while connected():
                pass
            self.write_config(wan_port=device(f"net_vhost0,iface={path}"))
            self.refuses(f"{path} exists: another process has")

    def test_a_file_in_the_place_of_a_socket_stays(self):
        path = self.dir / "vhost"
        path.write_text("precious")
        self.write_config(wan_port=device(f"net_vhost0,iface={path}"))
        self.refuses(f"{path} exists: another process has")
        self.assertEqual(path.read_text(), "precious")

    def test_a_socket_without_a_folder_is_refused(self):
        for text in ("net_vhost0,iface=/nowhere/vhost",
                     "net_memif0,role=server,socket-abstract=no,"
                     "socket=/nowhere/memif"):
            self.write_config(wan_port=device(text))
            self.refuses("no socket can be made: /nowhere/")

    def test_a_file_that_a_device_does_not_use_stays(self):
        path = self.dir / "memif"
        with socket.socket(socket.AF_UNIX) as other:
            other.bind(str(path))
        self.write_config(wan_port=device(
            f"net_memif0,role=server,socket={path}"))
        self.start()
        self.assertEqual(self.end(), 0)
        self.assertTrue(path.is_socket())


def main():
    enter()
    return not unittest.main(exit=False).result.wasSuccessful()


if __name__ == "__main__":
    sys.exit(main())
