# SPDX-License-Identifier: BSD-3-Clause
"""The text of mxsteer's configuration in the lab."""

import json

# The control plane's user in the lab, which every host has.
USER = "nobody"

HEAD = """\
instance: {instance}
user: {user}
dataplane:
  workers: {workers}
  idle: {idle}
  sessions-max: 100000
  ports:
{interfaces}services:
"""

# mxsteer's ports, and of the clients' and the MTAs' side of the lab.
PORTS = ("wan", "lan")

SERVICE = """\
  - name: {name}
    listen: ["{vip}"]
    pool: {pool}
    forward: {forward}
"""

POOL = """\
  - name: {pool}
    hash: {hash}
{bound}    check: {{{check}}}
    backends:
"""

# By port: names of service and pool, and the check.
SERVICES = {
    25: ("inbound", "mx",
         "type: smtp, interval: 500ms, timeout: 10s, rise: 2, fall: 2, "
         "helo: lb.example.net"),
    465: ("submissions", "mxs", "type: smtps, interval: 500ms, timeout: 10s"),
}

# The addresses that a tunnel's packets come from; nobody has them.
TUNNEL_SOURCES = {4: "10.0.2.64/26", 6: "fd00:2:0:0:1::/80"}


def port_lines(driver):
    """driver: function of a port's name to the keys of its driver."""
    return "".join(f"    - {{name: {name}, {driver(name)}, "
                   f"interface: mxs-{name}}}\n" for name in PORTS)


def endpoint(address, port):
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def forward_lines(values):
    """The lines that only one mode of forwarding needs."""
    lines = []
    source = TUNNEL_SOURCES[values["backend_family"]]
    if values["forward"] == "fullnat":
        lines = [f"snat: {json.dumps(values['snat'].split())}",
                 f"proxy-protocol: {values['proxy']}"]
        if values["proxy"] == "off":
            lines.append("client-address: hidden")
    elif values["forward"] == "tunnel":
        lines = [f"tunnel: {{type: {values['tunnel']}, "
                 f'source: ["{source}"]}}']
    if values.get("answer"):
        lines += [f"answer: {values['answer']}", "host: mx.example.org"]
    if values.get("early"):
        lines.append(f"early-talkers: {values['early']}")
    if values.get("delay"):
        lines.append(f"greeting-delay: {values['delay']}")
    if values.get("patience"):
        lines.append(f"banner-patience: {values['patience']}")
    if values.get("cookies"):
        lines.append(f"syn-cookies: {values['cookies']}")
    if values["timers"]:
        lines.append(f"timers: {{{values['timers']}}}")
    return "".join(f"    {line}\n" for line in lines)


def text(backends, ports, **values):
    """backends: function of a port to lines of its pool's backends."""
    bound = values["load_bound"]
    values["bound"] = "" if bound is None else f"    load-bound: {bound}\n"
    if values.get("agent"):
        values["bound"] += f"    agent: {{{values['agent']}}}\n"
    services = pools = ""
    for port in ports:
        name, pool, probe = SERVICES[port]
        services += SERVICE.format(name=name, pool=pool, vip=endpoint(
            values["vip"], port), forward=values["forward"])
        services += forward_lines(values)
        pools += POOL.format(pool=pool, check=probe, **values)
        pools += "".join(f"      - {{{line}}}\n" for line in backends(port))
    return HEAD.format(**{"user": USER, **values}) + services + "pools:\n" + pools
