# SPDX-License-Identifier: BSD-3-Clause
"""OpenSMTPD."""

from .base import Mta, own

CONFIG = """
smtp max-message-size 50M
smtp limit max-mails 1000
queue ttl 1h
listen on 0.0.0.0 port 25 hostname {name}.{domain} no-dsn {proxy}
listen on :: port 25 hostname {name}.{domain} no-dsn {proxy}
action "inbox" maildir "{dir}/inbox"
match from any for domain "{domain}" action "inbox"
"""

# Its paths are compiled in.  It gets its own of each, which only it can see.
MOUNTS = {"spool": "/var/spool", "run": "/run", "lib": "/var/lib"}


class OpenSmtpd(Mta):
    PACKAGE = "opensmtpd"
    PROXY = ("off", "v2")

    def configure(self):
        config = self.dir / "smtpd.conf"
        proxy = "" if self.proxy == "off" else "proxy-v2"
        config.write_text(self.text(CONFIG, proxy=proxy))
        for name in MOUNTS:
            own(self.dir / name, "root", "root")
        own(self.dir / "lib/opensmtpd/empty", "root", "root")
        mounts = {self.tree / "usr/libexec": "/usr/libexec"}
        mounts.update((self.dir / name, path) for name, path in MOUNTS.items())
        script = "".join(f"mount --bind {what} {path} && "
                         for what, path in mounts.items()) + 'exec "$0" "$@"'
        # The mailbox is that of a user; all its users are nobody.
        self.command = [*self.users("opensmtpd", "opensmtpq", "inbox"),
                        "sh", "-c", script, self.tree / "usr/sbin/smtpd", "-F",
                        "-f", config]
