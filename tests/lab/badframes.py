# SPDX-License-Identifier: BSD-3-Clause
"""Frames that mxsteer drops, each kind for one reason, in numbers that tell the
kinds apart."""

import socket

from frames import ACK, ETHER_BYTES, SYN, Segment, checksum
from network import WAN

OTHER_PORT = 26  # which no service of the lab has
SOURCE_PORT = 30000


def with_header(frame, change, right_sum=True):
    """The frame with another IPv4 header: change() gets its bytes."""
    size = (frame[ETHER_BYTES] & 15) * 4
    header = bytearray(frame[ETHER_BYTES:ETHER_BYTES + size])
    header = change(header)
    header[10:12] = b"\0\0"
    total = checksum(bytes(header))
    header[10:12] = (total if right_sum else total ^ 0x5555).to_bytes(2, "big")
    return frame[:ETHER_BYTES] + bytes(header) + frame[ETHER_BYTES + size:]


def as_udp(header):
    header[9] = socket.IPPROTO_UDP
    return header


def with_option(header):
    """Four options that do nothing."""
    header[0] = 0x46
    header[2:4] = (int.from_bytes(header[2:4], "big") + 4).to_bytes(2, "big")
    return header + bytearray(b"\x01\x01\x01\x01")


def same(header):
    return header


# {reason: (how many, flags, to another port, change of the header, right sum)}
KINDS = {
    "no-session": (23, ACK, False, same, True),
    "no-service": (29, SYN, True, same, True),
    "not-tcp": (31, ACK, False, as_udp, True),
    "ip-options": (37, ACK, False, with_option, True),
    "bad-checksum": (41, ACK, False, same, False),
}


def send(wire):
    """Send all of them by a wire of the clients.  Returns {reason: how many}."""
    for number, flags, other, change, right in KINDS.values():
        for i in range(number):
            segment = Segment((f"{WAN[4]}{201 + i}", SOURCE_PORT),
                              (wire.lab.vip, OTHER_PORT if other else 25),
                              flags, seq=i)
            wire.sock.send(with_header(segment.pack(wire.mac, wire.to), change,
                                       right))
    return {reason: kind[0] for reason, kind in KINDS.items()}
