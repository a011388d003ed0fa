from __future__ import annotations

import io
import tempfile
from contextlib import suppress
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from teplo.kit.testing import examples
from teplo.people.importing.guessing import guess_mapping
from teplo.people.importing.inspecting import find_shape
from teplo.people.importing.opening import data_rows as read_rows
from teplo.people.importing.opening import headers_of as read_headers
from teplo.people.importing.shaping import NotATable


def look_at(content: bytes) -> None:
    """What an upload does, up to the mapping: either an answer or a refusal, never anything else."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        path.write_bytes(content)
        with suppress(NotATable):
            shape = find_shape(path)
            headers = read_headers(path, shape)
            rows = [cells for _, cells in read_rows(path, shape)]
            guess_mapping(headers, rows)


def spreadsheet() -> bytes:
    out = io.BytesIO()
    book = openpyxl.Workbook()
    for number in range(20):
        book.active.append([f"Имя {number}", number, None])
    book.save(out)
    return out.getvalue()


SPREADSHEET = spreadsheet()


@settings(max_examples=examples(300), deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_answered_or_refused(content: bytes) -> None:
    look_at(content)


@settings(max_examples=examples(300), deadline=None)
@given(st.text("абв;,\t|\"'\n\r@.0123456789<>/tableda ", max_size=300), st.sampled_from(["utf-8", "utf-16", "cp1251"]))
def test_any_text_is_answered_or_refused(text: str, encoding: str) -> None:
    look_at(text.encode(encoding))


@settings(max_examples=examples(60), deadline=None)
@given(st.integers(0, len(SPREADSHEET) - 1), st.integers(0, 255), st.booleans())
def test_a_damaged_spreadsheet_is_answered_or_refused(place: int, byte: int, is_cut: bool) -> None:
    look_at(SPREADSHEET[:place] if is_cut else SPREADSHEET[:place] + bytes([byte]) + SPREADSHEET[place + 1 :])


@pytest.mark.parametrize(
    "content", [b"<table><tr><td>", b"<html><table><tr><td>a<td>b</table>", b'"', b"sep=", b"sep=;\n"]
)
def test_beginnings_of_files_are_answered_or_refused(content: bytes) -> None:
    look_at(content)
