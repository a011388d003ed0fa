"""What a file is: its format by content (never by name), encoding, delimiter, sheet, and where its header stands.

Runs in a confined child; `tables.look` is the way to it.
"""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from teplo.people.importing import dialects, sheets
from teplo.people.importing.bounds import MAX_PARTS, MAX_RATIO, MAX_UNPACKED
from teplo.people.importing.encodings import find_encoding, looks_binary
from teplo.people.importing.opening import top_rows_of
from teplo.people.importing.shaping import NotATable, Shape
from teplo.people.importing.vcards import is_vcard

_SAMPLE = 1 << 16
_ROWS = 200
"""Rows looked at to find the header."""


def find_shape(path: Path, *, by_row: bool = False) -> Shape:
    """The shape of a file; raises NotATable with the reason where it is no table. `by_row`: spreadsheets so."""
    if not path.exists():
        raise NotATable("gone")
    with path.open("rb") as file:
        start = file.read(_SAMPLE)
    if not start.strip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n"):
        raise NotATable("empty")
    kind = _kind_by_content(path, start)
    if kind in ("xlsx", "sheets"):
        return _with_header(path, _sheet_shape(path, kind, by_row=by_row))
    encoding = find_encoding(path)
    if is_vcard(start.decode(encoding, errors="replace")):
        return Shape("vcard", encoding=encoding)
    if kind == "html" or _is_html(start.decode(encoding, errors="replace")):
        return _with_header(path, Shape("html", encoding=encoding))
    return _with_header(path, dialects.find_dialect(path, Shape("csv", encoding=encoding)))


def reshape(path: Path, shape: Shape, **changes: Any) -> Shape:
    """The shape with a human's corrections; what follows from them is found anew unless said."""
    changed = replace(shape, **changes)
    if changed.format == "csv" and "encoding" in changes and "delimiter" not in changes:
        changed = dialects.find_dialect(path, replace(changed, delimiter=""))
    return changed if "header_row" in changes else _with_header(path, changed)


def _kind_by_content(path: Path, start: bytes) -> str:
    if start.startswith(b"PK\x03\x04"):
        return _kind_of_zip(path)
    if start.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return "sheets"
    for mark, code in ((b"%PDF", "pdf"), (b"\x1f\x8b", "archive"), (b"Rar!", "archive"), (b"7z\xbc\xaf", "archive")):
        if start.startswith(mark):
            raise NotATable(code)
    if looks_binary(start):
        raise NotATable("binary")
    if start.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[") and b'":' in start:
        raise NotATable("json")
    return "text"


def _kind_of_zip(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            unpacked = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError, OSError) as error:
        raise NotATable("sheet") from error
    if unpacked > min(MAX_UNPACKED, max(500_000_000, MAX_RATIO * path.stat().st_size)) or len(names) > MAX_PARTS:
        raise NotATable("bomb")
    if "xl/workbook.xml" in names:
        return "xlsx"
    if "xl/workbook.bin" in names or "content.xml" in names:
        return "sheets"
    raise NotATable("archive")


def _sheet_shape(path: Path, kind: str, *, by_row: bool) -> Shape:
    try:
        shape = Shape(kind, by_row=kind == "xlsx" and (by_row or sheets.is_large(path)))
        names = sheets.sheet_names(path, shape)
        shape = replace(shape, sheets=tuple(names))
        return replace(shape, sheet=sheets.first_filled(path, shape))
    except sheets.SheetUnreadable as error:
        raise NotATable("sheet") from error


def _is_html(text: str) -> bool:
    start = text.lstrip("\ufeff \t\r\n")[:2000].lower()
    return start.startswith(("<!doctype html", "<html", "<table", "<head", "<meta", "<style")) or (
        start.startswith("<?xml") and "<html" in start
    )


def _with_header(path: Path, shape: Shape) -> Shape:
    rows = top_rows_of(path, shape, limit=_ROWS)
    if not any("".join(cells).strip() for cells in rows):
        raise NotATable("page" if shape.format == "html" else "empty")
    return replace(shape, header_row=dialects.find_header(rows))
