#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The data plane as a process: what it starts with, refuses, keeps and removes.

The real program runs in a network namespace of its own over AF_PACKET ports, as
root over AF_XDP ports as well, with sleeping workers and without huge pages.
No control plane, no traffic."""

import signal
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "kit"))

from ownspace import enter, is_root, wait_for
from processrig import ProcessRig, ip


class Process(ProcessRig):
    def test_it_tells_how_it_is_called(self):
        for words, status, text in (
                (("--help",), 0, "usage: mxsteer-dataplane"),
                (("--version",), 0, "mxsteer-dataplane "),
                (("--unknown",), 2, "usage: "),
                (("operand",), 2, "usage: "),
                (("--check",), 2, "usage: "),
                (("--remove", "a/b"), 2, "is not the name of an instance")):
            done = self.run_with(*words)
            self.assertEqual(done.returncode, status, words)
            self.assertIn(text, done.stdout)

    def test_a_configuration_with_faults_is_refused(self):
        self.config.write_text("instance: x\nworkers: 1\n")
        self.refuses("error ")
        self.config.unlink()
        self.refuses("No such file")

    def test_a_machine_is_checked_for_a_file(self):
        done = self.run_with("--check", self.config)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertRegex(done.stdout, f"{self.config}: (0 fail|nothing)")
        self.write_config(wan="mx-none")
        done = self.run_with("--check", self.config)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("fail  port wan: there is no interface mx-none",
                      done.stdout)
        self.config.write_text("instance: x\nworkers: 1\n")
        done = self.run_with("--check", self.config)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("error ", done.stdout)
        self.assertFalse(self.files.exists())

    def test_ports_of_a_machine_are_listed(self):
        ip("link set mx-wan mtu 1850")
        ip("link set mx-lan mtu 9000")
        done = self.run_with("--list-ports")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertRegex(done.stdout, "mx-wan +up +1850  af_packet\n")
        self.assertRegex(done.stdout, "mx-lan +up +9000  none: the MTU")

    def test_a_core_that_does_not_exist_is_refused(self):
        self.write_config(workers="[1023]")
        self.refuses("core 1023 does not exist here")

    def test_an_interface_that_is_absent_is_taken_up_when_it_comes(self):
        self.write_config(wan="mx-late")
        self.start()
        self.logs("port wan: there is no interface mx-late on this host: the "
                  "other ports go on")
        ip("link add mx-late type veth peer name mx-late-peer")
        self.ends_by_itself("what was missing of interface mx-late is there")
        self.start()
        self.assertNotIn("there is no interface", self.log.read_text())
        self.assertEqual(self.end(), 0)
        ip("link delete mx-late")

    def test_a_start_without_any_port_is_refused(self):
        for name in ("mx-wan", "mx-lan"):
            ip(f"link delete {name}")
        self.refuses("cannot start: no port is there")

    def test_a_start_that_fails_leaves_the_files_that_were_there(self):
        self.start()
        self.assertEqual(self.end(), 0)
        before = sorted(path.name for path in self.files.iterdir())
        ip("link set mx-wan mtu 9000")
        done = self.run_with("--no-huge", "-c", self.config)
        self.assertEqual(done.returncode, 1, done.stdout)
        after = sorted(path.name for path in self.files.iterdir())
        self.assertIn("sessions.0", after)
        self.assertEqual(before, after)

    def test_files_outlive_the_process_and_are_removed_on_demand(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            self.start()
            self.assertTrue((self.files / "region").exists())
            self.assertEqual(self.end(number), 0)
            self.assertIn("its sessions are kept", self.log.read_text())
        self.assertTrue((self.files / "sessions.0").exists())
        done = self.run_with("--remove", self.instance)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("3 files removed", done.stdout)
        self.assertFalse(self.files.exists())

    def test_a_killed_process_is_followed_by_another(self):
        self.start()
        self.end(signal.SIGKILL)
        self.start()
        self.assertEqual(self.end(), 0)

    def test_an_instance_runs_once(self):
        self.start()
        done = self.run_with("--no-huge", "-c", self.config)
        self.assertEqual(done.returncode, 1)
        self.assertIn("is running already", done.stdout)
        done = self.run_with("--remove", self.instance)
        self.assertEqual(done.returncode, 1)
        self.assertIn("stop it first", done.stdout)
        self.assertTrue((self.files / "region").exists())
        self.assertEqual(self.end(), 0)

    def test_files_that_are_removed_are_written_anew(self):
        self.start()
        for name in ("region", "sessions.0", "ended.0", "dataplane.lock"):
            path = self.files / name
            path.unlink()
            wait_for(path.exists, f"{name} is there again")
        wait_for(lambda: self.log.read_text().count("anew") >= 4,
                 "each is reported")
        self.assertEqual(self.end(), 0)

    def test_a_port_without_a_link_is_reported_and_comes_back(self):
        ip("link set mx-wan-peer down")
        self.start()
        self.logs("interface mx-wan has no link")
        ip("link set mx-wan-peer up")
        self.logs("interface mx-wan has its link")
        ip("link set mx-wan mtu 1400")
        self.logs("has an MTU of 1400 now, and had 1500")
        self.assertEqual(self.end(), 0)

    def test_another_mac_address_ends_it(self):
        self.start()
        ip("link set mx-wan address 02:00:00:00:00:01")
        self.ends_by_itself("has another MAC address, 02:00:00:00:00:01")

    def test_an_interface_that_is_made_anew_ends_it(self):
        self.start()
        ip("link delete mx-wan")
        self.logs("interface mx-wan is gone")
        ip("link add mx-wan type veth peer name mx-wan-peer")
        self.ends_by_itself("interface mx-wan was made anew")

    @unittest.skipUnless(is_root(),
                         "AF_XDP wants root")
    def test_af_xdp_ports_give_their_interfaces_back(self):
        self.write_config(driver="af_xdp")
        for _ in range(2):
            self.start()
            self.assertIn("xdp", self.links())
            self.assertEqual(self.end(), 0)
            self.assertNotIn("xdp", self.links())

    @unittest.skipUnless(is_root(),
                         "AF_XDP wants root")
    def test_a_killed_process_leaves_af_xdp_ports_that_start_again(self):
        self.write_config(driver="af_xdp")
        self.start()
        self.end(signal.SIGKILL)
        self.start()
        self.assertEqual(self.end(), 0)

    @unittest.skipUnless(is_root(),
                         "AF_XDP wants root")
    def test_af_xdp_refuses_what_it_cannot_serve(self):
        self.write_config(driver="af_xdp")
        ip("link set mx-wan mtu 9000")
        self.refuses("the driver takes up to 1778")
        ip("link delete mx-wan")
        ip("link add mx-wan numrxqueues 2 numtxqueues 2 type veth "
           "peer name mx-wan-peer numrxqueues 2 numtxqueues 2")
        self.refuses("has 2 receive queues that are not paired")

    @staticmethod
    def links():
        return subprocess.run(["ip", "link"], stdout=subprocess.PIPE, text=True,
                              check=True).stdout

    @unittest.skipUnless(is_root(),
                         "AF_XDP wants root")
    def test_an_interface_of_af_xdp_has_one_user(self):
        self.write_config(driver="af_xdp")
        self.start()
        self.write_config(driver="af_xdp", instance=self.instance + "b")
        done = self.run_with("--no-huge", "-c", self.config)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("is taken by another data plane", done.stdout)
        self.run_with("--remove", self.instance + "b")
        self.assertEqual(self.end(), 0)

    def test_two_workers_share_a_core(self):
        self.write_config(workers="[0, 0]")
        self.start()
        self.assertIn("2 workers, 2 ports", self.log.read_text())
        self.assertEqual(self.end(), 0)
        self.assertTrue((self.files / "sessions.1").exists())

    def test_workers_that_never_sleep_end_as_well(self):
        self.write_config(idle="poll")
        self.start()
        self.assertEqual(self.end(), 0)


def main():
    enter()
    return not unittest.main(exit=False).result.wasSuccessful()


if __name__ == "__main__":
    sys.exit(main())
