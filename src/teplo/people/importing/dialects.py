"""How a CSV file is written: its delimiter, a `sep=` line, rows wrapped whole in quotes, where the header stands."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from teplo.people.importing.headings import is_known_heading
from teplo.people.importing.shapes import Shape

DELIMITERS = (";", ",", "\t", "|")
_SAMPLE = 1 << 17
_LOOKED_AT = 200
_SEP = re.compile(r"\ufeff?\"?sep=(.)\"?[\r\n]*$", re.IGNORECASE)
_VALUE = re.compile(r"[^\s@]+@[^\s@]+\.\w+|[+'p:]*[\d\s().,:/€$₽₴%-]{3,}|https?://\S+|\d+|\d{4}-\d\d-\d\d.*")


def find_dialect(path: Path, shape: Shape) -> Shape:
    """The shape with its delimiter, whether a `sep=` line stands before all and whether rows are wrapped."""
    with path.open(encoding=shape.encoding, errors="replace", newline="") as file:
        sample = file.read(_SAMPLE)
        whole = not file.read(1)
    first_line = sample[:12].splitlines(keepends=True)[:1]
    if first_line and (told := _SEP.match(first_line[0])):
        return replace(shape, delimiter=told[1], skip_lines=1)
    lines = _lines(sample, whole)
    delimiter = max(DELIMITERS, key=lambda mark: _evenness(_rows(lines, mark)))
    if wrapped := _delimiter_inside(_rows(lines, delimiter), lines):
        return replace(shape, delimiter=wrapped, is_wrapped=True)
    return replace(shape, delimiter=delimiter)


def unwrap(cells: Sequence[str], delimiter: str) -> list[str]:
    """The cells of a row that stands whole in one pair of quotes; other rows as they are."""
    if not cells or any(cells[1:]) or delimiter not in cells[0]:
        return list(cells)
    return next(csv.reader([cells[0]], delimiter=delimiter), [])


def find_header(rows: Sequence[Sequence[str]]) -> int:
    """Which of the first rows is the header, counted from 0; -1 where the rows begin with data.

    The row with most known headings, else the first row as full as rows are that holds names rather than values.
    """
    best = max(range(min(len(rows), 25)), key=lambda at: (_headings(rows[at]), -at), default=-1)
    if best >= 0 and _headings(rows[best]) >= 2:
        return best
    usual = Counter(_filled(row) for row in rows).most_common(1)[0][0]
    for at, row in enumerate(rows[:25]):
        if _filled(row) >= max(1, min(usual, 0.8 * usual)):
            return (
                at if _headings(row) or not any(_VALUE.fullmatch(cell.strip()) for cell in row if cell.strip()) else -1
            )
    return 0


def _headings(row: Sequence[str]) -> int:
    return sum(1 for cell in row if cell.strip() and is_known_heading(cell))


def _filled(row: Sequence[str]) -> int:
    return sum(1 for cell in row if cell.strip())


def _lines(sample: str, whole: bool) -> list[str]:
    """Physical lines, without the last one where it may be cut."""
    lines = io.StringIO(sample, newline="").readlines()
    return lines if whole or len(lines) < 2 else lines[:-1]


def _rows(lines: Sequence[str], delimiter: str) -> list[list[str]]:
    rows: list[list[str]] = []
    reader = csv.reader(lines, delimiter=delimiter)
    try:
        for row in reader:
            if any(row):
                rows.append(row)
            if len(rows) >= _LOOKED_AT:
                break
    except csv.Error:
        return rows
    return rows


def _evenness(rows: Sequence[Sequence[str]]) -> tuple[float, int]:
    """How well a delimiter fits: the share of rows that have the usual number of cells (several), and that number."""
    widths = Counter(len(row) for row in rows)
    several = {width: count for width, count in widths.items() if width > 1}
    if not several:
        return (0.0, 1)
    width = max(several, key=lambda w: (several[w], w))
    share = several[width] / len(rows)
    return (round(share, 1) + min(width, 10) / 100, width)


def _delimiter_inside(rows: Sequence[Sequence[str]], lines: Sequence[str]) -> str | None:
    """The delimiter inside of rows that are wrapped (the whole row is one quoted cell), None where rows are not."""
    quoted = sum(1 for line in lines if line.startswith('"'))
    if not rows or quoted < 0.9 * len(rows) or sum(1 for r in rows if r[0] and not any(r[1:])) < 0.9 * len(rows):
        return None
    for inner in DELIMITERS:
        widths = [len(next(csv.reader([row[0]], delimiter=inner), [])) for row in rows]
        if widths[0] > 1 and widths.count(widths[0]) >= 0.9 * len(rows):
            return inner
    return None
