# SPDX-License-Identifier: BSD-3-Clause
"""The demo: what an operator would do in the first ten minutes.

Exits 0 if every message arrived exactly once, 1 if not.
"""

import re
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests/lab"))

from lab import MTAS, VIP, Failed, Lab  # noqa: E402

KINDS = {"mta1": "Postfix", "mta2": "Postfix", "mta3": "Exim"}
CLIENT = "198.51.100.1"
MESSAGES, AFTER = 1000, 300
BAR = 30

PICTURE = """
                                                 +-- mta1  Postfix  10.0.2.11
  client  -------  mxsteer  -------  switch  ----+-- mta2  Postfix  10.0.2.12
  198.51.100.1     VIP 198.51.100.25             +-- mta3  Exim     10.0.2.13
"""


class Show:
    """The demo's output."""

    def __init__(self):
        self.began = time.monotonic()
        self.live = sys.stdout.isatty()
        self.step_began = self.began

    def step(self, words):
        self.step_began = time.monotonic()
        print(f"\n[{self.step_began - self.began:4.0f}s] {words}", flush=True)

    def bar(self, done, total, end=False):
        """A progress line; without a terminal, only its last state."""
        if not (self.live or end):
            return
        seconds = max(time.monotonic() - self.step_began, 0.1)
        full = BAR * min(done, total) // total
        print(("\r" if self.live else "") +
              f"        |{'#' * full}{'-' * (BAR - full)}| {done}/{total} "
              f"delivered, {done / seconds:.0f}/s ",
              end="\n" if end else "", flush=True)

    def table(self, lab, *words):
        print(f"\n$ mxsteer {' '.join(words)}")
        print(lab.cli(*words).stdout.rstrip(), flush=True)

    def delivered(self, lab, before=None):
        now = {name: sum(ids.values()) for name, ids in lab.received().items()}
        for name, count in now.items():
            news = count - (before or {}).get(name, 0)
            print(f"        {name} ({KINDS[name]}): {news} messages "
                  f"{'#' * (news // 20)}")
        return now


def start(lab, show):
    show.step("Starting two Postfix and one Exim, each in its own namespace")
    print(PICTURE)
    lab.start_mtas()
    show.step("Starting the data plane and the control plane")
    lab.start_dataplane()
    lab.start_controlplane()
    print("        waiting for the first health checks", flush=True)
    lab.wait_up(*MTAS)
    show.table(lab, "show", "backends")
    show.table(lab, "lookup", "198.51.100.1:40000", f"{VIP}:25")


def first_thousand(lab, show):
    show.step(f"Sending {MESSAGES} messages with smtp-source, 20 at a time")
    status = lab.smtp_source(MESSAGES, 20, 4000,
                             lambda done: show.bar(done, MESSAGES))
    if status != 0:
        raise Failed("smtp-source could not send everything")
    lab.wait_delivered(MESSAGES)
    show.bar(MESSAGES, MESSAGES, end=True)
    show.step("and one with swaks")
    done = lab.run("client", "swaks", "--server", VIP, "--from",
                   "you@example.net", "--to", "inbox@example.org",
                   "--helo", "client.example.net", "--header",
                   "Message-Id: <swaks@client>", stdout=-1, check=False)
    talk = done.stdout.decode(errors="replace")
    print("\n".join("        " + line for line in talk.splitlines()
                    if re.match(r"<-  (220|250 2|250 OK|221)", line)))
    if done.returncode != 0:
        raise Failed("swaks could not send its message")
    lab.wait_delivered(MESSAGES + 1)
    before = show.delivered(lab)
    clients_are_known(lab)
    show.table(lab, "-o", "service,vips,forward,sessions_total,bytes_in",
               "show", "services")
    show.table(lab, "show", "backends")
    show.table(lab, "show", "drops")
    return before


def clients_are_known(lab):
    """Packets come from mxsteer; the PROXY header has the client's address."""
    for name, mta in lab.mtas.items():
        clients = Counter(mta.clients().values())
        print(f"        {name} saw mail from " + ", ".join(
            f"{address} ({count})" for address, count in clients.items()))
        if set(clients) != {CLIENT}:
            raise Failed(f"{name} does not know who sent its mail")


def pull_one(lab, show, before):
    show.step(f"Sending {AFTER} more, and killing mta2 while they flow")
    print("        clients try again what was not accepted, as MTAs do")
    sender = lab.start_sender(AFTER, sessions=10, think=0.2)
    killed = False
    while sender.process.alive():
        if not killed and sender.accepted() >= AFTER // 4:
            lab.mtas["mta2"].kill()
            killed = True
        show.bar(lab.delivered() - MESSAGES - 1, AFTER)
        time.sleep(0.2)
    lab.wait_health("mta2", "down")
    show.bar(lab.delivered() - MESSAGES - 1, AFTER, end=True)
    show.delivered(lab, before)
    show.table(lab, "show", "backends")
    show.step("Starting mta2 again, which may have mail left in its queue")
    lab.mtas["mta2"].start()
    lab.wait_up("mta2")
    lab.wait_delivered(MESSAGES + 1 + AFTER)
    show.table(lab, "show", "pools")
    return sender


def verdict(lab, sender):
    """Count lost and doubled messages by Message-Id; return the status."""
    report = sender.finish()
    ids = lab.ids()
    ours = {i for i in ids if i.endswith(f".{sender.tag}@client>")}
    lost = MESSAGES + 1 - (len(ids) - len(ours)) + AFTER - len(ours)
    doubled = sum(n - 1 for i, n in ids.items()
                  if i not in report["unknown"])
    excused = sum(n - 1 for i, n in ids.items() if i in report["unknown"])
    print(f"\n{MESSAGES + 1 + AFTER} messages sent: {len(ids)} arrived, "
          f"{lost} lost, {doubled} doubled.")
    if excused:
        print(f"{excused} came twice because mta2 died between taking it and "
              "saying so; no balancer can know (RFC 1047).")
    return 0 if lost == 0 and doubled == 0 else 1


def main():
    show = Show()
    # Shares by weight alone: a load bound would give the slowest MTA less.
    with Lab(hash="flow", weights=(100, 100, 50), proxy="v2",
             load_bound=0) as lab:
        start(lab, show)
        before = first_thousand(lab, show)
        sender = pull_one(lab, show, before)
        status = verdict(lab, sender)
        show.step("Cleaning up")
    return status


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failed as failure:
        print(f"\nfailed: {failure}")
        sys.exit(1)
    except KeyboardInterrupt:
        print("\ninterrupted; everything is cleaned up")
        sys.exit(130)
