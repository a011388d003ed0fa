"""A proposal of the learner, or findings of a search, into a draft table that people edit, test and take live (R20)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from math import log2
from typing import Any

from django.db import transaction
from django.utils import translation
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from teplo.accounts.workspace import get_workspace
from teplo.conditions import registry
from teplo.conditions.sentences import say_stored
from teplo.conditions.vocabulary import Type, Vocabulary
from teplo.scoring.models import Criterion, Learning, ScoreTable, Side, TableState
from teplo.scoring.tables import Line, TableRefused, check_lines
from teplo.tracking.models import Activity

_DAYS = re.compile(r"(\d+)([dw])")
MOST_POINTS = 15
STEPS_TO_HOT = 8
"""A finding twice as frequent among buyers is worth an eighth of the way from nothing to hot."""


class NothingProposed(Exception):
    """The run has proposed no table: there was too little to learn from, or nothing in it."""


def make_draft(*, learning: Learning, name: str, by: int | None, at: datetime) -> ScoreTable:
    """A draft with the proposed criteria and thresholds. Raises NothingProposed, TableRefused."""
    result = learning.result
    if result.get("verdict") != "proposed" or not result.get("criteria"):
        raise NothingProposed
    rows = check_lines(lines_of(result["criteria"]))
    warm, hot = thresholds(result)
    with transaction.atomic():
        table = ScoreTable.objects.create(
            name=name[:200], warm_from=warm, hot_from=hot, note=_note(result), created_by=by, created_at=at
        )
        Criterion.objects.bulk_create(
            Criterion(table=table, position=position, **row) for position, row in enumerate(rows)
        )
        Learning.objects.filter(pk=learning.pk).update(table=table)
    return table


def thresholds(result: Mapping[str, Any]) -> tuple[int, int]:
    """Warm and hot as proposed, hot above warm."""
    warm = int(result.get("warm_from") or 0)
    return warm, max(int(result.get("hot_from") or 0), warm + 1)


def _note(result: Mapping[str, Any]) -> str:
    with translation.override(get_workspace().language):
        return _("Learned from %(people)s people, %(won)s of whom bought.") % {
            "people": result.get("people", 0), "won": result.get("won", 0),
        }  # fmt: skip


def lines_of(criteria: Sequence[Mapping[str, Any]]) -> list[Line]:
    """Proposed criteria as lines of the sheet, named in the language of the company."""
    vocabulary = registry.people()
    activities = dict(Activity.objects.values_list("key", "id"))
    with translation.override(get_workspace().language):
        return [line_of(one, vocabulary=vocabulary, activities=activities) for one in criteria]


def line_of(said: Mapping[str, Any], *, vocabulary: Vocabulary, activities: Mapping[str, int]) -> Line:
    """One criterion: a plain count of an activity becomes a deed with its window, anything else stays a condition."""
    condition = fitting(said["condition"], vocabulary)
    deed = _deed(condition, activities)
    if deed is not None:
        name = str(vocabulary.activities.get(str(condition.get("did") or condition["last_did"]), ""))
        return Line(side=Side.BEHAVIOUR.value, group="", name=name[:200], points=int(said["points"]), **deed)
    name = said.get("name") or capfirst(say_stored(condition, vocabulary))
    return Line(
        side=str(said.get("side") or Side.FIT.value), group=str(said.get("group") or ""), name=str(name)[:200],
        points=int(said["points"]), condition=condition,
    )  # fmt: skip


def _deed(condition: Mapping[str, Any], activities: Mapping[str, int]) -> dict[str, Any] | None:
    """Done so often in so many days, as the sheet has it; None: it says more than that."""
    key = condition.get("did", condition.get("last_did"))
    if key not in activities or set(condition) - {"did", "last_did", "at_least", "within"}:
        return None
    days = _days(condition.get("within"))
    if days == 0 or "last_did" in condition and days is None:
        return None
    return {"activity_id": activities[key], "at_least": int(condition.get("at_least", 1)), "window_days": days}


def _days(within: Any) -> int | None:
    """Days of a span; None: no span, 0: one that is not of days."""
    if within is None:
        return None
    found = _DAYS.fullmatch(str(within))
    return int(found[1]) * (7 if found[2] == "w" else 1) if found else 0


def fitting(condition: Any, vocabulary: Vocabulary) -> dict[str, Any]:
    """A learner's condition in the exact words of the language: a text that may be there several times “is” one."""
    if not isinstance(condition, Mapping):
        return {}
    for group in ("all", "any"):
        if group in condition:
            return {group: [fitting(part, vocabulary) for part in condition[group]]}
    if "not" in condition:
        return {"not": fitting(condition["not"], vocabulary)}
    entry = vocabulary.find(str(condition["field"])) if "field" in condition else None
    if entry is not None and entry.type is not Type.LIST:
        words = {"has": "is", "has_not": "is_not"}
        return {words.get(str(word), str(word)): value for word, value in condition.items()}
    return dict(condition)


# -- findings of a search ---------------------------------------------------------------------------------------------


def joined(conditions: Sequence[Mapping[str, Any]], *, by: str = "all") -> dict[str, Any]:
    """Several conditions as one: all of them, or any."""
    flat = [dict(one) for one in conditions]
    return flat[0] if len(flat) == 1 else {by: flat}


def condition_of(finding: Mapping[str, Any]) -> dict[str, Any]:
    """What a finding says, as one condition."""
    return joined(finding["conditions"])


def points_for(finding: Mapping[str, Any], *, hot_from: int) -> int:
    """Points a finding is worth in a table that is hot from so many: in proportion to how many doublings it is."""
    points = round(log2(finding["lift"]) * max(hot_from, STEPS_TO_HOT) / STEPS_TO_HOT)
    kept = max(-MOST_POINTS, min(MOST_POINTS, points))
    return kept or (1 if finding["lift"] > 1 else -1)


def add_criteria(*, table: ScoreTable, findings: Sequence[Mapping[str, Any]]) -> int:
    """Write findings into a draft with the points proposed; answers how many. Raises TableRefused."""
    said = [
        {
            "condition": condition_of(one), "points": points_for(one, hot_from=table.hot_from),
            "side": Side.BEHAVIOUR.value if "behaviour" in one.get("sides", ()) else Side.FIT.value,
        }
        for one in findings
    ]  # fmt: skip
    rows = check_lines(lines_of(said))
    with transaction.atomic():
        if not ScoreTable.objects.select_for_update().filter(pk=table.pk, state=TableState.DRAFT).exists():
            raise TableRefused("not-a-draft")
        last = max((item.position for item in table.criteria.all()), default=-1)
        Criterion.objects.bulk_create(
            Criterion(table=table, position=last + number, **row) for number, row in enumerate(rows, 1)
        )
    return len(rows)
