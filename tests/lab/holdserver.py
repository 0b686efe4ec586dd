#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""An SMTP server that withholds its reply to the final dot until a file exists.

    holdserver.py NAME FOLDER off|v1|v2

mta/hold.py starts it.  The file is FOLDER/release; messages go to FOLDER/inbox.
With PROXY every session begins with a header, of either version.
"""

import asyncio
import socket
import struct
import sys
from pathlib import Path

MAGIC = b"\r\n\r\n\x00\r\nQUIT\n"
LIMIT_S = 3600
LOOK_S = 0.05


class Server:
    def __init__(self, name, folder, proxy):
        self.name, self.proxy = name, proxy
        self.folder = Path(folder)
        self.release = asyncio.Event()
        self.messages = 0

    async def watch(self):
        while not (self.folder / "release").exists():
            await asyncio.sleep(LOOK_S)
        self.release.set()

    async def client_of(self, reader, writer):
        """The client's address, by a PROXY header or by its socket."""
        peer = writer.get_extra_info("peername")[0]
        if self.proxy == "off":
            return peer
        start = await reader.readexactly(6)
        if start == b"PROXY ":
            return (await reader.readuntil(b"\r\n")).split()[1].decode()
        head = start + await reader.readexactly(10)
        if head[:12] != MAGIC:
            raise ConnectionError("no PROXY header")
        ends = await reader.readexactly(struct.unpack("!H", head[14:])[0])
        if head[12] & 15 == 0 or not ends:  # LOCAL: a health check
            return peer
        family, size = (socket.AF_INET, 4) if head[13] >> 4 == 1 else \
            (socket.AF_INET6, 16)
        return socket.inet_ntop(family, ends[:size])

    def keep(self, client, message):
        self.messages += 1
        path = self.folder / "inbox" / "new" / str(self.messages)
        path.write_bytes(f"Received: from client [{client}] by {self.name}\r\n"
                         .encode() + message)

    async def lead(self, reader, writer):
        def say(line):
            writer.write(line.encode() + b"\r\n")

        client = await self.client_of(reader, writer)
        say(f"220 {self.name}.example.org ESMTP")
        while line := await reader.readline():
            word = line[:4].upper()
            if word == b"QUIT":
                say("221 bye")
                return
            if word == b"DATA":
                say("354 go on")
                message = await reader.readuntil(b"\r\n.\r\n")
                await self.release.wait()
                self.keep(client, message[:-3])
            say("250 ok")

    async def serve(self, reader, writer):
        try:
            await asyncio.wait_for(self.lead(reader, writer), LIMIT_S)
        except (OSError, asyncio.IncompleteReadError, asyncio.TimeoutError,
                asyncio.LimitOverrunError):
            pass
        writer.close()


async def main():
    server = Server(*sys.argv[1:])
    await asyncio.start_server(server.serve, None, 25, limit=1 << 20,
                               backlog=1024)
    await server.watch()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
