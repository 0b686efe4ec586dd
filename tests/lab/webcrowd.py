# SPDX-License-Identifier: BSD-3-Clause
"""A crowd at an HTTP server, until it is killed: `webcrowd.py COUNT PORT`.

It keeps COUNT connections open, or tries to.  A third says nothing, a third
sends a byte now and then, and a third asks for /metrics and reads nothing.  One
that is closed comes back.  It prints how many came."""

import resource
import socket
import sys
import time

count, port = int(sys.argv[1]), int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_NOFILE, (count + 64, count + 64))
crowd = [None] * count
came = 0


def connect(kind):
    sock = socket.socket()
    if kind == 2:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    sock.setblocking(False)
    try:
        sock.connect(("127.0.0.1", port))
    except BlockingIOError:
        pass
    except OSError:
        sock.close()
        return None
    return sock


def poke(sock, kind, turn):
    """Returns whether the connection is still there."""
    try:
        if kind == 1:
            sock.send(b"GET / HTTP/1.1\r\n"[turn % 16:turn % 16 + 1])
        elif kind == 2 and turn < 2:
            sock.send(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
        return kind == 2 or sock.recv(1) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False


turn = 0
while True:
    begin = time.monotonic()
    for i in range(count):
        if crowd[i] is not None and not poke(crowd[i], i % 3, turn):
            crowd[i].close()
            crowd[i] = None
        if crowd[i] is None:
            crowd[i] = connect(i % 3)
            came += crowd[i] is not None
    turn += 1
    print(came, flush=True)
    time.sleep(max(0, 1 - (time.monotonic() - begin)))
