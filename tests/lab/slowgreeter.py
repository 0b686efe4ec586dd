#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""An MTA with one process, on a processor of a certain speed.

    slowgreeter.py NAME PORT SPEED

It greets one session after the other, in the order in which they came, and is busy
with each for a random time, WORK_S / SPEED in the mean.  So sessions wait longer for
their greeting at half the speed, and the longer the more of them come.  While it is
busy it sleeps: what other processes leave of this machine would be no speed.  It
wakes up late at times, and then has lost nothing: the next one begins when this one
was due.
"""
import asyncio
import random
import sys

WORK_S = 0.01


async def serve(loop, mta, reader, writer):
    mta.due = max(mta.due, loop.time()) + random.expovariate(mta.speed / WORK_S)
    await asyncio.sleep(mta.due - loop.time())
    writer.write(f"220 {mta.name} ESMTP\r\n".encode())
    try:
        while True:
            word = (await reader.readline())[:4].upper()
            if word == b"QUIT":
                writer.write(b"221 2.0.0 bye\r\n")
            if word in (b"", b"QUIT"):
                break
            writer.write(b"250 ok\r\n")
        await writer.drain()
    except OSError:
        pass
    writer.close()


class Mta:
    def __init__(self, name, speed):
        self.name, self.speed = name, speed
        self.due = 0.0  # when it has greeted all that have come


async def main():
    loop = asyncio.get_running_loop()
    mta = Mta(sys.argv[1], float(sys.argv[3]))
    server = await asyncio.start_server(
        lambda reader, writer: serve(loop, mta, reader, writer), "0.0.0.0",
        int(sys.argv[2]), backlog=1000)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
