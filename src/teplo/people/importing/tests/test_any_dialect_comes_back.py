from __future__ import annotations

import csv
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from teplo.kit.testing import examples
from teplo.people.importing.inspecting import find_shape
from teplo.people.importing.opening import data_rows as read_rows
from teplo.people.importing.opening import headers_of as read_headers

WORDS = (
    "Ольга", "Иван Петров", "Київ", "ООО «Ромашка»", "да", "10 000", "o'Neil", "Straße 5", "5,5", "а; б, в",
    'сказал "да"', "две\nстроки", "", "-",
)  # fmt: skip
HEADERS = ("Имя", "Телефон", "E-mail", "Город", "Компания")


@st.composite
def tables(draw: st.DrawFn) -> list[list[str]]:
    width = draw(st.integers(2, 5))
    cell = st.one_of(st.sampled_from(WORDS), st.text("абвгдеёжзіїєabc ;,\t|\"'\n", max_size=12))
    rows = draw(st.lists(st.lists(cell, min_size=width, max_size=width), min_size=1, max_size=12))
    # A first cell that cannot be empty keeps the row from being an empty one.
    return [[f"Человек {number}", *row[1:]] for number, row in enumerate(rows)]


@settings(max_examples=examples(150), deadline=None)
@given(
    rows=tables(),
    delimiter=st.sampled_from(";,\t|"),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    ending=st.sampled_from(["\n", "\r\n"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1251"]),
)
def test_a_table_written_in_any_dialect_is_read_as_it_was(
    rows: list[list[str]], delimiter: str, quoting: int, ending: str, encoding: str
) -> None:
    rows = [[cell.encode(encoding, "ignore").decode(encoding) for cell in row] for row in rows]
    headers = list(HEADERS[: len(rows[0])])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.csv"
        with path.open("w", encoding=encoding, newline="") as file:
            writer = csv.writer(file, delimiter=delimiter, quoting=quoting, lineterminator=ending)  # type: ignore[arg-type]
            writer.writerows([headers, *rows])
        shape = find_shape(path)
        assert (shape.delimiter, shape.header_row) == (delimiter, 0)
        assert read_headers(path, shape) == headers
        assert [cells for _, cells in read_rows(path, shape)] == rows
