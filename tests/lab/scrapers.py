# SPDX-License-Identifier: BSD-3-Clause
"""Readers of /metrics, until they are killed: `scrapers.py COUNT PORT`.

COUNT of them ask again and again, and as many read a few bytes now and then, as a
reader behind a full line does.  It prints how many whole replies came."""

import re
import socket
import sys
import threading
import time

PAUSE_S = 0.3

count, port = int(sys.argv[1]), int(sys.argv[2])
whole = [0] * count


def ask(buffer=0):
    sock = socket.socket()
    if buffer:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    sock.settimeout(60)
    sock.connect(("127.0.0.1", port))
    sock.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
    return sock


def scrape(i):
    with ask() as sock:
        reply = b"".join(iter(lambda: sock.recv(1 << 20), b""))
    length = re.search(rb"Content-Length: (\d+)", reply)
    if length is None:
        raise OSError("no reply")
    whole[i] += len(reply.partition(b"\r\n\r\n")[2]) == int(length[1])
    time.sleep(PAUSE_S)


def dawdle(_):
    with ask(2048) as sock:
        while sock.recv(512):
            time.sleep(PAUSE_S)


def again(action, i):
    while True:
        try:
            action(i)
        except OSError:
            time.sleep(PAUSE_S)


for i in range(count):
    for action in scrape, dawdle:
        threading.Thread(target=again, args=[action, i], daemon=True).start()
while True:
    print(sum(whole), flush=True)
    time.sleep(0.5)
