#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""A switch of two VLANs, since a kernel may have none:

    vlanswitch.py TRUNK VLAN INTERFACE [VLAN INTERFACE]...

Frames of an interface leave by the trunk with the tag of its VLAN, and tagged
frames of the trunk leave by the interface of their VLAN.
"""

import select
import socket
import struct
import sys

ETH_P_ALL = 3
SOL_PACKET, PACKET_AUXDATA = 263, 8
PACKET_IGNORE_OUTGOING = 23
TP_STATUS_VLAN_VALID = 1 << 4
AUXDATA = struct.Struct("=IIIHHHH")  # struct tpacket_auxdata
TAG = struct.Struct("!HH")
TYPE = 0x8100
FRAME_MAX = 65536


def open_socket(interface):
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW,
                         socket.htons(ETH_P_ALL))
    sock.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
    sock.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    sock.bind((interface, ETH_P_ALL))
    # Frames for all MAC addresses.
    sock.setsockopt(SOL_PACKET, 1, struct.pack(
        "IHH8s", socket.if_nametoindex(interface), 1, 0, b""))
    return sock


def receive(sock):
    """(frame without its tag, VLAN or None).  The kernel keeps the tag beside
    the frame."""
    frame, beside, _, _ = sock.recvmsg(FRAME_MAX, 256)
    for level, kind, data in beside:
        if (level, kind) == (SOL_PACKET, PACKET_AUXDATA):
            status, *_, tci, _ = AUXDATA.unpack(data[:AUXDATA.size])
            if status & TP_STATUS_VLAN_VALID:
                return frame, tci & 0xfff
    if len(frame) > 18 and frame[12:14] == TYPE.to_bytes(2, "big"):
        return frame[:12] + frame[16:], TAG.unpack(frame[12:16])[1] & 0xfff
    return frame, None


def main():
    trunk = open_socket(sys.argv[1])
    words = iter(sys.argv[2:])
    members = {int(vlan): open_socket(name)
               for vlan, name in zip(words, words)}
    by_socket = {sock: vlan for vlan, sock in members.items()}
    print("ready", flush=True)
    while True:
        for sock in select.select([trunk, *members.values()], [], [])[0]:
            frame, vlan = receive(sock)
            try:
                if sock is not trunk:
                    tag = TAG.pack(TYPE, by_socket[sock])
                    trunk.send(frame[:12] + tag + frame[12:])
                elif vlan in members:
                    members[vlan].send(frame)
            except OSError as error:
                print(error, flush=True)


if __name__ == "__main__":
    main()
