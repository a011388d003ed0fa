"""Lines of a text file cut into rows, so that one wrong quote costs one row and never the rest of the file.

A quoted cell may hold line ends, delimiters and lines that look like rows. But a quote that is opened and never closed
would swallow what follows, up to the next quote or the end of the file. So a row of several lines is believed if it
closes properly, unless its lines would be rows of their own from the first to the last: as wide as rows are here, with
an e-mail or digits where the others have them, in quotes where the others are. Then two quotes that belong to nobody
have met, and the line is read by itself with its quotes as they stand; where that gives no row either, this one line is
refused.
"""

from __future__ import annotations

import csv
import re
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TextIO

from teplo.people.importing.bounds import LONGEST_CELL, LONGEST_LINE, MAX_INSIDE, UnreadableRow

csv.field_size_limit(LONGEST_LINE + 1)
_LOOKED_AT = 200
_MOST = 0.8
_MARKS = (
    re.compile(r"\s*\"?[^\s@;,]+@[^\s@;,]+\.[^\s@;,]+\"?\s*"),
    re.compile(r"[\s\"+()\d./:-]*\d[\s\"+()\d./:-]*"),
)
"""What an e-mail and what digits look like, in quotes or not."""
_BLANK = re.compile(" *")
_TOO_LONG = "\0too long"


class Lines:
    """The lines of a text, one after another, with a way back. `taken` counts them, `since` are those of this row, of
    which `limit` may be taken."""

    def __init__(self, file: TextIO) -> None:
        self.file = file
        self.taken = 0
        self.limit = 0
        self.back: deque[str] = deque()
        self.since: list[str] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self.limit and len(self.since) >= self.limit:
            raise StopIteration
        line = self.back.popleft() if self.back else self._read()
        self.taken += 1
        self.since.append(line)
        return line

    def _read(self) -> str:
        line = self.file.readline(LONGEST_LINE)
        if not line:
            raise StopIteration
        if len(line) >= LONGEST_LINE and not line.endswith(("\n", "\r")):
            while (more := self.file.readline(LONGEST_LINE)) and not more.endswith(("\n", "\r")):
                pass
            return _TOO_LONG
        # A zero cannot be stored by PostgreSQL; broken exports have them.
        return line.replace("\0", "") if "\0" in line else line

    def give_back(self, keep: int) -> None:
        """Take back all lines of this row but the first `keep`."""
        given = self.since[keep:]
        self.back.extendleft(reversed(given))
        self.taken -= len(given)
        del self.since[keep:]

    def look_ahead(self, count: int) -> list[str]:
        """The coming lines, which stay where they are."""
        seen = list(islice(self, count))
        self.since.clear()
        self.taken -= len(seen)
        self.back.extendleft(reversed(seen))
        return seen


class Cutter:
    """Rows of a text with a delimiter; `lines.taken` says how many lines they have cost so far."""

    def __init__(self, file: TextIO, delimiter: str) -> None:
        self.lines = Lines(file)
        self.delimiter = delimiter
        self.split = re.compile(rf'"(?=\s*(?:{re.escape(delimiter)}|[\r\n]*$))')
        looked = self.lines.look_ahead(_LOOKED_AT)
        self.width, self.marks = self._usual(looked)
        self.quoted = self._always_quoted(looked)

    def rows(self) -> Iterator[list[str]]:
        """Every row, empty ones too; one that cannot be cut is an UnreadableRow."""
        lines = self.lines
        while True:
            # One reader as long as all goes well: it is written in C, and most files have no flaw.
            lines.limit = MAX_INSIDE
            reader = csv.reader(lines, delimiter=self.delimiter, strict=True)
            while True:
                lines.since.clear()
                try:
                    cells = next(reader, None)
                except csv.Error:
                    yield self._mend()
                    break
                if cells is None:
                    return
                count = len(lines.since)
                if count > 1 and not self._is_one(cells, lines.since):
                    yield self._mend()
                    break
                if count == 1 and lines.since[0] is _TOO_LONG:
                    yield UnreadableRow("line-too-long", {"line": lines.taken})
                    continue
                yield cells or [""]

    def _mend(self) -> list[str]:
        """The first line of what could not be read, by itself."""
        lines = self.lines
        number = lines.taken - len(lines.since) + 1
        lines.give_back(1)
        line = lines.since[0]
        if line is _TOO_LONG:
            return UnreadableRow("line-too-long", {"line": number})
        cells = self.cut(line)
        return UnreadableRow("row-unreadable", {"line": number}, line.rstrip("\r\n")) if cells is None else cells

    def cut(self, line: str) -> list[str] | None:
        """The cells of one line whose quotes do not match; None where they cannot be told."""
        text = line.rstrip("\r\n")
        tolerant, is_bare = self._tolerantly(text)
        if len(tolerant) == self.width:
            return tolerant
        plain = [_without_lone_quote(cell) for cell in text.split(self.delimiter)]
        if len(plain) == self.width:
            return plain
        return tolerant if len(tolerant) < self.width and not is_bare else None

    def _tolerantly(self, text: str) -> tuple[list[str], bool]:
        """Cells where a quote closes only before a delimiter, and one that never closes is a mere character; and
        whether there was such a one."""
        cells, place, is_bare, may_close = [], 0, False, True
        while place <= len(text):
            start = _BLANK.match(text, place).end()  # type: ignore[union-attr]  # it matches nothing, too
            end = self.split.search(text, start + 1) if may_close and text[start : start + 1] == '"' else None
            if end is not None:
                cells.append(text[start + 1 : end.start()].replace('""', '"'))
                after = text.find(self.delimiter, end.end())
            else:
                after = text.find(self.delimiter, place)
                cell = text[place:] if after < 0 else text[place:after]
                if text[start : start + 1] == '"' and cell.lstrip(" ").startswith('"'):
                    is_bare, may_close = True, False  # nor will any later one
                cells.append(_without_lone_quote(cell))
            if after < 0:
                break
            place = after + len(self.delimiter)
        return cells, is_bare

    def _is_one(self, cells: Sequence[str], lines: Sequence[str]) -> bool:
        """Whether these lines are one row with line ends in its cells, not several that a quote has swallowed."""
        if max(map(len, cells)) > LONGEST_CELL:
            return False
        if len(cells) != self.width and (self.width > 1 or len(cells) > 1):
            # A row that is short or long by itself: believed if nothing as wide as a row was swallowed.
            return not any(len(self._alone(line)) == self.width for line in lines[1:])
        if not (self._could_be_row(lines[0]) and self._could_be_row(lines[-1])):
            return True
        within = [line for line in lines if line.strip()]
        return sum(map(self._could_be_row, within)) < _MOST * len(within)

    def _alone(self, line: str) -> list[str]:
        """The cells of a line by itself."""
        text = line.rstrip("\r\n")
        cells = text.split(self.delimiter)
        return self._tolerantly(text)[0] if len(cells) != self.width and '"' in text else cells

    def _could_be_row(self, line: str) -> bool:
        """Whether a line is as wide as a row, quoted as rows are, and has at least half of the marks of one."""
        cells = line.rstrip("\r\n").split(self.delimiter)
        if len(cells) != self.width:
            return False
        if 2 * sum('"' in cells[place] for place in self.quoted) < len(self.quoted):
            return False
        filled = [(mark, cells[place]) for place, mark in self.marks if cells[place].strip()]
        return 0 < len(filled) <= 2 * sum(bool(mark.fullmatch(cell)) for mark, cell in filled)

    def _usual(self, lines: Sequence[str]) -> tuple[int, list[tuple[int, re.Pattern[str]]]]:
        """How wide rows are, and the columns whose values look alike (e-mails, digits) by which a row is known."""
        alone = self._believed(lines)
        widths = Counter(len(row) for row in alone)
        if not widths:
            return 1, []
        width = max(widths, key=lambda w: (widths[w] * (w > 1), widths[w], w))
        rows = [row for row in alone if len(row) == width]
        marks = []
        for place in range(min(width, 200)):
            values = [row[place] for row in rows if row[place].strip()]
            for mark in _MARKS:
                if len(values) >= 3 and sum(bool(mark.fullmatch(value)) for value in values) >= 0.6 * len(values):
                    marks.append((place, mark))
                    break
        return width, marks

    def _always_quoted(self, lines: Sequence[str]) -> list[int]:
        """The columns whose cells stand in quotes, whatever is in them."""
        rows = [line.rstrip("\r\n").split(self.delimiter) for line in lines]
        rows = [cells for cells in rows if len(cells) == self.width]
        if len(rows) < 3:
            return []
        return [place for place in range(self.width) if sum('"' in row[place] for row in rows) >= _MOST * len(rows)]

    def _believed(self, lines: Sequence[str]) -> list[list[str]]:
        """The rows of these lines as they are if all quotes are right, without those lines that say they are not."""
        rows: list[list[str]] = []
        start = 0
        while start < len(lines):
            reader = csv.reader(lines[start:], delimiter=self.delimiter, strict=True)
            try:
                for cells in reader:
                    if any(cells):
                        rows.append(cells)
                return rows
            except csv.Error:
                # The reader may have taken several lines for the one that was wrong.
                start += max(1, self._first_of(lines[start:], reader.line_num))
        return rows

    def _first_of(self, lines: Sequence[str], taken: int) -> int:
        """How many lines stood before the row at which a reader failed, with that row's first line."""
        reader = csv.reader(lines, delimiter=self.delimiter, strict=True)
        before = 0
        try:
            for _cells in reader:
                before = reader.line_num
        except csv.Error:
            return before + 1
        return taken


def _without_lone_quote(cell: str) -> str:
    """A cell without the quote that nobody closed or opened."""
    text = cell.strip()
    if len(text) > 1 and text[0] == text[-1] == '"':
        return text[1:-1].replace('""', '"')
    if text.count('"') == 1 and (text[0] == '"' or text[-1] == '"'):
        return text.strip('"').strip()
    return cell
