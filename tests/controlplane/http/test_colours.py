#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Who sees little contrast can read the status page, in light and dark: WCAG 2.2,
level AA, 1.4.3 (texts, 4.5:1) and 1.4.11 (edges of controls, 3:1)."""
import re
import sys
from pathlib import Path

TEXT, EDGE = 4.5, 3.0
# What stands on what.
PAIRS = [(ink, ground, TEXT) for ink in ("ink", "soft", "link")
         for ground in ("ground", "sheet", "raised")]
PAIRS += [(word, ground, TEXT) for word in ("ok", "warn", "bad")
          for ground in ("sheet", word + "-ground")]
PAIRS += [("edge", ground, EDGE) for ground in ("ground", "sheet")]
PAIRS += [(line, "sheet", EDGE) for line in ("link", "bad", "ok")]


def luminance(colour):
    parts = [int(colour[i:i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (part / 12.92 if part <= 0.04045 else
               ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def main():
    root = Path(__file__).resolve().parents[3]
    style = (root / "controlplane/http/page/style.css").read_text()
    colours = {name: pair for name, *pair in re.findall(
        r"--([a-z-]+): light-dark\((#\w{6}), (#\w{6})\);", style)}
    least, wrong = 99, 0
    for ink, ground, wanted in PAIRS:
        for i, theme in enumerate(("light", "dark")):
            found = contrast(colours[ink][i], colours[ground][i])
            least = min(least, found / wanted)
            if found < wanted:
                print(f"{theme}: {ink} on {ground}: {found:.2f}, {wanted} wanted")
                wrong += 1
    print(f"{2 * len(PAIRS)} pairs, {wrong} with too little contrast; the least "
          f"has {least:.2f} of what is wanted")
    return wrong > 0


sys.exit(main())
