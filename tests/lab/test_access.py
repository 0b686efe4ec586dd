#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
import os
import subprocess
from pathlib import Path
from typing import NamedTuple

from lab import Failed, Lab, check, main, wait_for

# Of this test alone: no file of the host has them.
GROUPS = {"mxsteer": 64210, "mxoperate": 64211, "mxread": 64212,
          "mxother": 64213}


class User(NamedTuple):
    """level: None is no level at all; socket: what the user gives with -s."""
    name: str
    uid: int
    group: str
    level: str
    socket: str


USERS = (User("mxadmin", 64201, "mxsteer", "admin", "ctl.sock"),
         User("mxop", 64202, "mxoperate", "operate", "ctl.operate.sock"),
         User("mxreader", 64203, "mxread", "read", "ctl.read.sock"),
         User("mxnobody", 64204, "mxother", None, "ctl.read.sock"))
ADMIN, OPERATOR, READER, STRANGER = USERS
# Another one of the group mxsteer.
COLLEAGUE = User("mxcolleague", 64205, "mxsteer", "admin", "ctl.sock")
LEVELS = ("read", "operate", "admin")

# Level, command, and what its answer has if it is given.
COMMANDS = (
    ("read", "status", "inbound"),
    ("read", "show backends", "mx"),
    ("read", "show events", "SUBJECT"),
    ("operate", "show sessions", "established"),
    ("operate", "show access", "mxoperate"),
    ("operate", "drain mx/mta3 for 1h new disk", "drain"),
    ("operate", "ready mx/mta3", "ready"),
    ("operate", "weight mx/mta3 50%", "50"),
    ("operate", "weight mx/mta3 default", "100"),
    ("operate", "deny 203.0.113.0/24 for 1h attack", "is denied"),
    ("operate", "forget 203.0.113.0/24", "203.0.113.0/24"),
    ("operate", "end sessions mx/mta3", "mx/mta3"),
    ("admin", "config apply {file}", "is in force"),
    ("admin", "config diff {file}", "would change nothing"),
    ("admin", "config history", "in force: "),
    ("admin", "config dump", "backends:"),
    ("admin", "reload lists", "list"),
)

# Says a line to the socket as it is, and prints the answer.
RAW = """
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.settimeout(60)
s.connect(sys.argv[1])
s.sendall(sys.argv[2].encode() + b"\\n")
s.shutdown(socket.SHUT_WR)
said = b""
while part := s.recv(65536):
    said += part
print(said.decode())
"""

# Opens connections that wait for answers, until one is refused, and says how many
# that were and why.  Keeps them until its input ends.
HOG = """
import socket, sys
there = []
while True:
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(60)
    s.connect(sys.argv[1])
    try:
        s.sendall(b"show generation\\n")
    except OSError:
        pass
    said = s.recv(65536).decode()
    if said.startswith("error"):
        break
    s.sendall(b"wait 900 drained mx/mta1\\n")
    there.append(s)
print(len(there), said.partition("\\n")[2], flush=True)
sys.stdin.read()
"""


class Host:
    """A host with these users: its control plane sees files of users and groups
    of its own."""

    def __init__(self, lab):
        self.lab = lab
        self.passwd = self.write("passwd", [
            f"{user.name}:x:{user.uid}:{GROUPS[user.group]}::/:/bin/sh"
            for user in (*USERS, COLLEAGUE)])
        self.group = self.write("group", [
            f"{name}:x:{number}:" for name, number in GROUPS.items()])

    def write(self, name, lines):
        there = [line for line in Path("/etc", name).read_text().splitlines()
                 if line.split(":")[0] not in GROUPS]
        path = self.lab.dir / name
        path.write_text("\n".join(there + lines) + "\n")
        path.chmod(0o644)
        return path

    def inside(self, command):
        """The command, in mounts of its own."""
        return ["unshare", "-m", "sh", "-c",
                f"mount --bind {self.passwd} /etc/passwd && "
                f"mount --bind {self.group} /etc/group && exec \"$@\"", "sh",
                *map(str, command)]

    def start_controlplane(self):
        lab = self.lab
        lab.controlplane = lab.spawn("lb", self.inside(
            [lab.build / "controlplane/mxsteer-controlplane", "-c", lab.config,
             "-s", lab.dir / "ctl.sock", "--state-dir", lab.dir / "state"]),
            log=lab.dir / "mxsteer-controlplane.log")
        wait_for((lab.dir / "ctl.read.sock").exists, "all sockets are there")

    def command(self, user, *words):
        """To run it as that user, or as root: None."""
        group = user and str(GROUPS[user.group])
        return self.inside(
            (["setpriv", f"--reuid={user.uid}", f"--regid={group}",
              f"--groups={group}", "--no-new-privs"] if user else []) + [*words])

    def run(self, user, *words):
        return subprocess.run(
            self.command(user, *words), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, timeout=120, check=False)

    def say(self, user, line, by=None):
        """mxsteer, run by that user."""
        by = by or (user.socket if user else "ctl.sock")
        return self.run(user, self.lab.build / "controlplane/mxsteer", "-s",
                        self.lab.dir / by, *line.split())

    def raw(self, user, line):
        return self.run(user, "/usr/bin/python3", "-c", RAW,
                        self.lab.dir / user.socket, line).stdout


def each_may_what_its_level_says(host, file):
    """A command that the user's level allows gets the right answer.  Any other is
    refused, and its answer says who may give it."""
    for user in (*USERS, None):
        has = LEVELS.index(user.level) if user and user.level else -1
        has = has if user else len(LEVELS)
        refused = 0
        for level, command, words in COMMANDS:
            done = host.say(user, command.format(file=file))
            said = done.stdout.strip()
            if has >= LEVELS.index(level):
                if words not in said or "needs the level" in said:
                    raise Failed(f"{user}: {command}: {said}")
                continue
            refused += 1
            if done.returncode == 0 or not way_is_told(user, level, said):
                raise Failed(f"{user} was told of {command}: {said}")
        check(True, f"{user.name if user else 'root'}: "
              f"{len(COMMANDS) - refused} commands were answered, {refused} "
              f"refused")


def way_is_told(user, level, said):
    if user.level is None:
        return "mxread" in said
    group = {"operate": "mxoperate", "admin": "mxsteer"}[level]
    return (f"needs the level {level}, and {user.name} (uid {user.uid}) has "
            f"the level {user.level}" in said and
            f"membership of the group {group}" in said)


def events_name_the_user(host, lab):
    events = lab.ask("show", "events", "200")["events"]
    for user, what in ((OPERATOR, "drain"), (ADMIN, "drain"),
                       (ADMIN, "apply")):
        who = f"{user.name} (uid {user.uid})"
        check(any(who in (event["who"] or "") and what in event["after"]
                  for event in events), f"{who} is named for {what}")
    check(not any(user.name in (event["who"] or "") and
                  event["source"] == "operator" for event in events
                  for user in (READER, STRANGER)),
          "the reader and the stranger changed nothing")


def files_stay_private(host, lab):
    """What a user may not read, it cannot read through the control plane."""
    secret = lab.dir / "secret"
    secret.write_text("word: verysecret\n")
    owners = {"root": 0, "the control plane's user":
              lab.dir.stat().st_uid}
    for whose, uid in owners.items():
        os.chown(secret, uid, uid)
        secret.chmod(0o600)
        for user in (ADMIN, OPERATOR, READER):
            for command in ("config apply", "config diff"):
                for said in (host.say(user, f"{command} {secret}").stdout,
                             host.raw(user, f"{command} {secret}")):
                    if "verysecret" in said or not said:
                        raise Failed(f"{user}: {said}")
        check(True, f"nobody saw the file of {whose}")


def sockets_of_others_give_no_more(host, lab):
    """A user who may not open a socket is told of another one.  One that is open
    to everybody gives nobody more than the groups do."""
    for user, by, words in (
            (READER, "ctl.sock", f"take -s {lab.dir}/ctl.operate.sock"),
            (OPERATOR, "ctl.sock", f"take -s {lab.dir}/ctl.operate.sock"),
            (STRANGER, "ctl.sock", f"take -s {lab.dir}/ctl.operate.sock"),
            (STRANGER, "ctl.operate.sock", "Groups: mxread (read), mxoperate "
             "(operate), mxsteer (admin)"),
            (READER, "ctl.operate.sock", f"{READER.name} (uid {READER.uid}) "
             "has the level read")):
        done = host.say(user, "drain mx/mta3", by)
        check(done.returncode != 0 and words in done.stdout,
              f"{user.name} at {by}: {done.stdout.strip()}")
    check(lab.backend("mta3")["admin"] == "ready", "mta3 is as it was")


def one_user_leaves_places_to_others(host, lab):
    command = host.command(ADMIN, "/usr/bin/python3", "-c", HOG,
                           lab.dir / "ctl.sock")
    with subprocess.Popen(command, stdin=subprocess.PIPE, text=True,
                          stdout=subprocess.PIPE) as hog:
        said = hog.stdout.readline().strip()
        try:
            check("16 a user may have 16 connections" in said,
                  f"{ADMIN.name} gets no more: {said}")
            for user in (ADMIN, COLLEAGUE, None):
                done = host.say(user, "status")
                answered = "inbound" in done.stdout
                check(answered == (user is not ADMIN),
                      f"{user.name if user else 'root'} "
                      f"{'gets an answer' if answered else 'gets none'}")
            seen = lab.ask("show", "access")
            row = [row for row in seen["users"] if ADMIN.name in row["who"]][0]
            check((row["clients"], row["waiting"], row["most"]) ==
                  (16, 16, 16), "show access has its connections")
            row = [row for row in seen["turned_away"]
                   if row["why"] == "has all places of one user"][0]
            check(ADMIN.name in row["who"] and row["times"] == 2,
                  f"and what it was refused: {row}")
        finally:
            hog.stdin.close()
            hog.wait(60)
    wait_for(lambda: "inbound" in host.say(ADMIN, "status").stdout,
             "it is answered again")


def test():
    """Users of each group do what their level allows, and are told the way."""
    with Lab() as lab:
        host = Host(lab)
        lab.config.write_text("access: {operate: mxoperate, read: mxread}\n" +
                              lab.config_text())
        lab.start_mtas(("postfix",))
        lab.start_dataplane()
        host.start_controlplane()
        lab.wait_up("mta1")
        file = lab.dir / "new.yaml"
        file.write_text(lab.config.read_text())
        session = lab.session()
        each_may_what_its_level_says(host, file)
        events_name_the_user(host, lab)
        files_stay_private(host, lab)
        sockets_of_others_give_no_more(host, lab)
        one_user_leaves_places_to_others(host, lab)
        session.quit()


if __name__ == "__main__":
    main(test)
