# SPDX-License-Identifier: BSD-3-Clause
"""What all MTAs of the lab have in common."""

import email.parser
import ipaddress
import re
import shutil
from collections import Counter
from pathlib import Path

DOMAIN = "example.org"

# Where PROXY headers may come from: mxsteer's networks on the MTAs' side.
PROXIES = ("10.0.2.0/24", "fd00:2::/64")

# The address a Received: header gives the client: [192.0.2.1],
# [IPv6:2001:db8::1] or, from Exim, [2001:db8::1].
CLIENT = re.compile(r"\[(?:IPv6:)?([0-9A-Fa-f.:]+)\]")


def own(path, user="nobody", group="nogroup"):
    path.mkdir(parents=True, exist_ok=True)
    shutil.chown(path, user, group)


class Mta:
    """One MTA.

    It listens on port 25 of every address of its namespace, since in some
    forward modes it has the VIP as well.

    trees: where tests/packages has unpacked it.
    spawn: starts a command in its namespace; see Lab.spawn().
    proxy: off, v1 or v2, what comes before the SMTP of its networks' clients.
    """

    PACKAGE = None  # the folder in trees
    PROXY = ("off",)  # what it understands

    def __init__(self, name, trees, directory, spawn, proxy="off"):
        assert proxy in self.PROXY, f"{self.PACKAGE} speaks no PROXY {proxy}"
        self.name, self.proxy = name, proxy
        self.dir = Path(directory)
        self.tree = Path(trees) / self.PACKAGE
        self.spawn = spawn
        self.process = None
        self.seen = {}
        own(self.dir)
        for sub in ("new", "cur", "tmp"):
            own(self.dir / "inbox" / sub)
        own(self.dir / "inbox")
        self.env = {}
        self.configure()

    def configure(self):
        """Write the configuration; set command and env."""
        raise NotImplementedError

    def text(self, template, **values):
        return template.format(dir=self.dir, tree=self.tree, name=self.name,
                               domain=DOMAIN, **values)

    def users(self, *names):
        """Users and groups that only the MTA can see, all of them nobody:
        `ip netns exec` gives each command its own mounts.  Returns a command
        that puts them in place and becomes the one that follows."""
        passwd, group = self.dir / "passwd", self.dir / "group"
        passwd.write_text(Path("/etc/passwd").read_text() + "".join(
            f"{name}:x:65534:65534::/:/bin/false\n" for name in names))
        group.write_text(Path("/etc/group").read_text() + "".join(
            f"{name}:x:65534:\n" for name in names))
        return ["sh", "-c", 'mount --bind "$0" /etc/passwd && '
                'mount --bind "$1" /etc/group && shift && exec "$@"',
                passwd, group]

    def start(self):
        self.process = self.spawn(self.command, env=self.env,
                                  log=self.dir / "stderr")

    def kill(self):
        """End it and all its children at once, as a power cut would."""
        self.process.kill_group()
        self.process = None

    def _read_inbox(self):
        parser = email.parser.BytesHeaderParser()
        for path in (self.dir / "inbox" / "new").iterdir():
            if path.name not in self.seen:
                with open(path, "rb") as message:
                    headers = parser.parse(message)
                # The part before "by" is about the client.
                client = CLIENT.search(headers["Received"].split(" by ")[0])
                self.seen[path.name] = (
                    headers["Message-Id"],
                    client and str(ipaddress.ip_address(client[1])))
        return self.seen.values()

    def received(self):
        """Counter of the Message-Ids in the mailbox."""
        return Counter(ident for ident, _ in self._read_inbox())

    def clients(self):
        """{Message-Id: address of the client that the MTA saw}."""
        return dict(self._read_inbox())
