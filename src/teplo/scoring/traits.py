"""Traits of people read from a frame: each value, band and count becomes the set of those who have it, as bits."""

from __future__ import annotations

import csv
import json
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from teplo.scoring.bands import edges_of

TIMES = (1, 2, 3, 5, 10)
IN_PAIRS = (1, 3)
PAIRED_WINDOWS = ("30d", "")
BANDS = 5
MOST_LEVELS = 100
"""Of a field with more values the most frequent are looked at."""


@dataclass(frozen=True, slots=True)
class Trait:
    """Something true of some people: bit n of `people` is the nth row of the frame.

    `family`: traits of one family are never paired. `repeats`: it overlaps with others of its family (counts, bands).
    """

    condition: Mapping[str, Any]
    people: int
    column: str
    family: str
    side: str
    pairs: bool = True
    repeats: bool = False


class Bits:
    """Rows being marked one by one."""

    def __init__(self, size: int) -> None:
        self._bytes = bytearray((size >> 3) + 1)

    def mark(self, row: int) -> None:
        self._bytes[row >> 3] |= 1 << (row & 7)

    def as_number(self) -> int:
        return int.from_bytes(self._bytes, "little")


def bits_of(rows: Iterable[int], size: int) -> int:
    """The set of these rows."""
    bits = Bits(size)
    for row in rows:
        bits.mark(row)
    return bits.as_number()


Report = Callable[[int, int, str], None]


def read_traits(
    path: Path, sidecar: Mapping[str, Any], *, without: Iterable[str], least: int, report: Report
) -> tuple[list[Trait], int, int]:
    """All traits that at least `least` people have and as many have not; how many people; who bought, as bits."""
    left_out = tuple(without)
    columns = [Cells(column) for column in sidecar["columns"] if _is_wanted(column, left_out)]
    buyers: array[int] = array("I")
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        header = {name: place for place, name in enumerate(next(rows))}
        places = [(header[cells.key], cells.take) for cells in columns if cells.key in header]
        outcome, people = header[sidecar["outcome"]], 0
        for row, values in enumerate(rows):
            if values[outcome] == "1":
                buyers.append(row)
            for place, take in places:
                if value := values[place]:
                    take(row, value)
            people = row + 1
            if not people % 20_000:
                report(people, int(sidecar.get("people") or 0), "reading")
    traits = (trait for cells in columns for trait in cells.traits(people))
    sizeable = [trait for trait in traits if least <= trait.people.bit_count() <= people - least]
    return _different(sizeable), people, bits_of(buyers, people)


def _different(traits: Iterable[Trait]) -> list[Trait]:
    """Of traits of the very same people the one that says most: a value or a deed, not that a field is filled."""
    found: dict[int, Trait] = {}
    for trait in traits:
        known = found.get(trait.people)
        if known is None or ("is_set" in known.condition and "is_set" not in trait.condition):
            found[trait.people] = trait
    return list(found.values())


def _is_wanted(column: Mapping[str, Any], without: tuple[str, ...]) -> bool:
    key = str(column["key"])
    left_out = any(
        key == name or key.startswith((f"did.{name}.", f"{name}.")) or key == f"did.{name}" for name in without
    )
    return not (column.get("later") or left_out or column["kind"] == "recency")


@dataclass
class Cells:
    """The values of one column, gathered while the file is read, and the traits they make."""

    column: Mapping[str, Any]
    rows: array[int] = field(default_factory=lambda: array("I"))
    numbers: array[float] = field(default_factory=lambda: array("d"))
    by_level: dict[str, array[int]] = field(default_factory=dict)
    writings: dict[str, Counter[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.key, self.kind = str(self.column["key"]), str(self.column["kind"])
        self.take = {
            "number": self._take_number, "times": self._take_times, "list": self._take_list, "date": self._take_date
        }.get(self.kind, self._take_level)  # fmt: skip

    def _take_number(self, row: int, value: str) -> None:
        self.rows.append(row)
        self.numbers.append(float(value))

    def _take_times(self, row: int, value: str) -> None:
        if value != "0":
            self._take_number(row, value)

    def _take_date(self, row: int, _value: str) -> None:
        self.rows.append(row)

    def _take_level(self, row: int, value: str) -> None:
        self.rows.append(row)
        self._mark(row, value)

    def _take_list(self, row: int, value: str) -> None:
        self.rows.append(row)
        for level in json.loads(value):
            self._mark(row, str(level))

    def _mark(self, row: int, value: str) -> None:
        """Written differently, the same to conditions: case and ё do not matter in a text."""
        level = value if self.column.get("levels") or self.kind != "text" else value.lower().replace("ё", "е")
        if level not in self.by_level:
            self.by_level[level], self.writings[level] = array("I"), Counter()
        self.by_level[level].append(row)
        self.writings[level][value] += 1

    def traits(self, people: int) -> Iterator[Trait]:
        """Everything this column can say of somebody."""
        if self.kind == "times":
            yield from self._counts(people)
            return
        yield self._trait({**self._field, "is_set": True}, bits_of(self.rows, people))
        if self.kind == "number":
            yield from self._bands(people)
        frequent = sorted(self.by_level.items(), key=lambda found: -len(found[1]))[:MOST_LEVELS]
        for level, rows in frequent:
            yield self._trait(self._level(level), bits_of(rows, people))

    @property
    def _field(self) -> dict[str, Any]:
        return dict(self.column["condition"])

    def _level(self, level: str) -> dict[str, Any]:
        if self.kind == "boolean":
            return {**self._field, "is": level == "1"}
        operator = self.column.get("operator") or ("has" if self.kind == "list" else "is")
        return {**self._field, operator: self.writings[level].most_common(1)[0][0]}

    def _trait(self, condition: Mapping[str, Any], people: int, **more: bool) -> Trait:
        return Trait(
            condition, people, self.key, str(self._field["field"]), str(self.column.get("side", "fit")), **more
        )

    def _bands(self, people: int) -> Iterator[Trait]:
        """Fifths with round edges, each by itself, and from each edge upwards."""
        edges = edges_of(self.numbers, parts=BANDS)
        whole = all(number.is_integer() for number in self.numbers)
        values = list(zip(self.rows, self.numbers, strict=True))
        for low, high in zip([None, *edges], [*edges, None], strict=True):
            inside = (row for row, n in values if (low is None or n >= low) and (high is None or n < high))
            yield self._trait(self._between(low, high, whole=whole), bits_of(inside, people), repeats=True)
        for low in edges[:-1]:
            above = (row for row, n in values if n >= low)
            yield self._trait(self._between(low, None, whole=whole), bits_of(above, people), repeats=True, pairs=False)

    def _between(self, low: float | None, high: float | None, *, whole: bool) -> dict[str, Any]:
        least, most = plain(low), plain(high)
        if low is None:
            return {**self._field, **({"at_most": most - 1} if whole else {"less": most})}
        if high is None:
            return {**self._field, "at_least": least}
        if whole:
            return {**self._field, **({"is": least} if most - 1 == least else {"between": [least, most - 1]})}
        return {"all": [{**self._field, "at_least": least}, {**self._field, "less": most}]}

    def _counts(self, people: int) -> Iterator[Trait]:
        condition = self._field
        activity, window = str(condition["did"]), str(condition.get("within", ""))
        for times in TIMES:
            rows = (row for row, number in zip(self.rows, self.numbers, strict=True) if number >= times)
            asked = {**condition, **({"at_least": times} if times > 1 else {})}
            in_pairs = times in IN_PAIRS and window in PAIRED_WINDOWS
            yield Trait(asked, bits_of(rows, people), self.key, activity, "behaviour", pairs=in_pairs, repeats=True)


def plain(number: float | None) -> Any:
    """A whole number without its point."""
    return int(number) if number is not None and float(number).is_integer() else number
