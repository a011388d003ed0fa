"""The rows of any file that can be imported, one after another: nothing is ever wholly in memory but one row."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from teplo.people.importing.dialects import unwrap
from teplo.people.importing.pages import page_rows
from teplo.people.importing.shapes import FileRefused, Shape
from teplo.people.importing.sheets import SheetUnreadable, is_large, sheet_rows, stated_rows

LONGEST_CELL = 200_000
csv.field_size_limit(LONGEST_CELL)

NumberedRow = tuple[int, list[str]]
"""The row's number as a spreadsheet shows it (from 1, the header counted) and its cells."""


def read_rows(path: Path, shape: Shape, *, after: int = 0) -> Iterator[NumberedRow]:
    """The data rows that are not empty, those with a number above `after` only. A row that cannot be cut into cells
    (a quote that is never closed) comes as one with no cells."""
    first = max(after, shape.header_row + 1)
    for number, cells in enumerate(_all_rows(path, shape), start=1):
        if number > first and (not cells or "".join(cells).strip()):
            yield number, cells


def first_rows(path: Path, shape: Shape, *, limit: int) -> list[NumberedRow]:
    """The first data rows that are not empty."""
    return list(islice(read_rows(path, shape), limit))


def top_rows(path: Path, shape: Shape, *, limit: int) -> list[list[str]]:
    """The first rows as they stand, the header and empty ones among them."""
    return list(islice(_all_rows(path, shape), limit))


def read_headers(path: Path, shape: Shape) -> list[str]:
    """The header as written; empty texts where there is none."""
    if shape.header_row < 0:
        widest = max((len(cells) for _, cells in first_rows(path, shape, limit=50)), default=0)
        return [""] * widest
    return [cell.strip().lstrip("\ufeff") for cell in next(islice(_all_rows(path, shape), shape.header_row, None), [])]


def count_rows(path: Path, shape: Shape) -> int | None:
    """How many rows `read_rows` will give; of very large spreadsheets what they say themselves, None if they do not."""
    if is_large(path, shape.format):
        stated = stated_rows(path, shape.sheet)
        return None if stated is None else max(0, stated - shape.header_row - 1)
    return sum(1 for _ in read_rows(path, shape))


def _all_rows(path: Path, shape: Shape) -> Iterator[list[str]]:
    try:
        if shape.format in ("xlsx", "sheets"):
            yield from sheet_rows(path, shape.format, shape.sheet)
        elif shape.format == "html":
            yield from page_rows(path, shape.encoding)
        else:
            yield from _csv_rows(path, shape)
    except SheetUnreadable as error:
        raise FileRefused("sheet") from error
    except FileNotFoundError as error:
        raise FileRefused("gone") from error


def _csv_rows(path: Path, shape: Shape) -> Iterator[list[str]]:
    encoding = "utf-8-sig" if shape.encoding == "utf-8" else shape.encoding
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        for _ in range(shape.skip_lines):
            file.readline()
        # A zero cannot be stored by PostgreSQL; broken exports have them.
        lines = (line.replace("\0", "") if "\0" in line else line for line in file)
        reader = csv.reader(lines, delimiter=shape.delimiter or ",")
        while True:
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error:
                yield []
                continue
            yield (unwrap(cells, shape.delimiter) if shape.is_wrapped else cells) or [""]
