"""A plain file of people for learning and applying: any table the import can read, also compressed with gzip.

Nothing here touches the database.
"""

from __future__ import annotations

import gzip
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

from django.utils.translation import gettext as _

from teplo.people.importing.shapes import FileRefused
from teplo.people.importing.shaping import Shape
from teplo.people.importing.storing import LIMIT_MB
from teplo.people.importing.tables import find_shape, read_headers, read_rows, top_rows


class NoSuchColumn(Exception):
    """The file has no such column; the text names those it has."""

    def __init__(self, column: str, known: list[str]) -> None:
        super().__init__(column, known)
        self.column, self.known = column, known

    def __str__(self) -> str:
        return _("There is no column “%(column)s” in the file. It has: %(known)s.") % {
            "column": self.column,
            "known": ", ".join(self.known),
        }


@dataclass(frozen=True)
class PeopleFile:
    """A file that can be read: where, how, and its column names, each of them once."""

    path: Path
    shape: Shape
    names: list[str]

    def find(self, column: str) -> str:
        """The name as it stands in the file, sought without regard to case; raises NoSuchColumn."""
        if column in self.names:
            return column
        same = [name for name in self.names if name.lower() == column.strip().lower()]
        if len(same) != 1:
            raise NoSuchColumn(column, self.names)
        return same[0]

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Rows with their numbers as a spreadsheet shows them; rows that cannot be cut into cells are left out."""
        return ((number, cells) for number, cells in read_rows(self.path, self.shape) if cells)


@contextmanager
def open_people(path: Path, *, wanted: str = "") -> Iterator[PeopleFile]:
    """The file, unpacked beside if it is compressed. `wanted`: a column it should have, by which the header is known.

    Raises FileRefused.
    """
    if not path.is_file():
        raise FileRefused("gone")
    with path.open("rb") as file:
        is_packed = file.read(2) == b"\x1f\x8b"
    if not is_packed:
        yield _opened(path, wanted)
        return
    with tempfile.TemporaryDirectory(prefix="teplo-people-") as folder:
        plain = Path(folder) / path.name.removesuffix(".gz")
        try:
            with gzip.open(path, "rb") as packed, plain.open("wb") as unpacked:
                _unpack(packed, unpacked)
        except (OSError, EOFError) as error:
            raise FileRefused("archive") from error
        yield _opened(plain, wanted)


def _unpack(packed: gzip.GzipFile, unpacked: IO[bytes]) -> None:
    size = 0
    while piece := packed.read(1 << 20):
        size += len(piece)
        if size > LIMIT_MB * 1_000_000:
            raise FileRefused("too-large", limit=LIMIT_MB)
        unpacked.write(piece)


def _opened(path: Path, wanted: str) -> PeopleFile:
    shape = _with_header(path, find_shape(path), wanted)
    return PeopleFile(path, shape, _distinct(read_headers(path, shape)))


def _with_header(path: Path, shape: Shape, wanted: str) -> Shape:
    """The first row that names the wanted column is the header, whatever the rest looks like; else the first row is,
    where none was recognised: people's files for learning have names over their columns."""
    if wanted:
        for place, cells in enumerate(top_rows(path, shape, limit=30)):
            if wanted.strip().lower() in (cell.strip().lstrip("\ufeff").lower() for cell in cells):
                return replace(shape, header_row=place)
    return shape if shape.header_row >= 0 else replace(shape, header_row=0)


def _distinct(headers: list[str]) -> list[str]:
    """Nameless columns by their number, repeated names with a number behind."""
    names: list[str] = []
    for place, header in enumerate(headers, start=1):
        name = " ".join(header.split()) or f"column {place}"
        unique, times = name, 1
        while unique in names:
            times += 1
            unique = f"{name} ({times})"
        names.append(unique)
    return names


def sidecar_of_file(file: PeopleFile, *, outcome: str, person: str | None, moment: str | None) -> dict[str, Any]:
    """What the learner is told of a plain file: only names, the kinds are found out."""
    columns = [
        {"key": name, "label": name, "kind": "auto", "condition": {"field": name}, "place": place}
        for place, name in enumerate(file.names)
    ]
    return {"columns": columns, "outcome": outcome, "date": moment, "id": person}
