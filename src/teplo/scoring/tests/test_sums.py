"""An explanation adds up to the score, whatever the table and whatever happened."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from teplo.kit.clock import at_moment
from teplo.kit.testing import examples
from teplo.people.merging import merge_people
from teplo.people.models import Person
from teplo.people.testing import make_stranger
from teplo.scoring.explaining import Explanation, explain
from teplo.scoring.models import Score, ScoreTable
from teplo.scoring.rescoring import rescore, rescore_range
from teplo.scoring.rules import rules_of
from teplo.scoring.statement import Scope, compile_rules
from teplo.scoring.testing import make_profile, make_table
from teplo.tracking.models import Activity

from .histories import CONDITIONS, DEEDS, FIRST_DAY, Fact, alone, happen, histories

pytestmark = pytest.mark.django_db

DAYS = st.one_of(st.none(), st.integers(1, 6))
POINTS = st.integers(-30, 30)
BY_DEED = st.fixed_dictionaries(
    {
        "side": st.sampled_from(("fit", "behaviour")),
        "deed": st.sampled_from(DEEDS),
        "points": POINTS,
        "is_per_time": st.booleans(),
        "at_least": st.integers(1, 3),
        "cap": st.one_of(st.none(), st.integers(-40, 40)),
        "window_days": DAYS,
        "half_life_days": DAYS,
    }
)
BY_CONDITION = st.fixed_dictionaries(
    {"side": st.sampled_from(("fit", "behaviour")), "condition": st.sampled_from(CONDITIONS), "points": POINTS}
)
TABLES = st.lists(st.one_of(BY_DEED, BY_CONDITION), min_size=1, max_size=9)


def make_rules(lines: list[dict[str, Any]]) -> ScoreTable:
    ids = {activity.key: activity.pk for activity in Activity.objects.all()}
    make_profile("near-ideal", condition={"did": "asked"})
    rows = [
        {"name": "line", **{key: value for key, value in line.items() if key != "deed"}}
        | ({"activity_id": ids[line["deed"]]} if "deed" in line else {})
        for line in lines
    ]
    return make_table(*rows, warm_from=5, hot_from=15)


def sides(explanation: Explanation) -> tuple[str, int, int]:
    return explanation.grade, explanation.fit, explanation.behaviour


def said(table: ScoreTable, person: Person, at: Any, *, is_past: bool) -> tuple[str, int, int]:
    """What the statement says in one number per side."""
    sql = compile_rules(rules=rules_of(table), scope=Scope(ids=(person.pk,)), at=at, is_past=is_past).total()
    with connection.cursor() as cursor:
        cursor.execute(sql.text, sql.params)
        row = cursor.fetchone()
    return row[1], int(row[2]), int(row[3])


@settings(max_examples=examples(50), deadline=None, suppress_health_check=list(HealthCheck))
@given(facts=histories(), lines=TABLES, later=st.integers(0, 4 * 24 * 60))
def test_the_parts_the_statement_the_stored_score_and_the_past_say_the_same(
    facts: list[Fact], lines: list[dict[str, Any]], later: int
) -> None:
    at = max(fact.at for fact in facts) + timedelta(minutes=later)
    with alone() as person:
        table = make_rules(lines)
        happen(person, facts)
        with at_moment(at):
            rescore(person_ids=[person.pk], cause="activity", at=at)
            score = Score.objects.get(person=person)
            stored = (score.grade, score.fit, score.behaviour)
            now, then = explain(person_id=person.pk), explain(person_id=person.pk, as_of=at)
            assert now is not None and then is not None
            assert sum(part.points for part in now.parts) == now.total == score.total
            assert now.temperature == score.temperature
            assert stored == sides(now) == sides(then)
            assert stored == said(table, person, at, is_past=False) == said(table, person, at, is_past=True)
            assert rescore_range(first=1, last=2**62, cause="table", at=at) == 0


@settings(max_examples=examples(25), deadline=None, suppress_health_check=list(HealthCheck))
@given(facts=histories(8), others=histories(8), lines=TABLES)
def test_two_cards_made_one_add_up_too(facts: list[Fact], others: list[Fact], lines: list[dict[str, Any]]) -> None:
    at = max(fact.at for fact in (*facts, *others)) + timedelta(hours=1)
    with alone() as person:
        table = make_rules(lines)
        happen(person, facts)
        with at_moment(FIRST_DAY):
            other = make_stranger(visitor="browser-2")
        happen(other, [fact for fact in others if fact.kind not in ("company", "contact")])
        with at_moment(at):
            merge_people(winner_id=person.pk, loser_id=other.pk, reason="hand", by="user:1", at=at)
            rescore(person_ids=[person.pk], cause="merge", at=at)
            score = Score.objects.get(person=person)
            now, then = explain(person_id=person.pk), explain(person_id=person.pk, as_of=at)
            assert now is not None and then is not None
            assert (score.grade, score.fit, score.behaviour) == sides(now) == sides(then)
            assert sides(now) == said(table, person, at, is_past=True)


def test_points_by_hand_alone_are_a_score_too() -> None:
    with alone() as person:
        make_table(warm_from=5, hot_from=15)
        happen(person, [Fact("adjustment", 60, 11)])
        at = FIRST_DAY + timedelta(hours=2)
        rescore(person_ids=[person.pk], cause="adjustment", at=at)
        with at_moment(at):
            explanation = explain(person_id=person.pk)
        assert explanation is not None
        assert explanation.total == Score.objects.get(person=person).total == 6
