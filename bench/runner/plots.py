# SPDX-License-Identifier: BSD-3-Clause
"""Pictures of a result, by gnuplot."""

import re
import subprocess
from typing import NamedTuple

HEAD = """\
set terminal svg size 640,360 font "sans,12" background "#ffffff"
set output "{path}"
set title "{plot.title}"
set ylabel "{plot.y}"
set yrange [0:*]
set grid ytics
set key {key}
{plot.settings}
"""


class Plot(NamedTuple):
    """series: {name: pattern}; what a pattern's group matches in the name of a
    figure is where it stands on the x axis, the figure's value its height."""

    file: str
    title: str
    y: str
    settings: str
    style: str
    series: dict


PLOTS = (
    Plot("packets.svg", "Cycles a packet, by sessions", "cycles",
         'set logscale x; set xlabel "sessions"; set format x "10^{%L}"',
         "linespoints linewidth 2 pointtype 7",
         {"from clients": r"fullnat4 (\d+) in",
          "from MTAs": r"fullnat4 (\d+) out",
          "both": r"fullnat4 (\d+) both"}),
    Plot("workers.svg", "Packets/s, by workers", "packets/s",
         "set style fill solid 0.7; set boxwidth 0.6", "boxes",
         {"": r"(one worker|two workers)"}),
    Plot("cpu.svg", "CPU an SMTP session, through veths", "ms",
         "set style fill solid 0.7; set boxwidth 0.6",
         "boxes",
         {"": r"(mxsteer|mxsteer, af_xdp|HAProxy|nginx stream|nftables DNAT)"
              ": CPU"}),
)


def points(pattern, figures):
    """[(where, height)] of the figures of a pattern, in order."""
    found = []
    for name, entry in figures.items():
        match = re.fullmatch(pattern, name)
        if match and entry["value"] is not None:
            found.append((match[1], entry["value"]))
    return found


def script(plot, path, figures):
    """gnuplot's, or None if there is nothing to be seen."""
    series = {name: points(pattern, figures)
              for name, pattern in plot.series.items()}
    series = {name: line for name, line in series.items() if line}
    if not series:
        return None
    columns, quote = ("($0):2:xtic(1)", '"') if plot.style == "boxes" else \
        ("1:2", "")
    lines = ", ".join(
        f'"-" using {columns} with {plot.style} title "{name}"'
        for name in series)
    data = "".join(
        "".join(f"{quote}{where}{quote} {height:g}\n"
                for where, height in line) + "e\n"
        for line in series.values())
    head = HEAD.format(path=path, plot=plot,
                       key="top left" if "" not in series else "off")
    return f"{head}plot {lines}\n{data}"


def draw(folder, figures):
    """Draw all plots that have figures; returns {title: path}."""
    drawn = {}
    for plot in PLOTS:
        path = folder / plot.file
        path.unlink(missing_ok=True)
        commands = script(plot, path, figures)
        if commands:
            subprocess.run(["gnuplot"], input=commands, text=True, check=True)
            drawn[plot.title] = path
    return drawn
