# SPDX-License-Identifier: BSD-3-Clause
"""A result for people: on the terminal, and in bench/README.md."""

import re

import plots

BEGIN = "<!-- figures: what is between these two lines is bench/run's -->"
END = "<!-- figures: end -->"


def number(value):
    """The four digits that matter, with commas."""
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.4g}"


def measured(entry):
    if entry["value"] is None:
        return f"not measured: {entry['error']}"
    return f"{number(entry['value'])} {entry['unit']} " \
        f"&plusmn; {number(entry['spread'] / 2)}"


def verdict(entry):
    if entry["value"] is None:
        return "error"
    return "met" if entry["met"] else "missed"


def goal(row):
    word, limit = row.goal.split()
    return f"{word} {number(float(limit))}"


def plain(rows, result):
    """For the terminal: each goal, and whether it is met."""
    lines = []
    for row in rows:
        entry = result["figures"][row.name]
        lines.append(f"{verdict(entry):<7} {row.name:<34} "
                     f"{measured(entry).replace('&plusmn;', '+-')}, "
                     f"goal {goal(row)}")
    met = sum(result["figures"][row.name]["met"] for row in rows)
    return "\n".join([*lines, f"{met} of {len(rows)} goals met"])


def goals_table(rows, result):
    lines = ["| figure | measured | goal | |", "|---|---|---|---|"]
    for row in rows:
        entry = result["figures"][row.name]
        word = verdict(entry)
        lines.append(f"| {row.text} | {measured(entry)} | {goal(row)} | "
                     f"{word if word == 'met' else f'**{word}**'} |")
    return lines


def modes_table(figures):
    """Cycles a packet, each way, of whatever bench_poll measured."""
    cells = {}
    for name, entry in figures.items():
        found = re.fullmatch(r"(\w+) (\d+) (in|out)", name)
        if found and entry["value"] is not None:
            cells[found.groups()] = number(entry["value"])
    modes = list(dict.fromkeys(mode for mode, _, _ in cells))
    columns = [(count, way) for count in ("1024", "1000000")
               for way in ("in", "out")]
    if not modes:
        return []
    return ["", "Cycles a packet from clients (in) and from MTAs (out):", "",
            "| | 1 k, in | out | 1 M, in | out |", "|---|---|---|---|---|",
            *(f"| `{mode}` | " + " | ".join(cells.get((mode, *column), "-")
                                            for column in columns) + " |"
              for mode in modes)]


def full_table(figures):
    """The cost of a table of a million places as it fills up."""
    lines = [f"| {name} | {number(entry['value'])} |"
             for name, entry in figures.items()
             if re.match("established, |SYN refused, ", name)
             and entry["value"] is not None]
    if lines:
        lines = ["", "Cycles a packet, by how full a table for 1 M sessions "
                 "is:", "", "| | |", "|---|---|", *lines]
    return lines


def driver_share(figures):
    """What of mxsteer's CPU is its driver's: testpmd forwards the same frames
    through the same driver, untouched."""
    own = figures.get("mxsteer: CPU")
    driver = figures.get("testpmd io: CPU")
    if not own or not driver:
        return []
    return ["", f"Of mxsteer's {number(own['value'])} ms a session, "
            f"{number(driver['value'])} ms are its driver's (testpmd io forwards "
            "the same frames untouched), and "
            f"{number(own['value'] - driver['value'])} ms are its own."]


def latency_table(figures):
    """The time of packets inside, by share of the highest rate."""
    points = ("p50", "p99", "p99.9", "max")
    lines = []
    for percent in (10, 50, 90):
        for when in ("", ", plans change"):
            found = [figures.get(f"latency at {percent} %{when}, {point}")
                     for point in points]
            if all(found):
                cells = " | ".join(number(each["value"]) for each in found)
                lines.append(f"| {percent} %{when} | {cells} |")
    if not lines:
        return []
    rate = number(figures["highest rate"]["value"])
    return ["", f"Microseconds that a packet spends inside, by share of the "
            f"highest rate ({rate} Mpps):", "",
            "| | " + " | ".join(points) + " |", "|---" * 5 + "|", *lines]


def peers_table(figures):
    """The peers that carried mail through the veths; no lines without any."""
    lines = []
    for name, entry in figures.items():
        peer = re.fullmatch(r"(.*): sessions", name)
        if peer:
            lines.append(f"| {peer[1]} | {number(entry['value'])} | "
                         f"{number(figures[f'{peer[1]}: CPU']['value'])} | "
                         f"{entry['note']} |")
    if lines:
        lines = ["", "Small mails through veths, by what is between clients "
                 "and MTAs:", "", "| | sessions/s | CPU ms a session | |",
                 "|---|---|---|---|", *lines, *driver_share(figures)]
    return lines


def text(rows, result, images):
    """The text between the two lines; images: {title: file}."""
    about = f"`{result['machine']}`, commit `{result['commit']}`, seed " \
        f"{result['seed']}"
    if result["others_percent"] > 10:
        about += f"; {result['others_percent']:.0f} % of the machine was " \
            "busy with other things"
    return "\n".join([about + ".", "", *goals_table(rows, result),
                      *modes_table(result["figures"]),
                      *full_table(result["figures"]),
                      *latency_table(result["figures"]),
                      *peers_table(result["figures"]), "",
                      *(f"![{title}]({file})" for title, file
                        in images.items())])


def replace(page, inside):
    """The page with another text between the two lines."""
    before, rest = page.split(BEGIN)
    return f"{before}{BEGIN}\n{inside}\n{END}{rest.split(END)[1]}"


def refresh(path, rows, result):
    images = plots.draw(path.parent / "results", result["figures"])
    images = {title: file.relative_to(path.parent)
              for title, file in images.items()}
    path.write_text(replace(path.read_text(), text(rows, result, images)))
