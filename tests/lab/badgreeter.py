#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""A server that accepts connections, and greets none.

    badgreeter.py PORT busy|rejects|mute

busy, rejects: it says 421 or 554, and closes.  mute: it says nothing, and keeps
them.
"""
import socket
import sys

WORDS = {
    "busy": b"421 4.3.2 all server ports are busy\r\n",
    "rejects": b"554 5.7.1 you are on a list\r\n",
}


def main():
    port, kind = int(sys.argv[1]), sys.argv[2]
    server = socket.create_server(("0.0.0.0", port), backlog=200)
    kept = []
    while True:
        client, _ = server.accept()
        if kind in WORDS:
            client.sendall(WORDS[kind])
            client.close()
        else:
            kept.append(client)


if __name__ == "__main__":
    main()
