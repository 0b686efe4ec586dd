#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
from lab import Lab, check, main

SIZE = 600000  # of a message: hundreds of segments, which a sender would merge
ENDS = {"client": "eth0", "mta1": "eth0"}


def features(lab, space):
    """The offloads of a host's interface, as ethtool tells of them."""
    out = lab.run(space, "ethtool", "-k", ENDS[space], stdout=-1).stdout
    return dict(line.strip().split(": ", 1)
                for line in out.decode().splitlines() if ": " in line)


def wrong_checksums(lab):
    return sum(lab.counter(space, "TcpInCsumErrors") for space in ENDS)


def cell(family):
    with Lab(proxy="v2", family=family) as lab:
        lab.start_mtas(("postfix",) * 3)
        for space in ENDS:
            offloads = features(lab, space)
            check(offloads["tx-checksumming"] == "on" and
                  offloads["tcp-segmentation-offload"] == "on",
                  f"{space} leaves checksums and segments to a card")
        lab.start_mxsteer()
        before = wrong_checksums(lab)
        session = lab.session()
        for number in range(3):
            session.deliver(f"<{number}@offload.example>", SIZE)
        session.quit()
        lab.wait_delivered(3)
        check(True, f"three messages of {SIZE} bytes arrive in one session")
        check(wrong_checksums(lab) == before,
              "neither end saw a wrong checksum")
        drops = lab.check_accounts()["drops"]
        check(not drops["super-packet"] and not drops["too-big"],
              "every segment came by itself")
        lab.dataplane.end()
        check(features(lab, "client")["tcp-segmentation-offload"] == "on",
              "when the data plane has ended, the peer merges again")


def test():
    """Peers on the same host leave checksums and segments to a network card
    that is not there, as every veth does: mail passes all the same."""
    for family in (4, 6):
        cell(family)


if __name__ == "__main__":
    main(test)
