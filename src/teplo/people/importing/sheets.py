"""Spreadsheets: XLSX row by row with openpyxl (memory flat), older and other ones with calamine (they are small)."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import python_calamine


class SheetUnreadable(Exception):
    """The spreadsheet is damaged, encrypted or of no known kind."""


def sheet_names(path: Path, kind: str) -> list[str]:
    """The sheets of a file, visible ones first; `kind` is xlsx or sheets (xls, xlsb, ods)."""
    if kind == "xlsx":
        with _workbook(path) as book:
            return [sheet.title for sheet in sorted(book.worksheets, key=lambda s: s.sheet_state != "visible")]
    with _readable(), path.open("rb") as file:
        return list(python_calamine.CalamineWorkbook.from_filelike(file).sheet_names)


def first_filled(path: Path, kind: str, names: list[str]) -> str:
    """The first sheet that has anything in it."""
    for name in names:
        if any(any(cells) for cells, _ in zip(sheet_rows(path, kind, name), range(50), strict=False)):
            return name
    return names[0] if names else ""


def sheet_rows(path: Path, kind: str, name: str) -> Iterator[list[str]]:
    """The rows of a sheet as texts: dates in ISO form, whole numbers without a point."""
    if kind == "xlsx":
        with _workbook(path) as book:
            if name not in book.sheetnames:
                return
            sheet = book[name]
            if hasattr(sheet, "reset_dimensions"):
                sheet.reset_dimensions()  # many writers state a wrong size
            rows = sheet.iter_rows(values_only=True)
            while (row := _next(rows)) is not None:
                yield [_text(value) for value in row]
        return
    with _readable(), path.open("rb") as file:
        whole = python_calamine.CalamineWorkbook.from_filelike(file).get_sheet_by_name(name).to_python()
    for row in whole:
        yield [_text(value) for value in row]


def _next(rows: Iterator[Any]) -> Any:
    with _readable(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return next(rows, None)


@contextmanager
def _workbook(path: Path) -> Iterator[Any]:
    with path.open("rb") as file:  # by a name it would want to end in .xlsx
        with _readable(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # unknown extensions, missing default styles: nothing to us
            book = openpyxl.load_workbook(file, read_only=True, data_only=True)
        try:
            yield book
        finally:
            book.close()


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except (GeneratorExit, KeyboardInterrupt):
        raise
    except Exception as error:  # both libraries let errors of zip, XML and of their own through
        raise SheetUnreadable(type(error).__name__) from error


def _text(value: object) -> str:
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
