# SPDX-License-Identifier: BSD-3-Clause
"""What is in a pcapng file, by the draft (draft-ietf-opsawg-pcapng)."""

import struct
from dataclasses import dataclass

from frames import unpack

SECTION, INTERFACE, STATISTICS, FRAME = 0x0a0d0d0a, 1, 5, 6
IN, OUT = 1, 2


@dataclass
class Frame:
    port: str
    time_ns: int
    data: bytes
    length: int
    comment: str = ""
    direction: int = 0
    packet: int = 0  # frames of one packet have the same
    queue: int = 0

    @property
    def segment(self):
        """The TCP segment, or None."""
        return unpack(self.data)


def options(data):
    """{code: value} of a block's options."""
    found, at = {}, 0
    while at < len(data):
        code, length = struct.unpack_from("=HH", data, at)
        if code == 0:
            return found
        found[code] = data[at + 4:at + 4 + length]
        at += 4 + (length + 3) // 4 * 4
    raise ValueError("options without their end")


def blocks(data):
    at = 0
    while at < len(data):
        kind, total = struct.unpack_from("=II", data, at)
        again, = struct.unpack_from("=I", data, at + total - 4)
        if again != total or total % 4:
            raise ValueError("a block of two lengths")
        yield kind, data[at + 8:at + total - 4]
        at += total


def read(path):
    """All frames of a file, in order."""
    ports, frames = [], []
    for kind, body in blocks(path.read_bytes()):
        if kind == SECTION:
            if struct.unpack_from("=I", body)[0] != 0x1a2b3c4d:
                raise ValueError("another byte order")
        elif kind == INTERFACE:
            ports.append(options(body[8:])[2].decode())
        elif kind == FRAME:
            port, high, low, captured, length = struct.unpack_from("=IIIII",
                                                                   body)
            more = options(body[20 + (captured + 3) // 4 * 4:])
            frames.append(Frame(
                ports[port], high << 32 | low, body[20:20 + captured], length,
                more.get(1, b"").decode(),
                struct.unpack("=I", more[2])[0] & 3,
                struct.unpack("=Q", more[5])[0],
                struct.unpack("=I", more[6])[0]))
        elif kind != STATISTICS:
            raise ValueError(f"block {kind}")
    return frames
