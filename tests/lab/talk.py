# SPDX-License-Identifier: BSD-3-Clause
"""An SMTP session in which the test sends each command itself."""

import smtplib
import socket
import struct


def proxy_header(version, client, server):
    """The PROXY header of a connection; client, server: (address, port)."""
    family = 6 if ":" in client[0] else 4
    if version == "v1":
        return (f"PROXY TCP{family} {client[0]} {server[0]} {client[1]} "
                f"{server[1]}\r\n").encode()
    af = socket.AF_INET6 if family == 6 else socket.AF_INET
    ends = b"".join(socket.inet_pton(af, end[0]) for end in (client, server))
    ends += struct.pack("!HH", client[1], server[1])
    return (b"\r\n\r\n\x00\r\nQUIT\n\x21" +
            (b"\x21" if family == 6 else b"\x11") +
            struct.pack("!H", len(ends)) + ends)


class Session(smtplib.SMTP):
    """On a connected socket.  proxy: send a header of that version first, for
    `ends`: the addresses and ports of client and server, or what they are.

    Raises smtplib.SMTPException unless the server greets with 220."""

    def __init__(self, sock, proxy="off", ends=None):
        super().__init__(local_hostname="client.example.net")
        self.sock = sock
        self._host = sock.getpeername()[0]  # what starttls() calls the server
        if proxy != "off":
            sock.sendall(proxy_header(proxy, *(ends or (
                sock.getsockname()[:2], sock.getpeername()[:2]))))
        self.code, self.greeting = self.getreply()
        if self.code != 220:
            raise smtplib.SMTPConnectError(self.code, self.greeting)

    @property
    def server(self):
        """The name of the MTA that greeted."""
        return self.greeting.decode().split()[0].split(".")[0]

    def deliver(self, ident, size=1000):
        """Send a message with this Message-Id."""
        text = (f"From: <sender@example.net>\r\nTo: <inbox@example.org>\r\n"
                f"Message-Id: {ident}\r\n\r\n")
        self.ehlo_or_helo_if_needed()
        self.sendmail("sender@example.net", ["inbox@example.org"],
                      text + ("x" * 76 + "\r\n") * (size // 78))
