#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The Debian packages are built, installed, upgraded, removed and purged, and a
first site runs with them.

In a bare Debian 12 with a systemd of its own, so that the units' restrictions hold
and journald has the log.  lintian finds neither errors nor warnings."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from claims import check, main, skip, wait_for
from debian import Debian

BUILD = Path(os.environ["MXSTEER_BUILD"])
SOURCE = Path(__file__).resolve().parents[2]
TOOLS = ("dpkg-buildpackage", "dh", "lintian", "mmdebstrap", "nsenter")
PLANES = ("mxsteer-dataplane", "mxsteer-controlplane")
CONFIG = "/etc/mxsteer/mxsteer.yaml"
STATUS = ("mxsteer", "-s", "/run/mxsteer/mx1.sock", "status")

# A first site of one MTA.
SITE = """
instance: mx1
dataplane:
  workers: [{core}]
  idle: sleep
  sessions-max: 1000
  ports:
    - {{name: wan, driver: af_packet, interface: wan}}
    - {{name: lan, driver: af_packet, interface: lan}}
services:
  - name: inbound
    listen: ["198.51.100.25:25"]
    pool: mx
    forward: fullnat
    snat: ["10.0.2.100"]
    client-address: hidden
pools:
  - name: mx
    check: {{type: smtp, interval: 1s, timeout: 20s, rise: 1, fall: 3}}
    backends:
      - {{name: mta1, address: "10.0.2.1:25"}}
"""
NETWORK = """
ip netns add mta
ip link add wan type veth peer name wan-peer
ip link add lan type veth peer name eth0 netns mta
for name in wan wan-peer lan; do ip link set $name up; done
ip address add 198.51.100.2/24 dev wan
ip address add 10.0.2.2/24 dev lan
ip -n mta link set eth0 up
ip -n mta address add 10.0.2.1/24 dev eth0
"""
# perl is all that a bare Debian has.
MTA = r"""
use IO::Socket::INET;
my $mta = IO::Socket::INET->new(LocalPort => 25, Listen => 9, ReuseAddr => 1) or die;
while (my $client = $mta->accept) {
	print $client "220 mta1 ESMTP\r\n";
	while (<$client>) {
		print $client /^QUIT/i ? "221 bye\r\n" : "250 ok\r\n";
		last if /^QUIT/i;
	}
}
"""


def build(folder):
    shutil.rmtree(folder, ignore_errors=True)
    done = subprocess.run([SOURCE / "tests/debs", folder], text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False)
    check(done.returncode == 0, "the packages are built, and lintian finds "
          f"nothing {done.stdout[-3000:] if done.returncode else ''}")
    return [path for path in folder.glob("*.deb") if "-dbgsym" not in path.name]


def next_version(package):
    """The same package with a higher version."""
    folder, later = package.with_suffix(".next"), Path(f"{package}.later.deb")
    subprocess.run(["dpkg-deb", "-R", package, folder], check=True)
    control = folder / "DEBIAN/control"
    control.write_text(re.sub("^Version: .*", r"\g<0>+next",
                              control.read_text(), flags=re.MULTILINE))
    subprocess.run(["dpkg-deb", "-b", folder, later], check=True,
                   stdout=subprocess.DEVNULL)
    return later


def show(guest, unit, key):
    return guest.must("systemctl", "show", "--value", "-p", key, unit)


def install(guest, packages):
    for package in packages:
        shutil.copy(package, guest.file(f"/root/{package.name}"))
    guest.must("apt-get", "update", "-qq", network=False)
    guest.must("apt-get", "install", "-y", "-qq", "--no-install-recommends",
               *(f"/root/{package.name}" for package in packages),
               network=False)
    check(guest.run("mxsteer-gen", "--ring", "--sessions", "100")[0] == 0,
          "the generator finds the drivers that it needs")
    for unit in (*PLANES, "mxsteer-agent"):
        check(guest.run("systemctl", "is-active", unit)[1] == "inactive" and
              guest.run("systemctl", "is-enabled", unit)[1] == "disabled",
              f"{unit} is not started before its administrator says so")
    guest.must("systemctl", "start", *PLANES)
    check(show(guest, PLANES[0], "ConditionResult") == "no" and
          show(guest, PLANES[0], "NRestarts") == "0",
          "without a configuration a plane does nothing, and does not fail")


def first_site(guest):
    core = min(os.sched_getaffinity(0))
    guest.file(CONFIG).write_text(SITE.format(core=core))
    guest.file("/root/mta").write_text(MTA)
    guest.must("sh", "-ec", NETWORK)
    guest.must("systemd-run", "--unit=mta",
               "--property=NetworkNamespacePath=/run/netns/mta", "perl",
               "/root/mta")
    said = guest.must("mxsteer", "config", "check", CONFIG)
    check("mxsteer.yaml" in said, "the configuration has no mistake")
    guest.must("systemctl", "enable", "--now", *PLANES)
    check(True, "both planes say that they are ready")
    wait_for(lambda: guest.run(*STATUS)[0] == 0,
             lambda: "status is OK: " + guest.run(*STATUS)[1])
    check(True, "status is OK")
    wait_for(lambda: show(guest, PLANES[1], "StatusText") ==
             "1 of 1 MTAs serve, 0 sessions", "systemctl status says so")
    check("by plan" in wait_for(
        lambda: "by plan" in (text := show(guest, PLANES[0], "StatusText")) and
        text, "the data plane has a plan"), "and the data plane has a plan")


def log(guest):
    said = guest.must("journalctl", "--no-pager", "-o", "cat", "-p", "err",
                      "-u", "mxsteer-controlplane")
    check("error pool mx serving -> EMPTY" in said and "info" not in said and
          "warn" not in said, "journalctl -p err shows errors alone")


def reload(guest):
    guest.must("systemctl", "reload", PLANES[1])
    good = guest.file(CONFIG).read_text()
    guest.file(CONFIG).write_text(good + "nonsense: 1\n")
    check(guest.run("systemctl", "reload", PLANES[1])[0] != 0 and
          guest.run(*STATUS)[0] == 0,
          "a reload of a faulty file fails, and changes nothing")
    guest.file(CONFIG).write_text(good)


def instance(guest):
    """A second control plane, whose ports are nobody's yet."""
    text = SITE.format(core=0).replace("mx1", "mx2")
    guest.file("/etc/mxsteer/mx2.yaml").write_text(text)
    guest.must("systemctl", "start", f"{PLANES[1]}@mx2")
    check(guest.run("mxsteer", "-s", "/run/mxsteer/mx2.sock", "show", "pools")
          [0] == 0, "an instance has a file and a socket of its own")


def upgrade(guest, package):
    def began(unit):
        return int(show(guest, unit, "ExecMainStartTimestampMonotonic"))
    units = (*PLANES, f"{PLANES[1]}@mx2")
    before = [began(unit) for unit in units]
    shutil.copy(next_version(package), guest.file("/root/next.deb"))
    guest.must("dpkg", "-i", "/root/next.deb")
    after = [began(unit) for unit in units]
    check(all(late > early for late, early in zip(after, before)),
          "an upgrade restarts both planes, and the instance")
    check(after[0] < after[1], "and the data plane first")
    wait_for(lambda: guest.run(*STATUS)[0] == 0, "status is OK")
    check(guest.run("systemctl", "is-active", "mxsteer-agent")[1] == "inactive",
          "an agent that did not run is not started")


def agent(guest):
    guest.must("systemctl", "start", "mxsteer-agent")
    check("up " in guest.must(
        "perl", "-MIO::Socket::INET", "-e",
        'print IO::Socket::INET->new("127.0.0.1:9707")->getline'),
        "the agent answers")


def remove(guest):
    guest.must("apt-get", "remove", "-y", "-qq", "mxsteer", "mxsteer-agent")
    check(all(guest.run("systemctl", "is-active", unit)[1] != "active"
              for unit in (*PLANES, f"{PLANES[1]}@mx2", "mxsteer-agent")),
          "a removal ends the programs")
    left = guest.must("ls", "/dev/shm/mxsteer.mx1", "/var/lib/mxsteer")
    check("sessions.0" in left and "mx1.json" in left,
          "and keeps sessions and the operators' wishes")
    guest.must("apt-get", "purge", "-y", "-qq", "mxsteer", "mxsteer-agent")
    left = guest.run("sh", "-c", "ls -d /dev/shm/mxsteer* /var/lib/mxsteer* "
                     "/var/lib/private/mxsteer*")[1]
    check(left.count("No such file") == left.count("\n") + 1,
          f"a purge removes both {left if 'No such' not in left else ''}")
    check(guest.file(CONFIG).exists(), "and leaves the administrator's file")


def test():
    """Debian packages: built, installed, used, upgraded, removed, purged."""
    missing = [tool for tool in TOOLS if not shutil.which(tool)]
    if missing:
        skip(f"this machine has no {', '.join(missing)}")
    if os.geteuid() != 0:
        skip("this needs root")
    packages = build(BUILD / "debs")
    with Debian() as guest:
        install(guest, packages)
        first_site(guest)
        log(guest)
        reload(guest)
        instance(guest)
        upgrade(guest, next(path for path in packages
                            if path.name.startswith("mxsteer_")))
        agent(guest)
        remove(guest)


main(test)
