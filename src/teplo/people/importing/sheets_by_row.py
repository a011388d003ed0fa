"""Spreadsheets row by row, with openpyxl: slow, but gaps of a million rows or sixteen thousand columns cost nothing.

The module answers all that `answering` does: it is what a confined child is asked where a sheet must be read so.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from teplo.kit.spreadsheets import load_workbook
from teplo.people.importing import answering
from teplo.people.importing.sheets import cell_text, lend_by_row, readable


def _names(path: Path) -> list[str]:
    with _workbook(path) as book:
        return [sheet.title for sheet in sorted(book.worksheets, key=lambda s: s.sheet_state != "visible")]


def _rows(path: Path, name: str) -> Iterator[list[str]]:
    with _workbook(path) as book:
        if name not in book.sheetnames:
            return
        sheet = book[name]
        if hasattr(sheet, "reset_dimensions"):
            sheet.reset_dimensions()  # many writers state a wrong size
        with readable():
            for row in sheet.iter_rows(values_only=True):
                yield [cell_text(value) for value in row] if row else [""]


@contextmanager
def _workbook(path: Path) -> Iterator[Any]:
    warnings.simplefilter("ignore")  # unknown extensions, missing default styles: nothing to us
    with path.open("rb") as file:  # by a name it would want to end in .xlsx
        with readable():
            book = load_workbook(file, read_only=True, data_only=True)
        try:
            yield book
        finally:
            book.close()


lend_by_row(_names, _rows)
look, look_again, head, top, rows, survey = (
    answering.look, answering.look_again, answering.head, answering.top, answering.rows, answering.survey,
)  # fmt: skip
