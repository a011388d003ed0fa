"""What would make a person hot, and when he cools."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from teplo.conditions import registry
from teplo.conditions.reading import read_json
from teplo.kit.clock import at_moment
from teplo.people.models import Person
from teplo.people.testing import make_attribute, make_person
from teplo.scoring.adjusting import add_adjustment
from teplo.scoring.cooling import coolings
from teplo.scoring.explaining import explain
from teplo.scoring.lacking import ToDo, ToGive, ToLearn, needs, state_of
from teplo.scoring.testing import behaviour, fit, make_table
from teplo.scoring.warming import Warming, what_would_warm
from teplo.stages.models import Standing
from teplo.stages.testing import make_stage
from teplo.tracking.models import Activity, Presence

from .conftest import AT, tally

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _now() -> Any:
    cache.clear()
    with at_moment(AT):
        yield
    cache.clear()


@pytest.fixture
def asked(db) -> Activity:
    return Activity.objects.create(key="asked-price", names={"en": "Asked for a price"})


def warming_of(person: Person) -> Warming:
    explanation = explain(person_id=person.pk)
    assert explanation is not None
    return what_would_warm(explanation=explanation, person_id=person.pk, stage_of=None, stage_key="")


def make_crowd(*deeds: tuple[Activity, int, int], size: int = 40, **known: Any) -> list[Person]:
    """People seen lately; the first `many` of them did each deed so many times."""
    crowd = [make_person(**{"city": "", "position": "", **known}) for _ in range(size)]
    Presence.objects.bulk_create(Presence(person=one, first_seen_at=AT, last_seen_at=AT) for one in crowd)
    for deed, times, many in deeds:
        for one in crowd[:many]:
            tally(one, deed, times, days_ago=3)
    return crowd


def said(warming: Warming) -> list[tuple[list[Any], int, float]]:
    return [([step.need for step in way.steps], way.total, round(way.likelihood, 3)) for way in warming.ways]


def test_the_likeliest_smallest_steps_come_first(deed, asked):
    make_table(behaviour(deed.id, 5, is_per_time=True, cap=30), behaviour(asked.id, 20), warm_from=10, hot_from=25)
    crowd = make_crowd((deed, 4, 20), (asked, 1, 2))
    person = crowd[-1]
    tally(person, deed, 1)
    warming = warming_of(person)
    assert said(warming)[0] == ([ToDo(deed.id, 4)], 25, 0.5)
    assert ([ToDo(asked.id, 1)], 25, 0.05) in said(warming)
    assert (warming.goal, warming.is_next, warming.alike.kin) == (25, False, "anybody")


def test_deeds_that_give_nothing_yet_are_counted_all_the_same(deed):
    make_table(behaviour(deed.id, 25, at_least=3))
    person = make_crowd((deed, 1, 20))[-1]
    tally(person, deed, 2)
    assert said(warming_of(person)) == [([ToDo(deed.id, 1)], 25, 0.525)]


def test_what_hardly_anybody_does_is_not_proposed(deed, asked):
    make_table(behaviour(deed.id, 25), behaviour(asked.id, 25))
    crowd = make_crowd((deed, 1, 20))
    assert said(warming_of(crowd[-1])) == [([ToDo(deed.id, 1)], 25, 0.5)]


def test_the_ways_are_minimal_and_count_what_one_deed_gives_in_several_lines(deed, asked):
    make_table(
        behaviour(deed.id, 6, at_least=2), fit({"did": deed.key, "at_least": 3}, 6), behaviour(asked.id, 13),
        warm_from=10, hot_from=25,
    )  # fmt: skip
    person = make_crowd((deed, 3, 20), (asked, 1, 20))[-1]
    (way,) = warming_of(person).ways
    assert {step.need for step in way.steps} == {ToDo(deed.id, 3), ToDo(asked.id, 1)}
    assert (way.points, way.total) == (25, 25)


def test_a_fact_that_is_not_known_is_to_be_found_out_and_a_known_one_is_left_alone(deed):
    make_table(fit({"field": "city", "is": "Москва"}, 25), fit({"field": "position", "contains": "директор"}, 25))
    crowd = make_crowd()
    Person.objects.filter(pk__in=[one.pk for one in crowd[:10]]).update(city="Москва")
    Person.objects.filter(pk__in=[one.pk for one in crowd[10:20]]).update(city="Київ")
    unknown, elsewhere = crowd[-1], crowd[15]
    assert said(warming_of(unknown)) == [([ToLearn("city")], 25, 0.5)]
    cache.clear()
    assert warming_of(elsewhere).ways == ()


def test_where_hot_is_too_far_the_way_to_warm_is_told(deed):
    make_table(behaviour(deed.id, 10), warm_from=10, hot_from=90)
    warming = warming_of(make_crowd((deed, 1, 9))[-1])
    assert (warming.goal, warming.is_next) == (10, True)
    assert said(warming) == [([ToDo(deed.id, 1)], 10, 0.225)]


def test_nothing_is_told_to_him_who_is_hot(person):
    make_table(fit({"field": "city", "is": "Москва"}, 30))
    assert warming_of(person).ways == ()


def test_people_like_him_are_those_of_his_stage(deed, asked):
    make_table(behaviour(deed.id, 25), behaviour(asked.id, 25))
    crowd = make_crowd((deed, 1, 40), size=80)
    stage = make_stage("mate", 3)
    for one in crowd[40:]:
        Standing.objects.create(person=one, stage=stage, since=AT)
    at_stage = Person.objects.filter(standing__stage=stage)
    explanation = explain(person_id=crowd[-1].pk)
    warming = what_would_warm(explanation=explanation, person_id=crowd[-1].pk, stage_of=at_stage, stage_key="mate")
    assert (warming.alike.kin, len(warming.alike.ids)) == ("stage", 40)
    assert warming.ways == ()


def test_it_takes_a_constant_number_of_statements(deed, asked):
    make_table(
        behaviour(deed.id, 5, is_per_time=True), behaviour(asked.id, 5), fit({"field": "city", "is": "Москва"}, 5),
        *(fit({"field": "position", "contains": str(number)}, 2) for number in range(8)),
    )  # fmt: skip
    crowd = make_crowd((deed, 5, 20), (asked, 1, 20))
    explanation = explain(person_id=crowd[-1].pk)
    with CaptureQueriesContext(connection) as queries:
        what_would_warm(explanation=explanation, person_id=crowd[-1].pk, stage_of=None, stage_key="")
    assert len(queries) <= 14


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"field": "city", "is": "Москва"}, None),
        ({"field": "position", "is": "директор"}, {ToLearn("position")}),
        ({"field": "position", "is_not": "директор"}, set()),
        ({"field": "attr.budget", "at_least": 100}, {ToLearn("attr.budget")}),
        ({"consent": "email"}, {ToGive("consent", "email")}),
        ({"did": "visited-prices-test", "at_least": 3}, {ToDo(1, 2)}),
        ({"did": "visited-prices-test", "at_most": 0, "at_least": 0}, None),
        ({"did_not": "visited-prices-test"}, None),
        ({"did_not": "asked-price"}, set()),
        ({"last_did": "asked-price", "within": "3d"}, {ToDo(2, 1)}),
        ({"not": {"field": "city", "is": "Київ"}}, None),
        ({"not": {"did": "asked-price"}}, set()),
        ({"all": [{"did": "asked-price"}, {"field": "position", "is_set": True}]}, {ToDo(2, 1), ToLearn("position")}),
        ({"all": [{"did": "asked-price"}, {"field": "city", "is": "Москва"}]}, None),
        ({"any": [{"did": "asked-price", "at_least": 4}, {"field": "position", "is": "x"}]}, {ToLearn("position")}),
        ({"stage": "mate"}, None),
    ],
)
def test_what_is_lacking_is_said_of_each_kind_of_condition(condition, expected):
    Activity.objects.create(pk=1, key="visited-prices-test")
    Activity.objects.create(pk=2, key="asked-price")
    make_attribute(key="budget", type="number")
    person = make_person(city="Київ", position="")
    tally(person, Activity(pk=1), 1)
    read = read_json(condition, registry.people(), of_known_values=False)
    found = needs(read, state_of(person_id=person.pk, conditions=[read], at=AT))
    assert found == (None if expected is None else frozenset(expected))


def test_he_cools_when_a_window_closes_and_when_points_by_hand_end(person, deed, asked):
    make_table(
        behaviour(deed.id, 5, is_per_time=True, window_days=7), behaviour(asked.id, 7, window_days=7), warm_from=10
    )
    tally(person, deed, 1, days_ago=4)
    tally(person, deed, 1, days_ago=1)
    tally(person, asked, 2, days_ago=5)
    add_adjustment(person_id=person.pk, points=9, reason="x", until=AT + timedelta(days=5, hours=3), by=1)
    explanation = explain(person_id=person.pk)
    assert explanation.total == 26
    found = coolings(explanation=explanation, person_id=person.pk)
    assert [(cooling.points, cooling.total) for cooling in found] == [(7, 19), (5, 14), (9, 5), (5, 0)]
    assert [cooling.temperature for cooling in found] == ["warm", "warm", "cold", "cold"]
    for cooling in found:
        with at_moment(cooling.at):
            assert explain(person_id=person.pk).total == cooling.total


def test_who_has_nothing_that_ends_does_not_cool(person):
    make_table(fit({"field": "city", "is": "Москва"}, 30))
    assert coolings(explanation=explain(person_id=person.pk), person_id=person.pk) == []
