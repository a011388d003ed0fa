"""One line of a score table as JSON: activities by key, conditions as JSON or as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from django.utils.translation import gettext as _
from ninja import Schema
from pydantic import Field

from teplo.api.problems import Flaw, Problem
from teplo.api.shapes import Asked, Text
from teplo.conditions import registry
from teplo.conditions.reading import ConditionError
from teplo.conditions.sentences import say_stored
from teplo.conditions.text import read_text
from teplo.conditions.writing import write_json
from teplo.scoring.models import Criterion
from teplo.scoring.tables import Line, TableRefused
from teplo.tracking.models import Activity

_COLUMNS = {"activity_id": "activity", "is_per_time": "per_time"}
_FAR = 10**9
"""Numbers beyond this are nobody's wish; what a table allows is said by the table."""


class LineAsked(Asked):
    """A criterion: a condition (fit, or a deed once) or an activity (behaviour)."""

    side: Literal["fit", "behaviour"]
    name: Text = Field(max_length=200)
    group: Text = Field("", max_length=120)
    points: int = Field(ge=-_FAR, le=_FAR)
    condition: dict[str, Any] | Text = Field(
        default_factory=dict,
        description='JSON, or text such as: city is "Київ" and did "video-watched" (docs/conditions.md)',
    )
    activity: Text = Field("", description="Of behaviour: key of the activity; condition stays empty.")
    per_time: bool = Field(False, description="Points each time rather than once.")
    at_least: int = Field(1, ge=0, le=_FAR)
    cap: int | None = Field(None, ge=-_FAR, le=_FAR)
    window_days: int | None = Field(None, ge=-_FAR, le=_FAR)
    half_life_days: int | None = Field(None, ge=-_FAR, le=_FAR)


class LineShown(Schema):
    """A criterion as it stands, with its condition in words."""

    side: str
    name: str
    group: str
    points: int
    condition: dict[str, Any]
    words: str
    activity: str
    per_time: bool
    at_least: int
    cap: int | None
    window_days: int | None
    half_life_days: int | None


def lines_shown(criteria: Sequence[Criterion]) -> list[LineShown]:
    """Stored criteria; one query for the keys of activities, one vocabulary for the words."""
    keys = dict(Activity.objects.values_list("pk", "key"))
    vocabulary = registry.people()
    return [
        LineShown(
            side=item.side,
            name=item.name,
            group=item.group,
            points=item.points,
            condition=item.condition,
            words=say_stored(item.condition, vocabulary) if item.condition else "",
            activity=keys.get(item.activity_id or 0, ""),
            per_time=item.is_per_time,
            at_least=item.at_least,
            cap=item.cap,
            window_days=item.window_days,
            half_life_days=item.half_life_days,
        )
        for item in criteria
    ]


def lines_asked(rows: Sequence[LineAsked]) -> list[Line]:
    """As scoring takes them; raises Problem with all lines whose activity or text cannot be read."""
    ids = dict(Activity.objects.values_list("key", "pk"))
    flaws: list[Flaw] = []
    lines = [_line(number, row, ids, flaws) for number, row in enumerate(rows)]
    if flaws:
        raise Problem(422, "table-refused", _("Some lines cannot stand so."), errors=flaws)
    return lines


def _line(number: int, row: LineAsked, ids: Mapping[str, int], flaws: list[Flaw]) -> Line:
    condition: Mapping[str, Any] = {}
    try:
        condition = _condition(row)
    except ConditionError as error:
        flaws.append(Flaw(place=f"lines[{number}].condition", code=error.code, message=str(error)))
    if row.activity and row.activity not in ids:
        text = _("There is no activity “%(key)s”.") % {"key": row.activity[:80]}
        flaws.append(Flaw(place=f"lines[{number}].activity", code="unknown-activity", message=text))
    return Line(
        side=row.side,
        group=row.group,
        name=row.name,
        points=row.points,
        activity_id=ids.get(row.activity) if row.activity else None,
        condition=condition,
        is_per_time=row.per_time,
        at_least=row.at_least,
        cap=row.cap,
        window_days=row.window_days,
        half_life_days=row.half_life_days,
    )


def _condition(row: LineAsked) -> Mapping[str, Any]:
    return condition_of_text(row.condition) if isinstance(row.condition, str) else row.condition


def condition_of_text(text: str) -> Mapping[str, Any]:
    """The text form as it is stored; nothing where nothing is said. Raises ConditionError."""
    if not text.strip():
        return {}
    vocabulary = registry.people()
    return write_json(read_text(text, vocabulary, of_known_values=False), vocabulary)


def refused(error: TableRefused) -> Problem:
    """What scoring says of a table, with the place of the line."""
    column = _COLUMNS.get(error.column, error.column)
    if error.row is None:
        flaws = [Flaw(place=column, code=error.code, message=str(error))] if column else []
    else:
        flaws = [Flaw(place=f"lines[{error.row}].{column}", code=error.code, message=str(error))]
    status = 409 if error.code in ("not-a-draft", "empty") else 422
    return Problem(status, "table-refused", str(error), errors=flaws)
