"""A shadowing draft scores the live stream beside the live table; nothing acts on it, and none of it costs nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from teplo.people.models import Person
from teplo.scoring.models import Score, ScoreChange, ScoreTable, ShadowRun, ShadowScore, TableState
from teplo.scoring.rescoring import rescore
from teplo.scoring.shadow_runs import AlreadyShadowing, hot_otherwise, shadow_of, start_shadow, stop_shadow
from teplo.scoring.tables import TableRefused, go_live
from teplo.scoring.testing import behaviour, fit, make_table
from teplo.scoring.tests.conftest import AT, tally

pytestmark = pytest.mark.django_db


@pytest.fixture
def tables(deed):
    """A draft that likes Moscow, and the live table that likes deeds."""
    draft = make_table(fit({"field": "city", "is": "Москва"}, 30), name="Draft", warm_from=10, hot_from=25)
    live = make_table(behaviour(deed.pk, 30), name="Live", warm_from=10, hot_from=25)
    ScoreTable.objects.filter(pk=draft.pk).update(state=TableState.DRAFT)
    draft.refresh_from_db()
    return draft, live


def touch(*people, at=AT):
    with transaction.atomic():
        return rescore(person_ids=[person.pk for person in people], cause="activity", at=at)


def test_who_is_touched_is_scored_by_the_draft_too_and_nothing_else_changes(tables, person, deed):
    draft, _live = tables
    tally(person, deed)
    run = start_shadow(table=draft, by=None, at=AT)
    other = Person.objects.create(city="Київ", created_at=AT)
    changed = touch(person, other)
    assert [change.person_id for change in changed] == [person.pk]
    assert {(s.person_id, s.total, s.temperature) for s in ShadowScore.objects.filter(id=run.pk)} == {
        (person.pk, 30, "hot"), (other.pk, 0, "cold")
    }  # fmt: skip
    assert Score.objects.get(person=person).behaviour == 30
    assert ScoreChange.objects.count() == 1


def test_it_counts_whom_only_one_of_the_two_called_hot(tables, person, deed):
    draft, _live = tables
    start_shadow(table=draft, by=None, at=AT)
    by_deed = Person.objects.create(city="Київ", created_at=AT)
    both, cold = Person.objects.create(city="Москва", created_at=AT), Person.objects.create(created_at=AT)
    tally(by_deed, deed)
    tally(both, deed)
    touch(person, by_deed, both, cold)
    found = shadow_of(draft)
    assert (found.people, found.only_draft, found.only_live, found.both, found.alike) == (4, 1, 1, 1, 2)
    assert found.agreement == 0.5
    assert [row.person_id for row in hot_otherwise(found.run, by_draft=True)] == [person.pk]
    assert [row.person_id for row in hot_otherwise(found.run, by_draft=False)] == [by_deed.pk]


def test_who_was_hot_once_in_the_run_stays_counted(tables, person):
    draft, _live = tables
    run = start_shadow(table=draft, by=None, at=AT)
    touch(person)
    Person.objects.filter(pk=person.pk).update(city="Київ")
    touch(person, at=AT + timedelta(hours=1))
    row = ShadowScore.objects.get(id=run.pk)
    assert (row.temperature, row.hot_at, row.changed_at) == ("cold", AT, AT + timedelta(hours=1))


def test_a_stopped_run_scores_nobody_more_and_keeps_what_it_found(tables, person):
    draft, _live = tables
    start_shadow(table=draft, by=None, at=AT)
    touch(person)
    assert stop_shadow(table=draft, at=AT + timedelta(hours=1))
    assert not stop_shadow(table=draft, at=AT)
    touch(Person.objects.create(city="Москва", created_at=AT))
    assert shadow_of(draft).people == 1
    assert start_shadow(table=draft, by=None, at=AT + timedelta(hours=2))
    assert shadow_of(draft).people == 0


def test_only_a_draft_with_criteria_may_shadow_and_only_once(tables):
    draft, live = tables
    start_shadow(table=draft, by=None, at=AT)
    with pytest.raises(AlreadyShadowing):
        start_shadow(table=draft, by=None, at=AT)
    with pytest.raises(TableRefused):
        start_shadow(table=live, by=None, at=AT)
    with pytest.raises(TableRefused):
        start_shadow(table=ScoreTable.objects.create(name="Empty"), by=None, at=AT)


def test_without_a_shadow_a_batch_asks_not_one_question_more(tables, person):
    draft, _live = tables
    touch(person)
    with CaptureQueriesContext(
        connection,
    ) as without:
        touch(person)
    assert not any("shadowscore" in query["sql"] for query in without.captured_queries)
    questions = [query["sql"] for query in without.captured_queries if "scoring_shadowrun" in query["sql"]]
    assert len(questions) == 1
    assert 'FROM "scoring_scoretable"' in questions[0]
    start_shadow(table=draft, by=None, at=AT)
    with CaptureQueriesContext(connection) as within:
        touch(person)
    assert len(within) > len(without)


def test_a_draft_that_goes_live_no_longer_shadows(tables, person):
    draft, _live = tables
    start_shadow(table=draft, by=None, at=AT)
    go_live(table=draft, by=None, at=AT)
    touch(person)
    assert ShadowRun.objects.get().ended_at == AT
    assert not ShadowScore.objects.exists()
