# SPDX-License-Identifier: BSD-3-Clause
"""A mail site of 1,000 backends more than the lab has."""


FIRST_PORT = 3000


def many(lab, check="interval: 2s"):
    """A site of 1,000 backends more, on ports of mta1 from FIRST_PORT on.  Their
    checks are refused at once, if nobody listens there."""
    services = pools = ""
    for n in range(4):
        services += (f"  - name: s{n}\n    listen: [\"203.0.113.{n + 1}:25\"]"
                     f"\n    pool: p{n}\n    snat: [10.0.2.100]\n"
                     "    client-address: hidden\n")
        pools += (f"  - name: p{n}\n    check: {{{check}}}\n"
                  "    backends:\n")
        pools += "".join(f"      - {{name: b{i}, address: "
                         f'"{lab.mta_address("mta1", 4)}:{n * 250 + i + FIRST_PORT}"'
                         "}\n" for i in range(250))
    text = lab.config_text().replace("services:\n", "services:\n" + services)
    lab.config.write_text(text + pools)
