"""The frame: people as rows and what was known of them as columns, in a plain file for the learner (R20, §3).

A CSV with a header, and beside it a JSON sidecar that says what each column is: its kind, the condition it can become,
and whether its values were known before the moment. Rows are written as they come; nothing is held but the counts.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

OUTCOME, MOMENT, PERSON = "y", "moment", "person_id"
SURELY_KNOWN = 0.95
"""Of so many of its values it must be certain that they stood there before the moment, else it is `unknown`."""


@dataclass(slots=True)
class Column:
    """One thing known of everybody. `condition` without its operator: {"field": …}, {"did": …, "within": …}.

    `later`: not as it stood at the moment but as it is now, kept only to be named by the leak guard.
    """

    key: str
    label: str
    kind: str
    condition: Mapping[str, Any]
    group: str = ""
    side: str = "fit"
    levels: Mapping[str, str] = field(default_factory=dict)
    operator: str = ""
    later: bool = False
    filled: int = 0
    known: int = 0
    filled_now: int = 0
    filled_after: int = 0
    changed_after: int = 0
    is_dated: bool = True

    @property
    def filled_after_share(self) -> float | None:
        """Of the values that stand there now, how many came only after the outcome; None: nobody can say."""
        return _share(self.filled_after, self.filled_now) if self.is_dated else None

    @property
    def changed_after_share(self) -> float | None:
        """Of the values that stood there at the moment, how many are otherwise now."""
        return _share(self.changed_after, self.filled) if self.is_dated else None

    def said(self) -> dict[str, Any]:
        """As the sidecar says it."""
        known = self.known >= SURELY_KNOWN * self.filled
        return {
            "key": self.key, "label": self.label, "kind": self.kind, "condition": dict(self.condition),
            "group": self.group, "side": self.side, "levels": dict(self.levels), "later": self.later,
            "operator": self.operator,
            "known_at": "before" if known and not self.later else "unknown", "filled": self.filled,
            "filled_after_share": self.filled_after_share, "changed_after_share": self.changed_after_share,
        }  # fmt: skip


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


@dataclass
class Frame:
    """A frame being written: `with Frame(path, columns) as frame: frame.add(…)`; the sidecar is written at the end."""

    path: Path
    columns: Sequence[Column]
    people: int = 0
    won: int = 0
    extra: dict[str, Any] = field(default_factory=dict)

    def __enter__(self) -> Frame:
        self._file = self.path.open("w", encoding="utf-8", newline="")
        self._writer = csv.writer(self._file)
        self._writer.writerow([PERSON, MOMENT, OUTCOME, *(column.key for column in self.columns)])
        return self

    def add(self, *, person: int, moment: str, won: bool, values: Sequence[Any]) -> None:
        """A row; cells in the order of the columns, None: not known."""
        self._writer.writerow([person, moment, int(won), *values])
        self.people += 1
        self.won += won

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        if kind is None:
            self.write_sidecar()

    def write_sidecar(self) -> None:
        """What the columns are, beside the file."""
        said = {
            "columns": [column.said() for column in self.columns if column.filled],
            "outcome": OUTCOME, "date": MOMENT, "id": PERSON, "people": self.people, "won": self.won, **self.extra,
        }  # fmt: skip
        sidecar_of(self.path).write_text(json.dumps(said, ensure_ascii=False), encoding="utf-8")


def sidecar_of(path: Path) -> Path:
    """Where the sidecar of a frame lies."""
    return path.with_suffix(".json")


def undated_columns(path: Path) -> list[str]:
    """Columns of a frame of which nobody knows whether they were known by the moment."""
    columns = json.loads(sidecar_of(path).read_text(encoding="utf-8"))["columns"]
    return [column["key"] for column in columns if column["known_at"] == "unknown" and not column["later"]]


def as_cell(value: Any) -> Any:
    """A value as it stands in the CSV: empty for nothing, 1 and 0 for yes and no, lists as JSON."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, list | tuple):
        return json.dumps(list(value), ensure_ascii=False) if value else ""
    return value
