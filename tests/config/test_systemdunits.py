#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""systemd finds no mistake in the units, and they restrict the programs as much as
was once possible.

Method: systemd-analyze reads the units of the build.  It looks for their programs,
so copies name those of the build."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

BUILD = Path(os.environ["MXSTEER_BUILD"])
SKIPPED = 77
# {unit: the highest exposure}, of 10; the comments of a unit have the reasons.
EXPOSURE = {"mxsteer-controlplane": 2.0, "mxsteer-controlplane@": 2.0,
            "mxsteer-dataplane": 4.5, "mxsteer-dataplane@": 4.5,
            "mxsteer-log": 0.6, "mxsteer-log@": 0.6,
            "mxsteer-replica": 1.3, "mxsteer-replica@": 1.3,
            "mxsteer-agent": 1.7, "mxsteer-crowdsec": 1.6}
SOURCE = Path(__file__).resolve().parents[2]
PAGE = SOURCE / "man/mxsteer.7.scd"
# What is not made by the build of config/.
ELSEWHERE = {"mxsteer-agent": BUILD / "agent",
             "mxsteer-crowdsec": SOURCE / "config/crowdsec"}
# {driver of the ports: the address families, capabilities and system calls that a
# start with it needs}.  strace showed them; those of vfio are from DPDK's sources.
# ALL_CALLS: what each driver needs.
ALL_CALLS = """bpf capset clone3 epoll_create1 epoll_ctl epoll_wait fallocate
    fchown flock ftruncate get_mempolicy iopl madvise mbind memfd_create mprotect
    pipe2 seccomp sched_setaffinity set_mempolicy setgroups timerfd_create"""
NEEDS = {
    "af_packet": ("AF_PACKET AF_NETLINK", "NET_RAW NET_ADMIN", "setsockopt poll"),
    "af_xdp": ("AF_XDP AF_NETLINK", "NET_RAW NET_ADMIN BPF IPC_LOCK",
               "getsockopt recvmsg"),
    "memif": ("AF_UNIX", "NET_ADMIN", "accept dup readv recvfrom unlink"),
    "vhost": ("AF_UNIX", "NET_ADMIN", "eventfd2 recvmsg sendmsg mmap unlink"),
    "vfio": ("AF_UNIX AF_NETLINK", "IPC_LOCK NET_ADMIN",
             "eventfd2 ioctl mmap munmap pread64 pwrite64 readlink"),
}
# Folders of sockets and files: the service must see them, and may write there.
FOLDERS = ("/dev/shm", "/run")


class Units(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="mxunits")
        self.addCleanup(self.folder.cleanup)
        self.units = {}
        for name in EXPOSURE:
            source = ELSEWHERE.get(name, BUILD / "config") / f"{name}.service"
            if not source.exists():  # built without a data plane: no DPDK
                continue
            # An instance, since a template alone cannot be loaded.
            copy = Path(self.folder.name) / source.name.replace("@", "@mx7")
            copy.write_text(re.sub(r"(?<=[ =])/\S*/(mxsteer[a-z-]*) ",
                                   self.program, source.read_text()))
            self.units[name] = copy

    @staticmethod
    def program(found):
        """The program of that name in the build."""
        programs = {"mxsteer-dataplane": "dataplane", "mxsteer-agent": "agent",
                    "mxsteer-log": "logger", "mxsteer-replica": "replica"}
        folder = programs.get(found[1], "controlplane")
        path = BUILD / folder / found[1]
        # Built without a data plane: any program will do.
        return f"{path if path.exists() else '/bin/true'} "

    def test_systemd_finds_no_mistake(self):
        done = subprocess.run(
            ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no",
             *self.units.values()],
            text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            check=False)
        self.assertEqual((done.returncode, done.stdout), (0, ""))

    def test_the_programs_are_restricted(self):
        self.assertTrue(self.units)
        for name, path in self.units.items():
            done = subprocess.run(
                ["systemd-analyze", "security", "--offline=true", "--no-pager",
                 path], text=True, stdout=subprocess.PIPE, check=True)
            found = float(re.search(r"level for \S+: ([0-9.]+)",
                                    done.stdout)[1])
            print(f"{name}: exposure {found}")
            self.assertLessEqual(found, EXPOSURE[name], done.stdout)

    def test_the_manual_has_the_figures(self):
        said = dict(re.findall(r"^_(mxsteer-[a-z]+)_ ([0-9.]+)(?=\+*$)",
                               PAGE.read_text(), re.MULTILINE))
        self.assertEqual(
            {name: float(figure) for name, figure in said.items()},
            {name: figure for name, figure in EXPOSURE.items()
             if "@" not in name})

    @staticmethod
    def calls_of(name):
        """The system calls of a group, and of the groups in it."""
        said = subprocess.run(
            ["systemd-analyze", "syscall-filter", "--no-pager", name],
            text=True, stdout=subprocess.PIPE, check=True).stdout
        words = [line.strip() for line in said.splitlines()[1:]]
        calls = {word for word in words if not word.startswith(("#", "@"))}
        return calls.union(*(Units.calls_of(word) for word in words
                             if word.startswith("@")))

    def test_the_data_plane_may_do_what_its_drivers_need(self):
        if "mxsteer-dataplane" not in self.units:
            self.skipTest("there is no data plane")
        unit = self.units["mxsteer-dataplane"].read_text()

        def words(key):
            return {word for line in re.findall(rf"^{key}=(.*)", unit, re.M)
                    for word in line.split()}
        calls = set()
        for word in words("SystemCallFilter"):
            self.assertFalse(word.startswith("~"))
            calls |= self.calls_of(word) if word.startswith("@") else {word}
        for driver, (families, capabilities, own) in NEEDS.items():
            with self.subTest(driver):
                self.assertLessEqual(set(families.split()),
                                     words("RestrictAddressFamilies"))
                self.assertLessEqual(
                    {f"CAP_{name}" for name in capabilities.split()},
                    words("CapabilityBoundingSet"))
                self.assertLessEqual({*own.split(), *ALL_CALLS.split()}, calls)
        self.assertLessEqual({*FOLDERS}, words("ReadWritePaths"))
        self.assertEqual(words("LimitMEMLOCK"), {"infinity"})
        # Devices of vfio, vhost, TUN and RDMA, and settings of PCI cards.
        for key in ("PrivateDevices", "DevicePolicy", "DeviceAllow",
                    "ProtectClock", "ProtectKernelTunables", "PrivateNetwork",
                    "PrivateUsers", "MemoryDenyWriteExecute"):
            self.assertFalse(words(key), key)

    def test_a_service_that_ends_leaves_plan_and_sessions(self):
        # systemd would remove all in /dev/shm that has the user or the group.
        for path in self.units.values():
            self.assertNotIn("\nRemoveIPC=yes", path.read_text())

    def test_an_instance_has_a_file_and_a_socket_of_its_own(self):
        for plane in ("dataplane", "log", "replica", "controlplane"):
            text = (BUILD / f"config/mxsteer-{plane}@.service").read_text()
            self.assertIn(f"mxsteer-{plane} -c /etc/mxsteer/%i.yaml "
                          "--instance %i\n", text)
            self.assertIn("\nConditionPathExists=/etc/mxsteer/%i.yaml\n", text)
            self.assertNotIn("mxsteer.yaml\n", text)
            self.assertNotRegex(text, "mxsteer-(data|control)plane.service")
        self.assertIn("-s /run/mxsteer/%i.sock config apply", text)

    def test_the_planes_of_a_restart_have_an_order(self):
        for at in ("", "@"):
            name = f"mxsteer-controlplane{at}"
            after = re.search(r"^After=(.*)", self.units[name].read_text(),
                              re.MULTILINE)[1].split()
            self.assertIn(f"mxsteer-dataplane{'@%i' if at else ''}.service",
                          after)


if __name__ == "__main__":
    if not shutil.which("systemd-analyze"):
        print("skipped: there is no systemd-analyze on this machine")
        sys.exit(SKIPPED)
    unittest.main()
