# SPDX-License-Identifier: BSD-3-Clause
"""Chapter: what Linux itself takes to refuse or to answer a SYN, in turns with
mxsteer.

SYNs of made-up clients come out of a veth, whose frames the core that is
measured takes up (RPS).  nftables resets them, or its SYNPROXY answers each by a
SYN cookie.  The time is all that this core spends in interrupts for the network,
with the way of a frame into the host and of its answer out, and a driver's part
in that.  mxsteer's is the worker's time, between ports made of rings: the
comparison favours it by what a driver takes.
"""

import json
import re
import subprocess
import time
from pathlib import Path

import cores
import programs
from cores import PEER_CORE
from mailsite import Site  # which finds the lab for the next two
from flooder import PREFIX, Flood
from lab import VIP
from results import of_runs
from rows import FIRST

CHAPTER = "refusals"
TEXT = "SYNs that Linux refuses or answers, in turns with mxsteer"
RATE, RUN_S, BEGIN_S = 100000, 2.0, 0.3
CPUINFO = Path("/proc/cpuinfo")
OURS = next(p for p in programs.PROGRAMS if p.chapter == "greet")

# Each has one counter, of the SYNs.
RULES = {
    "reset": ("SYN reset for want of room", """\
table ip refuse {{
  chain in {{
    type filter hook prerouting priority filter;
    ip daddr {vip} tcp dport 25 counter reject with tcp reset
  }}
}}
"""),
    "SYNPROXY": ("SYN answered by a cookie", """\
table ip refuse {{
  chain early {{
    type filter hook prerouting priority raw;
    ip daddr {vip} tcp dport 25 tcp flags syn counter notrack
  }}
  chain in {{
    type filter hook input priority filter;
    ip daddr {vip} tcp dport 25 ct state invalid,untracked \
synproxy mss 1460 wscale 7 timestamp sack-perm
  }}
}}
"""),
}


def counted(site):
    """SYNs that the rules have seen."""
    said = site.run("lb", "nft", "-j", "list", "table", "ip", "refuse",
                    stdout=subprocess.PIPE).stdout
    return sum(part.get("counter", {}).get("packets", 0)
               for item in json.loads(said)["nftables"]
               for part in item.get("rule", {}).get("expr", ()))


def clock_hz():
    """The clock rate of a core that the kernel shows."""
    return float(re.search(r"cpu MHz\s*: ([\d.]+)",
                           CPUINFO.read_text())[1]) * 1e6


def kernel(site, rules):
    """Cycles a SYN."""
    site.nft("lb", rules.format(vip=VIP))
    flood = Flood(site, "syn", RATE, RUN_S + 2 * BEGIN_S)
    time.sleep(BEGIN_S)
    syns, before = counted(site), cores.read()
    time.sleep(RUN_S)
    used = cores.between(before, cores.read())[PEER_CORE]
    syns = counted(site) - syns
    flood.result()
    site.nft("lb", "delete table ip refuse")
    if syns < RATE * RUN_S / 10:
        raise programs.Broken(f"only {syns} SYNs have come")
    return used["softirq"] * clock_hz() / syns


def measure(options):
    ours = {name: [] for name in RULES}
    theirs = {name: [] for name in RULES}
    with Site(options.build) as site:
        site.ip("lb", "address", "add", f"{VIP}/32", "dev", "mxs-wan")
        site.ip("lb", "route", "add", PREFIX[4], "dev", "mxs-wan",
                "via", site.clients(4)[0])
        site.run("lb", "sh", "-c", f"echo {1 << PEER_CORE:x} > "
                 "/sys/class/net/mxs-wan/queues/rx-0/rps_cpus")
        for number in range(options.rounds):
            print(f"  round {number + 1} of {options.rounds}", flush=True)
            found = {each["name"]: each["value"]
                     for each in programs.run(OURS, options.build)}
            for name, (same, rules) in RULES.items():
                ours[name].append(found[f"{FIRST} {same}"])
                theirs[name].append(kernel(site, rules))
    for name in RULES:
        yield of_runs(f"nftables {name}: SYN", theirs[name], "cycles/packet")
        yield of_runs(f"SYN against nftables {name}",
                      [mine / other for mine, other
                       in zip(ours[name], theirs[name])], "times")
