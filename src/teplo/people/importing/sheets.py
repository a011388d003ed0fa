"""Spreadsheets: with calamine, which is fast but holds the sheet in memory; very large ones, and those with wide gaps,
row by row with openpyxl (`sheets_by_row.py`).

Measured on 100,000 rows of 10 cells (65 MB of XML): calamine 0.8 s and 80 MB, openpyxl 14 s and memory flat.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path

import python_calamine

from teplo.people.importing.shaping import NotATable, Shape

NamesByRow = Callable[[Path], list[str]]
RowsByRow = Callable[[Path, str], Iterator[list[str]]]

_SMALL = 120_000_000  # bytes of XML inside


_lent: list[tuple[NamesByRow, RowsByRow]] = []


class SheetUnreadable(Exception):
    """The spreadsheet is damaged, encrypted or of no known kind."""


def lend_by_row(names: NamesByRow, rows: RowsByRow) -> None:
    """Let sheets be read row by row too: by `sheets_by_row`, whose library takes long to load."""
    _lent.append((names, rows))


def _by_row() -> tuple[NamesByRow, RowsByRow]:
    if not _lent:
        raise NotATable("by-row")
    return _lent[0]


def sheet_names(path: Path, shape: Shape) -> list[str]:
    """The sheets of a file, visible ones first."""
    if shape.by_row:
        return _by_row()[0](path)
    with readable(), path.open("rb") as file:
        sheets = python_calamine.CalamineWorkbook.from_filelike(file).sheets_metadata
    visible = python_calamine.SheetVisibleEnum.Visible
    return [sheet.name for sheet in sorted(sheets, key=lambda sheet: sheet.visible != visible)]


def first_filled(path: Path, shape: Shape) -> str:
    """The first sheet that has anything in it."""
    for name in shape.sheets:
        rows = sheet_rows(path, replace(shape, sheet=name))
        if any(any(cells) for cells in islice(rows, 50)):
            return name
    return shape.sheets[0] if shape.sheets else ""


def sheet_rows(path: Path, shape: Shape) -> Iterator[list[str]]:
    """The rows of a sheet as texts: dates in ISO form, whole numbers without a point."""
    if shape.by_row:
        yield from _by_row()[1](path, shape.sheet)
        return
    with readable(), path.open("rb") as file:
        sheet = python_calamine.CalamineWorkbook.from_filelike(file).get_sheet_by_name(shape.sheet)
        before = [""] * (sheet.start[1] if sheet.start else 0)  # columns before the first filled one are not given
        rows = sheet.iter_rows()
    for row in rows:
        yield before + [cell_text(value) for value in row] or [""]


def is_large(path: Path) -> bool:
    """Whether an xlsx is read row by row rather than at once."""
    with zipfile.ZipFile(path) as archive:
        return sum(entry.file_size for entry in archive.infolist() if entry.filename.startswith("xl/")) > _SMALL


def column_name(number: int) -> str:
    """What a spreadsheet calls a column, counted from 1: A, Z, AA, XFD."""
    name = ""
    while number:
        number, rest = divmod(number - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


@contextmanager
def readable() -> Iterator[None]:
    """Turns whatever the libraries raise over a damaged file into SheetUnreadable."""
    try:
        yield
    except (GeneratorExit, KeyboardInterrupt, MemoryError):
        raise
    except Exception as error:  # both libraries let errors of zip, XML and of their own through
        raise SheetUnreadable(type(error).__name__) from error


def cell_text(value: object) -> str:
    """A cell as text: dates in ISO form, whole numbers without a point."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value.replace("\0", "")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time(0) else value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    return str(value)
