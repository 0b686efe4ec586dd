# SPDX-License-Identifier: BSD-3-Clause
"""Faults and floods beside honest mail, and a table of what they cost.

    command.py    the command tests/weather
    row.py        what a row is, and the list of all rows
    site.py       the mail site that the weather comes to
    load.py       the honest mail, and what became of it
    table.py      the table: lines, JSON, and the page

The other files are rows.  A new row is a function: see row.py.
"""
