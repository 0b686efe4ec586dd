#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Send frames out of an interface, in turn, at a rate, for a time:

    pour.py INTERFACE RATE SECONDS FRAME...      a FRAME in hexadecimal

Prints how many were sent."""

import itertools
import socket
import sys
import time

PAUSE_S = 0.002


def main():
    interface, rate, seconds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    frames = itertools.cycle([bytes.fromhex(word) for word in sys.argv[4:]])
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    sock.bind((interface, 0))
    begin, sent = time.monotonic(), 0
    while (passed := time.monotonic() - begin) < seconds:
        for _ in range(min(int(passed * rate) - sent, rate)):
            try:
                sock.send(next(frames))
            except OSError:  # the interface's queue is full
                break
            sent += 1
        time.sleep(PAUSE_S)
    print(sent)


if __name__ == "__main__":
    main()
