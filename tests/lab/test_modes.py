#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
import sys

from lab import Lab, check, main
from network import SNATS

# By mode, as the argument: families of client and MTA, and the rest.
CELLS = {
    "fullnat": [(4, 4, {"proxy": "v2"}), (6, 6, {"proxy": "v1"}),
                (6, 4, {"proxy": "v2"}), (4, 6, {"proxy": "v1"}),
                (6, 4, {"proxy": "off"}), (4, 6, {"proxy": "off"})],
    "nat": [(4, 4, {}), (6, 6, {})],
    "dsr": [(4, 4, {}), (6, 6, {})],
    "ipip": [(4, 4, {}), (6, 6, {}), (6, 4, {}), (4, 6, {})],
    "gue": [(4, 4, {}), (6, 6, {}), (6, 4, {}), (4, 6, {})],
}
COUNT = 60


def check_outer_sources(lab):
    """What the MTAs' RSS sees differs from flow to flow."""
    outer = [line.split() for name in lab.mtas
             for line in lab.decap_log(name).read_text().splitlines()]
    addresses = {line[0] for line in outer}
    ends = {(line[0], line[1]) for line in outer}
    check(len(addresses) > 10 and len(ends) > COUNT / 2,
          f"outer packets come from {len(addresses)} addresses, {len(ends)} "
          "with ports" if lab.values["tunnel"] == "gue" else
          f"outer packets come from {len(addresses)} addresses")


def cell(mode, family, backend_family, options):
    if mode in ("ipip", "gue"):
        options = {"forward": "tunnel", "tunnel": mode, **options}
    else:
        options = {"forward": mode, **options}
    words = " ".join(options.values())
    print(f"--- {words}, IPv{family} clients, IPv{backend_family} MTAs",
          flush=True)
    with Lab(family=family, backend_family=backend_family, **options) as lab:
        lab.start_mtas()
        lab.start_mxsteer()
        sender = lab.start_sender(COUNT, sessions=10, high=200000)
        sender.check_exactly_once()
        if options.get("proxy") == "off":
            seen = set(lab.seen_clients().values())
            check(seen == {SNATS[backend_family]},
                  "the MTAs saw nobody but the snat address")
        else:
            sender.check_true_clients()
        if options["forward"] == "tunnel":
            check_outer_sources(lab)
        rows = lab.ask("show", "backends")["backends"]
        check(sum(row["sessions_total"] for row in rows) == COUNT and
              all(row["sessions_total"] for row in rows),
              "every MTA had sessions, and they add up")
        lab.check_accounts()


def test():
    """Mail arrives exactly once, in every mode and family."""
    for mode in sys.argv[1:] or CELLS:
        for families_and_options in CELLS[mode]:
            cell(mode, *families_and_options)


if __name__ == "__main__":
    main(test)
