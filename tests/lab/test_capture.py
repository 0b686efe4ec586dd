#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
import os
import shutil
import subprocess

from pathlib import Path

from capture import Capture
from frames import ACK, SYN
from lab import Lab, check, main, wait_for
from network import SNATS
from pcapng import IN, OUT

V2_HEADER = b"\r\n\r\n\0\r\nQUIT\n"
ALL = 1000000


def check_tcpdump(path, count):
    """Does a reader that is not ours read it?"""
    if not shutil.which("tcpdump"):
        return
    lines = subprocess.run(["tcpdump", "-nn", "-r", path], check=True,
                           text=True, stdout=subprocess.PIPE,
                           stderr=subprocess.DEVNULL).stdout.splitlines()
    check(len([line for line in lines if not line.startswith("\t")]) >= count,
          "tcpdump reads all of them")


def by_packet(frames):
    """{number: (the frame that came, the frame that left)}."""
    came = {f.packet: f for f in frames if f.direction == IN}
    return {f.packet: (came[f.packet], f) for f in frames
            if f.direction == OUT and f.packet in came}


def refuse_one(lab, client):
    """A segment for a port that no service has."""
    try:
        lab.connect("client", lab.vip, 26, client, timeout=1).close()
    except OSError:
        pass


def fullnat():
    with Lab(proxy="v2") as lab:
        lab.start_mtas()
        lab.start_mxsteer()
        client = lab.clients(4)[0]
        os.umask(0o022)
        capture = Capture(lab, "from", client, "packets", ALL, "bytes", 2048)
        with_it = lab.session(client)
        with_it.deliver("captured@example.net")
        with_it.quit()
        other = lab.session(lab.clients(4)[1])
        other.deliver("other@example.net")
        other.quit()
        refuse_one(lab, client)
        lab.wait_delivered(2)
        frames = capture.end()
        check(capture.path.stat().st_mode & 0o777 == 0o600,
              "only its owner can read the file")
        check_tcpdump(capture.path, len(frames))
        times = [f.time_ns for f in frames]
        check(times == sorted(times), "frames are in the order of time")

        pairs = by_packet(frames)
        syns = [(a, b) for a, b in pairs.values() if a.segment and
                a.segment.flags == SYN and a.port == "wan"]
        check(len(syns) == 1, "one SYN of the client was forwarded")
        came, left = syns[0]
        check(came.segment.source[0] == client and
              came.segment.target == (lab.vip, 25) and
              left.segment.source[0] == SNATS[4] and
              left.segment.target[0] in
              [lab.mta_address(name, 4) for name in lab.mtas] and
              left.port == "lan", "before and after the rewrite")
        check(any(f.segment and f.segment.data.startswith(V2_HEADER)
                  for f in frames if f.direction == OUT and f.port == "lan"),
              "the PROXY header is there")
        check(any(a.port == "lan" and b.port == "wan" and
                  b.segment.target == came.segment.source
                  for a, b in pairs.values() if b.segment),
              "so are the replies")
        text = b"".join(f.segment.data for f in frames if f.segment)
        check(b"captured@example.net" in text and
              b"other@example.net" not in text,
              "the mail of this client is there, and that of no other")
        dropped = [f for f in frames if f.comment.startswith("dropped: ")]
        check(dropped and all(
            "no-service" in f.comment and f.segment.target[1] == 26
            for f in dropped), f"what was dropped says why: "
            f"{dropped[0].comment}")
        restart(lab, client)
        forgotten(lab)
        lab.check_accounts()


def restart(lab, client):
    """A capture goes on over a restart of the data plane."""
    capture = Capture(lab, "from", client, "packets", ALL)
    log = lab.dataplane.log
    begun = log.read_text().count("capture: begins")
    lab.dataplane.end()
    lab.start_dataplane()
    wait_for(lambda: log.read_text().count("capture: begins") > begun,
             "the new data plane captures")
    lab.wait_in_force()
    session = lab.session(client)
    session.quit()
    frames = capture.end()
    check(any(f.segment and f.segment.flags == SYN | ACK for f in frames),
          "a capture goes on over a restart of the data plane")
    wait_for(lambda: "capture: ends" in log.read_text().rsplit(
        "capture: begins", 1)[1], "the data plane ends the capture")


def forgotten(lab):
    """A capture whose control plane was killed ends by itself."""
    capture = Capture(lab, "packets", ALL)
    lab.controlplane.kill_group()
    check(capture.process.wait() == 2, "the program says that nobody answers")
    log = lab.dataplane.log
    wait_for(lambda: "capture: ends" in log.read_text().rsplit(
        "capture: begins", 1)[1], "the data plane ends the capture")
    check(not list(Path("/dev/shm", f"mxsteer-control.{lab.instance}").glob("capture*")), "no file is left")
    (lab.dir / "ctl.sock").unlink()
    lab.start_controlplane()
    lab.wait_up(*lab.mtas)


def dsr():
    with Lab(forward="dsr") as lab:
        lab.start_mtas()
        lab.start_mxsteer()
        capture = Capture(lab, "backend", "mx/mta1", "packets", ALL)
        sender = lab.start_sender(30, sessions=5, low=1000, high=5000)
        sender.check_exactly_once()
        frames = capture.end()
        pairs = [(a, b) for a, b in by_packet(frames).values() if a.segment]
        macs = {b.data[:6] for a, b in pairs}
        check(len(macs) == 1 and all(
            a.data[14:] == b.data[14:] and a.data[:6] != b.data[:6]
            for a, b in pairs), "only the MAC address differs, to one MTA")
        total = lab.backend("mta1")["sessions_total"]
        syns = sum(a.segment.flags == SYN for a, b in pairs)
        check(syns == total > 0, f"the {total} sessions of mta1 are there")
        lab.check_accounts()


def test():
    """A capture has what came and what left, and why the rest did not."""
    fullnat()
    dsr()


if __name__ == "__main__":
    main(test)
