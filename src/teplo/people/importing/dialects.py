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
from teplo.people.importing.shaping import Shape

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
    return _cut(cells[0], delimiter)


def _cut(text: str, delimiter: str) -> list[str]:
    """The cells of a row that was one cell; the whole as one where it cannot be cut."""
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error:
        return [text]
    return rows[0] if len(rows) == 1 else [text]


def find_header(rows: Sequence[Sequence[str]]) -> int:
    """Which of the first rows is the header, counted from 0; -1 where the rows begin with data.

    The row with most known headings, else the first row as full as rows are that holds names rather than values.
    """
    before = next((at for at, row in enumerate(rows) if _filled(row)), 0)
    found = _header_among(rows[before : before + 25])
    return found + before if found >= 0 else -1


def _header_among(top: Sequence[Sequence[str]]) -> int:
    """The place of the header among the first rows, of which the very first is not empty."""
    known = [_headings(row) if _could_be_header(row) else 0 for row in top]
    most = max(known, default=0)
    if most >= 2:
        found = next(at for at, count in enumerate(known) if count >= max(2, 0.7 * most))
        full = _first_full(top)
        return full if full < found and known[found] < 4 and _could_be_header(top[full]) else found
    full = _first_full(top)
    is_header = known[full] > 0 or not any(_VALUE.fullmatch(cell.strip()) for cell in top[full] if cell.strip())
    return full if is_header else -1


def _first_full(rows: Sequence[Sequence[str]]) -> int:
    """The first row about as full as rows are: titles and empty rows stand before it."""
    usual = Counter(_filled(row) for row in rows if _filled(row)).most_common(1)[0][0]
    return next(at for at, row in enumerate(rows) if _filled(row) >= max(1, 0.8 * usual))


def _could_be_header(row: Sequence[str]) -> bool:
    """Whether hardly any cell of a row is an address, a number or a date."""
    values = sum(1 for cell in row if cell.strip() and _VALUE.fullmatch(cell.strip()))
    return values <= 0.2 * _filled(row)


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
        widths = [len(_cut(row[0], inner)) for row in rows]
        if widths[0] > 1 and widths.count(widths[0]) >= 0.9 * len(rows):
            return inner
    return None
