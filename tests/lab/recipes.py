# SPDX-License-Identifier: BSD-3-Clause
"""A lab by a recipe of config/recipes: its configuration, and MTAs with the
settings that its text has.

Each block of a recipe has a word that says what it is: yaml is mxsteer's
configuration, sh are commands for the host of an MTA, and the others are parts of
files of MTAs.  MTAs read no header but for these settings."""

import contextlib
import os
import re
import stat
import subprocess
import textwrap

import mta
from lab import ROOT, Lab, check
from mta.exchange import Exchange
from mta.exim import Exim
from mta.haraka import Haraka
from mta.opensmtpd import OpenSmtpd
from mta.postfix import Postfix, Postscreen
from mta.products import DockerMailserver, Mailcow
from network import LAN, MTA_HOSTS
from talk import Session

FOLDER = ROOT / "config/recipes"


def read(name):
    """{word: text} of the blocks of a recipe"""
    blocks = {}
    for word, text in re.findall(r"^ *```(\S+)\n(.*?)^ *```$",
                                 (FOLDER / f"{name}.md").read_text(),
                                 re.M | re.S):
        blocks[word] = blocks.get(word, "") + textwrap.dedent(text)
    return blocks


class Unaware:
    """An MTA that knows no header but by its recipe.  blocks: of that, which is
    for mta1."""
    blocks = {}

    def __init__(self, *words):
        super().__init__(*words[:-1], "off")

    def block(self, word):
        return self.blocks.get(word, "").replace("mta1", self.name).replace(
            "10.0.2.11", f"{LAN[4]}{MTA_HOSTS[self.name]}")

    def change(self, path, old, new):
        text = path.read_text()
        assert old in text, f"{path} has no {old}"
        path.write_text(text.replace(old, new, 1))


# What the commands of a recipe call.  Those of `postfix` need root's own folders.
PROGRAMS = {
    "postconf": 'exec {tree}/usr/sbin/postconf "$@"\n',
    "postfix": '[ "$1" = reload ]\n'
               'pid={dir}/queue/pid/master.pid\n'
               '[ ! -e $pid ] || kill -HUP $(cat $pid)\n',
}


class RecipePostfix(Unaware, Postfix):
    LATE = False  # the recipe's commands come when it runs

    def configure(self):
        super().configure()
        for name, text in PROGRAMS.items():
            program = self.dir / name
            program.write_text("#!/bin/sh -e\n" + self.text(text))
            program.chmod(program.stat().st_mode | stat.S_IXUSR)
        for path, change in LAB_POSTFIX.items():
            path = self.dir / path
            path.write_text(path.read_text().replace(*change))
        master = self.dir / "etc/master.cf"
        with open(master, "a", encoding="ascii") as out:
            out.write(self.block("master.cf"))
        if not self.LATE:
            self.settle()

    def settle(self):
        """Run the commands of the recipe, and once more: a person may do so."""
        for _ in range(2):
            subprocess.run(
                ["sh", "-e"], check=True, text=True,
                input=self.block("sh").replace("/etc/postfix",
                                               f"{self.dir}/etc"),
                env={**os.environ, **self.env,
                     "PATH": f"{self.dir}:{os.environ['PATH']}"})


class LatePostfix(RecipePostfix):
    LATE = True


class RecipePostscreen(RecipePostfix, Postscreen):
    pass


class RecipeMailcow(RecipePostfix, Mailcow):
    pass


class RecipeDockerMailserver(RecipePostfix, DockerMailserver):
    pass


# What recipes have to say, or is the default.
LAB_EXIM = "hosts_proxy = \nsmtp_accept_max = 400\nsmtp_connect_backlog = 400\n"
LAB_POSTFIX = {"etc/main.cf": ("\nsmtpd_client_connection_count_limit = 0\n", "\n"),
               "etc/master.cf": (" 200 smtpd", " - smtpd")}


class RecipeExim(Unaware, Exim):
    def configure(self):
        super().configure()
        self.change(self.dir / "exim.conf", LAB_EXIM, self.blocks["exim"])


class RecipeOpenSmtpd(Unaware, OpenSmtpd):
    def configure(self):
        super().configure()
        line = self.block("smtpd")
        path = self.dir / "smtpd.conf"
        path.write_text(re.sub(r"^listen .*\n", "", path.read_text(),
                               flags=re.M).replace("action", line + "action",
                                                   1))


class RecipeHaraka(Unaware, Haraka):
    def configure(self):
        super().configure()
        self.change(self.dir / "config/connection.ini", "[haproxy]\nhosts[] = \n",
                    self.blocks["connection.ini"])


class RecipeExchange(Unaware, Exchange):
    pass


# The MTA of each recipe, and the server of its port 25.
MTAS = {
    "postfix": RecipePostfix,
    "postscreen": RecipePostscreen,
    "exim": RecipeExim,
    "opensmtpd": RecipeOpenSmtpd,
    "haraka": RecipeHaraka,
    "mailcow": RecipeMailcow,
    "docker-mailserver": RecipeDockerMailserver,
    "exchange": RecipeExchange,
    "from-haproxy": RecipePostfix,
    "from-mx": LatePostfix,
}


class RecipeLab(Lab):
    """The configuration of a recipe, but for the ports of the lab and checks that
    come sooner."""
    CLIENTS = 3

    def __init__(self, name):
        self.blocks = read(name)
        self.yaml = self.blocks["yaml"]
        proxy = re.search(r"proxy-protocol: (\w+)", self.yaml)
        forward = re.search(r"forward: (\w+)", self.yaml)[1]
        backend_port = int(re.search(r"10\.0\.2\.11:(\d+)", self.yaml)[1])
        mta.KINDS[name] = type("Recipe", (MTAS[name],),
                               {"blocks": self.blocks})
        super().__init__(forward=forward, proxy=proxy[1] if proxy else "off")
        self.kinds = (name,) * len(re.findall(r"name: mta", self.yaml))
        # Where an MTA answers, and by what header.
        self.entrance = (backend_port, self.values["proxy"])

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
        port, proxy = self.entrance
        try:
            with self.connect("lb", self.mta_address(name, 4), port,
                              timeout=10) as sock:
                Session(sock, proxy).quit()
            return True
        except OSError:
            return False

    def walk(self):
        """Start all, and send mail, as the recipe says."""
        self.start_mtas(self.kinds)
        self.start_mxsteer()
        sender = self.start_sender(20, sessions=4, high=5000,
                                   sources=self.clients(4)[:self.CLIENTS])
        sender.check_exactly_once()
        sender.check_true_clients()


class CrowdLab(RecipeLab):
    """Many clients come at once, to an MTA that greets at once."""

    def walk(self):
        super().walk()
        with contextlib.ExitStack() as stack:
            for source in self.clients(4)[1:] * 3:
                # Exim waits before its reply to QUIT.
                stack.callback(self.session(source).close)
            at = {name: self.backend(name)["sessions"] for name in self.mtas}
            check(max(at.values()) > 50, f"MTAs serve many at once: {at}")
