"""A file opened and cut into rows, whatever its kind. Runs in a confined child; `tables.py` is the way to it.

Nothing is ever wholly in memory but one row (calamine holds a sheet, within the child's limit).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from teplo.people.importing.bounds import LONGEST_CELL, LONGEST_ROW, MAX_COLUMNS, MAX_ROWS, UnreadableRow
from teplo.people.importing.cutting import Cutter
from teplo.people.importing.dialects import unwrap
from teplo.people.importing.pages import page_rows
from teplo.people.importing.shaping import NotATable, Shape
from teplo.people.importing.sheets import SheetUnreadable, column_name, sheet_rows
from teplo.people.importing.vcards import HEADINGS, card_rows


def all_rows(path: Path, shape: Shape, *, spans: list[int] | None = None) -> Iterator[list[str]]:
    """Every row as it stands, empty ones and the header too; `spans` gets how many lines the last took."""
    try:
        if shape.format in ("xlsx", "sheets"):
            yield from sheet_rows(path, shape)
        elif shape.format == "html":
            yield from page_rows(path, shape.encoding)
        elif shape.format == "vcard":
            yield list(HEADINGS)
            yield from card_rows(path, shape.encoding)
        else:
            yield from _csv_rows(path, shape, spans)
    except SheetUnreadable as error:
        raise NotATable("sheet") from error
    except FileNotFoundError as error:
        raise NotATable("gone") from error


def _csv_rows(path: Path, shape: Shape, spans: list[int] | None) -> Iterator[list[str]]:
    encoding = "utf-8-sig" if shape.encoding == "utf-8" else shape.encoding
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        for _ in range(shape.skip_lines):
            file.readline()
        cutter = Cutter(file, shape.delimiter or ",")
        before = 0
        for cells in cutter.rows():
            if spans is not None:
                spans[0], before = cutter.lines.taken - before, cutter.lines.taken
            yield unwrap(cells, shape.delimiter) if shape.is_wrapped and cells else cells


def bounded(number: int, cells: list[str]) -> list[str]:
    """The row, or why it is too large to be taken."""
    if len(cells) > MAX_COLUMNS:
        last = next(place for place in range(len(cells), 0, -1) if cells[place - 1].strip() or place == 1)
        if last > MAX_COLUMNS:
            return UnreadableRow("too-wide", {"place": f"{column_name(last)}{number}", "limit": MAX_COLUMNS})
        cells = cells[:last]
    if max(map(len, cells), default=0) > LONGEST_CELL:
        place = next(at for at, cell in enumerate(cells, start=1) if len(cell) > LONGEST_CELL)
        return UnreadableRow("cell-too-long", {"place": f"{column_name(place)}{number}", "limit": LONGEST_CELL})
    if sum(map(len, cells)) > LONGEST_ROW:
        return UnreadableRow("row-too-long", {"limit": LONGEST_ROW})
    return cells


def data_rows(path: Path, shape: Shape, *, after: int = 0) -> Iterator[tuple[int, list[str]]]:
    """The data rows that are not empty, with their numbers; those above `after` only."""
    first = max(after, shape.header_row + 1)
    for number, cells in enumerate(all_rows(path, shape), start=1):
        if number > MAX_ROWS:
            raise NotATable("too-many-rows", limit=MAX_ROWS)
        if number > first and (not cells or "".join(cells).strip()):
            yield number, bounded(number, cells)


def headers_of(path: Path, shape: Shape) -> list[str]:
    """The header as written; empty texts where there is none."""
    if shape.header_row < 0:
        widest = max((len(cells) for _, cells in islice(data_rows(path, shape), 50)), default=0)
        return [""] * widest
    header = next(islice(all_rows(path, shape), shape.header_row, None), [])
    header = bounded(shape.header_row + 1, header)
    if isinstance(header, UnreadableRow) and header.reason == "too-wide":
        raise NotATable("too-wide", **header.params)
    return [cell.strip().lstrip("\ufeff") for cell in header]


def top_rows_of(path: Path, shape: Shape, *, limit: int) -> list[list[str]]:
    """The first rows as they stand, the header and empty ones among them."""
    top = [bounded(number, cells) for number, cells in enumerate(islice(all_rows(path, shape), limit), start=1)]
    wide = [cells for cells in top if isinstance(cells, UnreadableRow) and cells.reason == "too-wide"]
    if wide and 2 * len(wide) >= len(top):
        raise NotATable("too-wide", **wide[0].params)
    return top
