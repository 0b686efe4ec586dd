# SPDX-License-Identifier: BSD-3-Clause
"""Floods of made-up clients, beside mail with the limits that are shipped."""

from dataclasses import dataclass, field

from claims import Failed
from flooder import Flood
from network import LAN, MTA_HOSTS, WAN
from weather.row import TooFast, row

ROOM = 90  # connections-max as shipped

# A site of floods: the limits and PROXY headers of the shipped configuration.
LIMITED = {"proxy": "v2", "kinds": ("postfix", "postfix", "postfix"),
           "extra": tuple((name, f"connections-max: {ROOM}")
                          for name in MTA_HOSTS)}


COOKIES = LIMITED | {"cookies": "always"}

REAL_CLIENTS = f"{WAN[4]}64/26"  # those of the load are among them
MTA_NAMES = f"{LAN[4]}8/29"  # the MTAs are among them
FROM_MTAS = ("mta3", "mxs-lan")


# A machine carries so many frames a second in any case.  If it loses more than
# the share of a faster flood on the way to mxsteer, the row is run again with
# half of the rate: what a full queue drops, no program can save.
LEAST_RATE = 5000
MISSED_SHARE = 0.001


@dataclass
class Poured:
    """A flood of so many flows a second; see Flood.
    turns_on: it must turn SYN cookies on."""

    name: str
    kind: str
    rate: int
    options: dict
    short: bool = False
    site: dict = field(default_factory=lambda: LIMITED)
    turns_on: bool = False


def poured(name, kind, rate, short=False, **options):
    return Poured(f"{rate:,}/s {name}", kind, rate, options, short)


def cookied(name, kind, rate):
    return Poured(f"{rate:,}/s {name} under SYN cookies", kind, rate, {},
                  site=COOKIES)


def turning_on(name, kind, rate):
    """With `syn-cookies: auto`, which is the default."""
    return Poured(f"{rate:,}/s {name} that turn SYN cookies on", kind, rate, {},
                  turns_on=True)


FLOODS = (
    poured("SYNs", "syn", 100),
    poured("SYNs", "syn", 2000, short=True),
    poured("SYNs", "syn", 20000),
    poured("SYNs", "syn", 60000),
    poured("SYNs that carry data", "syn-data", 3000),
    poured("SYNs, each twice more with other numbers", "reuse", 3000),
    poured("SYNs from 127.0.0.0/8", "syn", 3000, prefix="127.0.0.0/8"),
    poured("SYNs from 224.0.0.0/4", "syn", 3000, prefix="224.0.0.0/8"),
    poured("SYNs from the MTAs' addresses", "syn", 3000, prefix=MTA_NAMES),
    poured("SYNs from 0.0.0.0/8", "syn", 3000, prefix="0.0.0.0/8"),
    poured("SYNs from 240.0.0.0/4", "syn", 3000, prefix="240.0.0.0/8"),
    poured("SYNs from the VIP and its neighbours", "syn", 3000,
           prefix=f"{WAN[4]}24/30"),
    poured("SYNs from the SNAT address and its neighbours", "syn", 3000,
           prefix=f"{LAN[4]}100/30"),
    poured("SYNs, ACKs with wrong numbers", "wrong-ack", 3000),
    poured("SYNs, ACKs with wrong sums", "wrong-sum", 3000),
    poured("SYNs, ACKs, data with wrong sums", "wrong-sum-data", 3000),
    poured("ACKs of no session", "ack", 20000),
    poured("RSTs in the clients' names", "rst", 20000, prefix=REAL_CLIENTS),
    poured("FINs in the clients' names", "fin", 20000, prefix=REAL_CLIENTS),
    poured("SYNs in the clients' names", "syn", 3000, prefix=REAL_CLIENTS),
    poured("SYN-ACKs in the MTAs' names, from the clients' side", "syn-ack",
           20000, prefix=MTA_NAMES, target=f"{LAN[4]}100", port=0,
           source_port=25),
    poured("RSTs in the MTAs' names, from the clients' side", "rst", 20000,
           prefix=MTA_NAMES, target=f"{LAN[4]}100", port=0, source_port=25),
    poured("RSTs in the MTAs' names, from their side", "rst", 20000,
           prefix=MTA_NAMES, target=f"{LAN[4]}100", port=0, source_port=25,
           side=FROM_MTAS),
    poured("SYN-ACKs in the MTAs' names, from their side", "syn-ack", 20000,
           prefix=MTA_NAMES, target=f"{LAN[4]}100", port=0, source_port=25,
           side=FROM_MTAS),
    turning_on("SYNs", "syn", 5000),
    cookied("SYNs", "syn", 2000),
    cookied("SYNs", "syn", 60000),
    cookied("SYNs, ACKs with wrong numbers,", "wrong-ack", 3000),
    cookied("ACKs of no session", "ack", 20000),
)


def check_cookies(site):
    """The flood that has just ended has turned SYN cookies on, and they still
    are."""
    row = site.lab.ask("show", "workers")["workers"][0]
    if not row["cookies_on"] or not row["synacks"]:
        raise Failed("the flood has not turned SYN cookies on")
    site.say(f"{row['synacks']:,} SYN-ACKs with a cookie, "
             f"{row['synacks_proven']:,} clients brought it back")


def missed(lab):
    """Frames that came while mxsteer's queues were full."""
    ports = (lab.ask("show", "ports") or {}).get("ports", ())
    return sum(port["missed"] for port in ports)


def flood_row(each):
    @row(each.name, site=each.site, options={"sessions": 20},
         short=each.short)
    def pour(site):
        rate, before = each.rate // site.divisor, missed(site.lab)
        site.begin()
        result = site.last(site.seconds, lambda seconds: Flood(
            site.lab, each.kind, rate, seconds, **each.options).result())
        if each.turns_on:
            check_cookies(site)
        site.end()
        lost = missed(site.lab) - before
        if lost > MISSED_SHARE * result["frames"] and rate > LEAST_RATE:
            raise TooFast(f"{lost} frames of {result['frames']} met full "
                          f"queues at {rate:,}/s")
        if result["rate"] < 0.95 * each.rate:
            site.say(f"{result['rate']:,.0f}/s were reached")


for flood in FLOODS:
    flood_row(flood)
