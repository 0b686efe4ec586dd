# SPDX-License-Identifier: BSD-3-Clause
"""What operators do, each task with its command, and what other balancers need
for it.  test_tasks.py runs the commands in this order, and writes the page."""

from typing import NamedTuple


class Task(NamedTuple):
    """status: the exit status of the command.  words: of its output.  before: what
    the test does first, a function of test_tasks.py by its name."""
    name: str
    command: str
    haproxy: str
    ipvs: str
    words: tuple
    status: int = 0
    before: str = ""


NONE = "-"

TASKS = (
    Task("Is everything well?", "mxsteer status",
         "`show stat`, read row by row; `hatop`", "`ipvsadm -Ln`",
         ("OK", "inbound")),
    Task("Something is broken: what?", "mxsteer status",
         "`show stat`: rows with DOWN", "syslog",
         ("WARNING", "mta3"), status=1, before="stop_mta3"),
    Task("Watch it live, or print what the screen shows", "mxsteer top --once",
         "`hatop`, another program", "`watch ipvsadm -Ln --rate`",
         ("mta3", "down")),
    Task("Which MTA is down, why, since when?", "mxsteer show backends down",
         "`show stat`: check_status, last_chk, lastchg", "syslog",
         ("mta3", "down", "no server listens")),
    Task("All about one MTA", "mxsteer show backend mx/mta1",
         "`show servers state mx`, and `show stat mx 4 -1`",
         "`ipvsadm -Ln -t VIP:25`", ("mta1", "EHLO", "banner")),
    Task("What happened, and who did it?", "mxsteer show events 5",
         "the log of each process", "syslog", ("mta3", "down")),
    Task("Does mail come through, and whom does the MTA see?",
         "mxsteer doctor mail 198.51.100.25:25 to inbox@example.org",
         "swaks, and then the logs of all MTAs", "the same",
         ("connect", "banner", "client    ", "well ")),
    Task("Which MTA would this client get?",
         "mxsteer lookup 198.51.100.105:40000 198.51.100.25:25", NONE, NONE,
         ("mx/mta",)),
    Task("Who has sessions with an MTA?",
         "mxsteer show sessions backend mx/mta1", "`show sess`, and grep",
         "`ipvsadm -Lcn`, and grep", ("198.51.100.", "mx/mta1"),
         before="hold_sessions"),
    Task("Who are the largest clients?", "mxsteer show clients 3",
         "`show table`, if a stick-table was configured", NONE, ("198.51.100.",),
         before="count_clients"),
    Task("What would a drain do?", "mxsteer drain @10.0.2.11 --dry-run", NONE,
         NONE, ("mx/mta1",)),
    Task("Take an MTA out, with a reason, for a time",
         "mxsteer drain mx/mta1 for 2h kernel upgrade",
         "`set server mx/mta1 state drain`: no reason, no end",
         "`ipvsadm -e ... -w 0`; keepalived undoes it", ("mx/mta1",)),
    Task("What did operators ask for?", "mxsteer show wishes", NONE, NONE,
         ("kernel upgrade", "mx/mta1")),
    Task("Throw one client out", "mxsteer end sessions from 198.51.100.110",
         "`shutdown session ID`, for each one", NONE, ("198.51.100.110",)),
    Task("End its sessions now", "mxsteer end sessions mx/mta1",
         "`shutdown sessions server mx/mta1`", "`expire_nodest_conn`", ("1",)),
    Task("Wait until it is empty", "mxsteer wait 60 drained mx/mta1",
         "a loop around `show stat`", "a loop around `ipvsadm -Ln`",
         ("mx/mta1 is drained",)),
    Task("Put it back", "mxsteer ready mx/mta1",
         "`set server mx/mta1 state ready`", "`ipvsadm -e ... -w 100`",
         ("mx/mta1",)),
    Task("Give it half of its sessions", "mxsteer weight mx/mta1 50%",
         "`set server mx/mta1 weight 50%`", "`ipvsadm -e ... -w 50`",
         ("mx/mta1",)),
    Task("Refuse a client for an hour", "mxsteer deny 203.0.113.7 for 1h",
         "`add acl`, if an ACL was configured; no end", "the firewall",
         ("203.0.113.7",)),
    Task("Whom do we refuse?", "mxsteer show denied", "`show acl`",
         "the firewall", ("203.0.113.7",)),
    Task("What was not forwarded, and why?", "mxsteer show drops",
         "econ, dresp and others in `show stat`", "`ipvsadm -Ln --stats`",
         ("rx", "dropped")),
    Task("Is the file right?", "mxsteer config check new.yaml", "`haproxy -c`",
         "`keepalived -t`", ("good",), before="write_file"),
    Task("What would it change?", "mxsteer config diff new.yaml", NONE, NONE,
         ("mta1", "weight"), status=1),
    Task("Apply it, and take it back unless I say so",
         "mxsteer config apply new.yaml --confirm-within 60s",
         "`systemctl reload`; the way back is yours", "the same", ("confirm",)),
    Task("Keep it", "mxsteer config confirm", NONE, NONE, ()),
    Task("Go back to the one before", "mxsteer config undo", NONE, NONE, ()),
    Task("Which configurations were there?", "mxsteer config history",
         "your version control", "your version control", ("undo",)),
    Task("Metrics for Prometheus",
         "curl -s http://127.0.0.1:9625/metrics", "`prometheus-exporter`",
         "an exporter of others", ("mxsteer_dataplane_up 1",)),
    Task("I know HAProxy's words", "mxsteer set server mx/mta2 state maint",
         "`set server mx/mta2 state maint`", NONE, ("mx/mta2",)),
    Task("How does a command work?", "mxsteer deny -h", "`help`", "the manual",
         ("PREFIX",)),
)
