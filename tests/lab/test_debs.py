#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The Debian packages are built, installed, upgraded, removed and purged.  Who
follows the README gets from the package to a mail.

In a bare Debian 12 with a systemd of its own, so that the units' restrictions hold
and journald has the log.  lintian finds neither errors nor warnings."""

import os
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import firstwalk
from claims import check, main, skip, wait_for
from debian import Debian
from firstwalk import CONFIG, STATUS

BUILD = Path(os.environ["MXSTEER_BUILD"])
SOURCE = Path(__file__).resolve().parents[2]
TOOLS = ("dpkg-buildpackage", "dh", "lintian", "mmdebstrap", "nsenter")
# Of virtual devices and their twins, which the first site has no use for.
DRIVERS = ("memif", "vhost", "virtio", "tap")
# {name of an instance: what its ports have}.  The sockets are where the example
# dpdk.yaml has them.
SOCKETS = "/run/mxsteer-dataplane"
PORTS = {
    "dpdk": {
        "wan": f'driver: dpdk, device: "net_memif0,role=server,socket={SOCKETS}/'
               'wan.sock,socket-abstract=no", queues: 1, interface: twin-wan',
        "lan": f'driver: dpdk, device: "net_vhost0,iface={SOCKETS}/lan.sock,'
               'queues=1", queues: 1, interface: twin-lan'},
    "xdp": {side: f"driver: af_xdp, interface: xdp-{side}"
            for side in ("wan", "lan")},
}
PLANES = ("mxsteer-dataplane", "mxsteer-controlplane")


def build(folder):
    shutil.rmtree(folder, ignore_errors=True)
    done = subprocess.run([SOURCE / "tests/debs", folder], text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False)
    check(done.returncode == 0, "the packages are built, and lintian finds "
          f"nothing {done.stdout[-3000:] if done.returncode else ''}")
    return [path for path in folder.glob("*.deb") if "-dbgsym" not in path.name]


# A client who is in a session, and goes on when it is told to.
HELD = """
import socket
with socket.create_connection(("198.51.100.25", 25), timeout=60) as client:
    lines = client.makefile("rw", newline="\\r\\n")
    print(lines.readline(), end="", flush=True)
    input()
    for word in ("NOOP", "QUIT"):
        lines.write(word + "\\n")
        lines.flush()
        print(lines.readline(), end="", flush=True)
"""


def next_version(package):
    """The same package with a higher version."""
    folder, later = package.with_suffix(".next"), Path(f"{package}.later.deb")
    subprocess.run(["dpkg-deb", "-R", package, folder], check=True)
    control = folder / "DEBIAN/control"
    control.write_text(re.sub("^Version: .*", r"\g<0>+next",
                              control.read_text(), flags=re.MULTILINE))
    subprocess.run(["dpkg-deb", "-Znone", "-b", folder, later], check=True,
                   stdout=subprocess.DEVNULL)
    return later


def show(guest, unit, key):
    return guest.must("systemctl", "show", "--value", "-p", key, unit)


def install(guest, packages):
    for package in packages:
        shutil.copy(package, guest.file(f"/root/{package.name}"))
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
    check("There is no /etc/mxsteer/*.yaml" in guest.run(*STATUS)[1],
          "and the program mxsteer says why")


def first_site(guest, mta):
    firstwalk.walk(guest, mta)
    wait_for(lambda: show(guest, PLANES[1], "StatusText").startswith(
        "1 of 1 MTAs serve, "), "systemctl status says so")
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
    """A second control plane, whose ports are nobody's yet.  The first one serves
    the metrics."""
    text = guest.file(CONFIG).read_text().replace("mx1", "mx2")
    check("listen: 127.0.0.1:9625 " in text, "the file says where metrics are")
    text = text.replace("listen: 127.0.0.1:9625 ", "listen: off ")
    guest.file("/etc/mxsteer/mx2.yaml").write_text(text)
    guest.must("systemctl", "start", f"{PLANES[1]}@mx2")
    check(guest.run("mxsteer", "-s", "/run/mxsteer/mx2.sock", "show", "pools")
          [0] == 0, "an instance has a file and a socket of its own")


def drivers(guest):
    """The unit permits what the drivers of virtual devices and of XDP need."""
    number, = re.findall(r"librte-eal(\d+)", guest.must(
        "dpkg-query", "-W", "-f", "${Package}\n", "librte-eal*"))
    guest.must("apt-get", "install", "-y", "-qq", "--no-install-recommends",
               *(f"librte-net-{name}{number}" for name in DRIVERS),
               network=False)
    for side in ("wan", "lan"):
        guest.must("ip", "link", "add", f"xdp-{side}", "up", "type", "veth",
                   "peer", "name", f"end-{side}")
        guest.must("ip", "link", "set", f"end-{side}", "up")
    for name, ports in PORTS.items():
        if name == "dpdk" and not Path("/dev/net/tun").exists():
            continue  # no kernel makes a twin here
        text = guest.file(CONFIG).read_text().replace("mx1", name)
        for side, port in ports.items():
            text, found = re.subn(rf"{{name: {side}, driver: .*}}",
                                  f"{{name: {side}, {port}}}", text)
            check(found == 1, f"the file has a port {side}")
        guest.file(f"/etc/mxsteer/{name}.yaml").write_text(text)
        unit = f"{PLANES[0]}@{name}"
        status, said = guest.run("systemctl", "start", unit)
        if status != 0:
            said = guest.run("journalctl", "--no-pager", "-n", "20", "-u", unit)[1]
        check(status == 0, f"the unit permits ports of {name} "
              f"{said if status else ''}")
        check(show(guest, unit, "NRestarts") == "0", "at the first start")
        guest.must("systemctl", "stop", unit)


def upgrade(guest, package):
    def began(unit):
        return int(show(guest, unit, "ExecMainStartTimestampMonotonic"))
    units = (*PLANES, f"{PLANES[1]}@mx2")
    before = [began(unit) for unit in units]
    with subprocess.Popen(
            ["nsenter", f"--net=/proc/{guest.pid}/root/run/netns/client",
             "python3", "-c", HELD], text=True, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE) as held:
        check(held.stdout.readline().startswith("220 "),
              "a client is in a session")
        shutil.copy(next_version(package), guest.file("/root/next.deb"))
        guest.must("dpkg", "-i", "/root/next.deb")
        after = [began(unit) for unit in units]
        check(all(late > early for late, early in zip(after, before)),
              "an upgrade restarts both planes, and the instance")
        check(after[0] < after[1], "and the data plane first")
        said = held.communicate("\n")[0].split()
    check("250" in said and "221" in said and held.returncode == 0,
          f"its session goes on after the upgrade, to its end ({said})")
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


def use(guest, packages, mta):
    first_site(guest, mta)
    log(guest)
    reload(guest)
    instance(guest)
    drivers(guest)
    upgrade(guest, next(path for path in packages
                        if path.name.startswith("mxsteer_")))
    agent(guest)


def test():
    """Debian packages: built, installed, used, upgraded, removed, purged."""
    missing = [tool for tool in TOOLS if not shutil.which(tool)]
    if missing:
        skip(f"this machine has no {', '.join(missing)}")
    if not (firstwalk.TREES / "postfix").is_dir():
        skip(f"there is no Postfix in {firstwalk.TREES}: see tests/packages")
    if os.geteuid() != 0:
        skip("this needs root")
    with ThreadPoolExecutor(1) as builder:
        built = builder.submit(build, BUILD / "debs")
        with Debian() as guest:
            packages = built.result()
            install(guest, packages)
            with firstwalk.postfix(guest) as mta:
                use(guest, packages, mta)
            remove(guest)


main(test)
