"""Web pages that hold a table: what many systems hand out as ".xls" or ".csv". Read in pieces."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

_CHUNK = 1 << 16
_LINES = {"br", "p", "div", "li"}


class _Tables(HTMLParser):
    """Collects the rows of all tables with at least two columns; a table in a cell is text of that cell."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.rows: list[list[str]] = []
        self._row: list[str] = []
        self._cell: list[str] | None = None
        self._depth = 0
        self._span = 1

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self._depth += 1
        elif self._depth != 1:
            return
        elif tag == "tr":
            self._end_row()
        elif tag in ("td", "th"):
            self._end_cell()
            self._cell = []
            span = dict(attrs).get("colspan") or "1"
            self._span = min(int(span), 100) if span.isdigit() else 1
        elif tag in _LINES and self._cell:
            self._cell.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == "table":
            self._depth -= 1
            if self._depth == 0:
                self._end_row()
        elif self._depth == 1 and tag in ("td", "th"):
            self._end_cell()
        elif self._depth == 1 and tag == "tr":
            self._end_row()

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell.append(data)

    def _end_cell(self) -> None:
        if self._cell is not None:
            lines = "".join(self._cell).replace("\xa0", " ").split("\n")
            self._row += ["\n".join(line for line in map(str.strip, lines) if line)] + [""] * (self._span - 1)
            self._cell = None

    def _end_row(self) -> None:
        self._end_cell()
        if len(self._row) >= 2:
            self.rows.append(self._row)
        self._row = []


def page_rows(path: Path, encoding: str) -> Iterator[list[str]]:
    """The table rows of a page."""
    tables = _Tables()
    with path.open(encoding=encoding, errors="replace") as file:
        while chunk := file.read(_CHUNK):
            tables.feed(chunk)
            yield from tables.rows
            tables.rows = []
    tables.close()
    yield from tables.rows
