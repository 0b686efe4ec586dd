#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
from lab import Lab, check, main, wait_for
from network import LAN, SNATS

HELD = 25


def used(lab):
    rows = lab.ask("show", "snat")["snats"]
    return {row["address"]: row["used"] for row in rows}


def one_address_each():
    """Each backend of an outbound service sees one address."""
    with Lab() as lab:
        lab.values["snat"] += f" {LAN[4]}101 {LAN[4]}102"
        lab.config.write_text(lab.config_text().replace(
            "    forward: fullnat\n",
            "    forward: fullnat\n    direction: outbound\n"))
        lab.start_mtas()
        lab.start_mxsteer()
        lab.start_sender(60, sessions=8, high=5000).check_exactly_once()
        for name, mta in lab.mtas.items():
            shown = lab.ask("show", "backend", f"mx/{name}")["snat"]
            seen = set(mta.clients().values())
            check(len(shown) == 1 and seen == set(shown),
                  f"{name} saw {', '.join(seen)}, as show backend says")


def show_snat():
    """show snat shows how many local ports the sessions have."""
    with Lab(family=4, backend_family=6, timers="closing: 10s") as lab:
        lab.start_mtas()
        lab.start_mxsteer()
        snat = SNATS[6]
        wait_for(lambda: used(lab) == {snat: 0}, f"{snat}: no port is in use")
        sessions = [lab.session() for _ in range(HELD)]
        wait_for(lambda: used(lab) == {snat: HELD},
                 f"{HELD} sessions, {HELD} ports")
        for session in sessions:
            session.quit()
        wait_for(lambda: used(lab) == {snat: 0},
                 "they come back when the sessions are over")
        check(True, f"{HELD} sessions had {HELD} ports, and gave them back")


def test():
    """Local addresses: how many ports are in use, and who sees which."""
    show_snat()
    one_address_each()


if __name__ == "__main__":
    main(test)
