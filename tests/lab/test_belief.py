#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
import time
from pathlib import Path

import yardstick
from frames import ACK, FIN, PSH, RST, SYN, Segment
from lab import MTAS, Lab, check, main, wait_for
from mta.hold import SlowPostfix
from paced import at_the_dot, replies
from wire import OTHER_MAC, RawClient, Wire, session_of

SHM = Path("/dev/shm")  # where instances keep their folders

HALF_OPEN_S = 9
CLOSING_S = 10  # the least that a configuration may say
HALF_OPEN = ("opening", "answered")

# Segments with made-up numbers for a session that waits for the reply to its
# final dot: flags, whether the checksum is right, the sender's MAC address.
BLIND = {
    "nothing": (),
    "an RST": ((RST, True, None),),
    "an RST with a wrong checksum": ((RST, False, None),),
    "an RST and a SYN": ((RST, True, None), (SYN, True, None)),
    "a FIN": ((FIN | ACK, True, None),),
    "a SYN": ((SYN, True, None),),
    "an ACK from another MAC": ((ACK, True, OTHER_MAC),),
}
EACH = 3


def send_blind(wire, waiters):
    for name, segments in BLIND.items():
        for waiter in waiters[name]:
            for flags, right, mac in segments:
                wire.send(Segment(waiter.end, waiter.server, flags,
                                  seq=0x12345678, ack=0x9abcdef0,
                                  wrong_sum=not right), mac=mac)
                time.sleep(0.002)


def sessions_count(lab):
    return sum(row["sessions"]
               for row in lab.ask("show", "backends")["backends"])


def not_drained(lab, waiting):
    """A backend with sessions in doubt is not drained."""
    check(sessions_count(lab) == waiting,
          f"all {waiting} sessions that wait are counted")
    for name in MTAS:
        lab.cli("drain", f"mx/{name}", "--even-last")
    done = lab.cli("wait", 1, "drained", "mx/mta1", check=False)
    check(done.returncode != 0, f"mta1 is not drained: {done.stdout.strip()}")
    for name in MTAS:
        lab.cli("ready", f"mx/{name}")


def not_completed(lab, wire):
    """No handshake is completed by a segment that no end would take."""
    for name, values in (("a wrong ACK number", {"ack": 0x1234}),
                         ("a wrong sequence number", {"seq": 0x1234}),
                         ("a wrong checksum", {"wrong_sum": True})):
        client, peer = RawClient(wire), RawClient(wire)
        peer.vip = (yardstick.PEER, 25)
        yardstick.introduce(lab, wire, peer.end)
        check(client.syn() and peer.syn(), f"a handshake begins, for {name}")
        for each in (client, peer):
            each.say(ACK, **values)
        time.sleep(0.2)  # should it be believed, then within that
        found = (session_of(lab, client.end) or {}).get("state", "opening")
        theirs = yardstick.state(lab, peer.end) or "not to be seen here"
        check(found in HALF_OPEN, f"{name} leaves it {found} (the kernel's "
              f"own NAT: {theirs})")


def half_open_ends(lab, wire):
    """The MTA's kernel repeats its SYN-ACK after 1, 3, 7 and 15 s."""
    client = RawClient(wire)
    check(client.syn(), "a client goes silent in its handshake")
    begin = time.monotonic()
    wait_for(lambda: session_of(lab, client.end) is None,
             "the half-open session is gone", 2 * HALF_OPEN_S)
    check(True, f"repeated SYN-ACKs do not keep it: it is gone after "
          f"{time.monotonic() - begin:.0f} s")


def waiting_sessions():
    print("--- sessions that wait, beside the kernel's own NAT", flush=True)
    with Lab(timers=f"half-open: {HALF_OPEN_S}s, "
             f"closing: {CLOSING_S}s") as lab:
        lab.start_mtas(("slow",) * 3)
        lab.start_mxsteer()
        yardstick.start(lab, "mta1")
        wire = Wire(lab)
        theirs = at_the_dot(lab, BLIND, 1, yardstick.PEER)
        ours = at_the_dot(lab, BLIND, EACH)
        send_blind(wire, theirs)
        send_blind(wire, ours)
        begin = time.monotonic()
        not_drained(lab, EACH * len(BLIND))
        not_completed(lab, wire)
        half_open_ends(lab, wire)
        # What was believed has ended by then.
        time.sleep(max(0, CLOSING_S + 2 + begin - time.monotonic()))
        got = replies(sum({**ours}.values(), []), SlowPostfix.DOT_S + 30)
        peers = replies(sum(theirs.values(), []), SlowPostfix.DOT_S + 30)
        failed = []
        for name, peer in zip(BLIND, peers):
            mine, got = got[:EACH], got[EACH:]
            print(f"       {name}: {mine}; the kernel's own NAT: {peer}",
                  flush=True)
            failed += [name] if mine != [250] * EACH else []
        check(not failed, f"each gets the reply to its final dot {failed}")
        check(all(n == 1 for n in lab.ids().values()),
              "no message is there twice")
        lab.check_accounts()


def greets(client, limit_s):
    return client.hear(limit_s, lambda segment:
                       segment.data.startswith(b"220")) is not None


def dropped(lab, why):
    return lab.ask("show", "drops")["drops"].get(why, 0)


def wrong_sum_is_not_mended(lab, wire):
    """The last ACK of the handshake becomes the PROXY header's segment."""
    client = RawClient(wire)
    check(client.syn(), "a handshake with PROXY begins")
    before = dropped(lab, "bad-checksum")
    client.say(ACK, wrong_sum=True)
    check(not greets(client, 2) and dropped(lab, "bad-checksum") > before,
          "its last ACK has a wrong checksum: dropped, and counted")
    client.say(ACK)
    check(greets(client, 10), "with the right one the MTA greets")


def syn_with_data(lab, wire):
    client = RawClient(wire)
    check(client.syn(b"EHLO client.example.net\r\n"),
          "a SYN that carries data passes without them")
    client.say(ACK)
    check(client.deliver(f"<syn-data-{client.end[1]}@belief>"),
          "and its client delivers mail")


def impossible_sources(lab, wire, vip6):
    mtas = [lab.mta_address(name, 4) for name in MTAS]
    four = [("0.1.2.3", 1234), ("127.0.0.1", 1234), ("127.8.8.8", 25),
            ("224.0.0.5", 1234), ("240.0.0.1", 1234),
            ("255.255.255.255", 1234), (lab.vip, 25), (lab.vip, 1234),
            (lab.values["snat"], 1234), *((mta, 25) for mta in mtas)]
    six = [("::", 1234), ("::1", 1234), ("ff02::1", 1234), (vip6, 25),
           (vip6, 1234)]
    before = dropped(lab, "martian")
    for sources, vip in ((four, lab.vip), (six, vip6)):
        for source in sources:
            wire.send(Segment(source, (vip, 25), SYN, seq=1))
    time.sleep(0.3)
    taken = [source for source in four + six if session_of(lab, source)]
    check(not taken, f"no session of {len(four + six)} sources that no client "
          f"can have {taken or ''}")
    counted = dropped(lab, "martian") - before
    check(counted == len(four + six), f"{counted} drops say why")
    client = RawClient(wire)
    client.vip = (vip6, 25)
    client.end = ("2001:db8:1::77", 1234)
    check(client.syn(), "a source that a client can have opens one")


def way_back(lab, wire):
    """A router that takes over has another MAC, and brings true segments."""
    client = RawClient(wire)
    check(client.connect() and client.reply() == 220, "a session is open")

    def moved():
        client.say(PSH | ACK, b"NOOP\r\n", mac=OTHER_MAC)
        return client.hear(0.5, lambda segment: segment.to_mac == OTHER_MAC)
    wait_for(moved, "replies go by the new router", 15)
    check(True, "replies follow the client's true segments to another MAC")


def answered_by_reset(wire, segment, limit_s):
    wire.forget()
    wire.send(segment)
    return wire.hear(lambda heard: heard.flags & RST and
                     heard.target == segment.source and
                     heard.source == segment.target and
                     heard.seq == segment.ack, limit_s)


def strays(lab, wire):
    """A segment of no session is answered, on both sides."""
    stray = RawClient(wire).segment(ACK, seq=1111, ack=2222)
    wait_for(lambda: answered_by_reset(wire, stray, 1),
             "a client's segment of no session gets an RST", 20)
    check(True, "a client's segment of no session gets an RST")
    check(not answered_by_reset(wire, stray.change(flags=RST | ACK), 1),
          "an RST gets none")
    lan = Wire(lab, "mta1", "eth0", "mxs-lan")
    stray = Segment((lab.mta_address("mta1", 4), 25),
                    (lab.values["snat"], 50001), ACK, seq=3333, ack=4444)
    check(answered_by_reset(lan, stray, 5), "an MTA's gets one as well")


def lost_sessions(lab):
    """A data plane that has lost its sessions says so to those who ask."""
    session = lab.session(timeout=30)
    lab.dataplane.kill_group()
    (SHM / f"mxsteer.{lab.instance}" / "sessions.0").unlink()
    lab.start_dataplane()
    lab.wait_up(*MTAS)
    try:
        session.noop()
        how = None
    except OSError as error:  # smtplib's are such as well
        how = error.__context__ or error
    check(isinstance(how, (ConnectionResetError, BrokenPipeError)),
          f"a client whose session was lost learns of it at once: {how!r}")


def both_vips(lab):
    vip6 = "2001:db8:1::25"
    lab.config.write_text(lab.config.read_text().replace(
        f'listen: ["{lab.vip}:25"]',
        f'listen: ["{lab.vip}:25", "[{vip6}]:25"]'))
    return vip6


def with_proxy():
    print("--- with a PROXY header", flush=True)
    with Lab(proxy="v2") as lab:
        vip6 = both_vips(lab)
        lab.start_mtas(("postfix",) * 3)
        lab.start_mxsteer()
        wire = Wire(lab)
        wrong_sum_is_not_mended(lab, wire)
        syn_with_data(lab, wire)
        impossible_sources(lab, wire, vip6)
        way_back(lab, wire)
        strays(lab, wire)
        lost_sessions(lab)
        lab.check_accounts()


def strays_by_mode():
    for forward, answers in (("nat", True), ("dsr", False)):
        print(f"--- {forward}", flush=True)
        with Lab(forward=forward) as lab:
            lab.start_mtas(("hold",) * 3)
            lab.start_mxsteer()
            wire = Wire(lab)
            stray = RawClient(wire).segment(ACK, seq=1111, ack=2222)
            if answers:
                wait_for(lambda: answered_by_reset(wire, stray, 1),
                         "a segment of no session gets an RST", 20)
            else:
                time.sleep(6)  # none is sent just after a start
            got = answered_by_reset(wire, stray, 2)
            check(bool(got) == answers, "a segment of no session gets "
                  f"{'an RST' if answers else 'none of ours'}")
            lab.check_accounts()


def test():
    """A segment moves a session only if the end it goes to would take it."""
    waiting_sessions()
    with_proxy()
    strays_by_mode()


if __name__ == "__main__":
    main(test)
