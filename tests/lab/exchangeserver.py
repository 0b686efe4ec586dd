#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""An SMTP server that speaks as Exchange does at a connector for strangers.

    exchangeserver.py NAME DOMAIN FOLDER CERTIFICATE

Banner, extensions and replies are Exchange's, and so are its defaults: whoever
is refused waits (TarpitInterval), a client has few connections at once
(MaxInboundConnectionPerSource), and nobody relays.  It reads no PROXY header: that
is a command which it does not know.  Messages go to FOLDER/inbox.
"""

import asyncio
import re
import ssl
import sys
from collections import Counter
from email.utils import formatdate
from pathlib import Path

TARPIT_S = 5
PER_SOURCE = 20
LIMIT_S = 300  # ConnectionInactivityTimeout
SIZE = 37748736

EXTENSIONS = ["SIZE 37748736", "PIPELINING", "DSN", "ENHANCEDSTATUSCODES",
              "STARTTLS", "X-ANONYMOUSTLS", "AUTH NTLM", "X-EXPS GSSAPI NTLM",
              "8BITMIME", "BINARYMIME", "CHUNKING", "SMTPUTF8", "XRDST"]
UNDER_TLS = [word for word in EXTENSIONS if word != "STARTTLS"]


class Server:
    def __init__(self, name, domain, folder, certificate):
        self.host, self.domain = f"{name}.{domain}", domain
        self.inbox = Path(folder) / "inbox/new"
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate)
        self.connections = Counter()
        self.messages = 0

    def keep(self, client, message):
        self.messages += 1
        (self.inbox / str(self.messages)).write_bytes(
            f"Received: from client.example.net ([{client}]) by {self.host} "
            f"with Microsoft SMTP Server\r\n".encode() + message)
        return (f"250 2.6.0 [InternalId={self.messages}, Hostname={self.host}]"
                f" {len(message)} bytes Queued mail for delivery")

    async def serve(self, reader, writer):
        client = writer.get_extra_info("peername")[0].removeprefix("::ffff:")
        self.connections[client] += 1
        try:
            await Session(self, client, reader, writer).lead()
        except (OSError, asyncio.IncompleteReadError, asyncio.TimeoutError,
                asyncio.LimitOverrunError):
            pass
        finally:
            self.connections[client] -= 1
            writer.close()


class Session:
    def __init__(self, server, client, reader, writer):
        self.server, self.client = server, client
        self.reader, self.writer = reader, writer
        self.extensions = EXTENSIONS
        self.recipients, self.chunks = 0, b""

    def say(self, *lines):
        for line in lines[:-1]:
            self.writer.write(f"{line[:3]}-{line[4:]}\r\n".encode())
        self.writer.write(f"{lines[-1]}\r\n".encode())

    async def refuse(self, line):
        await asyncio.sleep(TARPIT_S)
        self.say(line)

    async def lead(self):
        if self.server.connections[self.client] > PER_SOURCE:
            self.say("421 4.3.2 The maximum number of concurrent connections "
                     "has exceeded a limit, closing transmission channel")
            return
        self.say(f"220 {self.server.host} Microsoft ESMTP MAIL Service ready "
                 f"at {formatdate()}")
        while line := await asyncio.wait_for(self.reader.readline(), LIMIT_S):
            words = line.decode("latin-1").split() or [""]
            verb = words[0].upper()
            if verb == "QUIT":
                self.say("221 2.0.0 Service closing transmission channel")
                return
            act = self.VERBS.get(verb)
            if act:
                await act(self, words)
            else:
                await self.refuse(f"500 5.3.3 Unrecognized command "
                                  f"'{words[0][:40]}'")

    async def hello(self, words):
        greeting = f"250 {self.server.host} Hello [{self.client}]"
        self.say(greeting, *(f"250 {word}" for word in self.extensions
                             if words[0].upper() == "EHLO"))

    async def starttls(self, _words):
        if self.extensions is UNDER_TLS:
            await self.refuse("503 5.5.2 Only one STARTTLS command can be "
                              "issued per session")
            return
        self.say("220 2.0.0 SMTP server ready")
        await self.writer.start_tls(self.server.context)
        self.extensions = UNDER_TLS

    async def mail(self, _words):
        self.recipients, self.chunks = 0, b""
        self.say("250 2.1.0 Sender OK")

    async def rcpt(self, words):
        match = re.search(r"<[^>]*@([^>]*)>", " ".join(words))
        if match and match[1].lower() == self.server.domain:
            self.recipients += 1
            self.say("250 2.1.5 Recipient OK")
        else:
            await self.refuse("550 5.7.54 SMTP; Unable to relay recipient in "
                              "non-accepted domain")

    async def data(self, _words):
        if not self.recipients:
            await self.refuse("503 5.5.2 Need rcpt command")
            return
        self.say("354 Start mail input; end with <CRLF>.<CRLF>")
        message = await self.reader.readuntil(b"\r\n.\r\n")
        self.say(self.server.keep(self.client, message[:-3]))

    async def bdat(self, words):
        size = int(words[1])
        self.chunks += await self.reader.readexactly(min(size, SIZE))
        if words[-1].upper() == "LAST":
            self.say(self.server.keep(self.client, self.chunks))
        else:
            self.say(f"250 2.6.0 CHUNK received OK, {size} octets")

    async def reset(self, _words):
        self.recipients, self.chunks = 0, b""
        self.say("250 2.0.0 Resetting")

    async def nothing(self, _words):
        self.say("250 2.0.0 OK")

    VERBS = {"EHLO": hello, "HELO": hello, "STARTTLS": starttls, "MAIL": mail,
             "RCPT": rcpt, "DATA": data, "BDAT": bdat, "RSET": reset,
             "NOOP": nothing}


async def main():
    server = Server(*sys.argv[1:])
    await asyncio.start_server(server.serve, None, 25, limit=SIZE,
                               backlog=200)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
