#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""What `meson install` ships for the boot is complete and well-formed: units that
systemd accepts, settings that kernels have, a boot line that the shell reads.

The build is installed into a folder of the test's own."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

BUILD = Path(os.environ["MXSTEER_BUILD"])
UNITS = ("mxsteer-dataplane.service", "mxsteer-controlplane.service")
# Settings that a kernel can be built without.
OPTIONAL = ("kernel.sched_autogroup_enabled", "kernel.numa_balancing",
            "vm.nr_hugepages", "net.ipv6.conf.all.forwarding")


class Boot(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="mxboot")
        cls.root = Path(cls.folder.name)
        subprocess.run(["meson", "install", "-C", BUILD, "--no-rebuild",
                        "--quiet", "--destdir", cls.root], check=True,
                       stdout=subprocess.DEVNULL)
        cls.boot, = cls.root.rglob("share/mxsteer/boot")

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_each_file_that_the_page_names_is_there(self):
        page = (self.boot / "README.md").read_text()
        names = set(re.findall(r"`([a-z0-9]+\.(?:cfg|conf|network))`", page))
        self.assertEqual(names | {"README.md"},
                         {path.name for path in self.boot.iterdir()})
        for name in re.findall(r"mxsteer/(\w+\.yaml)", page):
            self.assertTrue((self.boot.parent / name).exists() or
                            "/etc/mxsteer/" + name in page, name)

    def test_systemd_accepts_the_units(self):
        if not shutil.which("systemd-analyze"):
            self.skipTest("systemd-analyze is not installed")
        (self.root / "bin").mkdir()
        shutil.copy("/bin/sh", self.root / "bin/sh")
        for unit in UNITS:
            path, = self.root.rglob(unit)
            for line in path.read_text().splitlines():
                if line.startswith("ExecStart="):
                    program = self.root / line.split("=/")[1].split()[0]
                    self.assertTrue(os.access(program, os.X_OK), line)
            done = subprocess.run(
                ["systemd-analyze", "verify", "--man=no",
                 "--recursive-errors=no", f"--root={self.root}",
                 f"/{path.relative_to(self.root)}"], check=False, text=True,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            wrong = [line for line in done.stdout.splitlines()
                     if unit in line]
            self.assertEqual(wrong, [], done.stdout)

    def test_the_kernel_has_the_settings(self):
        text = (self.boot / "sysctl.conf").read_text()
        rows = re.findall(r"^([a-z].*?) = (\d+)$", text, re.MULTILINE)
        others = [line for line in text.splitlines()
                  if line and not line.startswith("#")]
        self.assertEqual(len(rows), len(others))
        for name, _ in rows:
            path = Path("/proc/sys", *name.split("."))
            self.assertTrue(path.exists() or name in OPTIONAL, name)

    def test_the_shell_reads_the_boot_line(self):
        done = subprocess.run(
            ["sh", "-euc", '. "$0"; echo "$GRUB_CMDLINE_LINUX"',
             self.boot / "grub.cfg"], check=True, text=True,
            stdout=subprocess.PIPE, env={"GRUB_CMDLINE_LINUX": "quiet"})
        self.assertEqual(done.stdout.split(), [
            "quiet", "intel_iommu=on", "iommu=pt", "isolcpus=2,3",
            "nohz_full=2,3", "rcu_nocbs=2,3"])

    def test_modprobe_reads_its_file(self):
        if not shutil.which("modprobe"):
            self.skipTest("modprobe is not installed")
        folder = self.root / "modprobe"
        folder.mkdir()
        shutil.copy(self.boot / "modprobe.conf", folder / "mxsteer.conf")
        done = subprocess.run(["modprobe", "-C", folder, "--showconfig"],
                              check=True, text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL)
        self.assertIn("options vfio_pci ids=8086:1572", done.stdout)
        self.assertIn("softdep i40e pre: vfio-pci", done.stdout)


if __name__ == "__main__":
    sys.exit(not unittest.main(exit=False).result.wasSuccessful())
