# SPDX-License-Identifier: BSD-3-Clause
"""Links that lose, double, reorder, damage and delay frames, in either way."""

from drivers import SIDES
from weather.row import row

CABLED = {"driver": "memif", "proxy": "v2"}
PART = 1000000 // 100  # a hundredth of the frames
CUT = {"lose": 1000000}

NAMES = {"wan": "the clients' link", "lan": "the MTAs' link"}


def set_weather(site, sides, weather):
    site.lab.cables.set_weather({(side, way): weather for side in sides
                                 for way in ("in", "out")})


def bad_link(name, sides, weather):
    where = NAMES[sides[0]] if len(sides) == 1 else "both links"

    @row(f"{where}: {name}", site=CABLED, options={"sessions": 20})
    def rough(site):
        # A client under way is served only after the fault, if no frame passes.
        site.begin()
        set_weather(site, sides, weather)
        site.last(site.seconds, lift=lambda: set_weather(site, sides, {}))
        site.end()


for side in SIDES:
    bad_link("2 % lost", [side], {"lose": 2 * PART})
    bad_link("10 % doubled", [side], {"twice": 10 * PART})
    bad_link("10 % reordered", [side], {"hold": 10 * PART})
    bad_link("2 % damaged", [side], {"damage": 2 * PART})
    bad_link("no frame passes", [side], CUT)
bad_link("all of these at once", list(SIDES),
         {"lose": PART, "twice": 5 * PART, "hold": 5 * PART, "damage": PART,
          "delay_us": 20000})
