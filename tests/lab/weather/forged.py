# SPDX-License-Identifier: BSD-3-Clause
"""Forged segments that hit every session in flight, and frames of noise."""

import itertools
import random
import time

from frames import ACK, FIN, PSH, RST, SYN, WORD, Segment
from weather.floods import LIMITED
from weather.row import row
from wire import OTHER_MAC, Wire, split_end

SESSIONS_MAX = 2000  # that are aimed at in one turn
PAUSE_S = 0.2


def number():
    return random.randrange(WORD)


def aim(site, forge, mac=None):
    """Send a forged segment for each session, again and again."""
    site.begin()
    sent = site.last(site.seconds,
                     lambda seconds: aim_for(site, forge, mac, seconds))
    site.end()
    site.say(f"{sent:,} segments")


def aim_for(site, forge, mac, seconds):
    """Returns how many segments were sent."""
    wire, sent = Wire(site.lab), 0
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        rows = site.lab.ask("show", "sessions", SESSIONS_MAX)["sessions"]
        for session in rows:
            for segment in forge(split_end(session["client"]),
                                 (site.lab.vip, 25)):
                wire.send(segment, mac=mac)
                sent += 1
        time.sleep(PAUSE_S)
    wire.close()
    return sent


def forger(*flags, **options):
    """A function that forges a segment with each of these flags, with numbers
    that are made up."""
    def forge(client, vip):
        return [Segment(client, vip, flag, seq=number(), ack=number(),
                        **options) for flag in flags]
    return forge


AIMED = (
    ("RSTs", forger(RST), None),
    ("RSTs and SYNs", forger(RST, SYN), None),
    ("SYNs", forger(SYN), None),
    ("FINs", forger(FIN | ACK), None),
    ("ACKs", forger(ACK), None),
    ("data", forger(PSH | ACK, data=b"QUIT\r\n"), None),
    ("ACKs from another MAC address", forger(ACK), OTHER_MAC),
    ("RSTs, FINs and SYNs with wrong sums",
     forger(RST, FIN | ACK, SYN, wrong_sum=True), None),
    ("all of these at once",
     forger(RST, SYN, FIN | ACK, ACK, PSH | ACK, 0, 255), OTHER_MAC),
)


def aimed_row(name, forge, mac):
    @row(f"blind {name} at each session", site=LIMITED,
         short=name == AIMED[-1][0])
    def attack(site):
        aim(site, forge, mac)


for each in AIMED:
    aimed_row(*each)


def noise(lab, count):
    """Frames of the clients with changed, cut and added bytes."""
    wire = Wire(lab)
    to, own = (bytes.fromhex(mac.replace(":", ""))
               for mac in (wire.to, wire.mac))
    for turn in range(count):
        flags = random.choice((SYN, ACK, RST, FIN | ACK, PSH | ACK))
        frame = bytearray(Segment(
            (f"198.18.0.{turn % 250 + 1}", 1024 + turn % 60000),
            (lab.vip, 25), flags, seq=number(), ack=number(),
            data=random.randbytes(random.randrange(60))).pack(wire.mac,
                                                              wire.to))
        for _ in range(random.randrange(1, 6)):
            frame[random.randrange(12, len(frame))] = random.randrange(256)
        if turn % 3 == 0:
            frame = frame[:random.randrange(14, len(frame))]
        if turn % 7 == 0:
            frame = to + own + random.randbytes(random.randrange(1, 1400))
        yield bytes(frame)
    wire.close()


def pour_noise(site, seconds):
    """Returns how many frames were sent."""
    wire = Wire(site.lab)
    sent, deadline = 0, time.monotonic() + seconds
    frames = itertools.cycle(list(noise(site.lab, 5000)))
    while time.monotonic() < deadline:
        for frame in itertools.islice(frames, 100):
            try:
                wire.sock.send(frame)
                sent += 1
            except OSError:
                pass  # the interface's queue is full
        time.sleep(0.005)
    wire.close()
    return sent


@row("frames of noise", site=LIMITED)
def frames_of_noise(site):
    site.begin()
    sent = site.last(site.seconds, lambda seconds: pour_noise(site, seconds))
    site.end()
    site.say(f"{sent:,} frames")
