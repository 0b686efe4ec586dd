# SPDX-License-Identifier: BSD-3-Clause
"""A virtual machine: qemu without hardware help, a kernel of Debian, and the
file system that image.py makes.

The test runs commands in it by a shell on a virtio port.  The console
and qemu's own messages are files beside the lab's logs.
"""

import json
import re
import shutil
import socket
import time
from dataclasses import dataclass

from claims import Failed, wait_for

from . import image

QEMU = "qemu-system-x86_64"
MEMORY_MIB = 1024
# Each of two nodes has this much.  Linux finds a page of 1 GiB in the second one
# only if it is not loaded there itself: `nokaslr`.
NODE_MIB = 2048
# The bus of the second node.
FAR_BUS = 0x20
BOOT_LIMIT_S = 120
COMMAND_LIMIT_S = 60

# A virtual network card that leaves no work on frames to the other side, as a
# card of its own would not; and that the IOMMU of the machine translates for.
# LACP wants to know the speed.
VIRTIO = ("virtio-net-pci,iommu_platform=on,disable-legacy=on,csum=off,gso=off,"
          "guest_csum=off,guest_tso4=off,guest_tso6=off,guest_ufo=off,"
          "host_tso4=off,host_tso6=off,host_ufo=off,speed=1000,duplex=full")


@dataclass
class Card:
    """One emulated network card.  tap: the interface of the host whose frames
    it gets.  slot: of PCI bus 0, from 2 on without a gap; there is a PCIe port,
    so that the card itself can be unplugged.  cable: in place of the tap, a
    number that another card of the machine has too.  far: it is on the second
    NUMA node."""
    model: str
    tap: str
    mac: str
    slot: int
    queues: int = 1
    cable: int = 0
    far: bool = False

    @property
    def address(self):
        bus = self.slot - 1 + (FAR_BUS if self.far else 0)
        return f"0000:{bus:02x}:00.0"

    @property
    def device(self):
        """{name: value} for qemu.  The id is what its monitor calls it."""
        driver, *words = (VIRTIO if self.model == "virtio" else
                          self.model).split(",")
        if self.queues > 1:
            # A vector for each queue, and two that belong to the card.
            words += ["mq=on", "rss=on", "hash=on",
                      f"vectors={2 * self.queues + 2}"]
        return {"driver": driver, "id": f"card{self.slot}",
                "netdev": f"net{self.slot}", "mac": self.mac,
                "bus": f"port{self.slot}", "romfile": "",
                **dict(word.split("=") for word in words)}

    def arguments(self):
        netdev = f"tap,id=net{self.slot},ifname={self.tap},script=no," \
                 "downscript=no"
        if self.cable:
            netdev = f"hubport,id=net{self.slot},hubid={self.cable}"
        if self.queues > 1:
            netdev += f",queues={self.queues}"
        device = ",".join(f"{key}={value}" for key, value in
                          self.device.items())
        return ["-netdev", netdev, "-device",
                f"pcie-root-port,id=port{self.slot},chassis={self.slot},"
                f"slot={self.slot},addr={self.slot},"
                f"bus={'far' if self.far else 'pcie.0'}", "-device",
                device.removeprefix("driver=")]


def kernel_of(build):
    """Where tests/packages has unpacked a kernel and busybox."""
    return build / "guest"


def lacks(build):
    """Why there can be no virtual machine here, or None."""
    missing = build / "guest.missing"
    if missing.exists():
        return missing.read_text().strip()
    if not shutil.which(QEMU):
        return f"{QEMU} is not there: run tests/packages tests"
    if not kernel_of(build).is_dir():
        return "no kernel for a virtual machine: run tests/packages tests"
    return None


def memory_arguments(nodes):
    """Each of two nodes has one core."""
    if nodes == 1:
        return ["-m", MEMORY_MIB]
    return ["-m", nodes * NODE_MIB,
            *(word for node in range(nodes) for word in (
                "-object", f"memory-backend-ram,size={NODE_MIB}M,id=ram{node}",
                "-numa", f"node,nodeid={node},cpus={node},memdev=ram{node}")),
            "-device", f"pxb-pcie,id=far,bus_nr={FAR_BUS},numa_node=1,"
                       "bus=pcie.0"]


class Machine:
    """lab: whose namespace lb it runs in.  words: more of the kernel's command
    line.  files: {name: text} of its file system.  nodes: of NUMA, 1 or 2."""

    def __init__(self, lab, cards, cpus=2, words="", files=None, nodes=1):
        self.lab, self.cards = lab, cards
        unpacked = kernel_of(lab.build)
        kernel = next(unpacked.glob("boot/vmlinuz-*"))
        initrd = lab.dir / "initrd"
        initrd.write_bytes(image.make(
            lab.build, unpacked, next(unpacked.glob("**/bin/busybox")),
            files or {}))
        self.console = lab.dir / "console.log"
        self.process = lab.spawn("lb", [
            QEMU, "-M", "q35,accel=tcg,kernel-irqchip=split", "-cpu", "max",
            "-smp", cpus, *memory_arguments(nodes), "-nodefaults",
            "-no-user-config", "-display", "none", "-no-reboot",
            "-kernel", kernel, "-initrd", initrd, "-append",
            "console=ttyS0 quiet no_timer_check panic=-1 intel_iommu=on "
            f"iommu=pt {words}",
            "-device", "intel-iommu,intremap=on,caching-mode=on",
            *(word for card in cards for word in card.arguments()),
            "-serial", f"file:{self.console}",
            "-device", "virtio-serial-pci,bus=pcie.0", "-chardev",
            f"socket,id=shell,path={self._path('shell')},server=on,wait=off",
            "-device", "virtserialport,chardev=shell",
            "-qmp", f"unix:{self._path('monitor')},server=on,wait=off"],
            log=lab.dir / "qemu.log")
        self.number = 0
        self.shell = self.monitor = None

    def _path(self, name):
        return self.lab.dir / f"{name}.sock"

    def _open(self, name):
        """A socket of qemu's, once it is there."""
        wait_for(lambda: self._path(name).exists() or
                 not self.process.alive(), f"qemu's {name} is there")
        if not self.process.alive():
            raise Failed("qemu does not start")
        sock = socket.socket(socket.AF_UNIX)
        sock.connect(str(self._path(name)))
        return sock

    def await_boot(self):
        """Until run() can be called."""
        self.shell = self._open("shell")

        def ready():
            if not self.process.alive():
                raise Failed("the virtual machine has ended")
            return "first process ready" in self.console.read_text(
                errors="replace")
        wait_for(self.console.exists, "the machine has a console")
        wait_for(ready, "the machine boots", BOOT_LIMIT_S)

    def run(self, command, check=True, limit_s=COMMAND_LIMIT_S):
        """Run a line of shell in the machine; returns its output.  check: its
        status must be 0.  Otherwise returns (status, output)."""
        self.number += 1
        mark = f"@@{self.number}"
        self.shell.sendall(f"{{ {command}\n}} </dev/null 2>&1; status=$?; "
                           f"echo; echo {mark} $status\n".encode())
        deadline, text = time.monotonic() + limit_s, ""
        ended = re.compile(rf"^{mark} (\d+)\r?\n", re.MULTILINE)
        while not (found := ended.search(text)):
            left = deadline - time.monotonic()
            if left <= 0:
                raise Failed(f"no end of `{command}` in the machine: {text}")
            self.shell.settimeout(left)
            try:
                data = self.shell.recv(65536)
            except TimeoutError:
                continue
            if not data:
                raise Failed("the virtual machine has ended")
            text += data.decode(errors="replace")
        status = int(found[1])
        # One end of line is the mark's own.
        output = text[:found.start()].replace("\r\n", "\n")
        output = output.removesuffix("\n")
        if check and status != 0:
            raise Failed(f"`{command}` in the machine: {output.strip()}")
        return output if check else (status, output)

    def write(self, name, text):
        """Put a text into a file of the machine."""
        lines = text if text.endswith("\n") else text + "\n"
        self.run(f"cat >{name} <<'@@END'\n{lines}@@END")

    def spawn(self, command, log):
        return MachineProcess(self, command, log)

    def bind(self, card, driver="vfio-pci"):
        """Give a card to a driver of the kernel, as driverctl does.  A card that
        has just been plugged in is there before the kernel lets it have one."""
        device = f"/sys/bus/pci/devices/{card.address}"
        is_bound = f"readlink {device}/driver | grep -q '/{driver}$'"
        self.run(f"echo {driver} >{device}/driver_override")
        wait_for(lambda: self.run(
            f"{is_bound} || {{ [ ! -e {device}/driver ] || "
            f"echo {card.address} >{device}/driver/unbind; "
            f"echo {card.address} >/sys/bus/pci/drivers_probe; "
            f"{is_bound}; }}", check=False)[0] == 0,
            f"{card.address} has the driver {driver}")

    def set_link(self, card, up):
        """Plug or unplug the cable of a card."""
        self._order("set_link", name=f"card{card.slot}", up=up)

    def unplug(self, card):
        """Take a card out of the running machine."""
        self._order("device_del", id=f"card{card.slot}")

    def plug(self, card):
        """Put the card back, as if it were a new one."""
        self._order("device_add", **card.device)
        wait_for(lambda: self.has(card), "the machine has the card")

    def has(self, card):
        return self.run(f"[ -e /sys/bus/pci/devices/{card.address} ]",
                        check=False)[0] == 0

    def _order(self, command, **arguments):
        """An order to qemu's monitor."""
        if self.monitor is None:
            self.monitor = self._open("monitor").makefile("rw")
            self._order("qmp_capabilities")
        self.monitor.write(json.dumps(
            {"execute": command, "arguments": arguments}) + "\n")
        self.monitor.flush()
        for line in self.monitor:
            answer = json.loads(line)
            if "error" in answer:
                raise Failed(f"qemu's {command}: {answer['error']['desc']}")
            if "return" in answer:
                return answer["return"]
        raise Failed("the virtual machine has ended")


class MachineProcess:
    """A process of the machine, as process.py's of the host."""

    def __init__(self, machine, command, log):
        self.machine, self.log = machine, log
        self.pid = int(machine.run(f"{command} >>{log} 2>&1 & echo $!"))

    def alive(self):
        # What has ended stays a zombie until the shell asks for it.
        status, state = self.machine.run(
            f"cut -d')' -f2 /proc/{self.pid}/stat", check=False)
        # A process that ends at this moment has no such file.
        return status == 0 and state.split()[:1] not in ([], ["Z"], ["X"])

    def kill(self, number=9, limit_s=30):
        """Send a signal, and wait for the end."""
        self.machine.run(f"kill -{number} {self.pid}", check=False)
        wait_for(lambda: not self.alive(),
                 "a process of the machine ends", limit_s)

    def text(self):
        return self.machine.run(f"cat {self.log}")
