# SPDX-License-Identifier: BSD-3-Clause
"""BIRD in the lab: it finds out by BFD and tells by BGP which boxes live.

tests/packages has unpacked it into the folder of the build, and the lab's files
are its only ones."""

from claims import skip, wait_for

PROGRAM = "peers/bird2/usr/sbin/bird"
ROUTER_AS = 65000
START_S = 60

# A box that is silent for BFD_MS * 3 is dead.
BFD_MS = 50

HEAD = """\
router id {ident};
protocol device {{ scan time 1; }}
protocol bfd {{ interface "*" {{ interval {bfd_ms} ms; multiplier 3; }}; }}
template bgp quick {{
    bfd on;
    hold time 9;
    connect retry time 1;
    connect delay time 1;
    error wait time 1, 2;
    graceful restart off;
}}
"""

# The kernel of the router shares flows out to all paths of the same length.
ROUTER = """\
protocol kernel {
    merge paths yes limit 16;
    ipv4 { import none; export where source = RTS_BGP; };
}
protocol direct { ipv4; }
"""

FROM_BOX = """\
protocol bgp {name} from quick {{
    local {here} as {router};
    neighbor {there} as {box};
    ipv4 {{ import all; export where ifname = "{inside}"; }};
}}
"""

# What is announced on one side depends on a route of the other side, which its
# router tells: the VIP on a route to the MTAs, and SNAT addresses on one to the
# clients.  Otherwise a box with one side gets packets that it cannot pass on, and a
# box that returns gets the VIP's flows before the replies of the MTAs.
BOX = """\
protocol static vip {{ ipv4; route {vip}/32 recursive {mta}; }}
protocol static snat {{
    ipv4;{routes}
}}
protocol bgp wan from quick {{
    local {wan} as {box};
    neighbor {wan_router} as {router};
    ipv4 {{
        import all;
        next hop self;
        export where proto = "vip" && dest != RTD_UNREACHABLE;
    }};
}}
protocol bgp lan from quick {{
    local {lan} as {box};
    neighbor {lan_router} as {router};
    ipv4 {{
        import all;
        next hop self;
        export filter {{
            if proto != "snat" || dest = RTD_UNREACHABLE then reject;
            if net != {own}/32 then {{
                bgp_path.prepend({box}); bgp_path.prepend({box});
            }}
            accept;
        }};
    }};
}}
"""


def head(ident):
    return HEAD.format(ident=ident, bfd_ms=BFD_MS)


def router_text(ident, links):
    """links: {name: (address here, address of the box, number of the box, the
    interface whose network the box is told)}."""
    return head(ident) + ROUTER + "".join(
        FROM_BOX.format(name=name, here=here, there=there, router=ROUTER_AS,
                        box=ROUTER_AS + box, inside=inside)
        for name, (here, there, box, inside) in links.items())


def box_text(box, snats, **addresses):
    """snats: of all boxes, the own one first: the router takes another box for it
    only when this one is gone.  addresses: the names in BOX; mta and client are any
    two of theirs."""
    return head(addresses["wan"]) + BOX.format(
        box=ROUTER_AS + box, router=ROUTER_AS, own=snats[0], routes="".join(
            f"\n    route {snat}/32 recursive {addresses['client']};"
            for snat in snats), **addresses)


def need(build):
    """Skip the test if BIRD is not there."""
    if not (build / PROGRAM).exists():
        skip("BIRD is not there: run tests/packages tests")


def start(lab, space, text):
    """Start it in a namespace; returns its processes."""
    config, socket = (lab.dir / f"{space}.bird.{end}" for end in ("conf", "ctl"))
    config.write_text(text)
    socket.unlink(missing_ok=True)
    # On a busy machine its peers would take it for dead.
    process = lab.spawn(space, [
        "nice", "-n", "-20", lab.build / PROGRAM, "-f", "-c", config, "-s",
        socket], log=lab.dir / f"{space}.bird.log")
    wait_for(lambda: socket.exists() or not process.alive(),
             f"BIRD of {space} runs", START_S)
    return [process]
