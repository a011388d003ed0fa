from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from teplo.people.models import Person
from teplo.scoring.explaining import explain
from teplo.scoring.models import ProfileKind, Score, ScoreChange
from teplo.scoring.rescoring import rescore
from teplo.scoring.testing import behaviour, fit, make_profile, make_table

from .conftest import AT, tally

pytestmark = pytest.mark.django_db
EVERYBODY = {"all": []}
NOBODY = {"not": {"all": []}}


def scored(person, at=AT):
    rescore(person_ids=[person.id], cause="activity", at=at)
    return Score.objects.get(person=person)


def test_points_for_each_time_are_capped_on_the_side_of_their_sign(person, deed):
    make_table(behaviour(deed.id, 3, is_per_time=True, cap=10), behaviour(deed.id, -2, is_per_time=True, cap=5))
    tally(person, deed, 4)
    assert scored(person).behaviour == 10 - 5


def test_points_once_need_the_deed_often_enough(person, deed):
    make_table(behaviour(deed.id, 7, at_least=3))
    tally(person, deed, 2, days_ago=5)
    assert scored(person).total == 0
    tally(person, deed, 1)
    assert scored(person).total == 7


def test_a_window_counts_today_and_forgets_the_day_that_left_it(person, deed):
    make_table(behaviour(deed.id, 1, is_per_time=True, window_days=7))
    tally(person, deed, 1, days_ago=0)
    tally(person, deed, 10, days_ago=6)
    tally(person, deed, 100, days_ago=7)
    assert scored(person).total == 11
    assert scored(person, AT + timedelta(days=1)).total == 1


def test_half_life_halves_and_is_rounded_to_whole_points(person, deed):
    make_table(behaviour(deed.id, 10, is_per_time=True, half_life_days=10))
    tally(person, deed, 2, days_ago=10)
    assert scored(person).total == 10
    assert scored(person, AT + timedelta(days=10)).total == 5
    assert scored(person, AT + timedelta(days=20)).total == 3  # 2.5 away from zero
    assert scored(person, AT + timedelta(days=200)).total == 0


def test_half_life_of_points_given_once_follows_the_newest_deed(person, deed):
    make_table(behaviour(deed.id, -8, half_life_days=10))
    tally(person, deed, 50, days_ago=30)
    tally(person, deed, 1, days_ago=10)
    assert scored(person).total == -4


def test_fit_comes_from_conditions_and_stands_apart(person, deed):
    make_table(fit(EVERYBODY, 5), fit(NOBODY, 100), behaviour(deed.id, 2))
    tally(person, deed)
    score = scored(person)
    assert (score.fit, score.behaviour, score.total) == (5, 2, 7)


def test_a_criterion_whose_attribute_is_gone_gives_nothing_and_stops_nobody(person):
    make_table(fit({"field": "attribute.gone", "is": "x"}, 5), fit(EVERYBODY, 1))
    assert scored(person).total == 1


def test_unacceptable_wins_over_ideal(person):
    make_table(fit(EVERYBODY, 1))
    make_profile(ProfileKind.IDEAL, condition=EVERYBODY)
    assert scored(person).grade == "ideal"
    make_profile(ProfileKind.UNACCEPTABLE, condition=EVERYBODY)
    assert scored(person).grade == "unacceptable"


def test_thresholds_give_the_temperature(person, deed):
    make_table(behaviour(deed.id, 10, is_per_time=True), warm_from=10, hot_from=30)
    assert scored(person).temperature == "cold"
    tally(person, deed, 1, days_ago=1)
    assert scored(person).temperature == "warm"
    tally(person, deed, 2)
    assert scored(person).temperature == "hot"


def test_only_changed_scores_are_written_and_each_change_is_recorded(person, deed):
    table = make_table(behaviour(deed.id, 12))
    other = Person.objects.create(first_name="Other")
    tally(person, deed)
    changes = rescore(person_ids=[other.id, person.id], cause="activity", at=AT)
    assert [(c.person_id, c.total_before, c.total, c.temperature_before, c.temperature) for c in changes] == [
        (person.id, 0, 12, "cold", "warm")
    ]
    assert rescore(person_ids=[other.id, person.id], cause="activity", at=AT) == []
    stored = ScoreChange.objects.get()
    assert (stored.person_id, stored.table_id, stored.cause, stored.at) == (person.id, table.id, "activity", AT)
    assert Score.objects.get(person=other).total == 0


def test_everybody_is_scored_in_ranges_to_the_same_result(deed, monkeypatch):
    monkeypatch.setattr("teplo.scoring.queries.range_size", lambda: 3)
    make_table(behaviour(deed.id, 2, is_per_time=True))
    people = [Person.objects.create(first_name=str(number)) for number in range(8)]
    for number, someone in enumerate(people[:7]):
        tally(someone, deed, number + 1)
    seen = []
    rescore(person_ids=None, cause="table", at=AT, report=lambda done, last: seen.append((done, last)))
    assert [score.total for score in Score.objects.order_by("person_id")] == [2, 4, 6, 8, 10, 12, 14, 0]
    assert [done for done, _last in seen] == [3, 6, 7]
    assert ScoreChange.objects.count() == 7
    rescore(person_ids=None, cause="table", at=AT)
    assert ScoreChange.objects.count() == 7


def test_without_a_live_table_nothing_happens(person):
    assert rescore(person_ids=[person.id], cause="activity", at=AT) == []
    assert not Score.objects.exists()


def test_a_batch_takes_a_constant_number_of_statements(deed):
    make_table(behaviour(deed.id, 1), fit(EVERYBODY, 1))
    people = [Person.objects.create(first_name=str(number)) for number in range(50)]
    rescore(person_ids=[people[-1].id], cause="activity", at=AT)  # makes the workspace's row
    with CaptureQueriesContext(connection) as few:
        rescore(person_ids=[people[0].id], cause="activity", at=AT)
    with CaptureQueriesContext(connection) as many:
        rescore(person_ids=[one.id for one in people[1:-1]], cause="activity", at=AT)
    assert len(many) == len(few) <= 17


def test_the_past_is_asked_without_what_came_later(person, deed):
    table = make_table(behaviour(deed.id, 1, is_per_time=True))
    tally(person, deed, 1, days_ago=10)
    tally(person, deed, 5, days_ago=1)
    then = explain(person_id=person.id, table=table, as_of=AT - timedelta(days=5))
    assert then.total == 1
