# SPDX-License-Identifier: BSD-3-Clause
"""The initial file system of the virtual machine, as an archive that Linux
unpacks: busybox, mxsteer, the libraries and DPDK drivers it needs, and the
kernel modules that give a network card to a process.

The archive is not compressed, because the machine is emulated and would take
longer to unpack it.
"""

import os
import stat
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent

PROGRAMS = ("dataplane/mxsteer-dataplane", "controlplane/mxsteer-controlplane",
            "controlplane/mxsteer")
# DPDK finds its drivers by the folder; a driver's libraries come with it.
DPDK_DRIVERS = ("bus_pci", "bus_vdev", "mempool_ring", "net_bond", "net_e1000", "net_ring",
                "net_tap", "net_virtio", "net_vmxnet3")
# In the order in which they can be loaded.
MODULES = ("drivers/virtio/virtio_ring", "drivers/virtio/virtio",
           "drivers/virtio/virtio_pci_legacy_dev",
           "drivers/virtio/virtio_pci_modern_dev", "drivers/virtio/virtio_pci",
           "drivers/char/virtio_console",
           "virt/lib/irqbypass", "drivers/vfio/vfio",
           "drivers/vfio/vfio_virqfd", "drivers/vfio/vfio_iommu_type1",
           "drivers/vfio/pci/vfio-pci-core", "drivers/vfio/pci/vfio-pci",
           "drivers/net/tun", "drivers/net/tap", "drivers/vhost/vhost_iotlb",
           "drivers/vhost/vhost", "drivers/vhost/vhost_net",
           # A switch in the machine needs the rest.
           "net/core/failover", "drivers/net/net_failover",
           "drivers/net/virtio_net", "net/llc/llc", "net/802/stp",
           "net/bridge/bridge", "net/tls/tls", "drivers/net/bonding/bonding")
FOLDERS = ("bin", "dev", "modules", "proc", "run", "sys", "tmp", "usr/bin",
           "usr/sbin", "var/lib")
# Debian has these links.
LINKS = {"lib": "usr/lib", "lib64": "usr/lib64", "sbin": "usr/sbin"}


class Archive:
    """An archive of the format newc (cpio -H newc).  Folders above a file are
    added with it."""

    def __init__(self):
        self.parts, self.names = [], set()

    def _add(self, name, mode, data=b""):
        if name in self.names:
            return
        self.names.add(name)
        parent = os.path.dirname(name)
        if parent:
            self._add(parent, stat.S_IFDIR | 0o755)
        path = name.encode() + b"\0"
        # inode, mode, owner, group, links, time, size, devices, length, check
        head = (len(self.names), mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0,
                len(path), 0)
        entry = b"070701" + b"".join(b"%08x" % value for value in head) + path
        entry += bytes(-len(entry) % 4) + data
        self.parts.append(entry + bytes(-len(entry) % 4))

    def folder(self, name):
        self._add(name, stat.S_IFDIR | 0o755)

    def link(self, name, target):
        self._add(name, stat.S_IFLNK | 0o777, target.encode())

    def data(self, name, data, mode=0o644):
        self._add(name, stat.S_IFREG | mode, data)

    def file(self, name, path):
        """A file by another name."""
        self.data(name, Path(path).read_bytes(), 0o755)

    def host_file(self, path):
        """A file of this host by its own name, with the links that lead to
        it."""
        folder, last = os.path.split(path)
        path = os.path.join(os.path.realpath(folder), last)
        if os.path.islink(path):
            self.link(path[1:], os.readlink(path))
            self.host_file(os.path.join(os.path.dirname(path),
                                        os.readlink(path)))
        else:
            self.file(path[1:], path)

    def bytes(self):
        parts = [*self.parts]
        self._add("TRAILER!!!", 0)
        parts, self.parts = self.parts, parts
        self.names.discard("TRAILER!!!")
        return b"".join(parts)


def libraries(program):
    """The libraries of a program or library, and the loader, by path."""
    out = subprocess.run(["ldd", program], text=True, check=True,
                         stdout=subprocess.PIPE).stdout
    return [word for line in out.splitlines() for word in line.split()
            if word.startswith("/")]


def dpdk_drivers():
    folder = next(Path("/usr/lib").glob("*-linux-gnu/dpdk/pmds-*"))
    for name in DPDK_DRIVERS:
        yield from sorted(folder.glob(f"librte_{name}.so.*"))


def kernel_module(kernel, name):
    return next(kernel.glob(f"lib/modules/*/kernel/{name}.ko"))


def make(build, kernel, busybox, files):
    """The archive's bytes.  build: mxsteer's build folder.  kernel: where
    Debian's package of a kernel is unpacked.  files: {name: text} to add."""
    archive = Archive()
    for name in FOLDERS:
        archive.folder(name)
    for name, target in LINKS.items():
        archive.link(name, target)
    archive.data("etc/passwd", b"root:x:0:0:root:/:/bin/sh\n")
    archive.file("init", HERE / "init")
    archive.file("bin/busybox", busybox)
    needed = ["/usr/sbin/ip" if os.path.exists("/usr/sbin/ip") else "/bin/ip"]
    archive.file("usr/sbin/ip", needed[0])
    for program in PROGRAMS:
        archive.file(f"usr/bin/{Path(program).name}", build / program)
        needed.append(build / program)
    for driver in dpdk_drivers():
        archive.host_file(str(driver))
        needed.append(driver)
    for path in {path for each in needed for path in libraries(each)}:
        archive.host_file(path)
    for module in MODULES:
        archive.file(f"modules/{Path(module).name}.ko",
                     kernel_module(kernel, module))
    archive.data("modules/order", "".join(
        f"{Path(module).name}\n" for module in MODULES).encode())
    for name, text in files.items():
        archive.data(name, text.encode())
    return archive.bytes()
