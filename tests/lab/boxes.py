# SPDX-License-Identifier: BSD-3-Clause
"""A mail site with more than one box.

    client --- router --- wan [ box1 ] lan --- router --- switch --- mta1, mta2
                    \\---- wan [ box2 ] lan ----/

One namespace is the router of both sides.  Its kernel shares the flows to the VIP
out to all boxes that announce it.  VIP and SNAT addresses are routed: no network
has them.

    clients        192.0.2.0/24      1, 101-140; router 254
    to a box       172.16.BOX.0/24   router 1, box 2
    from a box     172.17.BOX.0/24   router 1, box 2
    between boxes  172.18.0.0/24     BOX
    MTAs           10.0.2.0/24       11, 12; router 254
    VIP            198.51.100.25
    SNAT           10.0.9.BOX

Each box announces the VIP, its own SNAT address, and those of the other boxes by a
longer path.
"""

import json
import os
import pwd
import shutil
import signal
import subprocess
from collections import Counter

import bird
import config
from lab import Failed, Lab, wait_for
from network import BEHIND_EDGE, HOSTS, LAN, MTA_HOSTS, ROUTER_SYSCTLS, VIPS
from operated import Operated
from process import remove_files

MTAS = ("mta1", "mta2")
GATEWAY = 254
REPLICA = "replica/mxsteer-replica"
PROGRAMS = {"dataplane": "dataplane/mxsteer-dataplane",
            "controlplane": "controlplane/mxsteer-controlplane",
            "replica": REPLICA}
PORT = 9708  # of the stream between boxes
# mxsteer-replica looks at all sessions so often in about a second, and its status is
# half a second old at most.
SCANS = 15
TOLD_MS = 400

# Flows are shared out by addresses, protocol and ports, which the router reads in
# each packet.  By policy 1 it would take the hash that the client's socket gave the
# packet, since all is one kernel: that hash changes with each retransmission, and
# flows would leave a dead box by themselves.
BY_PORTS = ("net.ipv4.fib_multipath_hash_policy=3",
            "net.ipv4.fib_multipath_hash_fields=0x37")

# The router's interface of those who are reached by each side.
INSIDE = {"wan": "clients", "lan": "mtas"}

GROUP = """\
group:
  box: {box}
  secret: {secret}
  boxes:
{boxes}"""


def net(side, box):
    """The network between the router and a box starts so."""
    return {"wan": "172.16", "lan": "172.17"}[side] + f".{box}."


def snat_of(box):
    return f"10.0.9.{box}"


def stream_address(box):
    return f"172.18.0.{box}"


class Box(Operated):
    """One host with mxsteer.  number: from 1.  joined: the boxes replicate their
    sessions to each other."""

    def __init__(self, lab, number, joined):
        self.lab, self.number, self.joined = lab, number, joined
        self.name = f"box{number}"
        self.build, self.ports = lab.build, lab.ports
        self.instance = f"{lab.instance}b{number}"
        self.socket = lab.dir / f"{self.name}.sock"
        self.config = lab.dir / f"{self.name}.yaml"
        self.state = lab.dir / f"{self.name}.state"
        self.dataplane = self.controlplane = self.replica = None
        self.routing = []  # processes that announce its routes

    @property
    def processes(self):
        return self.routing + [process for process in (
            self.replica, self.dataplane, self.controlplane) if process]

    # -- network -----------------------------------------------------------

    def lay(self):
        lab = self.lab
        lab._add_space(self.name)
        for side in config.PORTS:
            lab._wire("router", f"{side}{self.number}", self.name,
                      f"mxs-{side}")
            prefix = net(side, self.number)
            lab.ip("router", "address", "add", f"{prefix}1/24", "dev",
                   f"{side}{self.number}")
            lab.ip(self.name, "address", "add", f"{prefix}2/24", "dev",
                   f"mxs-{side}")
        self.lay_stream()
        lab.batch(self.name,
                  f"route add default via {net('wan', self.number)}1",
                  f"route add {LAN[4]}0/24 via {net('lan', self.number)}1")

    def lay_stream(self):
        """The network between boxes."""
        self.lab._wire(self.name, "stream", "switch", f"stream{self.number}",
                       "br1")
        self.lab.ip(self.name, "address", "add",
                    f"{stream_address(self.number)}/24", "dev", "stream")

    def set_links(self, state, sides=config.PORTS):
        """The cables to the router, at the router's end."""
        for side in sides:
            self.lab.ip("router", "link", "set", f"{side}{self.number}", state)

    def snat_of(self, number):
        return snat_of(number)

    # -- processes ---------------------------------------------------------

    def write_config(self):
        text = self.lab.config_text(
            backends=self.lab.backend_lines()[:len(MTAS)],
            instance=self.instance, snat=self.snat_of(self.number))
        if self.joined:
            text = self._joined_text(text)
        self.config.write_text(text)

    def _joined_text(self, text):
        """With the keys of a group."""
        numbers = self.lab.boxes
        if self.lab.values["forward"] == "fullnat":
            text = self._shared_snat(text)
        boxes = "".join(
            f'    - {{box: {n}, address: "{stream_address(n)}:{PORT}"}}\n'
            for n in numbers)
        group = GROUP.format(box=self.number, boxes=boxes,
                             secret=self.lab.dir / "secret")
        return text.replace("services:\n", group + "services:\n", 1)

    def _shared_snat(self, text):
        own = f"    snat: {json.dumps([self.snat_of(self.number)])}\n"
        if text.count(own) != 1:
            raise Failed("the configuration has another line for SNAT")
        rows = ", ".join(f'{{box: {n}, snat: ["{self.snat_of(n)}"]}}'
                         for n in self.lab.boxes)
        return text.replace(own, f"    snat-of-boxes: [{rows}]\n")

    def tells_all(self, scans):
        """Do the others know of what this box had, when it had scanned so often?"""
        group = self.ask("show", "group")
        return group and group["scans"] >= scans and all(
            peer["lag_ms"] is not None and peer["lag_ms"] < TOLD_MS
            for peer in group["boxes"] if peer["to"] == "synced")

    def start(self):
        """Start everything but the routes."""
        self.write_config()
        self.socket.unlink(missing_ok=True)
        self.start_parts(*self.parts)
        return self

    def start_parts(self, *parts):
        for part in parts:
            self._start(part)

    @property
    def parts(self):
        return ("dataplane", "controlplane") + ("replica",) * self.joined

    def _start(self, part):
        more = ["--no-huge"] if part == "dataplane" else []
        if part == "controlplane":
            more = ["-s", self.socket, "--state-dir", self.state]
        setattr(self, part, self.lab.spawn(
            self.name, [self.build / PROGRAMS[part], "-c", self.config, *more],
            log=self.lab.dir / f"{self.name}.{part}.log"))

    def _has_joined(self):
        """Do all boxes have each other's sessions?"""
        answer = self.ask("show", "group") or {"boxes": []}
        return answer["boxes"] and all(
            row[way] == "synced" for row in answer["boxes"]
            for way in ("from", "to"))

    def wait_works(self):
        wait_for(lambda: self.socket.exists() or
                 not all(process.alive() for process in self.processes),
                 f"the CLI socket of {self.name}")
        self.wait_up(*MTAS)
        if self.joined:
            wait_for(self._has_joined, lambda: f"{self.name} joins the others: "
                     f"{self.run_cli('show', 'group').stdout}")

    def announce(self):
        """Once the box works, tell the router."""
        self.wait_works()
        self.routing = self.lab.start_routing(self)

    def withdraw(self):
        """The router is told that the box is no way any more."""
        for process in self.routing:
            process.end()
            self.lab.processes.remove(process)
        self.routing = []

    def upgrade(self):
        """All programs end in good order, and start again."""
        for part in reversed(self.parts):
            getattr(self, part).end()
            self.lab.processes.remove(getattr(self, part))
        self.start()

    def kill(self):
        """The host dies: nothing of it runs, and its memory is gone."""
        for process in self.processes:
            process.signal(signal.SIGKILL)
        for process in self.processes:
            process.kill_group()
            self.lab.processes.remove(process)
        self.dataplane = self.controlplane = self.replica = None
        self.routing = []
        remove_files(self.instance)

    def kill_parts(self, *parts):
        for part in parts:
            getattr(self, part).kill_group()
            self.lab.processes.remove(getattr(self, part))

    def restart(self, *parts):
        """Some die, and their supervisor starts them again at once."""
        there = [part for part in parts if part in self.parts]
        self.kill_parts(*there)
        self.start_parts(*there)
        self.wait_works()

    def freeze(self):
        for process in self.processes:
            process.signal(signal.SIGSTOP)

    def thaw(self):
        for process in self.processes:
            process.signal(signal.SIGCONT)

    def sessions(self):
        """How many it carries."""
        return (self.ask("show", "sessions") or {"total": 0})["total"]


    def borrowing(self):
        """What its workers count of sessions that other boxes began."""
        words = ("borrow", "homed", "resets_unknown")
        return Counter({key: value for worker in
                        (self.ask("show", "workers") or {"workers": []})["workers"]
                        for key, value in worker.items()
                        if key.startswith(words) and value})


class BoxLab(Lab):
    """count: of boxes.  joined: they replicate their sessions to each other."""

    neighbour = "router"
    box_kind = Box

    def __init__(self, count=2, joined=False, **options):
        super().__init__(driver="af_packet", idle=os.environ.get(
            "MXSTEER_IDLE", "sleep"), workers="[0]",
                         **{"proxy": "v2", **options})
        self.client_prefix = BEHIND_EDGE
        self.boxes, self.count, self.joined = {}, count, joined

    def __enter__(self):
        bird.need(self.build)
        return super().__enter__()

    def __exit__(self, *exc):
        for box in self.boxes.values():
            box.thaw()
        return super().__exit__(*exc)

    def write_config(self, path=None, **changes):
        """Each box has its own."""

    def lay(self):
        self._add_space("switch", "net.ipv6.conf.all.disable_ipv6=1",
                        "net.ipv6.conf.default.disable_ipv6=1")
        self._add_bridge("br0")
        self._add_bridge("br1")
        self._add_space("router", *ROUTER_SYSCTLS, *BY_PORTS)
        self._add_space("client")
        self._wire("client", "eth0", "router", "clients")
        self._address("client", "eth0", BEHIND_EDGE, *HOSTS)
        self._address("router", "clients", BEHIND_EDGE, GATEWAY)
        self._route("client", BEHIND_EDGE, GATEWAY)
        self._wire("router", "mtas", "switch", "router", "br0")
        self._address("router", "mtas", LAN, GATEWAY)
        for name in MTAS:
            self._add_space(name)
            self._wire(name, "eth0", "switch", name, "br0")
            self._address(name, "eth0", LAN, MTA_HOSTS[name])
            self._route(name, LAN, GATEWAY)
            if self.replies == "direct":
                self.batch(name, f"address add {VIPS[4]}/32 dev lo")
        for space, interface in (("client", "eth0"), ("router", "clients"),
                                 ("router", "mtas"),
                                 *((name, "eth0") for name in MTAS)):
            self._plain_frames(space, interface)
        self.lay_boxes()

    def lay_boxes(self):
        for number in range(1, self.count + 1):
            self.boxes[number] = self.box_kind(self, number, self.joined)
            self.boxes[number].lay()
        secret = self.dir / "secret"
        secret.touch(0o600)
        secret.write_text(os.urandom(32).hex())
        # For root and the control plane, as the manual page says.
        shutil.chown(secret, "root", pwd.getpwnam(config.USER).pw_gid)
        secret.chmod(0o640)

    def wait_told(self):
        """Until each box knows of the sessions that the others have now, of those
        that the router reaches."""
        if not self.joined:
            return
        boxes = [self.boxes[number] for number in self.paths()]
        least = {box: box.ask("show", "group")["scans"] + SCANS
                 for box in boxes}
        for box, scans in least.items():
            wait_for(lambda box=box, scans=scans: box.tells_all(scans),
                     f"{box.instance} has told of its sessions")

    def start(self):
        """MTAs, router and boxes, until all boxes carry mail."""
        started = [box.start() for box in self.boxes.values()]
        bird.start(self, "router", bird.router_text(
            f"{LAN[4]}{GATEWAY}", {
                f"{side}{n}": (f"{net(side, n)}1", f"{net(side, n)}2", n,
                               INSIDE[side])
                for n in self.boxes for side in config.PORTS}))
        self.start_mtas(("holdpostfix",) * len(MTAS))
        for box in started:
            box.announce()
        self.wait_paths(self.boxes)

    # -- routes ------------------------------------------------------------

    def start_routing(self, box):
        """What announces the routes of a box; returns its processes."""
        others = [n for n in self.boxes if n != box.number]
        wan, lan = (net(side, box.number) for side in config.PORTS)
        return bird.start(self, box.name, bird.box_text(
            box.number, [snat_of(n) for n in (box.number, *others)],
            vip=VIPS[4], mta=f"{LAN[4]}{GATEWAY}",
            client=f"{BEHIND_EDGE[4]}{GATEWAY}", wan=f"{wan}2",
            wan_router=f"{wan}1", lan=f"{lan}2", lan_router=f"{lan}1"))

    def paths(self):
        """The boxes that the router sends new sessions to."""
        out = self.run("router", "ip", "-j", "route", "show", VIPS[4],
                       stdout=subprocess.PIPE).stdout
        routes = json.loads(out or "[]")
        hops = routes[0].get("nexthops", routes) if routes else []
        return {int(hop["gateway"].split(".")[2]) for hop in hops}

    def paths_of(self, ends):
        """The box that the router sends each flow to the VIP to; ends: the
        clients' addresses and ports."""
        lines = "".join(
            f"route get {VIPS[4]} from {address} iif clients ipproto tcp "
            f"sport {port} dport 25\n" for address, port in ends)
        out = self.run("router", "ip", "-oneline", "-batch", "-",
                       input=lines.encode(), stdout=subprocess.PIPE).stdout
        return [int(line.split(" via ")[1].split(".")[2])
                for line in out.decode().splitlines()]

    def wait_paths(self, numbers):
        wait_for(lambda: self.paths() == set(numbers),
                 lambda: f"paths to boxes {list(numbers)}: {self.paths()}")
