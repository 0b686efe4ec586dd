# SPDX-License-Identifier: BSD-3-Clause
"""The socket to which programs tell systemd how they are: sd_notify(3)."""

import os
import socket

LIMIT_S = 60


class ServiceManager:
    """name: a path, or "@" and the name of an abstract socket."""

    def __init__(self, name, watchdog_s):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind("\0" + name[1:] if name[0] == "@" else name)
        self.socket.settimeout(LIMIT_S)
        self.env = {**os.environ, "NOTIFY_SOCKET": name,
                    "WATCHDOG_USEC": str(int(watchdog_s * 1e6))}

    def hear(self):
        """The next message: {"READY": "1", ...}."""
        text = self.socket.recv(4096).decode()
        return dict(line.split("=", 1) for line in text.split("\n"))

    def wait_for(self, key, value=None):
        """The next message with the key, and with this in its value."""
        while True:
            message = self.hear()
            if key in message and (value or "") in message[key]:
                return message

    def forget(self):
        """Read what has come.  Returns how many messages."""
        self.socket.setblocking(False)
        count = 0
        try:
            while self.socket.recv(4096):
                count += 1
        except BlockingIOError:
            pass
        self.socket.settimeout(LIMIT_S)
        return count

    def close(self):
        self.socket.close()
