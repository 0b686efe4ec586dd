# SPDX-License-Identifier: BSD-3-Clause
"""TCP segments as frames, with numbers, flags and checksums that a test chooses.

A Segment is what a frame says; pack() makes the frame and unpack() reads one.
"""

import socket
import struct
from dataclasses import dataclass, replace

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16

ETHER_BYTES = 14
IP4, IP6 = 0x0800, 0x86dd
MSS_OPTION = b"\x02\x04\x05\xb4"  # 1460
WORD = 1 << 32


def checksum(data):
    """The Internet checksum (RFC 1071) of bytes."""
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def mac_bytes(text):
    return bytes.fromhex(text.replace(":", ""))


def is_six(address):
    return ":" in address


def packed(address):
    return socket.inet_pton(
        socket.AF_INET6 if is_six(address) else socket.AF_INET, address)


@dataclass
class Segment:
    """source, target: (address, port).  seq, ack: any whole number, of which
    the low 32 bits count.  wrong_sum: with a wrong TCP checksum.  to_mac: where
    a segment that was heard went."""

    source: tuple
    target: tuple
    flags: int
    seq: int = 0
    ack: int = 0
    data: bytes = b""
    options: bytes = b""
    window: int = 64240
    wrong_sum: bool = False
    ttl: int = 64
    to_mac: str = ""

    def change(self, **values):
        return replace(self, **values)

    def _tcp(self):
        header = struct.pack(
            "!HHIIBBHHH", self.source[1], self.target[1], self.seq % WORD,
            self.ack % WORD, (20 + len(self.options)) // 4 << 4, self.flags,
            self.window, 0, 0) + self.options
        whole = header + self.data
        pseudo = packed(self.source[0]) + packed(self.target[0]) + \
            struct.pack("!II", len(whole), socket.IPPROTO_TCP)
        sum_ = checksum(pseudo + whole)
        if self.wrong_sum:
            sum_ ^= 0x5555
        return whole[:16] + struct.pack("!H", sum_) + whole[18:]

    def _ip(self, tcp_bytes):
        source, target = packed(self.source[0]), packed(self.target[0])
        if is_six(self.source[0]):
            return struct.pack("!IHBB", 6 << 28, tcp_bytes,
                               socket.IPPROTO_TCP, self.ttl) + source + target
        header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + tcp_bytes, 0, 0x4000,
                             self.ttl, socket.IPPROTO_TCP, 0) + source + target
        return header[:10] + struct.pack("!H", checksum(header)) + header[12:]

    def pack(self, from_mac, to_mac):
        """The frame, from one MAC address to another."""
        tcp = self._tcp()
        ether = struct.pack("!H", IP6 if is_six(self.source[0]) else IP4)
        return mac_bytes(to_mac) + mac_bytes(from_mac) + ether + \
            self._ip(len(tcp)) + tcp


def unpack(frame):
    """The segment of a frame, or None if it holds no TCP."""
    kind = struct.unpack_from("!H", frame, 12)[0]
    at = ETHER_BYTES
    if kind == IP4 and frame[at + 9] == socket.IPPROTO_TCP:
        end = at + struct.unpack_from("!H", frame, at + 2)[0]
        addresses, size = frame[at + 12:at + 20], 4
        at, family = at + (frame[at] & 15) * 4, socket.AF_INET
    elif kind == IP6 and frame[at + 6] == socket.IPPROTO_TCP:
        end = at + 40 + struct.unpack_from("!H", frame, at + 4)[0]
        addresses, size = frame[at + 8:at + 40], 16
        at, family = at + 40, socket.AF_INET6
    else:
        return None
    ports = struct.unpack_from("!HH", frame, at)
    seq, ack, offset, flags, window = struct.unpack_from("!IIBBH", frame,
                                                         at + 4)
    data_at = at + (offset >> 4) * 4
    return Segment(
        source=(socket.inet_ntop(family, addresses[:size]), ports[0]),
        target=(socket.inet_ntop(family, addresses[size:]), ports[1]),
        flags=flags, seq=seq, ack=ack, options=frame[at + 20:data_at],
        data=frame[data_at:end], window=window, to_mac=frame[:6].hex(":"))
