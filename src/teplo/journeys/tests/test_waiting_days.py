"""Waits by calendar days where the person lives; life and simulation name the same dates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from teplo.accounts.models import Workspace
from teplo.channels.models import Delivery
from teplo.journeys.enrolling import enrol_people
from teplo.journeys.graph import GraphBroken, read_graph
from teplo.journeys.models import Enrolment, Journey, JourneyVersion
from teplo.journeys.queries import time_zones
from teplo.journeys.simulating import rehearse
from teplo.journeys.stepping import tick
from teplo.journeys.steps.ending import end_of_wait
from teplo.journeys.testing import make_journey, make_people, place
from teplo.kit.clock import at_moment
from teplo.people.models import Person
from teplo.people.testing import make_identity
from teplo.sales.models import Task

ZONES = (
    "UTC", "Europe/Kyiv", "Europe/Moscow", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe",
    "America/St_Johns", "Pacific/Chatham", "Pacific/Kiritimati", "Africa/Casablanca",
)  # fmt: skip
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 1)).map(lambda moment: moment.replace(tzinfo=UTC))
CLOCKS = st.times().map(lambda clock: clock.replace(second=0, microsecond=0))


def wall(text: str, zone: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


@pytest.mark.parametrize(
    ("since", "length", "clock", "weekdays", "end"),
    [
        # the step before ran at that very hour, or a breath later, or long before or after it
        ("2026-03-02 10:00", {"days": 1}, "10:00", "", "2026-03-03 10:00"),
        ("2026-03-02 10:00:03", {"days": 1}, "10:00", "", "2026-03-03 10:00"),
        ("2026-03-02 09:59:59", {"days": 1}, "10:00", "", "2026-03-03 10:00"),
        ("2026-03-02 23:50", {"days": 1}, "10:00", "", "2026-03-03 10:00"),
        ("2026-03-02 00:00", {"days": 1}, "00:00", "", "2026-03-03 00:00"),
        ("2026-03-02 10:00:03", {"weeks": 1}, "10:00", "", "2026-03-09 10:00"),
        ("2026-03-02 10:00:03", {"hours": 24}, "10:00", "", "2026-03-03 10:00"),  # said as "1 day"
        ("2026-03-02 10:00", {"hours": 12}, "22:00", "", "2026-03-02 22:00"),
        ("2026-03-02 10:01", {"hours": 12}, "22:00", "", "2026-03-03 22:00"),
        ("2026-03-02 10:00", {"days": 1, "hours": 12}, "10:00", "", "2026-03-04 10:00"),
        # an hour alone is the next one: a circle through it would never rest
        ("2026-03-02 09:00", {}, "10:00", "", "2026-03-02 10:00"),
        ("2026-03-02 10:00", {}, "10:00", "", "2026-03-03 10:00"),
        # weekdays: Monday 2, Friday 6
        ("2026-03-06 10:00:03", {"days": 1}, "10:00", "mon", "2026-03-09 10:00"),
        ("2026-03-08 10:00:03", {"days": 1}, "10:00", "mon", "2026-03-09 10:00"),
        ("2026-03-08 10:00:03", {"days": 1}, "", "mon", "2026-03-09 10:00:03"),
        ("2026-03-06 18:00", {"days": 1}, "", "mon tue", "2026-03-09 09:00"),
        # the nights of the clock change
        ("2026-03-28 10:00", {"days": 1}, "10:00", "", "2026-03-29 10:00"),
        ("2026-10-24 10:00", {"days": 1}, "10:00", "", "2026-10-25 10:00"),
        ("2026-03-28 23:30", {"days": 1}, "", "sun", "2026-03-29 23:30"),
        ("2026-03-28 12:00", {"days": 1}, "03:30", "", "2026-03-29 04:30"),  # left out: an hour later
        ("2026-10-24 12:00", {"days": 1}, "03:30", "", "2026-10-25 03:30"),  # twice: the first
    ],
)
def test_days_are_days_of_the_calendar(since: str, length: dict[str, int], clock: str, weekdays: str, end: str) -> None:
    names = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    ended = end_of_wait(
        since=wall(since, "Europe/Kyiv"),
        length=timedelta(**length),
        clock=time.fromisoformat(clock) if clock else None,
        weekdays=[names.index(day) for day in weekdays.split()],
        zone=ZoneInfo("Europe/Kyiv"),
    )
    assert ended == wall(end, "Europe/Kyiv").astimezone(UTC)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(MOMENTS, st.integers(1, 30), CLOCKS, st.sampled_from(ZONES))
@example(datetime(2026, 3, 28, 1, 30, tzinfo=UTC), 1, time(3, 30), "Europe/Kyiv")
@example(datetime(2026, 10, 24, 1, 30, tzinfo=UTC), 1, time(3, 30), "Europe/Kyiv")
@example(datetime(2026, 4, 4, 16, tzinfo=UTC), 1, time(1, 45), "Australia/Lord_Howe")
def test_so_many_days_until_an_hour_end_so_many_days_later(
    since: datetime, days: int, clock: time, zone_name: str
) -> None:
    zone = ZoneInfo(zone_name)
    end = end_of_wait(since=since, length=timedelta(days=days), clock=clock, weekdays=(), zone=zone)
    local = end.astimezone(zone)
    assert (local.date() - since.astimezone(zone).date()).days == days
    shift = timedelta(hours=local.hour - clock.hour, minutes=local.minute - clock.minute)
    assert shift in (timedelta(0), timedelta(hours=1), timedelta(minutes=30))  # only over an hour that is left out
    if shift:
        assert local.replace(tzinfo=None) != local.replace(hour=clock.hour, minute=clock.minute, tzinfo=None)
        there = datetime.combine(local.date(), clock, tzinfo=zone)
        assert there.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != there.replace(tzinfo=None)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    MOMENTS, st.timedeltas(timedelta(0), timedelta(days=9)), CLOCKS, st.sets(st.integers(0, 6)), st.sampled_from(ZONES)
)
def test_a_wait_never_ends_before_it_began_and_on_a_wanted_day(
    since: datetime, length: timedelta, clock: time, weekdays: set[int], zone_name: str
) -> None:
    zone = ZoneInfo(zone_name)
    end = end_of_wait(since=since, length=length, clock=clock, weekdays=weekdays, zone=zone)
    assert end > since
    if not weekdays:
        assert end - since < length + timedelta(hours=50)
    if weekdays and end.astimezone(zone).hour == clock.hour:
        assert end.astimezone(zone).weekday() in weekdays


LETTERS = [
    {"key": "a", "kind": "send-email", "template": 1, "next": "wait-1"},
    {"key": "b", "kind": "send-email", "template": 1, "next": "wait-2"},
    {"key": "c", "kind": "send-email", "template": 1, "next": "wait-3"},
    {"key": "d", "kind": "send-email", "template": 1, "next": None},
]


def journey_with(waits: Sequence[dict[str, Any]]) -> Journey:
    between = [
        {"key": f"wait-{number}", "kind": "wait", "next": "bcd"[number - 1], **wait}
        for number, wait in enumerate(waits, start=1)
    ]
    return make_journey(LETTERS[0], *between, *LETTERS[1:])


def live(journey: Journey, person: int, *, start: datetime, late: Sequence[timedelta]) -> dict[str, date]:
    """On which day of Kyiv each letter was written when the worker came so late to each step."""
    enrol_people(journey=journey, person_ids=[person], at=start)
    for number in range(20):
        due_at = Enrolment.objects.get(person_id=person, journey_id=journey.pk).due_at
        if due_at is None:
            break
        with at_moment(due_at + late[number % len(late)]):
            tick(owner="test")
    return {
        step: due_at.astimezone(ZoneInfo("Europe/Kyiv")).date()
        for step, due_at in Delivery.objects.filter(journey_id=journey.pk).values_list("step", "due_at")
    }


WAITS = st.fixed_dictionaries(
    {"for": st.fixed_dictionaries({"days": st.integers(1, 5)})},
    optional={
        "at": CLOCKS.filter(lambda clock: clock < time(23, 50)).map("{:%H:%M}".format),
        "on": st.lists(st.sampled_from(["mon", "tue", "wed", "thu", "fri"]), min_size=1, unique=True),
    },
)


@pytest.mark.django_db(transaction=False)
@settings(
    max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None
)
@given(
    waits=st.lists(WAITS, min_size=3, max_size=3),
    start=MOMENTS.filter(lambda moment: moment.astimezone(ZoneInfo("Europe/Kyiv")).time() < time(23, 50)),
    late=st.lists(st.timedeltas(timedelta(0), timedelta(minutes=9)), min_size=1, max_size=4),
    timezone=st.sampled_from(["Europe/Kyiv", "", "Mars/Olympus", "Asia/Kathmandu"]),
)
@example(
    waits=[{"for": {"days": 1}, "at": "10:00"}] * 3,
    start=datetime(2026, 3, 27, 8, 0, tzinfo=UTC),  # 10:00 in Kyiv, two days before the clock change
    late=[timedelta(seconds=3)],
    timezone="Europe/Kyiv",
)
@example(
    waits=[{"for": {"days": 1}}] * 3,
    start=datetime(2026, 10, 24, 20, 49, 58, tzinfo=UTC),
    late=[timedelta(minutes=9)],
    timezone="",
)
def test_a_simulation_and_life_name_the_same_days(
    waits: list[dict[str, Any]], start: datetime, late: list[timedelta], timezone: str
) -> None:
    Workspace.objects.update_or_create(pk=1, defaults={"timezone": "Europe/Kyiv"})
    journey, [person] = journey_with(waits), make_people(1, timezone=timezone)
    with at_moment(start):
        version = JourneyVersion.objects.get(journey=journey)
        foretold = rehearse(version=version, person_ids=[person], days=60)
    first = start.astimezone(ZoneInfo("Europe/Kyiv")).date()
    expected = {
        step: first + timedelta(days=day) for day, steps in foretold.by_day.items() for step in steps if step in "abcd"
    }
    lived = live(journey, person, start=start, late=late)
    if timezone != "Asia/Kathmandu":  # his minutes late may be past midnight in Kyiv, where the simulation counts
        assert lived == expected
    assert set(lived) == set(expected) == set("abcd")


@pytest.mark.django_db
def test_a_letter_a_day_at_ten_goes_out_every_day() -> None:
    """The case seen: every "1 day until 10:00" after a letter of 10:00 lasted two days."""
    Workspace.objects.update_or_create(pk=1, defaults={"timezone": "Europe/Kyiv"})
    journey, [person] = journey_with([{"for": {"days": 1}, "at": "10:00"}] * 3), make_people(1)
    start = wall("2026-03-27 10:00", "Europe/Kyiv")
    days = live(journey, person, start=start, late=[timedelta(seconds=2)])
    assert days == {step: date(2026, 3, 27) + timedelta(days=n) for n, step in enumerate("abcd")}


@pytest.mark.django_db
def test_a_worker_that_was_away_for_days_counts_from_when_it_came_back() -> None:
    journey, [person] = journey_with([{"for": {"days": 1}, "at": "10:00"}] * 3), make_people(1, timezone="UTC")
    place(journey, [person], step="b", due_at=datetime(2026, 3, 2, 10, tzinfo=UTC))
    with at_moment(datetime(2026, 3, 6, 15, tzinfo=UTC)):
        tick(owner="test")
    assert Enrolment.objects.get().due_at == datetime(2026, 3, 7, 10, tzinfo=UTC)


@pytest.mark.django_db
def test_where_a_person_lives_is_told_by_city_country_and_phone_as_for_quiet_hours() -> None:
    Workspace.objects.update_or_create(pk=1, defaults={"timezone": "Europe/Kyiv"})
    journey = make_journey({"key": "w", "kind": "wait", "at": "10:00", "next": None})
    by_country, by_city, by_phone, unknown = make_people(4)
    Person.objects.filter(pk=by_country).update(country="JP")
    Person.objects.filter(pk=by_city).update(city="Владивосток")
    make_identity(person=Person.objects.get(pk=by_phone), kind="phone", value="+48501234567")
    enrol_people(
        journey=journey,
        person_ids=[by_country, by_city, by_phone, unknown],
        at=datetime(2026, 1, 12, 12, tzinfo=UTC),
    )
    due = dict(Enrolment.objects.values_list("person_id", "due_at"))
    next_day = datetime(2026, 1, 13, tzinfo=UTC)
    assert due == {
        by_country: next_day + timedelta(hours=1),
        by_city: next_day,
        by_phone: next_day + timedelta(hours=9),
        unknown: next_day + timedelta(hours=8),
    }


@pytest.mark.django_db
@pytest.mark.parametrize(("number", "statements"), [(5, 4), (50, 4)])
def test_zones_of_many_cost_as_many_statements_as_of_few(
    number: int, statements: int, django_assert_num_queries: Any
) -> None:
    people = make_people(number)
    Workspace.objects.get_or_create(pk=1)
    with django_assert_num_queries(statements):
        assert Counter(zone.key for zone in time_zones(people).values()) == {Workspace().timezone: number}


@pytest.mark.django_db
def test_a_task_due_in_a_day_is_due_at_the_same_hour_over_the_clock_change() -> None:
    Workspace.objects.update_or_create(pk=1, defaults={"timezone": "Europe/Kyiv"})
    journey = make_journey({"key": "call", "kind": "add-task", "title": "Call", "due": {"days": 1}, "next": None})
    at = wall("2026-03-28 10:00", "Europe/Kyiv").astimezone(UTC)
    place(journey, make_people(1), step="call", due_at=at)
    with at_moment(at):
        tick(owner="test")
    assert Task.objects.get().due_at == wall("2026-03-29 10:00", "Europe/Kyiv")


def test_a_circle_that_waits_only_for_a_weekday_would_send_all_that_day() -> None:
    letter = {"key": "letter", "kind": "send-email", "template": 1, "next": "monday"}
    monday = {"key": "monday", "kind": "wait", "on": ["mon"], "next": "letter"}
    with pytest.raises(GraphBroken) as broken:
        read_graph([letter, monday])
    assert {problem.code for problem in broken.value.problems} == {"circle-without-wait"}
    assert read_graph([letter, {**monday, "at": "10:00"}]).first == "letter"
