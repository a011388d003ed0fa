"""The file of people as columns: each cell is a number into the list of its column's different values."""

from __future__ import annotations

import csv
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from teplo.people.importing.shaping import Shape
from teplo.people.importing.tables import read_rows
from teplo.scoring.blanks import tidy

Ints = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Told:
    """What the sidecar says of a column."""

    key: str
    label: str
    kind: str = "auto"
    condition: Mapping[str, Any] = field(default_factory=dict)
    group: str = ""
    side: str = "fit"
    levels: Mapping[str, str] = field(default_factory=dict)
    known_at: str = "unknown"
    later: bool = False
    filled_after_share: float | None = None
    changed_after_share: float | None = None
    place: int | None = None

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Told:
        """As it stands in the sidecar; what is not known here is passed over."""
        known = {name: data[name] for name in cls.__dataclass_fields__ if name in data}
        return cls(**{"condition": {"field": data["key"]}, "label": data["key"], **known})


@dataclass
class Column:
    """A column as read: `codes` point into `values`, whose first is always the empty one."""

    told: Told
    codes: Ints
    values: list[str]

    @property
    def counts(self) -> npt.NDArray[np.int64]:
        """How often each value stands there."""
        return np.bincount(self.codes, minlength=len(self.values))

    def keep(self, rows: Bools) -> None:
        """Forget the other rows; values nobody has any more are kept, with a count of 0."""
        self.codes = self.codes[rows]


def sums(places: npt.NDArray[Any], weights: npt.ArrayLike, size: int = 0) -> Floats:
    """The sum of the weights of those in each place."""
    return np.asarray(np.bincount(places, weights=np.asarray(weights, dtype=float), minlength=size), dtype=np.float64)


def read_columns(path: Path, told: list[Told], shape: Mapping[str, Any] | None) -> dict[str, Column]:
    """The columns of a frame, or of any file of that shape, by key."""
    rows = _rows(path, shape)
    header = [] if shape is not None else next(rows, [])
    places = [entry.place if entry.place is not None else header.index(entry.key) for entry in told]
    codes = [array("i") for _ in told]
    known: list[dict[str, int]] = [{} for _ in told]  # as written
    tidied: list[dict[str, int]] = [{"": 0} for _ in told]
    for cells in rows:
        width = len(cells)
        for index, place in enumerate(places):
            text = cells[place] if place < width else ""
            code = known[index].get(text)
            if code is None:
                plain = tidy(text)
                code = tidied[index].setdefault(plain, len(tidied[index]))
                known[index][text] = code
            codes[index].append(code)
    return {
        entry.key: Column(entry, np.array(codes[index], dtype=np.int32), list(tidied[index]))
        for index, entry in enumerate(told)
    }  # fmt: skip


def _rows(path: Path, shape: Mapping[str, Any] | None) -> Iterator[list[str]]:
    if shape is not None:
        yield from (cells for _, cells in read_rows(path, Shape.from_json(shape)) if cells)
        return
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.reader(file)
