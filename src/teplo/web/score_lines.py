"""The lines of a score table as the sheet shows and sends them: columns of equal length, one value per line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict
from django.utils.functional import cached_property

from teplo.conditions import registry
from teplo.conditions.reading import load_refusable
from teplo.conditions.sentences import say_stored
from teplo.kit.wording import in_language
from teplo.scoring.models import Criterion, ScoreTable, Side
from teplo.scoring.tables import Line, TableRefused
from teplo.tracking.models import Activity
from teplo.web.reading import whole

BLANK: Mapping[str, Any] = {"group": "", "name": "", "points": ""}
TEXTS = ("side", "group", "name", "points", "activity", "per_time", "at_least", "cap", "window_days", "half_life_days")


@dataclass
class Row:
    """One line of the sheet: values as typed, so that nothing is lost when it is refused."""

    number: int
    side: str
    group: str
    name: str
    points: str
    activity: str = ""
    condition: Any = field(default_factory=dict)
    per_time: str = "once"
    at_least: str = "1"
    cap: str = ""
    window_days: str = ""
    half_life_days: str = ""
    activity_name: str = ""
    error: str = ""
    error_column: str = ""

    @cached_property
    def sentence(self) -> str:
        """The condition in words; empty when there is none."""
        return say_stored(self.condition, registry.people()) if self.condition else ""

    @property
    def condition_json(self) -> str:
        return json.dumps(self.condition, ensure_ascii=False)

    @property
    def is_by_condition(self) -> bool:
        """A deed written as a condition rather than counted."""
        return self.side == Side.BEHAVIOUR and not self.activity and bool(self.condition)


def rows_of(table: ScoreTable) -> list[Row]:
    """The stored lines."""
    names = {activity.pk: in_language(activity.names) or activity.key for activity in Activity.objects.all()}
    return [_row(number, item, names) for number, item in enumerate(table.criteria.all())]


def _row(number: int, item: Criterion, names: Mapping[int, str]) -> Row:
    return Row(
        number=number,
        side=item.side,
        group=item.group,
        name=item.name,
        points=str(item.points),
        activity=str(item.activity_id or ""),
        condition=item.condition,
        per_time="each" if item.is_per_time else "once",
        at_least=str(item.at_least),
        cap=_text(item.cap),
        window_days=_text(item.window_days),
        half_life_days=_text(item.half_life_days),
        activity_name=names.get(item.activity_id or 0, ""),
    )


def _text(number: int | None) -> str:
    return "" if number is None else str(number)


def rows_posted(data: QueryDict, refusal: TableRefused) -> list[Row]:
    """The lines as typed, the refused one marked."""
    rows = _typed(data)
    for row in rows:
        if row.number == refusal.row:
            row.error, row.error_column = str(refusal), refusal.column
    return rows


def posted_lines(data: QueryDict) -> list[Line]:
    """The lines as values; empty lines at the end of a sheet are left out, the others are judged by `tables`."""
    return [
        Line(
            side=row.side if row.side in Side.values else Side.FIT,
            group=row.group,
            name=row.name,
            points=posted_number(row.points),
            activity_id=whole(row.activity),
            condition=row.condition,
            is_per_time=row.per_time == "each",
            at_least=posted_number(row.at_least) or (1 if not row.at_least.strip() else 0),
            cap=posted_number(row.cap),
            window_days=posted_number(row.window_days),
            half_life_days=posted_number(row.half_life_days),
        )
        for row in _typed(data)
    ]


def posted_number(text: str) -> int | None:
    """A whole number as people type it: “−3”, “+5”, “1 000”; None for anything else."""
    plain = text.strip().replace("−", "-").replace("–", "-").replace(" ", "").replace("\u00a0", "").removeprefix("+")
    try:
        return int(plain)
    except ValueError:
        return None


def _typed(data: QueryDict) -> list[Row]:
    columns = {name: data.getlist(f"line-{name}") for name in (*TEXTS, "condition")}
    count = min((len(values) for values in columns.values()), default=0)
    lines = [{name: values[place] for name, values in columns.items()} for place in range(count)]
    filled = [line for line in lines if _is_filled(line)]
    return [_typed_row(number, line) for number, line in enumerate(filled)]


def _is_filled(line: Mapping[str, str]) -> bool:
    typed = any(line[name].strip() for name in ("name", "points", "activity"))
    return typed or line["condition"].strip() not in ("", "{}")


def _typed_row(number: int, line: Mapping[str, str]) -> Row:
    condition = load_refusable(line["condition"])
    texts = {name: line[name] for name in TEXTS}
    if texts["activity"]:
        condition = {}
    return Row(number=number, condition=condition, **texts)
