# SPDX-License-Identifier: BSD-3-Clause
"""Haraka."""

import shutil
from pathlib import Path

from .base import PROXIES, Mta, own

CONNECTION = """
[haproxy]
{proxies}
[max]
bytes=52428800
[message]
[uuid]
"""

FILES = {
    "smtp.ini": "listen=[::0]:25\nuser=nobody\ngroup=nogroup\n"
                "nodes=0\n",
    "connection.ini": CONNECTION,
    "host_list": "{domain}\n",
    "log.ini": "[main]\nlevel=notice\n",
    "me": "{name}.{domain}\n",
    "plugins": "rcpt_to.in_host_list\nmaildir\n",
}


class Haraka(Mta):
    PACKAGE = "haraka"
    PROXY = ("off", "v1")

    def configure(self):
        # It has no defaults but those in its package's own files.
        package = self.tree / "node_modules/Haraka"
        config = self.dir / "config"
        shutil.copytree(package / "config", config)
        networks = [""] if self.proxy == "off" else PROXIES
        proxies = "\n".join(f"hosts[] = {network}" for network in networks)
        for name, template in FILES.items():
            (config / name).write_text(self.text(template, proxies=proxies))
        own(self.dir / "plugins", "root", "root")
        shutil.copy(Path(__file__).parent / "node/maildir.js",
                    self.dir / "plugins")
        own(self.dir / "queue")
        self.env = {"MAILDIR": str(self.dir / "inbox")}
        self.command = ["node", package / "bin/haraka", "-c", self.dir]
