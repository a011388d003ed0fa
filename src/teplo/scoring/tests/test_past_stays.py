"""Nothing that happens later changes an answer about the past (issue: as-of correctness)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db.models import Case, IntegerField, Q, Value, When
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from teplo.conditions import registry
from teplo.conditions.compiling import stored_to_q
from teplo.kit.testing import examples
from teplo.people.models import Person, Segment
from teplo.scoring.explaining import explain
from teplo.scoring.models import ScoreTable
from teplo.scoring.testing import behaviour, fit, make_profile, make_table
from teplo.tracking.models import Activity

from .histories import CONDITIONS, DEEDS, FIRST_DAY, HAPPENINGS, OF_WARMTH, Fact, alone, happen, histories, moments

pytestmark = pytest.mark.django_db


def make_rules(conditions: Sequence[dict[str, Any]]) -> ScoreTable:
    """A table of these conditions, and of each deed in several ways."""
    ids = {activity.key: activity.pk for activity in Activity.objects.all()}
    ways: tuple[dict[str, Any], ...] = (
        {"is_per_time": True, "cap": 9}, {"at_least": 3}, {"is_per_time": True, "half_life_days": 2},
        {"window_days": 2, "is_per_time": True}, {"half_life_days": 1}, {"at_least": 2, "window_days": 1},
    )  # fmt: skip
    deeds = [behaviour(ids[key], points, **way) for key in DEEDS for points, way in enumerate(ways, 2)]
    make_profile("ideal", condition={"did": "looked", "at_least": 2})
    return make_table(*deeds, *(fit(condition, 2) for condition in conditions), warm_from=20, hot_from=60)


def answers(person: Person, table: ScoreTable, conditions: Sequence[dict[str, Any]], at: datetime) -> tuple[Any, ...]:
    """Everything that can be asked of one person at a moment: the score taken apart, and conditions in both ways."""
    explanation = explain(person_id=person.pk, table=table, as_of=at)
    assert explanation is not None
    parts = [(part.criterion.name, part.points, part.since, part.basis, part.until) for part in explanation.parts]
    segment = {"in": str(Segment.objects.get().pk)}
    asked = (*conditions, segment, {"not": segment})
    return explanation.grade, explanation.total, parts, _hold(person, asked, at, [person.pk]), _hold(person, asked, at)


def _hold(person: Person, asked: Sequence[dict[str, Any]], at: datetime, among: list[int] | None = None) -> list[int]:
    vocabulary = registry.people()
    qs = [stored_to_q(condition, vocabulary, as_of=at, among=among) for condition in asked]
    cases = {f"c{number}": _yes(q) for number, q in enumerate(qs)}
    return list(Person.objects.filter(pk=person.pk).annotate(**cases).values_list(*cases).get())


def _yes(q: Q) -> Case:
    return Case(When(q, then=Value(1)), default=Value(0), output_field=IntegerField())


def check(facts: list[Fact], minute: int, conditions: Sequence[dict[str, Any]]) -> None:
    at = FIRST_DAY + timedelta(minutes=minute)
    with alone() as person:
        table = make_rules([condition for condition in conditions if condition not in OF_WARMTH])
        happen(person, [fact for fact in facts if fact.at <= at])
        before = answers(person, table, conditions, at)
        happen(person, [fact for fact in facts if fact.at > at])
        assert answers(person, table, conditions, at) == before


@settings(max_examples=examples(30), deadline=None, suppress_health_check=list(HealthCheck))
@given(
    facts=histories(),
    minute=moments(),
    conditions=st.lists(st.sampled_from((*CONDITIONS, *OF_WARMTH)), min_size=2, max_size=7, unique_by=str),
)
def test_no_later_fact_changes_what_was_true_at_a_moment(facts, minute, conditions) -> None:
    check(facts, minute, conditions)


@pytest.mark.parametrize(
    "facts",
    [
        [Fact("deed", 500, 0), Fact("deed", 900, 0)],
        [Fact("deed", minute, 0) for minute in (500, 510, 700, 900)],
        [Fact("contact", 900, 0)],
        [Fact("attribute", 500, 5), Fact("attribute", 505, 5), Fact("company", 550, 0), Fact("company", 900, 1)],
        [Fact("touch", 500, 0), Fact("touch", 900, 1)],
        [Fact("adjustment", 500, 9), Fact("withdrawal", 900, 0)],
        [Fact(kind, minute, choice) for choice, kind in enumerate(HAPPENINGS) for minute in (590, 600, 610)],
    ],
    ids=("a deed", "one of many deeds", "a contact", "a company", "a touch", "an adjustment taken back", "everything"),
)
def test_everything_asked_of_a_moment_stays_when_later_the_same_day_there_is(facts: list[Fact]) -> None:
    check(sorted(facts, key=lambda fact: fact.minute), 600, (*CONDITIONS, *OF_WARMTH))
