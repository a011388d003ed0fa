"""A score table applied to a plain file: its rows stand in a table in memory, and the one evaluator asks them.

The columns of the file are the fields of the language; a value compares as a number with a number, as a date with
before and after, as yes or no with yes or no, else as text. Nothing here touches the workspace's database.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from django.apps.registry import Apps
from django.db import models
from django.db.backends.sqlite3.base import SQLiteCursorWrapper
from django.db.models import Case, IntegerField, Q, Value, When
from django.db.utils import ConnectionHandler
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from teplo.conditions.comparing import boolean_holds, date_holds, number_holds, text_holds, typed
from teplo.conditions.compiling import to_q
from teplo.conditions.condition import Compare, Operator, walk
from teplo.conditions.reading import ConditionError, read_json
from teplo.conditions.vocabulary import Asking, Field, Holds, Test, Type, Vocabulary
from teplo.kit.sqlite.functions import teach_connection
from teplo.people.importing.values import date_order, read_flag, read_moment
from teplo.scoring.blanks import tidy
from teplo.scoring.quantities import read_amount
from teplo.scoring.table_file import Band, Line, TableUnreadable, read_table

AGE = "days from "
_TO = " to "
PARTS = {"weekday of ": "weekday", "month of ": "month"}
_BATCH = 2_000
_BY_DAY = (Operator.BEFORE, Operator.AFTER, Operator.ON)


class FileFields(Mapping[str, Field]):
    """The columns of a file as fields, each by its name; and the days from one of them to another."""

    def __init__(self, names: Sequence[str]) -> None:
        self.places = {name: place for place, name in enumerate(names)}
        self._fields = {name: self._field(name, str(place)) for name, place in self.places.items()}

    def __getitem__(self, key: str) -> Field:
        if (found := self._fields.get(key)) is not None:
            return found
        if (part := self.part(key)) is not None:
            return self._field(key, f"{part[1]}_{part[0]}")
        if (pair := self.pair(key)) is None:
            raise KeyError(key)
        return self._field(key, f"{pair[0]}_{pair[1]}")

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def pair(self, key: str) -> tuple[int, int] | None:
        """The places of the two columns of `days from A to B`."""
        parts = key.removeprefix(AGE).split(_TO) if key.startswith(AGE) else []
        for at in range(1, len(parts)):
            one, two = _TO.join(parts[:at]), _TO.join(parts[at:])
            if one in self.places and two in self.places:
                return self.places[one], self.places[two]
        return None

    def part(self, key: str) -> tuple[str, int] | None:
        """What of the day in which column: `weekday of A`, `month of A`."""
        for prefix, part in PARTS.items():
            name = key.removeprefix(prefix)
            if name != key and name in self.places:
                return part, self.places[name]
        return None

    def _field(self, name: str, place: str) -> Field:
        return Field(name, Type.ANY, name, _holds(place), extra=_BY_DAY)


def file_vocabulary(names: Sequence[str]) -> Vocabulary:
    """What conditions can say of the rows of a file with these columns."""
    return Vocabulary(fields=FileFields(names), zone=UTC)


class ColumnsMissing(Exception):
    """The table asks for columns the file has not."""

    def __init__(self, missing: Sequence[str], known: Sequence[str]) -> None:
        super().__init__(missing)
        self.missing, self.known = list(missing), list(known)

    def __str__(self) -> str:
        return _("The table asks for columns that are not in the file: %(missing)s. The file has: %(known)s.") % {
            "missing": ", ".join(f"“{name}”" for name in self.missing), "known": ", ".join(self.known),
        }  # fmt: skip


def read_table_for(source: Path, names: Sequence[str]) -> list[Line]:
    """The table, read for a file with these columns; raises ColumnsMissing, or TableUnreadable for anything else."""
    try:
        return read_table(source, vocabulary=file_vocabulary(names))
    except TableUnreadable as error:
        missing = [str(problem.params["field"]) for problem in error.problems if problem.code == "unknown-field"]
        if missing:
            raise ColumnsMissing(list(dict.fromkeys(missing)), names) from error
        raise


def _holds(place: str) -> Holds:
    def holds(test: Test, asking: Asking) -> Q:
        sample = test.value[0] if isinstance(test.value, tuple) else test.value
        if test.operator in _BY_DAY:
            asked = Test(test.operator, _day(sample))
            return date_holds(typed(f"day_{place}", models.TextField()), asked, asking, of_text=True)
        if test.operator is Operator.IS_SET:
            return Q(text_holds(typed(f"text_{place}", models.TextField()), test))
        if isinstance(sample, bool):
            return boolean_holds(typed(f"flag_{place}", models.BooleanField()), test)
        if isinstance(sample, int | float):
            return number_holds(typed(f"number_{place}", models.FloatField()), test)
        return text_holds(typed(f"text_{place}", models.TextField()), test)

    return holds


def _day(value: Any) -> date:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise ConditionError("bad-date", value=value) from None


@dataclass(frozen=True)
class RowScore:
    """A row's score and the points each criterion gave, in the table's order."""

    number: int
    person: str
    score: int
    points: tuple[int, ...]


@dataclass
class FileScoring:
    """A table applied to the rows of a file with these columns; `person` is the column that tells people apart."""

    lines: Sequence[Line]
    names: Sequence[str]
    person: str = ""

    def __post_init__(self) -> None:
        self._fields = FileFields(self.names)
        self._vocabulary = Vocabulary(fields=self._fields, zone=UTC)

    def score(self, rows: Iterator[tuple[int, list[str]]], samples: Sequence[Sequence[str]]) -> Iterator[RowScore]:
        """Every row's score, in the order of the file. `samples`: some rows by which the order of dates is known."""
        self._orders = {
            place: date_order([cells[place] for cells in samples if place < len(cells)])
            for place in self._fields.places.values()
        }
        connection = sqlite3.connect(":memory:")
        teach_connection(connection)
        try:
            yield from self._scored(connection, rows)
        finally:
            connection.close()

    def _scored(self, connection: sqlite3.Connection, rows: Iterator[tuple[int, list[str]]]) -> Iterator[RowScore]:
        columns = [str(field.column) for field in self._model._meta.local_fields]
        marks = ", ".join("?" for _column in columns)
        connection.execute(f"CREATE TABLE file_row ({', '.join(columns)})")
        text, params = self._statement
        while batch := list(islice(rows, _BATCH)):
            connection.execute("DELETE FROM file_row")
            connection.executemany(
                f"INSERT INTO file_row VALUES ({marks})",  # noqa: S608 - our own names
                [self._stored(number, cells) for number, cells in batch],
            )
            cursor = SQLiteCursorWrapper(connection)
            cursor.execute(text, params)
            for number, person, *points in cursor.fetchall():
                yield RowScore(number, person or "", sum(points), tuple(points))

    # the statement

    @cached_property
    def _conditions(self) -> list[Any]:
        return [read_json(line.condition, self._vocabulary) for line in self.lines]

    @cached_property
    def _asked(self) -> list[str]:
        """The fields the table asks for, each once."""
        keys = (node.field for condition in self._conditions for node in walk(condition) if isinstance(node, Compare))
        return list(dict.fromkeys(keys))

    @cached_property
    def _model(self) -> type[models.Model]:
        fields: dict[str, Any] = {"number": models.IntegerField(primary_key=True), "person": models.TextField()}
        for key in self._asked:
            place = self._place(key)
            fields |= {
                f"text_{place}": models.TextField(null=True), f"number_{place}": models.FloatField(null=True),
                f"flag_{place}": models.BooleanField(null=True), f"day_{place}": models.TextField(null=True),
            }  # fmt: skip
        meta = type("Meta", (), {"app_label": "file", "db_table": "file_row", "apps": Apps(), "managed": False})
        return type("FileRow", (models.Model,), {"__module__": __name__, "Meta": meta, **fields})

    def _place(self, key: str) -> str:
        if key in self._fields.places:
            return str(self._fields.places[key])
        if (part := self._fields.part(key)) is not None:
            return f"{part[1]}_{part[0]}"
        pair = self._fields.pair(key)
        assert pair is not None
        return f"{pair[0]}_{pair[1]}"

    @cached_property
    def _statement(self) -> tuple[str, tuple[Any, ...]]:
        cases = {
            f"points_{index}": Case(
                When(to_q(condition, self._vocabulary, as_of=_ANY_DAY), then=Value(line.points)),
                default=Value(0),
                output_field=IntegerField(),
            )
            for index, (line, condition) in enumerate(zip(self.lines, self._conditions, strict=True))
        }
        connection = ConnectionHandler({"default": {"ENGINE": "teplo.kit.sqlite", "NAME": ":memory:"}})["default"]
        rows = self._model._default_manager.order_by("number").annotate(**cases).values_list("number", "person", *cases)
        text, params = rows.query.get_compiler(connection=connection).as_sql()
        return text, tuple(params)

    # the rows

    def _stored(self, number: int, cells: Sequence[str]) -> list[Any]:
        person = self._cell(cells, self._fields.places[self.person]) if self.person else ""
        stored: list[Any] = [number, person]
        for key in self._asked:
            stored += self._said(cells, key)
        return stored

    def _said(self, cells: Sequence[str], key: str) -> list[Any]:
        if key in self._fields.places:
            return self._values(cells, self._fields.places[key])
        if (part := self._fields.part(key)) is not None:
            return self._part(cells, *part)
        pair = self._fields.pair(key)
        assert pair is not None
        return self._age(cells, *pair)

    def _part(self, cells: Sequence[str], part: str, place: int) -> list[Any]:
        moment = self._moment(self._cell(cells, place), place)
        if moment is None:
            return [None, None, None, None]
        number = moment.isoweekday() if part == "weekday" else moment.month
        return [str(number), number, None, None]

    def _cell(self, cells: Sequence[str], place: int) -> str:
        return tidy(cells[place]) if place < len(cells) else ""

    def _values(self, cells: Sequence[str], place: int) -> list[Any]:
        text = self._cell(cells, place)
        if not text:
            return [None, None, None, None]
        number = read_amount(text)
        moment = None if number is not None and len(text) != 8 else self._moment(text, place)
        return [text, number, read_flag(text), moment.date().isoformat() if moment else None]

    def _age(self, cells: Sequence[str], one: int, two: int) -> list[Any]:
        first, second = (self._moment(self._cell(cells, place), place) for place in (one, two))
        if first is None or second is None:
            return [None, None, None, None]
        days = (second.date() - first.date()).days
        return [str(days), days, None, None]

    def _moment(self, text: str, place: int) -> datetime | None:
        return read_moment(text, order=self._orders[place], zone=UTC) if text else None


_ANY_DAY = datetime(2000, 1, 1, tzinfo=UTC)
"""No condition over a file depends on the day it is asked."""


def band_of(score: int, bands: Sequence[Band]) -> Band | None:
    """The band a score is in: the last that begins at or below it, or the lowest of all."""
    found = bands[0] if bands else None
    for band in bands:
        if band.start <= score:
            found = band
    return found
