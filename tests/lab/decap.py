#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Unwrap what mxsteer's tunnels carry, in an MTA's namespace.

It stands in for the kernel's own modules (ipip, sit, ip6_tunnel, fou), which
the kernels that tests run on may lack.  IPv4 and IPv6 in either of the two, and
GUE version 1 on UDP port 6080: the packet inside is put into a TUN device that
has no address and no other use, so that the kernel takes it as received.

Every outer source (address, and port or 0) is written, once, as a line into the
file that is the argument: "ADDRESS PORT PROTOCOL".
"""

import fcntl
import os
import selectors
import socket
import struct
import subprocess
import sys

GUE_PORT = 6080
TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000
ROOM = 1 << 22  # for bursts, while Python is busy


def open_tun(name):
    tun = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(tun, TUNSETIFF,
                struct.pack("16sH22x", name.encode(), IFF_TUN | IFF_NO_PI))
    subprocess.run(["ip", "link", "set", name, "up"], check=True)
    return tun


def open_sockets():
    """Each with the name of what it takes and the bytes before the packet."""
    sockets = []
    for family, any_address in ((socket.AF_INET, "0.0.0.0"),
                                (socket.AF_INET6, "::")):
        for proto in (socket.IPPROTO_IPIP, socket.IPPROTO_IPV6):
            sockets.append((socket.socket(family, socket.SOCK_RAW, proto),
                            "ipip", family == socket.AF_INET))
        udp = socket.socket(family, socket.SOCK_DGRAM)
        if family == socket.AF_INET6:
            udp.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        udp.bind((any_address, GUE_PORT))
        sockets.append((udp, "gue", False))
    for sock, _, _ in sockets:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, ROOM)
        sock.setblocking(False)
    return sockets


def unwrap(sock, kind, has_header, tun, note):
    """Take all that is there.  An IPv4 raw socket gives the header as well."""
    while True:
        try:
            packet, source = sock.recvfrom(65536)
        except BlockingIOError:
            return
        start = 4 * (packet[0] & 0x0f) if has_header else 0
        inner = packet[start:]
        # Version 1 of GUE is told by the bits of the IP version itself.
        if len(inner) < 20 or inner[0] >> 4 not in (4, 6):
            continue
        note(f"{source[0]} {source[1] if kind == 'gue' else 0} {kind}")
        try:
            os.write(tun, inner)
        except OSError:
            pass  # as a kernel would drop it


def main():
    seen = set()
    with open(sys.argv[1], "w", buffering=1, encoding="ascii") as log:
        def note(line):
            if line not in seen:
                seen.add(line)
                log.write(line + "\n")

        tun = open_tun("mxs-in")
        poll = selectors.DefaultSelector()
        for sock, *how in open_sockets():
            poll.register(sock, selectors.EVENT_READ, how)
        while True:
            for key, _ in poll.select():
                unwrap(key.fileobj, *key.data, tun, note)


if __name__ == "__main__":
    main()
