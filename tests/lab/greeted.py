#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Clients that wait for a greeting and quit.

    greeted.py ADDRESS RATE FILE

RATE sessions begin in a second, at random moments, but no more than AT_ONCE are
under way: on a slow machine fewer begin.  A line of FILE for each that ended: when, who
greeted, and after how many seconds from the end of the handshake on.
"""
import asyncio
import contextlib
import random
import sys
import time

AT_ONCE = 60
LIMIT_S = 60


async def session(address, out):
    reader, writer = await asyncio.open_connection(address, 25)
    began = time.monotonic()
    greeting = await reader.readline()
    waited = time.monotonic() - began
    writer.write(b"QUIT\r\n")
    await reader.read()
    writer.close()
    print(began, greeting.split()[1].decode(), waited, file=out)


async def bounded(address, out):
    with contextlib.suppress(OSError, IndexError, asyncio.TimeoutError):
        await asyncio.wait_for(session(address, out), LIMIT_S)


async def main():
    address, rate = sys.argv[1], float(sys.argv[2])
    under_way, due = set(), time.monotonic()
    with open(sys.argv[3], "w", encoding="ascii", buffering=1) as out:
        while True:
            due += random.expovariate(rate)
            await asyncio.sleep(due - time.monotonic())
            if len(under_way) < AT_ONCE:
                task = asyncio.create_task(bounded(address, out))
                under_way.add(task)
                task.add_done_callback(under_way.discard)


if __name__ == "__main__":
    asyncio.run(main())
