#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
import itertools
import json
import struct

from drivers import SIDES
from frames import checksum, mac_bytes, packed
from lab import HERE, Lab, check, main
from network import LAN
from wire import mac_of

# Longer than a health check waits for a reply, so that a check that hears
# nothing fails.
SECONDS = 13
# ARP requests and pings a second; and SYNs, with the first rate that the machine
# carries.  The kernel gets 10,000 frames a second from a port.
POURED = 2000
RATES = (40000, 20000)
STRANGERS = range(201, 251)

serial = itertools.count()


def arp_request(mac, address, target):
    """To all hosts of the network."""
    return (b"\xff" * 6 + mac + struct.pack("!HHHBBH", 0x806, 1, 0x800, 6, 4, 1)
            + mac + packed(address) + b"\0" * 6 + packed(target))


def echo_request(mac, to_mac, address, target):
    message = struct.pack("!BBHHH", 8, 0, 0, 1, 1) + b"ping" * 8
    message = message[:2] + checksum(message).to_bytes(2, "big") + message[4:]
    header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(message), 0, 0, 64,
                         1, 0, packed(address), packed(target))
    header = header[:10] + checksum(header).to_bytes(2, "big") + header[12:]
    return to_mac + mac + b"\x08\x00" + header + message


def pour(lab, space, side):
    """Somebody in the network of a port sends ARP requests and pings to the
    host itself."""
    mac = mac_bytes(mac_of(lab, space, "eth0"))
    to_mac, prefix, host = SIDES[side]
    target = f"{prefix[4]}{host}"
    frames = []
    for number in STRANGERS:
        address = f"{prefix[4]}{number}"
        frames += [arp_request(mac, address, target),
                   echo_request(mac, mac_bytes(to_mac), address, target)]
    return lab.spawn(space, [HERE / "pour.py", "eth0", POURED, SECONDS,
                             *(frame.hex() for frame in frames)],
                     log=lab.dir / f"pour.{side}.{next(serial)}")


def flood_syns(lab, rate):
    """And SYNs to a port of the host where nobody listens, from addresses that
    nobody has."""
    return lab.spawn("mta3", [
        lab.build / "tests/flood", "-i", "eth0", "-m", SIDES["lan"][0], "-t",
        f"{LAN[4]}1", "-p", 2525, "-f", f"{LAN[4]}192/26", "-k", "syn", "-r",
        rate, "-s", SECONDS], log=lab.dir / f"flood.{rate}")


def drops(lab):
    return lab.ask("show", "drops")


def sent(flood):
    """How many frames it says that it has sent."""
    said = json.loads(flood.log.read_text())
    return said["frames"] if isinstance(said, dict) else said


def flood(lab, rate):
    """Mail beside the floods.  Returns whether mxsteer got them: what the
    machine loses on the way to it, no program can save."""
    print(f"--- {rate} SYNs a second", flush=True)
    begin, before = len(lab.controlplane.log.read_text()), drops(lab)
    repeated = lab.counter("lb", "TcpRetransSegs")
    floods = [flood_syns(lab, rate), pour(lab, "mta3", "lan"),
              pour(lab, "client", "wan")]
    sender = lab.start_sender(80, think=0.5, high=100000)
    for each in floods:
        each.wait(SECONDS + 60)
    after = drops(lab)
    repeated = lab.counter("lb", "TcpRetransSegs") - repeated
    sender.check_exactly_once()
    spared = after["drops"]["twin-rate"] - before["drops"]["twin-rate"]
    got = after["to_kernel"] - before["to_kernel"]
    total = sum(map(sent, floods))
    check(spared > SECONDS * 1000,
          f"of {total} frames the kernel got {got}, and was spared {spared}")
    if spared + got < total * 995 // 1000:
        print("       the machine lost the others")
        return False
    check(repeated < 5, "replies to the health checks reach the kernel: it "
          f"sent {repeated} segments again")
    log = lab.controlplane.log.read_text()[begin:]
    check("-> falling" not in log and "-> down" not in log,
          "every health check got its reply")
    return True


def test():
    """Floods to the host itself, by both ports, cost no mail, and take no MTA
    for dead."""
    with Lab(proxy="v2") as lab:
        lab.start_mtas()
        lab.start_mxsteer()
        any(flood(lab, rate) for rate in RATES)
        lab.check_accounts()


if __name__ == "__main__":
    main(test)
