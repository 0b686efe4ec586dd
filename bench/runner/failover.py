# SPDX-License-Identifier: BSD-3-Clause
"""Chapter: what clients see while MTAs fail that health checks find well, in
turns with HAProxy.

One or two of three MTAs do not serve sessions: the time between two checks, or
a fault that checks do not see.  Many clients come at once, and wait for their
greeting.  HAProxy has no health checks here, and all that helps it: `option
redispatch 1`, retries, and a second for a connection.
"""

import contextlib
import itertools
import smtplib
import time
from concurrent.futures import ThreadPoolExecutor

from mailsite import SinkSite  # which finds the lab for the next two
from badmta import bad
from lab import SNAT
from peers import Haproxy, Mxsteer
from results import figure, of_runs

CHAPTER = "failover"
TEXT = "clients while MTAs fail, in turns with HAProxy"

CLIENTS = 60
PATIENCE_S = 5
LIMIT_S = 20  # a client of SMTP waits for five minutes

CASES = {
    "one refuses": {"mta3": "refused"},
    "one is silent": {"mta3": "silent"},
    "one greets with 421": {"mta3": "busy"},
    "one never greets": {"mta3": "mute"},
    "one refuses, one greets with 421": {"mta2": "refused", "mta3": "busy"},
    "one is silent, one never greets": {"mta2": "silent", "mta3": "mute"},
}


class Redispatch(Haproxy):
    """It comes from the address that the rules of bad MTAs are for."""

    OPTIONS = """\
    option redispatch 1
    retries 3
    timeout connect 1s
    source {snat}
"""

    def start(self):
        self.site.ip("lb", "address", "add", f"{SNAT}/32", "dev", "mxs-lan")
        super().start()

    def configure(self, text):
        text = text.replace("    timeout connect 5s\n",
                            self.OPTIONS.format(snat=SNAT))
        return super().configure(text.replace(" check inter 2s", ""))

    def stop(self):
        super().stop()
        self.site.ip("lb", "address", "del", f"{SNAT}/32", "dev", "mxs-lan")


def come(site, source):
    """(seconds until the greeting, whether there was one)."""
    begin = time.monotonic()
    try:
        session = site.session(source, timeout=LIMIT_S)
        waited = time.monotonic() - begin
        session.quit()
        return waited, True
    except (OSError, smtplib.SMTPException):
        return time.monotonic() - begin, False


def come_all(site):
    sources = itertools.islice(itertools.cycle(site.clients(4)), CLIENTS)
    with ThreadPoolExecutor(CLIENTS) as pool:
        return list(pool.map(lambda source: come(site, source), sources))


def run(site, peer):
    """{case: (errors, longest wait)}."""
    peer.start()
    peer.wait_ready()
    site.ip("client", "neigh", "flush", "dev", "eth0")
    come_all(site)  # so that each MTA has had sessions
    found = {}
    for case, kinds in CASES.items():
        with contextlib.ExitStack() as stack:
            for name, kind in kinds.items():
                stack.enter_context(bad(site, name, kind))
            seen = come_all(site)
        found[case] = (sum(not served for _, served in seen),
                       max(waited for waited, _ in seen))
    peer.stop()
    return found


def measure(options):
    with SinkSite(options.build) as site:
        site.values["patience"] = f"{PATIENCE_S}s"
        site.start_mtas()
        runs = {peer.NAME: [] for peer in (Mxsteer, Haproxy)}
        for _ in range(options.rounds):
            for peer in (Mxsteer(site, idle="sleep"), Redispatch(site)):
                runs[peer.NAME].append(run(site, peer))
    for name, found in runs.items():
        for case in CASES:
            yield of_runs(f"{name}: {case}: errors",
                          [each[case][0] for each in found],
                          f"of {CLIENTS} clients")
            yield of_runs(f"{name}: {case}: longest wait",
                          [each[case][1] for each in found], "s")
    ours = [case for each in runs[Mxsteer.NAME] for case in each.values()]
    yield figure("errors while MTAs fail", sum(errors for errors, _ in ours),
                 "errors", 0)
    yield figure("longest wait while MTAs fail",
                 max(waited for _, waited in ours), "s", 0)
