"""What tallies said at a moment of their own day."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import connection
from django.db.models import DateTimeField, F
from django.db.models.expressions import RawSQL

from teplo.accounts.models import Workspace
from teplo.people.testing import make_person
from teplo.tracking import recalling
from teplo.tracking.models import Activity, Event, Tally
from teplo.tracking.tallying import recount

pytestmark = pytest.mark.django_db

DAY = date(2026, 3, 10)


def moment(hour: int) -> datetime:
    return datetime(2026, 3, 10, hour, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _kyiv() -> None:
    Workspace.objects.create(pk=1, timezone="Europe/Kyiv")


def make_done(*hours: int, name: str = "looked", beside: tuple[int, ...] = ()) -> tuple[Any, Activity]:
    """Somebody who did a deed at these hours, and another one at others; both counted."""
    person = make_person()
    activity = Activity.objects.create(key=name, condition={"event": name})
    for number, hour in enumerate((*hours, *beside)):
        what = name if number < len(hours) else "other"
        Event.objects.create(person=person, name=what, at=moment(hour), received_at=moment(hour), origin="api")
    recount(activity, first=person.pk, last=person.pk)
    return person, activity


def times(hour: int) -> list[int]:
    conditions = recalling.conditions_of_activities()
    known = Tally.objects.annotate(times=recalling.times_by(moment(hour), conditions))
    found = list(known.values_list("times", flat=True))
    text, params = recalling.times_by_sql(moment(hour), conditions)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {text} FROM tracking_tally", params)  # noqa: S608
        assert [row[0] for row in cursor.fetchall()] == found
    return found


@pytest.mark.parametrize("hours", [(8,), (8, 12), (8, 10, 12), (8, 9, 12, 15, 15)])
def test_at_each_hour_of_a_day_as_many_times_count_as_were_done_by_then(hours: tuple[int, ...]) -> None:
    make_done(*hours, beside=(7, 9, 11, 14))
    for hour in range(6, 18):
        assert times(hour) == [sum(one <= hour for one in hours)]


def test_without_a_journal_the_tally_itself_proves_the_first_time_and_never_the_last() -> None:
    make_done(8, 9, 10, 15)
    Event.objects.all().delete()
    assert [times(hour) for hour in (7, 8, 14, 15)] == [[0], [1], [1], [4]]


def test_the_last_time_is_told_by_the_journal_too() -> None:
    make_done(8, 9, 12, 15)
    conditions = recalling.conditions_of_activities()
    for hour, last in ((8, 8), (11, 9), (14, 12), (20, 15)):
        known = Tally.objects.annotate(last=recalling.last_by(moment(hour), conditions))
        assert known.values_list("last", flat=True).get() == moment(last)


def test_each_person_may_be_asked_of_a_moment_of_his_own() -> None:
    people = [make_done(8, 10, 12, name=name)[0] for name in ("one", "two")]
    Person = type(people[0])
    for person, hour in zip(people, (9, 11), strict=True):
        Person.objects.filter(pk=person.pk).update(created_at=moment(hour))
    own = RawSQL("p.created_at", (), output_field=DateTimeField())
    text, params = recalling.times_by_sql(own, recalling.conditions_of_activities())
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {text} FROM tracking_tally JOIN people_person p ON p.id = tracking_tally.person_id "  # noqa: S608
            "ORDER BY p.created_at",
            params,
        )
        assert [row[0] for row in cursor.fetchall()] == [1, 2]


def test_an_activity_that_lost_its_sense_does_not_stop_the_others() -> None:
    make_done(8, 9, 12, 15)
    Activity.objects.create(key="broken", condition={"field": "gone", "is": 1})
    assert times(10) == [2]


def test_a_machine_among_them_does_not_count() -> None:
    person, activity = make_done(8, 9, 12, 15)
    Event.objects.filter(person=person, at=moment(9)).update(label="machine")
    recount(activity, first=person.pk, last=person.pk)
    assert Tally.objects.values_list("count", F("day")).get() == (3, DAY)
    assert times(10) == [1]
