"""Points given by hand count as a criterion, show as one, and end."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from teplo.kit.clock import at_moment
from teplo.people.models import ChangeNote, Person
from teplo.scoring.adjusting import AdjustmentRefused, add_adjustment, end_adjustments, withdraw_adjustment
from teplo.scoring.explaining import explain
from teplo.scoring.models import Adjustment, Score, ScoreChange
from teplo.scoring.rescoring import rescore
from teplo.scoring.rules import rules_of
from teplo.scoring.statement import Scope, compile_rules
from teplo.scoring.testing import behaviour, fit, make_table

from .conftest import AT, tally

pytestmark = pytest.mark.django_db

WEEK = timedelta(days=7)


def give(person: Person, points: int = 12, *, at: Any = AT, until: Any = None, reason: str = "Said yes") -> Adjustment:
    with at_moment(at):
        return add_adjustment(person_id=person.pk, points=points, reason=reason, until=until or at + WEEK, by=7)


def score_at(person: Person, at: Any) -> Score:
    rescore(person_ids=[person.pk], cause="adjustment", at=at)
    return Score.objects.get(person=person)


def test_it_counts_on_the_side_of_behaviour_and_can_make_somebody_hot(person, deed):
    make_table(fit({"field": "city", "is": "Москва"}, 8), behaviour(deed.id, 6))
    tally(person, deed)
    give(person)
    score = score_at(person, AT)
    assert (score.fit, score.behaviour, score.total, score.temperature) == (8, 18, 26, "hot")


def test_it_shows_as_a_part_with_its_reason_its_author_and_its_end(person):
    make_table(fit({"field": "city", "is": "Москва"}, 8))
    give(person)
    give(person, -5, reason="Only comparing prices")
    with at_moment(AT):
        explanation = explain(person_id=person.pk)
    assert [(part.criterion.name, part.points, part.criterion.side) for part in explanation.parts] == [
        ("portrait", 8, "fit"), ("Said yes", 12, "behaviour"), ("Only comparing prices", -5, "behaviour"),
    ]  # fmt: skip
    assert explanation.parts[1].adjustment.by == 7
    assert explanation.parts[1].adjustment.until == AT + WEEK
    assert explanation.total == score_at(person, AT).total == 15


def test_it_ends_at_its_moment_and_the_person_cools_by_time(person):
    make_table(fit({"field": "city", "is": "Москва"}, 8))
    give(person)
    score_at(person, AT)
    ChangeNote.objects.all().delete()
    with at_moment(AT + WEEK - timedelta(minutes=1)):
        assert end_adjustments() == 0
    with at_moment(AT + WEEK):
        assert end_adjustments() == 1
    assert ChangeNote.objects.values_list("person_id", "cause").get() == (person.pk, "time")
    assert score_at(person, AT + WEEK).total == 8
    with at_moment(AT + WEEK + timedelta(minutes=1)):
        assert end_adjustments() == 0


def test_taken_back_it_counts_no_longer_but_the_past_stays(person):
    table = make_table(fit({"field": "city", "is": "Москва"}, 8))
    row = give(person)
    later = AT + timedelta(days=2)
    with at_moment(later):
        assert withdraw_adjustment(person_id=person.pk, adjustment_id=row.pk[1])
        assert not withdraw_adjustment(person_id=person.pk, adjustment_id=row.pk[1])
    assert score_at(person, later).total == 8
    totals = [explain(person_id=person.pk, table=table, as_of=at).total for at in (AT - WEEK, AT, later, later + WEEK)]
    assert totals == [8, 20, 8, 8]


def test_a_change_by_hand_goes_through_the_pipeline_and_is_told_as_such(person):
    make_table(fit({"field": "city", "is": "Москва"}, 8))
    give(person)
    assert ChangeNote.objects.values_list("person_id", "cause").get() == (person.pk, "adjustment")
    score_at(person, AT)
    assert ScoreChange.objects.get().cause == "adjustment"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"points": 0}, "no-points"),
        ({"points": 101}, "no-points"),
        ({"reason": "  "}, "no-reason"),
        ({"until": AT}, "no-end"),
        ({"until": AT + timedelta(days=400)}, "no-end"),
    ],
)
def test_what_cannot_be_given_is_refused_with_the_reason(person, changes, code):
    with pytest.raises(AdjustmentRefused) as refusal:
        give(person, **changes)
    assert refusal.value.code == code
    assert str(refusal.value)
    assert not Adjustment.objects.exists()


def test_tables_alone_can_be_asked_without_what_was_given_by_hand(person):
    table = make_table(fit({"field": "city", "is": "Москва"}, 8))
    give(person)
    sql = compile_rules(rules=rules_of(table), scope=Scope(ids=(person.pk,)), at=AT, by_hand=False).total()
    with connection.cursor() as cursor:
        cursor.execute(sql.text, sql.params)
        assert cursor.fetchone()[1:] == ("", 8, 0)
    assert explain(person_id=person.pk, table=table, as_of=AT, by_hand=False).total == 8


def test_where_nobody_has_any_the_statement_joins_nothing(person, deed):
    table = make_table(behaviour(deed.id, 6))
    stranger = Person.objects.create()
    give(person)
    for scope, joins in ((Scope(ids=(stranger.pk,)), False), (Scope(ids=(person.pk,)), True)):
        sql = compile_rules(rules=rules_of(table), scope=scope, at=AT).total()
        assert (Adjustment._meta.db_table in sql.text) is joins
    Adjustment.objects.all().delete()
    with CaptureQueriesContext(
        connection,
    ) as asked:
        compile_rules(rules=rules_of(table), scope=Scope(first=1, last=2**62), at=AT)
    assert sum(Adjustment._meta.db_table in query["sql"] for query in asked.captured_queries) == 1
