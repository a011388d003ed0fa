"""What a person still lacks for a condition to hold of him: deeds to be done, facts to be found out, words to be given.

Whether each leaf holds is asked of the database, all leaves in one statement; here they are only put together. What
nobody can change by nurturing lacks nothing that could be said: a city that is known to be another one, a deed that
should not have been done. Then the condition is out of reach.
"""

# ruff: noqa: S611 - the ids travel as one parameter

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Case, IntegerField, Q, Sum, Value, When
from django.db.models.expressions import RawSQL

from teplo.conditions import registry
from teplo.conditions.compiling import ask
from teplo.conditions.condition import (
    COMPLEMENTS,
    All,
    Compare,
    Condition,
    Did,
    DidNot,
    LastDid,
    Not,
    Operator,
    Some,
    walk,
)
from teplo.conditions.reusing import reuse
from teplo.conditions.vocabulary import Asking
from teplo.conditions.windows import first_day
from teplo.people.models import Person
from teplo.scoring.statement import named_ids
from teplo.tracking.models import Activity, Tally

Leaf = Compare | Did | DidNot | LastDid

_FACTS = frozenset({"first_name", "middle_name", "last_name", "position", "city", "country", "language", "timezone"})
_GIVEN = frozenset({"consent", "channel", "email", "phone"})


@dataclass(frozen=True, slots=True)
class ToDo:
    """He does an activity so many times more."""

    activity: int
    times: int


@dataclass(frozen=True, slots=True)
class ToLearn:
    """We find out a fact that is not known."""

    field: str


@dataclass(frozen=True, slots=True)
class ToGive:
    """He gives us a contact or his consent: a field and its value."""

    field: str
    value: str = ""


Need = ToDo | ToLearn | ToGive


@dataclass(frozen=True)
class State:
    """How it stands with one person: which leaves hold, which facts are missing, how often deeds were done."""

    holds: Mapping[Leaf, bool]
    unknown: frozenset[str]
    times: Mapping[Leaf, int]
    activities: Mapping[str, int] = field(default_factory=dict)


def needs(condition: Condition, state: State) -> frozenset[Need] | None:
    """What is lacking, the least of several ways; empty when it holds, None when it is out of reach."""
    if isinstance(condition, All):
        parts = [needs(part, state) for part in condition.parts]
        return None if None in parts else frozenset().union(*(part for part in parts if part is not None))
    if isinstance(condition, Some):
        ways = [found for part in condition.parts if (found := needs(part, state)) is not None]
        return min(ways, key=_weight, default=None)
    if isinstance(condition, Not):
        return None if _is_true(condition.part, state) else frozenset()
    if state.holds[condition]:
        return frozenset()
    need = _need_of(condition, state)
    return None if need is None else frozenset((need,))


def state_of(*, person_id: int, conditions: Iterable[Condition], at: datetime) -> State:
    """Ask everything these conditions are made of, of one person: three statements."""
    nodes = dict.fromkeys(node for one in conditions for node in walk(one))
    leaves = [node for node in nodes if isinstance(node, Compare | Did | DidNot | LastDid)]
    facts = sorted({leaf.field for leaf in leaves if isinstance(leaf, Compare) and is_fact(leaf.field)})
    activities = dict(Activity.objects.values_list("key", "id"))
    asked = [*leaves, *(Compare(name, Operator.IS_SET, False) for name in facts)]
    answers = _ask(person_id, asked, at) if asked else []
    unknown = frozenset(name for name, is_missing in zip(facts, answers[len(leaves) :], strict=True) if is_missing)
    holds = dict(zip(leaves, map(bool, answers), strict=False))
    return State(holds, unknown, _times(person_id, leaves, activities, at), activities)


def is_fact(key: str) -> bool:
    """Whether a field is something to know of a person, rather than something he does or that becomes of him."""
    return key in _FACTS or key.startswith(("attr.", "company."))


def _is_true(condition: Condition, state: State) -> bool:
    if isinstance(condition, All):
        return all(_is_true(part, state) for part in condition.parts)
    if isinstance(condition, Some):
        return any(_is_true(part, state) for part in condition.parts)
    return not _is_true(condition.part, state) if isinstance(condition, Not) else state.holds[condition]


def _need_of(leaf: Leaf, state: State) -> Need | None:
    if isinstance(leaf, Compare):
        return _of_field(leaf, state)
    activity = state.activities.get(leaf.activity)
    if activity is None or isinstance(leaf, DidNot) or (isinstance(leaf, LastDid) and leaf.within is None):
        return None
    if isinstance(leaf, LastDid):
        return ToDo(activity, 1)
    done = state.times.get(leaf, 0)
    return ToDo(activity, leaf.at_least - done) if done < leaf.at_least else None


def _of_field(leaf: Compare, state: State) -> Need | None:
    if leaf.operator in COMPLEMENTS or leaf.value is False and leaf.operator is Operator.IS_SET:
        return None
    if leaf.field in _GIVEN:
        value = leaf.value[0] if isinstance(leaf.value, tuple) else leaf.value
        return ToGive(leaf.field, str(value) if leaf.field in ("consent", "channel") else "")
    return ToLearn(leaf.field) if leaf.field in state.unknown else None


def _weight(found: frozenset[Need]) -> int:
    return sum(need.times if isinstance(need, ToDo) else 1 for need in found)


def _ask(person_id: int, leaves: Sequence[Condition], at: datetime) -> list[int]:
    def build(ids: Sequence[int], moment: datetime) -> tuple[str, tuple[Any, ...]]:
        asking = Asking(registry.people(), moment, among=tuple(ids))
        cases = {f"l{number}": _yes(ask(leaf, asking)) for number, leaf in enumerate(leaves)}
        people = Person.objects.filter(id__in=RawSQL(*_named(ids))).order_by()
        text, params = people.annotate(**cases).values_list(*cases).query.get_compiler(connection=connection).as_sql()
        return text, tuple(params)

    text, params = reuse(
        key=("lacking", *leaves), build=build, encode=lambda people: named_ids(people).params[0], ids=[person_id], at=at
    )
    with connection.cursor() as cursor:
        cursor.execute(text, params)
        return list(cursor.fetchone() or [0] * len(leaves))


def _named(ids: Sequence[int]) -> tuple[str, tuple[Any, ...]]:
    named = named_ids(ids)
    return named.text, named.params


def _yes(q: Q) -> Case:
    return Case(When(q, then=Value(1)), default=Value(0), output_field=IntegerField())


def _times(person_id: int, leaves: Sequence[Condition], activities: Mapping[str, int], at: datetime) -> dict[Leaf, int]:
    deeds = [leaf for leaf in leaves if isinstance(leaf, Did)]
    if not deeds:
        return {}
    today = at.astimezone(registry.zone()).date()
    sums = {}
    for number, leaf in enumerate(deeds):
        days = {"day__gte": first_day(leaf.within, today)} if leaf.within else {}
        sums[f"d{number}"] = Sum("count", filter=Q(activity_id=activities.get(leaf.activity, 0), **days))
    found = Tally.objects.filter(person_id=person_id, day__lte=today).aggregate(**sums)
    return {leaf: found[f"d{number}"] or 0 for number, leaf in enumerate(deeds)}
