"""Moments as the texts both engines read: Python's own way of writing them was a tenth of a large batch."""

from __future__ import annotations

from datetime import UTC, datetime


class Moments:
    """Milliseconds since 1970 → `2026-03-01 10:00:00.250000`, as Django stores it on SQLite.

    `offset` is what PostgreSQL wants after it. Minutes are written once; events of a batch share few of them.
    """

    def __init__(self, offset: str) -> None:
        self._offset = offset
        self._minutes: dict[int, str] = {}

    def __call__(self, milliseconds: int) -> str:
        minute, rest = divmod(milliseconds, 60_000)
        head = self._minutes.get(minute)
        if head is None:
            head = self._minutes[minute] = datetime.fromtimestamp(minute * 60, UTC).strftime("%Y-%m-%d %H:%M:")
        second, fraction = divmod(rest, 1000)
        # without a fraction none is written: on SQLite moments are compared as texts, and Django writes them so
        part = f".{fraction:03d}000" if fraction else ""
        return f"{head}{second:02d}{part}{self._offset}"
