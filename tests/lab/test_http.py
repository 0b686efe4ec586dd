#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path

from lab import MTAS, Lab, check, main, skip, wait_for
from largesite import many

PORT = 9625
CROWD = 10000
ROUNDS = 40


def ask(lab, path="/metrics", host=f"127.0.0.1:{PORT}", timeout=60):
    """Status and body of a reply; None where there was none."""
    with lab.connect("lb", "127.0.0.1", PORT, timeout=timeout) as sock:
        sock.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        reply = b""
        while part := sock.recv(65536):
            reply += part
    head, _, body = reply.partition(b"\r\n\r\n")
    length = re.search(rb"Content-Length: (\d+)", head)
    if not length or int(length[1]) != len(body):
        return None
    return int(head.split()[1]), body.decode()


def scrape(lab):
    """The metrics, not older than this call."""
    time.sleep(1.1)
    return ask(lab)[1]


def value(text, series):
    found = re.search("^" + re.escape(series) + r" (\S+)$", text, re.MULTILINE)
    return float(found[1]) if found else None


def judge(lab, text):
    """What Prometheus' own tool says of the text."""
    promtool = lab.build / "peers/prometheus/usr/bin/promtool"
    if not promtool.exists():
        skip("promtool is not there: run tests/packages tests")
    done = subprocess.run([promtool, "check", "metrics"], input=text, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    check(done.returncode == 0 and not done.stdout,
          f"promtool has no objection to {text.count(chr(10))} lines"
          f"{done.stdout[:300]}")


def counts_follow_mail(lab):
    before = scrape(lab)
    judge(lab, before)
    check(value(before, "mxsteer_dataplane_up") == 1 and
          value(before, "mxsteer_plan_in_force") == 1 and
          value(before, 'mxsteer_pool_backends{pool="mx",state="serving"}') ==
          3, "the metrics say that all is well")
    sender = lab.start_sender(60)
    sender.check_exactly_once()
    series = 'mxsteer_service_sessions_total{service="inbound"}'
    after = scrape(lab)
    gained = value(after, series) - value(before, series)
    of_backends = sum(
        value(after, name) - value(before, name) for name in (
            f'mxsteer_backend_sessions_total{{pool="mx",backend="{mta}"}}'
            for mta in MTAS))
    check(gained >= 1 and gained == of_backends,
          f"{gained:.0f} sessions are counted, of service and backends alike")
    waits = 'mxsteer_time_to_banner_seconds_count{pool="mx"}'
    check(value(after, waits) > value(before, waits),
          "and how long they waited for the banner")
    phases = re.findall(r'^mxsteer_probe_duration_seconds_count{pool="mx",'
                        r'phase="(\w+)"} [1-9]', after, re.MULTILINE)
    check({"connect", "banner", "ehlo", "quit"} <= set(phases),
          f"and how long the phases of checks took: {phases}")
    judge(lab, after)


def strangers(lab):
    check(ask(lab, "/healthz")[0] == 200, "health is 200")
    status, text = ask(lab, host="evil.example")
    check(status == 403 and "mxsteer_" not in text,
          "a page of another site that leads here gets nothing")
    done = lab.run("client", "/usr/bin/python3", "-c",
                   "import socket\n"
                   f"socket.create_connection(('{lab.vip}', {PORT}), 3)",
                   check=False, stderr=subprocess.DEVNULL)
    check(done.returncode != 0, "clients of the VIP have no way to it")


def took(action):
    begin = time.monotonic()
    action()
    return (time.monotonic() - begin) * 1000


def times(lab, rounds):
    """Milliseconds of a CLI command, and of the last check of each MTA."""
    asked, checked = [], []
    for _ in range(rounds):
        asked.append(took(lambda: lab.cli("show", "pools")))
        checked += [lab.backend(name)["last_check"]["ms"] for name in MTAS]
    return statistics.median(asked), statistics.median(checked)


def scraped(lab):
    """Does a scrape get all of it, at the first attempt?"""
    try:
        reply = ask(lab)
    except OSError:
        return False
    return reply is not None and reply[0] == 200


def changes_of_mtas(lab):
    return sum(event["subject"].startswith("backend ")
               for event in lab.ask("show", "events", "1000")["events"])


def crowd(lab):
    quiet = times(lab, ROUNDS // 2)
    changes = changes_of_mtas(lab)
    attacker = lab.spawn("lb", ["/usr/bin/python3",
                                Path(__file__).parent / "webcrowd.py", CROWD,
                                PORT])
    came = lambda: int((attacker.log.read_text().split() or ["0"])[-1])
    wait_for(lambda: came() >= CROWD, f"{CROWD} connections came", 300)
    good = sum(scraped(lab) for _ in range(ROUNDS))
    loud = times(lab, ROUNDS // 2)
    sender = lab.start_sender(20)
    sender.check_exactly_once()
    http = lab.ask("show", "http")
    attacker.end()
    refused = {row["reason"]: row["count"] for row in http["refused"]}
    print(f"  {came()} connections came; ms, without and with them: a CLI "
          f"command {quiet[0]:.1f} {loud[0]:.1f}, a check of an MTA "
          f"{quiet[1]:.1f} {loud[1]:.1f}")
    check(refused["crowded"] > 100 and
          http["connections"] <= http["connections_max"],
          f"connections are bounded, and counted: {refused}")
    check(good >= ROUNDS // 2,
          f"{good} of {ROUNDS} scrapes beside them got all at once")
    check(all(lab.backend(name)["health"] == "up" for name in MTAS) and
          changes_of_mtas(lab) == changes, "no MTA's health has changed")
    wait_for(lambda: lab.ask("show", "http")["connections"] == 0,
             "all places are free again")
    status = Path(f"/proc/{lab.controlplane.popen.pid}/status").read_text()
    peak = int(re.search(r"VmHWM:\s+(\d+)", status)[1]) // 1024
    check(peak < 200, f"the control plane never had more than {peak} MB")


def silence(lab):
    """Without a data plane its last counters stay."""
    series = 'mxsteer_service_sessions_total{service="inbound"}'
    before = value(scrape(lab), series)
    lab.dataplane.end()
    wait_for(lambda: value(ask(lab)[1], "mxsteer_dataplane_up") == 0,
             "the metrics say that no data plane runs")
    text = scrape(lab)
    check(value(text, series) == before, "its counters stay")
    judge(lab, text)
    check(ask(lab, "/healthz")[0] == 503, "health is 503")


def cpu_ms(process):
    """What it has computed for, in milliseconds."""
    return int(Path(f"/proc/{process.pid}/schedstat").read_text().split()[0]) / 1e6


def speed():
    """What a scrape of 1,000 backends costs."""
    with Lab() as lab:
        lab.start_mtas()
        many(lab)
        lab.start_mxsteer()
        wait_for(lambda: all(row["last_check"] for row in
                             lab.ask("show", "backends")["backends"]),
                 "all have been checked")
        plane = lab.controlplane.popen
        quiet = times(lab, 20)
        scrapes, used = [], []
        for _ in range(20):
            time.sleep(1.05)
            was = cpu_ms(plane)
            scrapes.append(took(lambda: ask(lab)))
            used.append(cpu_ms(plane) - was)
        loud = []
        for _ in range(20):
            time.sleep(1.05)
            with lab.connect("lb", "127.0.0.1", PORT) as sock:
                sock.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
                loud.append(took(lambda: lab.cli("show", "generation")))
        text = ask(lab)[1]
        judge(lab, text)
        print(f"  {len(text)} bytes; a scrape takes "
              f"{statistics.median(scrapes):.1f} ms, {max(scrapes):.1f} at "
              f"most, {statistics.median(used):.1f} of a core; a check of an "
              f"MTA {quiet[1]:.1f} ms; a CLI command right behind a "
              f"scrape {statistics.median(loud):.1f} ms, "
              f"{max(loud):.1f} at most")
        check("mxsteer_backend_sessions{" in text, "all is there")


def test():
    """Metrics follow the mail, and a crowd at the HTTP server disturbs nothing."""
    with Lab() as lab:
        lab.start_mtas()
        lab.start_mxsteer()
        counts_follow_mail(lab)
        strangers(lab)
        crowd(lab)
        silence(lab)


main(speed if sys.argv[1:] == ["1000"] else test)
