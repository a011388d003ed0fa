"""When a person cools if he does nothing: windows that close, points given by hand that end, half-lives (§6).

The table itself is asked of the moments to come, so what is foretold is what will be.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db import connection

from teplo.conditions import registry
from teplo.conditions.condition import depends_on_time
from teplo.conditions.reading import ConditionError, read_json
from teplo.conditions.windows import start_of
from teplo.scoring.explaining import Explanation, temperature_of
from teplo.scoring.models import Criterion
from teplo.scoring.rules import Rules, rules_of
from teplo.scoring.statement import Scope, compile_rules

AHEAD = timedelta(days=14)
MOST_MOMENTS = 4
FADING = timedelta(days=7)
"""Where only half-lives are at work, it is told what is left after so long."""


@dataclass(frozen=True)
class Cooling:
    """At `at` the score falls by `points` to `total`, if nothing happens until then."""

    at: datetime
    points: int
    total: int
    temperature: str
    temperature_before: str


def coolings(*, explanation: Explanation, person_id: int) -> list[Cooling]:
    """What the coming two weeks take away, the soonest first: a statement for each of the few moments that matter."""
    with registry.sharing():
        return _coolings(explanation, person_id)


def _coolings(explanation: Explanation, person_id: int) -> list[Cooling]:
    moments = _moments(explanation)
    if not moments:
        return []
    rules = _that_depend_on_time(rules_of(explanation.table))
    scope = Scope(ids=(person_id,))
    start = _total(rules, scope, explanation.at)
    found: list[Cooling] = []
    before = explanation.total
    for at in moments:
        total = explanation.total + _total(rules, scope, at) - start
        if total < before:
            heats = (temperature_of(total, explanation.table), temperature_of(before, explanation.table))
            found.append(Cooling(at, before - total, total, *heats))
        before = total
    return found


def _moments(explanation: Explanation) -> list[datetime]:
    """Where something may end: the day a window lets go of the first or the last deed, the end of what was given by
    hand; a week ahead where points fade."""
    zone, last = registry.zone(), explanation.at + AHEAD
    found: set[datetime] = set()
    for part in explanation.given:
        item = part.criterion
        if part.adjustment and part.adjustment.until:
            found.add(part.adjustment.until)
        if part.basis and item.window_days:
            days = (part.basis.oldest_day, part.basis.last_at.astimezone(zone).date())
            found |= {start_of(day + timedelta(days=item.window_days), zone) for day in days}
        if part.basis and item.half_life_days:
            found.add(start_of((explanation.at + FADING).astimezone(zone).date(), zone))
    return sorted(moment for moment in found if explanation.at < moment <= last)[:MOST_MOMENTS]


def _that_depend_on_time(rules: Rules) -> Rules:
    """Only what may change by itself: the other criteria need not be asked again."""
    return replace(rules, criteria=tuple(item for item in rules.criteria if _may_end(item)), profiles=())


def _may_end(item: Criterion) -> bool:
    if item.activity_id:
        return bool(item.window_days or item.half_life_days)
    try:
        return depends_on_time(read_json(item.condition, registry.people(), of_known_values=False))
    except ConditionError:
        return False


def _total(rules: Rules, scope: Scope, at: datetime) -> int:
    sql = compile_rules(rules=rules, scope=scope, at=at).total()
    with connection.cursor() as cursor:
        cursor.execute(sql.text, sql.params)
        row = cursor.fetchone()
    return int(row[2]) + int(row[3]) if row else 0
