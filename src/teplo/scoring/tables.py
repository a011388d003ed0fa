"""Versions of score tables: drafts are edited, one is live, the former ones are kept to compare with (R16, R20)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from teplo.conditions import registry
from teplo.conditions.condition import mentions
from teplo.conditions.reading import ConditionError, read_json
from teplo.conditions.vocabulary import Vocabulary
from teplo.jobs.models import Job
from teplo.kit.models import Ready, ready_in, still_ready
from teplo.kit.uses import Thing, refuse_in_use
from teplo.scoring.jobs import start_rescoring_all
from teplo.scoring.models import Criterion, Profile, ScoreTable, ShadowRun, Side, TableState
from teplo.scoring.queries import take_turn

MOST_CRITERIA = 200
MOST_POINTS = 10_000
MOST_DAYS = 3650
MOST_HALF_LIFE = 730
OWN_RESULTS = ("score", "fit", "behaviour", "grade", "temperature", "score_changed")
"""A criterion that asked for the score itself would go in a circle."""

TEXTS = {
    "no-name": gettext_noop("give the criterion a name"),
    "no-points": gettext_noop("say how many points it gives"),
    "too-many-points": gettext_noop("points go from −%(limit)s to %(limit)s"),
    "no-activity": gettext_noop("choose what the person does"),
    "no-condition": gettext_noop("say what must be true"),
    "circle": gettext_noop("a score cannot depend on the score itself"),
    "bad-days": gettext_noop("days go from 1 to %(limit)s"),
    "bad-times": gettext_noop("at least one time"),
    "thresholds": gettext_noop("hot must begin above warm"),
    "empty": gettext_noop("the table has no criteria yet"),
    "too-many": gettext_noop("at most %(limit)s criteria"),
    "not-a-draft": gettext_noop("only a draft can be changed; make a draft of this table"),
}


class TableRefused(ValueError):
    """The table cannot be kept so: `code` and `params` say why, `row` and `column` where (row None: the whole)."""

    def __init__(self, code: str, *, row: int | None = None, column: str = "", text: str = "", **params: Any) -> None:
        super().__init__(code)
        self.code, self.row, self.column, self.params, self.text = code, row, column, params, text

    def __str__(self) -> str:
        return self.text or _(TEXTS[self.code]) % self.params


@dataclass(frozen=True)
class Line:
    """One line of a score table as filled in. Days and cap None: not limited."""

    side: str
    group: str
    name: str
    points: int | None
    activity_id: int | None = None
    condition: Mapping[str, Any] = field(default_factory=dict)
    is_per_time: bool = False
    at_least: int = 1
    cap: int | None = None
    window_days: int | None = None
    half_life_days: int | None = None


def make_draft(*, of: ScoreTable, name: str, by: int | None, at: datetime) -> ScoreTable:
    """A draft with the criteria and thresholds of another table, to be changed without touching it."""
    with transaction.atomic():
        draft = ScoreTable.objects.create(
            name=name, warm_from=of.warm_from, hot_from=of.hot_from, note=of.note, created_by=by, created_at=at
        )
        names = [
            column.attname for column in Criterion._meta.concrete_fields if column.attname not in ("id", "table_id")
        ]
        Criterion.objects.bulk_create(
            Criterion(table=draft, **{name: getattr(item, name) for name in names}) for item in of.criteria.all()
        )
    return draft


def save_draft(
    *, table: ScoreTable, name: str, warm_from: int, hot_from: int, note: str, lines: Sequence[Line]
) -> None:
    """Keep a draft as filled in; its lines are replaced. Raises TableRefused with the first line that cannot stand."""
    if hot_from <= warm_from:
        raise TableRefused("thresholds", column="hot_from")
    rows = check_lines(lines)
    with transaction.atomic():
        values: dict[str, Any] = {"name": name, "warm_from": warm_from, "hot_from": hot_from, "note": note}
        values["ready"] = still_ready(table, name=name)
        former = list(table.criteria.all())
        rows = [row | {"ready": _ready(row, former)} for row in rows]
        if not ScoreTable.objects.filter(id=table.id, state=TableState.DRAFT).update(**values):
            raise TableRefused("not-a-draft")
        Criterion.objects.filter(table=table).delete()
        Criterion.objects.bulk_create(
            Criterion(table=table, position=position, **row) for position, row in enumerate(rows)
        )


def _ready(row: Mapping[str, Any], former: Sequence[Criterion]) -> Ready:
    """The ready texts of a line that nobody has written anew."""
    return {**ready_in("group", row["group"], former), **ready_in("name", row["name"], former)}


def check_lines(lines: Sequence[Line]) -> list[dict[str, Any]]:
    """The lines as rows of the table; raises TableRefused."""
    if len(lines) > MOST_CRITERIA:
        raise TableRefused("too-many", limit=MOST_CRITERIA)
    vocabulary = registry.people()
    return [_checked(number, line, vocabulary) for number, line in enumerate(lines)]


def _checked(number: int, line: Line, vocabulary: Vocabulary) -> dict[str, Any]:
    if not line.name.strip():
        raise TableRefused("no-name", row=number, column="name")
    if line.points is None:
        raise TableRefused("no-points", row=number, column="points")
    if abs(line.points) > MOST_POINTS:
        raise TableRefused("too-many-points", row=number, column="points", limit=MOST_POINTS)
    by_deed = line.side == Side.BEHAVIOUR and line.activity_id is not None
    shared = {
        "side": line.side,
        "group": line.group.strip()[:120],
        "name": line.name.strip()[:200],
        "points": line.points,
    }
    return shared | (_deed(number, line) if by_deed else {"condition": _condition(number, line, vocabulary)})


def _deed(number: int, line: Line) -> dict[str, Any]:
    for column, limit in (("window_days", MOST_DAYS), ("half_life_days", MOST_HALF_LIFE)):
        days = getattr(line, column)
        if days is not None and not 1 <= days <= limit:
            raise TableRefused("bad-days", row=number, column=column, limit=limit)
    if line.at_least < 1:
        raise TableRefused("bad-times", row=number, column="at_least")
    names = ("activity_id", "is_per_time", "at_least", "cap", "window_days", "half_life_days")
    return {name: getattr(line, name) for name in names}


def _condition(number: int, line: Line, vocabulary: Vocabulary) -> dict[str, Any]:
    if not line.condition or line.condition == {"all": []}:
        code = "no-activity" if line.side == Side.BEHAVIOUR else "no-condition"
        raise TableRefused(code, row=number, column="condition")
    try:
        condition = read_json(line.condition, vocabulary, of_known_values=False)
    except ConditionError as error:
        raise TableRefused("condition", row=number, column="condition", text=str(error)) from error
    if any(mentions(condition, name) for name in OWN_RESULTS):
        raise TableRefused("circle", row=number, column="condition")
    return dict(line.condition)


def go_live(*, table: ScoreTable, by: int | None, at: datetime) -> Job:
    """Make this the table people are scored by, retire the former one, and score everybody anew in the background.

    A retired table may come back. Raises TableRefused for an empty one.
    """
    if not table.criteria.exists():
        raise TableRefused("empty")
    with transaction.atomic():
        take_turn(alone=True)
        live = ScoreTable.objects.filter(state=TableState.LIVE).exclude(id=table.id)
        live.update(state=TableState.RETIRED, retired_at=at)
        ScoreTable.objects.filter(id=table.id).update(state=TableState.LIVE, live_at=at, retired_at=None)
        ShadowRun.objects.filter(table_id=table.id, ended_at=None).update(ended_at=at)
        return start_rescoring_all(by=by)


def discard(*, table: ScoreTable) -> bool:
    """Delete a draft; tables that have scored somebody are kept. Answers whether it was one.

    Raises InUse while a shadow run compares it.
    """
    refuse_in_use(Thing("table", table.id))
    return bool(ScoreTable.objects.filter(id=table.id, state=TableState.DRAFT).delete()[0])


def save_profile(
    *, kind: str, name: str, condition: Mapping[str, Any], is_active: bool, profile: Profile | None = None,
    by: int | None = None,
) -> Profile:  # fmt: skip
    """Keep the portrait of a client; everybody is graded anew in the background. Raises TableRefused."""
    vocabulary = registry.people()
    if not name.strip():
        raise TableRefused("no-name", column="name")
    try:
        read = read_json(condition, vocabulary, of_known_values=False)
    except ConditionError as error:
        raise TableRefused("condition", column="condition", text=str(error)) from error
    if any(mentions(read, field) for field in OWN_RESULTS):
        raise TableRefused("circle", column="condition")
    if not condition or condition == {"all": []}:
        raise TableRefused("no-condition", column="condition")
    values: dict[str, Any] = {
        "kind": kind,
        "name": name.strip()[:200],
        "condition": dict(condition),
        "is_active": is_active,
    }
    with transaction.atomic():
        if profile is None:
            profile = Profile.objects.create(**values, position=Profile.objects.count())
        else:
            Profile.objects.filter(id=profile.id).update(**values, ready=still_ready(profile, name=values["name"]))
        start_rescoring_all(by=by)
    return profile


def delete_profile(*, profile: Profile, by: int | None) -> None:
    """Take a portrait away; everybody is graded anew in the background.

    Raises InUse if it is the last of its kind and something is built upon that grade.
    """
    if not Profile.objects.filter(kind=profile.kind, is_active=True).exclude(id=profile.id).exists():
        refuse_in_use(Thing("grade", key=profile.kind))
    with transaction.atomic():
        Profile.objects.filter(id=profile.id).delete()
        start_rescoring_all(by=by)
