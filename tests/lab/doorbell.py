# SPDX-License-Identifier: BSD-3-Clause
"""A server of many ports that closes what connects, until it is killed:
`doorbell.py FIRST COUNT`.

It prints a line for each connection: when it came (CLOCK_MONOTONIC), and to which
port."""

import resource
import selectors
import socket
import sys
import time

first, count = int(sys.argv[1]), int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_NOFILE, (count + 64, count + 64))
selector = selectors.EpollSelector()
for port in range(first, first + count):
    server = socket.create_server(("", port))
    server.setblocking(False)
    selector.register(server, selectors.EVENT_READ, port)
print("ready", flush=True)
while True:
    for key, _ in selector.select():
        client, _ = key.fileobj.accept()
        print(time.monotonic(), key.data)
        client.close()
    sys.stdout.flush()
