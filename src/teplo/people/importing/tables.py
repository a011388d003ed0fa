"""The rows of any file that can be imported, read in a confined child process: whatever a stranger's file does to its
reader, this process only hears what came out, or that nothing did.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from teplo.kit.confined.asking import MEMORY, TIME, Overran, Refused, answer_of, stream
from teplo.kit.confined.limits import MEMORY_MB, Limits
from teplo.people.importing.bounds import UnreadableRow
from teplo.people.importing.shapes import FileRefused
from teplo.people.importing.shaping import Shape

NumberedRow = tuple[int, list[str]]
"""The row's number as a spreadsheet shows it (from 1, the header counted) and its cells."""

_CHILD = "teplo.people.importing.answering"
_CHILD_BY_ROW = "teplo.people.importing.sheets_by_row"
_PK = b"PK\x03\x04"
_UNPACKS_TO = 20
"""Times its size: supposed, as what a stranger's file says of itself is read in the child only."""
SAMPLES = 300


@dataclass(frozen=True, slots=True)
class Looked:
    """What a file is, its header as written, and its first data rows."""

    shape: Shape
    headers: list[str]
    rows: list[NumberedRow]


@dataclass(frozen=True, slots=True)
class Survey:
    """How much is in a file. `lines` are those of a text, 0 for others; `inside` those within quoted cells."""

    rows: int
    empty: int
    lines: int
    inside: int
    orders: dict[int, dict[str, int]]
    """Column → how often its dates can only be read as dmy, mdy, or as either."""
    head: Looked


def look(path: Path, *, limit: int = SAMPLES) -> Looked:
    """Find out what a file is. Raises FileRefused with the reason where it is no table."""
    if not path.exists():
        raise FileRefused("gone")
    with _told():
        try:
            return _looked(answer_of(f"{_CHILD}:look", str(path), False, limit, limits=_limits(path)))
        except Overran:
            if not _is_packed(path):
                raise
        except Refused as refusal:
            if refusal.code != "by-row":
                raise
        # Wide gaps cost memory where a sheet is held at once: row by row they cost none.
        return _looked(answer_of(f"{_CHILD_BY_ROW}:look", str(path), True, limit, limits=_limits(path)))


def look_again(path: Path, shape: Shape, *, limit: int = SAMPLES, **changes: Any) -> Looked:
    """The same with a human's corrections; what follows from them is found anew unless said. Raises FileRefused."""
    with _told():
        return _looked(_asked("look_again", path, shape, changes, limit))


def head(path: Path, shape: Shape, *, limit: int = SAMPLES) -> Looked:
    """The header and the first rows of a file whose shape is known."""
    with _told():
        return _looked(_asked("head", path, shape, limit))


def read_rows(path: Path, shape: Shape, *, after: int = 0) -> Iterator[NumberedRow]:
    """The data rows that are not empty, those with a number above `after` only. A row that cannot be taken as one
    comes as an UnreadableRow, which has no cells and says why."""
    with _told():
        function = f"{_child_for(shape)}:rows"
        for batch in stream(function, str(path), shape.as_json(), after, limits=_limits(path)):
            for row in batch:
                yield _row(row)


def first_rows(path: Path, shape: Shape, *, limit: int) -> list[NumberedRow]:
    """The first data rows that are not empty."""
    return list(islice(read_rows(path, shape), limit))


def top_rows(path: Path, shape: Shape, *, limit: int) -> list[list[str]]:
    """The first rows as they stand, the header and empty ones among them."""
    with _told():
        return [_row(row)[1] for row in _asked("top", path, shape, limit)]


def find_shape(path: Path) -> Shape:
    """The shape of a file; raises FileRefused with the reason where it is no table."""
    return look(path, limit=1).shape


def reshape(path: Path, shape: Shape, **changes: Any) -> Shape:
    """The shape with a human's corrections."""
    return look_again(path, shape, limit=1, **changes).shape


def read_headers(path: Path, shape: Shape) -> list[str]:
    """The header as written; empty texts where there is none."""
    return head(path, shape, limit=1).headers


def survey(path: Path, shape: Shape, *, dated: list[int]) -> Survey:
    """How much there is, in one pass; and how the columns at `dated` write day and month."""
    with _told():
        found = _asked("survey", path, shape, dated)
    return Survey(**{**found, "orders": dict(found["orders"]), "head": _looked(found["head"])})


def _asked(function: str, path: Path, shape: Shape, *args: Any) -> Any:
    return answer_of(f"{_child_for(shape)}:{function}", str(path), shape.as_json(), *args, limits=_limits(path))


def _child_for(shape: Shape) -> str:
    return _CHILD_BY_ROW if shape.by_row else _CHILD


def count_rows(path: Path, shape: Shape) -> int:
    """How many rows `read_rows` will give."""
    return survey(path, shape, dated=[]).rows


def _looked(found: dict[str, Any]) -> Looked:
    return Looked(Shape.from_json(found["shape"]), found["headers"], [_row(row) for row in found["rows"]])


def _row(row: list[Any]) -> NumberedRow:
    return (row[0], UnreadableRow(*row[2:])) if row[1] is None else (row[0], row[1])


def _limits(path: Path) -> Limits:
    """Time grows with the file: a hundred megabytes of text take about ten seconds on a slow machine, and a spreadsheet
    holds twenty times its size. A survey says nothing until its end."""
    try:
        megabytes = path.stat().st_size // 1_000_000
        unpacked = _UNPACKS_TO * megabytes if _is_packed(path) else 0
    except FileNotFoundError:
        raise FileRefused("gone") from None
    seconds = 90 + 3 * megabytes + unpacked
    return Limits(cpu_seconds=seconds, patience=2 * seconds)


def _is_packed(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == _PK


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except Refused as refusal:
        raise FileRefused(refusal.code, **refusal.params) from None
    except Overran as error:
        if error.what == MEMORY:
            raise FileRefused("memory", limit=MEMORY_MB) from None
        if error.what == TIME:
            raise FileRefused("too-slow", limit=error.limits.cpu_seconds) from None
        raise FileRefused("sheet") from None
