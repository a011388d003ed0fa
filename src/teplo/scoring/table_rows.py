"""The rows of a score table's file, within limits. Files are read in a confined child; it loads no Django."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from teplo.people.importing.encodings import find_encoding, looks_binary
from teplo.people.importing.shaping import NotATable

LARGEST = 5_000_000
"""Bytes of a file, characters of a text."""
MAX_ROWS = 5_000
MAX_COLUMNS = 60
LONGEST_CELL = 10_000

Row = tuple[int, list[str]]
"""The line it ends on, and its cells."""


def read_file(path: str) -> str:
    """Its text; raises NotATable."""
    file = Path(path)
    with file.open("rb") as opened:
        start = opened.read(4096)
    if looks_binary(start):
        raise NotATable("binary")
    if file.stat().st_size > LARGEST:
        raise NotATable("too-large", limit=LARGEST // 1_000_000)
    return file.read_text(encoding=find_encoding(file), errors="replace").removeprefix("\ufeff")


def rows_of_file(path: str) -> Iterator[list[Row] | str]:
    """The beginning of its text, and its rows; raises NotATable."""
    text = read_file(path)
    yield text[:4096]
    yield list(rows_of_text(text))


def rows_of_text(text: str) -> Iterator[Row]:
    """Rows that say something; raises NotATable with the line where it is over a limit."""
    if len(text) > LARGEST:
        raise NotATable("too-large", limit=LARGEST // 1_000_000)
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(";\t,|", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    before = count = 0
    try:
        for cells in reader:
            number, before = before + 1, reader.line_num
            if not any(cell.strip() for cell in cells) or cells[0].lstrip().startswith("#"):
                continue
            count += 1
            _check(number, cells, count)
            yield number, [cell.strip() for cell in cells]
    except csv.Error as error:
        if "field limit" in str(error):  # often a quotation mark that was never closed
            raise NotATable("cell-too-long", line=before + 1, limit=LONGEST_CELL) from error
        raise NotATable("no-cells", line=before + 1) from error


def _check(number: int, cells: list[str], count: int) -> None:
    if count > MAX_ROWS:
        raise NotATable("too-many-rows", line=number, limit=MAX_ROWS)
    if len(cells) > MAX_COLUMNS:
        raise NotATable("too-wide", line=number, limit=MAX_COLUMNS)
    if max(map(len, cells)) > LONGEST_CELL:
        raise NotATable("cell-too-long", line=number, limit=LONGEST_CELL)
