# SPDX-License-Identifier: BSD-3-Clause
"""The figures that have a goal, and their goals.

A row is a figure that a chapter measures, or one made of two others.  Whatever
else a chapter measures is stored beside them, without a goal.
"""

from typing import NamedTuple

FIRST = "fullnat4"
MODES = ("proxy4", "proxy6", "fullnat6", "fullnat64", "fullnat46", "nat4",
         "nat6", "dsr4", "dsr6", "ipip4", "ipip6", "gue4", "gue6")
DIRECT = ("dsr4", "dsr6", "ipip4", "ipip6", "gue4", "gue6")


class Row(NamedTuple):
    """goal: "<= limit" or ">= limit".
    over: this figure is one figure divided by another; several such pairs give
    the largest."""

    name: str
    goal: str
    unit: str
    chapter: str
    text: str
    over: tuple = ()


def mode_row(mode):
    way = "in" if mode in DIRECT else "both"
    return Row(
        f"{mode} / {FIRST}", "<= 1.3", "times", "poll",
        f"a packet of `{mode}` against one of `{FIRST}`",
        tuple((f"{mode} {count} {way}", f"{FIRST} {count} both")
              for count in (1024, 1000000)))


ROWS = (
    Row(f"{FIRST} 1024 both", "<= 100", "cycles/packet", "poll",
        "a packet of 1 k sessions: fullnat, IPv4"),
    Row(f"{FIRST} 1000000 both", "<= 150", "cycles/packet", "poll",
        "of 1 M sessions"),
    Row(f"{FIRST} 10000000 both", "<= 220", "cycles/packet", "poll",
        "of 10 M sessions"),
    *(mode_row(mode) for mode in MODES),
    Row("packets against testpmd csum", ">= 0.7", "times", "rings",
        "packets/s against testpmd's checksum engine"),
    Row("packets against testpmd 5tswap", ">= 0.4", "times", "rings",
        "packets/s against testpmd swapping addresses and ports"),
    Row("mxsteer against HAProxy", ">= 1.3", "times", "veths",
        "SMTP sessions/s through veths, against HAProxy on two threads"),
    Row("mxsteer on af_xdp against HAProxy", ">= 1.3", "times", "veths",
        "the same, driver af_xdp"),
    Row("mxsteer against testpmd io", ">= 0.85", "times", "veths",
        "driver af_packet, against the same frames forwarded untouched"),
    Row("new sessions, 1 M there", ">= 2e6", "1/s", "session",
        "new sessions a second, with 1 M there"),
    Row("no place / SYN accepted", "<= 1", "times", "session",
        "a SYN that a full table refuses, against one that is accepted"),
    Row("no port / SYN accepted", "<= 1", "times", "session",
        "a SYN for which 16 SNAT addresses have no port, against the same"),
    *(Row(f"MTAs {when}, {what}", goal, unit, "cookies", f"{text}, MTAs that "
          f"answer {said}")
      for when, said in (("at once", "at once"),
                         ("after 1-5 ms", "after 1 to 5 ms"))
      for what, goal, unit, text in (
          ("SYNs that came", ">= 990e3", "1/s",
           "a flood of SYNs beside 2,000 mails a second"),
          ("sessions that failed", "<= 0", "sessions",
           "sessions that fail in it"),
          ("flood / calm", "<= 2", "times",
           "p99 of a session in it, against calm"),
          ("slots more in a flood", "<= 1100", "slots",
           "slots of the session table that it takes"))),
    Row("packet, cookie - no cookie", "<= 6", "cycles/packet", "cookies",
        "a packet of a session that began by a cookie costs more"),
    Row(f"{FIRST} SYN under cookies", "<= 300", "cycles/packet", "greet",
        "a SYN that is answered by a cookie"),
    Row("fullnat6 SYN under cookies", "<= 300", "cycles/packet", "greet",
        "the same, IPv6"),
    Row(f"{FIRST} refusals", ">= 1e6", "1/s", "greet",
        "refusals a second: a client's SYN, its ACK and its last ACK"),
    Row("fullnat6 refusals", ">= 1e6", "1/s", "greet", "the same, IPv6"),
    Row("IPv4 addresses, flood, loaded ahead, cycles", "<= 20", "cycles",
        "deny", "a client that is not on a list of 2 M IPv4 addresses"),
    Row("IPv6 mixed, flood, loaded ahead, cycles", "<= 20", "cycles", "deny",
        "the same of 2 M IPv6 prefixes"),
    Row(f"{FIRST} new session, limits of addresses, more", "<= 100",
        "cycles/session", "clients",
        "a new session with limits of clients, more than without"),
    Row("reload of 2 M prefixes of IPv4", "<= 1", "s", "reload",
        "a list of 2 M IPv4 addresses, from the file until workers have it"),
    Row("reload of 2 M prefixes of IPv6", "<= 1", "s", "reload",
        "the same, IPv6"),
    Row("loop's longest pause, 2 M prefixes of IPv6", "<= 20", "ms", "reload",
        "the longest pause of the control plane meanwhile"),
    Row("show sessions, the longest stop", "<= 10", "ms", "listing",
        "the longest stop of the control plane while 10 M sessions are listed"),
    Row("show clients, the longest stop", "<= 10", "ms", "listing",
        "the same for the clients of 10 M sessions"),
    Row("SYN against nftables reset", "<= 0.5", "times", "refusals",
        "a SYN that is reset, against one that nftables rejects"),
    Row("SYN against nftables SYNPROXY", "<= 0.5", "times", "refusals",
        "a SYN answered by a cookie, against one of the kernel's SYNPROXY"),
    Row("errors while MTAs fail", "<= 0", "errors", "failover",
        "errors of clients while MTAs fail that health checks find well"),
    Row("longest wait while MTAs fail", "<= 8", "s", "failover",
        "their longest wait for a greeting, with `banner-patience: 5s`"),
    Row("memory a session, IPv4, of 10000000", "<= 128", "bytes", "session",
        "memory of a session, IPv4"),
    Row("memory a session, IPv6, of 10000000", "<= 192", "bytes", "session",
        "memory of a session, IPv6"),
    Row("memory of 10000000 sessions, IPv6", "<= 2", "GiB", "session",
        "memory of 10 M sessions, IPv6"),
    Row("plan of 256 changed backends", "<= 10", "ms", "plan",
        "a plan of 256 changed backends, until all workers have it"),
    Row("slowest burst after a change", "<= 10", "us", "plan",
        "the slowest burst of 32 packets after it"),
    Row("two workers to one", ">= 1.9", "ratio", "workers",
        "packets/s of two workers against one"),
    Row("session, fullnat 4 -> 4, PROXY v2", "<= 3", "us", "mail",
        "the worker's time for a whole SMTP session of a 4 kB message"),
    Row("generator against itself", ">= 300e3", "sessions/s", "generator",
        "SMTP sessions/s of the generator against itself"),
    Row("log 200 k lines/s, lost, memory", "<= 0", "%", "log",
        "200,000 sessions/s logged to a file in memory, lines lost"),
    Row("log 200 k lines/s, lost, disk", "<= 0", "%", "log",
        "the same to a file on a disk"),
    Row("log a line, disk", "<= 5", "us", "log",
        "CPU of `mxsteer-log` a line"),
    Row("idle worker that may sleep", "<= 5", "% of a core", "idle",
        "CPU while no mail comes, with `idle: sleep`"),
)
