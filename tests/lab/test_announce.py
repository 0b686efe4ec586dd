#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
import socket
import subprocess

from lab import SNAT, VIP, Lab, check, main, wait_for
from network import in_space

INTERFACE, METRIC = "mxsteer0", 77
ANNOUNCE = f"announce: {{interface: {INTERFACE}, metric: {METRIC}}}\n"

# What the kernel would count if it answered frames to a VIP by itself.
ANSWERS = ("IcmpOutMsgs", "TcpOutRsts", "IpForwDatagrams", "IpOutNoRoutes")


def routes(lab):
    """{address: metric} of the routes that mxsteer has set."""
    text = lab.run("lb", "ip", "route", "show", "proto", "200",
                   stdout=subprocess.PIPE, text=True).stdout
    rows = [line.split() for line in text.splitlines()]
    return {row[0]: int(row[row.index("metric") + 1]) for row in rows}


def wait_routes(lab, *addresses):
    wanted = {address: METRIC for address in addresses}
    wait_for(lambda: routes(lab) == wanted,
             f"there are routes to {' and '.join(addresses) or 'nothing'}")


def serve(lab):
    with lab.session() as session:
        check(session.code == 220, f"a client is served by {session.server}")


def answers(lab):
    return {name: lab.counter("lb", name) for name in ANSWERS}


def probe(lab):
    """Frames to the VIP that no service takes, and a session.  The kernel gets a
    copy of each."""
    before = answers(lab)
    with in_space(lab.space("client")):
        datagram = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with datagram:
        datagram.sendto(b"x", (VIP, 25))
    try:
        lab.connect("client", VIP, 26, timeout=0.3).close()
    except OSError:
        pass  # no service is there
    lab.run("client", "ping", "-c", "2", "-i", "0.2", "-W", "1", VIP)
    lab.run("client", "ping", "-c", "1", "-t", "1", "-W", "1", VIP, check=False)
    serve(lab)
    return {name: count - before[name] for name, count in answers(lab).items()}


def check_silence(lab):
    """The kernel answers as little as it does without the routes."""
    lab.ip("lb", "link", "set", INTERFACE, "down")
    wait_routes(lab)
    without = probe(lab)
    lab.ip("lb", "link", "set", INTERFACE, "up")
    wait_routes(lab, VIP, SNAT)
    check(probe(lab) == without and not without["IcmpOutMsgs"],
          f"the kernel answers no frame to a VIP: {without}")


def states(lab):
    """{address: state} as mxsteer shows it."""
    rows = lab.ask("show", "announce")["announces"]
    return {row["address"]: row["state"] for row in rows}


def drain_box(lab):
    """Its sessions keep the SNAT address, and new ones are served as before."""
    session = lab.session()
    lab.cli("drain", "box", "for", "1h", "new kernel")
    wait_routes(lab, SNAT)
    check(states(lab) == {VIP: "withdrawn", SNAT: "announced"},
          "show announce says so")
    check("this box is drained (new kernel" in
          lab.cli("status", check=False).stdout, "and so does status")
    serve(lab)
    session.quit()
    check("box is drained" in lab.cli("wait", "60", "drained", "box").stdout,
          "wait tells when it has no session")
    wait_routes(lab)
    lab.controlplane.kill_group()
    lab.start_controlplane()
    wishes = wait_for(lambda: lab.ask("show", "wishes"), "the CLI answers")
    check(wishes["wishes"][0]["of"] == "box",
          "the wish outlives the control plane")
    check(not routes(lab), "and no route comes back meanwhile")
    lab.cli("ready", "box")
    wait_routes(lab, VIP, SNAT)


def check_trouble(lab):
    """Somebody else has the route."""
    lab.cli("drain", "box")
    wait_routes(lab)
    lab.ip("lb", "route", "add", "blackhole", VIP, "metric", str(METRIC))
    lab.cli("ready", "box")
    wait_for(lambda: "1 address cannot be announced" in
             lab.cli("status", check=False).stdout, "a refused route is a warning")
    lab.ip("lb", "route", "del", "blackhole", VIP, "metric", str(METRIC))
    wait_routes(lab, VIP, SNAT)


def check_taken_name(lab):
    """A second data plane beside it finds the name taken."""
    lab.dataplane.end()
    wait_routes(lab)
    lab.ip("lb", "tuntap", "add", INTERFACE, "mode", "tun")
    lab.start_dataplane()
    log = lab.dataplane.log
    wait_for(lambda: f"interface {INTERFACE} exists already" in
             log.read_text(), "a name that is taken is refused with words")
    lab.dataplane.wait()
    lab.ip("lb", "tuntap", "del", INTERFACE, "mode", "tun")


def test():
    """Routes come with the addresses, and go with the process."""
    with Lab() as lab:
        lab.config.write_text(lab.config.read_text() + ANNOUNCE)
        lab.start_mtas()
        lab.start_mxsteer()
        wait_routes(lab, VIP, SNAT)
        check_silence(lab)
        drain_box(lab)
        check_trouble(lab)
        lab.dataplane.kill_group()
        check(not routes(lab), "no route outlives a killed process")
        check(not lab.has_interface("lb", INTERFACE), "nor the interface")
        check_taken_name(lab)
        lab.start_dataplane()
        wait_routes(lab, VIP, SNAT)
        serve(lab)


if __name__ == "__main__":
    main(test)
