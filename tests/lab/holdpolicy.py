#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""A policy server of Postfix: for one sender it answers once a file exists, and
for all others at once.

    holdpolicy.py PORT SENDER FILE
"""

import asyncio
import sys
from pathlib import Path

LIMIT_S = 3600
LOOK_S = 0.05


async def serve(reader, writer, sender, file):
    try:
        while True:
            words = await asyncio.wait_for(reader.readuntil(b"\n\n"), LIMIT_S)
            while f"sender={sender}" in words.decode().splitlines() and \
                    not file.exists():
                await asyncio.sleep(LOOK_S)
            writer.write(b"action=dunno\n\n")
    except (OSError, asyncio.IncompleteReadError, asyncio.TimeoutError,
            asyncio.LimitOverrunError):
        writer.close()


async def main():
    port, sender, file = sys.argv[1:]
    await asyncio.start_server(
        lambda reader, writer: serve(reader, writer, sender, Path(file)),
        "127.0.0.1", int(port))
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
