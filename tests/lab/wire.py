# SPDX-License-Identifier: BSD-3-Clause
"""A test's own hand on a wire of the lab: frames out, frames in, and a TCP
client that is led segment by segment.

The clients' addresses here are nobody's: no kernel answers for them.
"""

import itertools
import random
import socket
import subprocess
import time

from frames import ACK, FIN, MSS_OPTION, PSH, RST, SYN, WORD, Segment, unpack
from network import WAN, in_space

PACKET_OUTGOING = 4
ETH_P_ALL = 3

# A MAC address that no interface has.
OTHER_MAC = "02:00:00:00:00:aa"

# Hosts of the clients' network that no kernel has.
STRANGERS = range(201, 251)


def mac_of(lab, space, interface):
    out = lab.run(space, "cat", f"/sys/class/net/{interface}/address",
                  stdout=subprocess.PIPE).stdout
    return out.decode().strip()


def split_end(text):
    """An endpoint of the CLI as (address, port)."""
    address, port = text.rsplit(":", 1)
    return address.strip("[]"), int(port)


def session_of(lab, end):
    """What `show sessions` says of the session of a client's end, or None."""
    for row in lab.ask("show", "sessions", 10000)["sessions"]:
        if split_end(row["client"]) == end:
            return row
    return None


class Wire:
    """A packet socket on an interface of a namespace.  Frames go to mxsteer's
    interface on that side unless the sender says otherwise."""

    def __init__(self, lab, space="client", interface="eth0", to="mxs-wan"):
        self.lab, self.space, self.interface = lab, space, interface
        self.mac = mac_of(lab, space, interface)
        self.to = mac_of(lab, "lb", to)
        with in_space(lab.space(space)):
            self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW,
                                      socket.htons(ETH_P_ALL))
            self.sock.bind((interface, 0))
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)

    def close(self):
        self.sock.close()

    def send(self, *segments, mac=None, to=None):
        for segment in segments:
            self.sock.send(segment.pack(mac or self.mac, to or self.to))

    def hear(self, wanted, limit_s=3):
        """The next segment that comes in and is wanted, or None."""
        deadline = time.monotonic() + limit_s
        while (left := deadline - time.monotonic()) > 0:
            self.sock.settimeout(left)
            try:
                frame, address = self.sock.recvfrom(65536)
            except (socket.timeout, BlockingIOError):
                return None
            if address[2] == PACKET_OUTGOING:
                continue
            segment = unpack(frame)
            if segment and wanted(segment):
                return segment
        return None

    def forget(self):
        """Throw away what has come in so far."""
        self.sock.setblocking(False)
        try:
            while True:
                self.sock.recv(1)
        except BlockingIOError:
            pass


class RawClient:
    """A TCP client of a stranger's address.  seq: the number of its next byte;
    ack: of the server's."""

    numbers = itertools.count()

    def __init__(self, wire, address=None, port=None, seq=None):
        lab, number = wire.lab, next(self.numbers)
        host = STRANGERS[number % len(STRANGERS)]
        self.wire = wire
        self.end = (address or f"{WAN[lab.family]}{host}",
                    port or 20000 + number * 7 % 40000)
        self.vip = (lab.vip, 25)
        self.seq = random.getrandbits(32) if seq is None else seq
        self.first = self.seq + 1  # number of its first byte
        self.ack = 0

    def segment(self, flags, data=b"", **values):
        values = {"seq": self.seq, "ack": self.ack if flags & ACK else 0,
                  **values}
        return Segment(self.end, self.vip, flags, data=data, **values)

    def say(self, flags, data=b"", mac=None, **values):
        """A segment with the numbers that are right, or others; they do not
        move for it."""
        self.wire.send(self.segment(flags, data, **values), mac=mac)

    def is_mine(self, segment):
        return segment.source == self.vip and segment.target == self.end

    def hear(self, limit_s=3, wanted=lambda segment: True):
        return self.wire.hear(lambda segment: self.is_mine(segment) and
                              wanted(segment), limit_s)

    def syn(self, data=b""):
        """Send a SYN, and again as a client does that hears nothing; returns
        the SYN-ACK that acknowledges it, or None."""
        for _ in range(5):
            self.say(SYN, data, seq=self.first - 1, options=MSS_OPTION)
            answer = self.hear(3, self.is_syn_ack)
            if answer:
                self.seq, self.ack = self.first, answer.seq + 1
                return answer
        return None

    def is_syn_ack(self, segment):
        return (segment.flags & (SYN | ACK) == SYN | ACK
                and segment.ack == self.first % WORD)

    def connect(self):
        answer = self.syn()
        if answer:
            self.say(ACK)
        return answer

    def send(self, data):
        self.say(PSH | ACK, data)
        self.seq += len(data)

    def take(self, limit_s):
        """The next bytes in order, acknowledged; b"" after a FIN, None after
        an RST or in silence."""
        deadline = time.monotonic() + limit_s
        while (left := deadline - time.monotonic()) > 0:
            got = self.hear(left)
            if got is None or got.flags & RST:
                return None
            if got.seq == self.ack % WORD and (got.data or got.flags & FIN):
                self.ack += len(got.data) + (got.flags & FIN)
                self.say(ACK)
                return got.data
            if got.data or got.flags & FIN:
                self.say(ACK)  # again: our ACK may have been lost
        return None

    def reply(self, limit_s=10):
        """The code of the server's next reply, or None."""
        text = b""
        deadline = time.monotonic() + limit_s
        while (left := deadline - time.monotonic()) > 0:
            data = self.take(left)
            if not data:
                return None
            text += data
            last = text.split(b"\r\n")[-2:-1]
            if text.endswith(b"\r\n") and last and last[0][3:4] == b" ":
                return int(last[0][:3])
        return None

    def ask(self, line, limit_s=10):
        self.send(line.encode() + b"\r\n")
        return self.reply(limit_s)

    def to_dot(self):
        """From the greeting to where the server expects a message."""
        codes = [self.reply()]
        for line in ("EHLO client.example.net",
                     "MAIL FROM:<sender@example.net>",
                     "RCPT TO:<inbox@example.org>", "DATA"):
            if codes[-1] is None:
                break
            codes.append(self.ask(line))
        return codes == [220, 250, 250, 250, 354]

    def deliver(self, ident):
        """A whole message, from the greeting on.  True if it was accepted."""
        return self.to_dot() and self.ask(
            f"From: <sender@example.net>\r\nTo: <inbox@example.org>\r\n"
            f"Message-Id: {ident}\r\n\r\nhello\r\n.") == 250
