#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The kernel's twin of a port that bypasses the kernel: the kernel speaks with
the port's network by it, and it stays with its addresses and routes when the
data plane ends in any way.

The real program runs in a network namespace of its own.  Its port is a TAP of
DPDK's, whose other end is moved to a second namespace, so that nothing but the
twin connects the two."""

import os
import signal
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "kit"))

from ownspace import SKIPPED, enter, is_root, wait_for
from processrig import ProcessRig, ip

FAR = f"mxfar{os.getpid()}"


def output(words):
    return subprocess.run(words.split(), text=True, check=False,
                          stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT).stdout


def device(text="net_tap0,iface=dev0", **keys):
    more = "".join(f", {key}: {value}" for key, value in
                   {"interface": "wan0", "twin": "tap", **keys}.items())
    return f'driver: dpdk, device: "{text}"{more}'


def answers(address, namespace=None, size=56):
    words = f"ping -n -c 1 -W 1 -s {size} {address}"
    if namespace:
        words = f"ip netns exec {namespace} {words}"
    return " 1 received" in output(words)


class Twins(ProcessRig):
    def setUp(self):
        super().setUp()
        ip(f"netns add {FAR}")

    def tearDown(self):
        super().tearDown()
        ip(f"netns delete {FAR}")
        for name in ("wan0", "dev0"):
            ip(f"link delete {name}", check=False)

    def start_far(self, **keys):
        """Start, and give the port's network its other host."""
        self.write_config(wan_port=device(**keys), **self.more)
        self.start()
        self.connect()

    more = {}

    def start(self, *words):
        ip("link delete dev0", check=False)
        super().start(*words)

    def connect(self):
        """Move dev0.  DPDK asks for its link by its name, which another
        interface gets before DPDK sees that there is none."""
        self.running.send_signal(signal.SIGSTOP)
        ip(f"link set dev0 netns {FAR}")
        ip("link add dev0 type veth peer name dev0-peer")
        ip("link set dev0 up")
        ip("link set dev0-peer up")
        self.running.send_signal(signal.SIGCONT)
        ip(f"-n {FAR} link set dev0 address 02:00:00:00:00:99")
        ip(f"-n {FAR} link set dev0 up")
        ip(f"-n {FAR} address add 192.0.2.1/24 dev dev0")
        ip(f"-n {FAR} address add 2001:db8::1/64 dev dev0 nodad")

    def give_addresses(self):
        ip("address add 192.0.2.2/24 dev wan0")
        ip("address add 2001:db8::2/64 dev wan0 nodad")
        ip("route add default via 192.0.2.1")

    def has_addresses(self):
        shown = output("ip address show wan0")
        return all(part in shown for part in ("192.0.2.2/24", ",UP",
                                              "2001:db8::2/64")) and \
            "default via 192.0.2.1" in output("ip route")

    def speaks(self):
        """Pings pass in both directions, and in both families."""
        for address in ("192.0.2.1", "2001:db8::1"):
            wait_for(lambda a=address: answers(a), f"{address} answers")
        for address in ("192.0.2.2", "2001:db8::2"):
            wait_for(lambda a=address: answers(a, FAR), f"{address} answers")

    def test_the_kernel_speaks_with_the_network_of_the_port(self):
        self.start_far()
        self.logs("interface wan0 is a twin of kind tap, with 1 queues")
        self.give_addresses()
        self.speaks()
        self.assertTrue(answers("192.0.2.1", size=1472))
        self.assertEqual(self.end(), 0)

    def test_workers_that_poll_serve_it_too(self):
        self.more = {"workers": "[0, 0]", "idle": "poll"}
        self.start_far()
        self.give_addresses()
        self.speaks()
        self.assertEqual(self.end(), 0)

    def test_it_has_the_mac_and_the_mtu_of_the_port(self):
        self.start_far(mtu=1400)
        port = output(f"ip netns exec {FAR} ip link show dev0")
        self.assertIn("mtu 1400", port)
        shown = output("ip link show wan0")
        self.assertIn("mtu 1400", shown)
        self.assertIn(f"alias mxsteer twin of {self.instance}", shown)

    def test_addresses_and_routes_outlive_a_kill_and_an_end(self):
        self.start_far()
        self.give_addresses()
        self.speaks()
        for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGKILL):
            self.end(number)
            self.assertTrue(self.has_addresses(), output("ip address"))
            self.start()
            self.connect()
            self.assertTrue(self.has_addresses(), output("ip address"))
            self.speaks()

    def test_a_name_that_is_taken_is_refused(self):
        self.write_config(wan_port=device(interface="mx-wan"))
        self.refuses("interface mx-wan exists and is no TAP")
        self.assertIn("mx-wan", output("ip link show mx-wan"))

    def test_a_running_twin_of_another_instance_is_refused(self):
        self.start_far()
        self.write_config(instance=f"{self.instance}b", wan_port=device(
            "net_tap1,iface=dev1"))
        done = self.run_with("--no-huge", "-c", self.config)
        self.assertEqual(done.returncode, 1)
        self.assertIn("interface wan0 is the twin of a port of instance "
                      f"{self.instance}", done.stdout)
        self.run_with("--remove", f"{self.instance}b")

    def test_remove_removes_the_twins_of_the_instance(self):
        self.start_far()
        self.end(signal.SIGKILL)
        ip("tuntap add other0 mode tap multi_queue")
        done = self.run_with("--remove", self.instance)
        self.assertIn("interface wan0 is removed", done.stdout)
        self.assertNotIn("wan0", output("ip link"))
        self.assertIn("other0", output("ip link"))
        ip("link delete other0")

    def test_a_tap_that_was_made_before_serves_and_is_not_removed(self):
        ip("tuntap add wan0 mode tap multi_queue")
        ip("address add 192.0.2.2/24 dev wan0")
        self.start_far()
        wait_for(lambda: answers("192.0.2.1"), "192.0.2.1 answers")
        self.end()
        self.run_with("--remove", self.instance)
        self.assertIn("192.0.2.2/24", output("ip address show wan0"))

    def test_a_twin_that_is_removed_is_made_anew(self):
        self.start_far()
        ip("link delete wan0")
        self.ends_by_itself("its twin, interface wan0, was removed")
        self.start()
        self.assertIn("wan0", output("ip link"))

    def test_a_port_without_a_link_leaves_its_twin_no_carrier(self):
        self.write_config(wan_port=device(
            f"net_memif0,role=server,id=0,socket={self.dir}/memif,"
            "socket-abstract=no"))
        self.start()
        self.logs("port wan: device net_memif0 has no link")
        wait_for(lambda: "NO-CARRIER" in output("ip link show wan0"),
                 "wan0 has no carrier")

    def test_a_port_needs_no_twin(self):
        self.write_config(wan_port=device(twin="off"))
        self.start()
        self.assertNotIn("wan0", output("ip link"))
        self.assertEqual(self.end(), 0)

    @unittest.skipIf(os.path.exists("/dev/vhost-net"), "there is vhost-net")
    def test_vhost_where_there_is_none(self):
        self.write_config(wan_port=device(twin="vhost"))
        self.refuses("interface wan0: DPDK's driver net_virtio_user cannot "
                     "open it")
        self.run_with("--remove", self.instance)
        self.start_far(twin="auto")
        self.logs("interface wan0 is a twin of kind tap")


def main():
    enter()
    if not is_root():
        print("skipped: not root")
        return SKIPPED
    return not unittest.main(exit=False).result.wasSuccessful()


if __name__ == "__main__":
    sys.exit(main())
