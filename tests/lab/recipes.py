# SPDX-License-Identifier: BSD-3-Clause
"""A lab by a recipe of config/recipes: its configuration, and MTAs with the
settings that its text has.

Each block of a recipe has a word that says what it is: yaml is mxsteer's
configuration, sh are commands for the host of an MTA, and the others are parts of
files of MTAs.  MTAs read no header but for these settings."""

import os
import re
import stat
import subprocess

import mta
from lab import ROOT, Lab
from mta.exim import Exim
from mta.haraka import Haraka
from mta.opensmtpd import OpenSmtpd
from mta.postfix import Postfix, Postscreen
from network import MTA_HOSTS
from talk import Session

FOLDER = ROOT / "config/recipes"


def read(name):
    """{word: text} of the blocks of a recipe"""
    blocks = {}
    for word, text in re.findall(r"^```(\S+)\n(.*?)^```$",
                                 (FOLDER / f"{name}.md").read_text(),
                                 re.M | re.S):
        blocks[word] = blocks.get(word, "") + text
    return blocks


class Unaware:
    """An MTA that knows no header but by its recipe.  blocks: of that."""
    blocks = {}

    def __init__(self, *words):
        super().__init__(*words[:-1], "off")

    def change(self, path, old, new):
        text = path.read_text()
        assert old in text, f"{path} has no {old}"
        path.write_text(text.replace(old, new, 1))


class RecipePostfix(Unaware, Postfix):
    def configure(self):
        super().configure()
        master = self.dir / "etc/master.cf"
        with open(master, "a", encoding="ascii") as out:
            out.write(self.blocks.get("master.cf", ""))
        for line in self.blocks.get("sh", "").splitlines():
            if line != "postfix reload":  # it does not run yet
                self.shell(line)

    def shell(self, line):
        postconf = self.dir / "postconf"
        if not postconf.exists():
            postconf.write_text(f'#!/bin/sh\nexec {self.tree}/usr/sbin/postconf "$@"\n')
            postconf.chmod(postconf.stat().st_mode | stat.S_IXUSR)
        subprocess.run(
            ["sh", "-ec", line.replace("/etc/postfix", f"{self.dir}/etc")],
            check=True, env={**os.environ, **self.env,
                             "PATH": f"{self.dir}:{os.environ['PATH']}"})


class RecipePostscreen(RecipePostfix, Postscreen):
    pass


class RecipeExim(Unaware, Exim):
    def configure(self):
        super().configure()
        self.change(self.dir / "exim.conf", "hosts_proxy = \n",
                    self.blocks["exim"])


class RecipeOpenSmtpd(Unaware, OpenSmtpd):
    def configure(self):
        super().configure()
        line = self.blocks["smtpd"].replace("mta1", self.name).replace(
            "10.0.2.11", f"10.0.2.{MTA_HOSTS[self.name]}")
        path = self.dir / "smtpd.conf"
        path.write_text(re.sub(r"^listen .*\n", "", path.read_text(),
                               flags=re.M).replace("action", line + "action",
                                                   1))


class RecipeHaraka(Unaware, Haraka):
    def configure(self):
        super().configure()
        self.change(self.dir / "config/connection.ini", "[haproxy]\nhosts[] = \n",
                    self.blocks["connection.ini"])


# The MTA of each recipe, and the server of its port 25.
MTAS = {
    "postfix": RecipePostfix,
    "postscreen": RecipePostscreen,
    "exim": RecipeExim,
    "opensmtpd": RecipeOpenSmtpd,
    "haraka": RecipeHaraka,
    "mailcow": RecipePostscreen,
    "docker-mailserver": RecipePostscreen,
    "exchange": RecipeExim,
    "from-haproxy": RecipePostfix,
    "from-mx": RecipePostfix,
}


class RecipeLab(Lab):
    """The configuration of a recipe, but for the ports of the lab and checks that
    come sooner."""

    def __init__(self, name):
        self.blocks = read(name)
        # Exim takes no hosts for the empty list.
        self.blocks.setdefault("exim", "hosts_proxy =\n")
        self.yaml = self.blocks["yaml"]
        proxy = re.search(r"proxy-protocol: (\w+)", self.yaml)
        forward = re.search(r"forward: (\w+)", self.yaml)[1]
        self.backend_port = int(re.search(r"10\.0\.2\.11:(\d+)",
                                          self.yaml)[1])
        mta.KINDS[name] = type("Recipe", (MTAS[name],),
                               {"blocks": self.blocks})
        super().__init__(forward=forward, proxy=proxy[1] if proxy else "off")
        self.kinds = (name,) * len(re.findall(r"name: mta", self.yaml))

    def config_text(self, backends=None, **changes):
        text = re.sub(r"^instance: \S+",
                      f"instance: {self.instance}\nuser: nobody", self.yaml)
        text = re.sub(r"  workers: .*\n  ports:\n(    - .*\n)+",
                      f"  workers: [1]\n  idle: {self.values['idle']}\n"
                      f"  sessions-max: 100000\n  ports:\n{self.port_lines()}",
                      text)
        soon = "interval: 500ms, rise: 1"
        if "check: {" in text:
            return text.replace("check: {", f"check: {{{soon}, ")
        return text.replace("  - name: mx\n",
                            f"  - name: mx\n    check: {{{soon}}}\n")

    def greets(self, name):
        try:
            with self.connect("lb", self.mta_address(name, 4),
                              self.backend_port, timeout=10) as sock:
                Session(sock, self.values["proxy"]).quit()
            return True
        except OSError:
            return False
