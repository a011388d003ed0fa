"""The columns of what people did: most of a frame, and nearly all of it zeros."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from teplo.scoring.frame import Column
from teplo.scoring.frame_columns import since_key, times_key
from teplo.scoring.known_then import Done
from teplo.scoring.moments import WINDOWS

MONTH = 30
_MONTH_PLACE = WINDOWS.index(MONTH)


class DeedCells:
    """Turns deeds into cells of these columns: times in each window and ever, days since the last time.

    A person's row begins as a copy of the blank one and only what he did is written into it.
    """

    def __init__(self, columns: Sequence[Column], activities: Mapping[int, str]) -> None:
        self.columns = columns
        self._blank: list[Any] = [0 if column.kind == "times" else None for column in columns]
        self._differing = [0] * len(columns)
        places = {column.key: place for place, column in enumerate(columns)}
        self._first = {
            number: places[times_key(key, WINDOWS[0])]
            for number, key in activities.items()
            if times_key(key, WINDOWS[0]) in places
        }
        for number, first in self._first.items():
            key = activities[number]
            wanted = [*(times_key(key, days) for days in (*WINDOWS, None)), since_key(key)]
            assert [places[name] for name in wanted] == list(range(first, first + len(wanted)))

    def cells(self, deeds: Iterable[Done], day: date) -> list[Any]:
        """The row of a person whose moment is on `day`."""
        row = self._blank.copy()
        for deed in deeds:
            first = self._first.get(deed.activity)
            if first is not None:
                counts = (*deed.times, deed.ever)
                row[first : first + len(counts) + 1] = [*counts, max((day - deed.last).days, 0)]
                self._note(first, counts, counts[_MONTH_PLACE])
        return row

    def _note(self, first: int, counts: Sequence[int], month: int) -> None:
        for place, times in enumerate(counts, first):
            if times:
                self.columns[place].filled += 1
            if times != month:
                self._differing[place] += 1
        self.columns[first + len(counts)].filled += 1

    def settle(self, least: int) -> None:
        """A window that counts as the month does, for all but a few, would only be learned twice: it is left out."""
        for column, differing in zip(self.columns, self._differing, strict=True):
            is_month = column.condition.get("within") == f"{MONTH}d"
            column.known = column.filled
            if column.filled < least or (column.kind == "times" and not is_month and differing < least):
                column.filled = 0
