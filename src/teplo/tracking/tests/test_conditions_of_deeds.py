"""What conditions over deeds, sources and raw events answer."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from teplo.accounts.models import Workspace
from teplo.conditions import registry
from teplo.conditions.compiling import to_q
from teplo.conditions.reading import read_json
from teplo.kit.clock import at_moment
from teplo.people.models import Person
from teplo.people.testing import make_person
from teplo.tracking.models import Acquisition, Activity, Event, Presence, Tally, Touch

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
TODAY = date(2026, 3, 10)


@pytest.fixture(autouse=True)
def _noon_in_kyiv() -> Any:
    Workspace.objects.create(pk=1, timezone="Europe/Kyiv")
    with at_moment(NOON):
        yield


def who(data: Any, *, as_of: datetime | None = None) -> set[str]:
    vocabulary = registry.people()
    condition = read_json(data, vocabulary)
    q = to_q(condition, vocabulary, as_of=as_of)
    found = set(Person.objects.filter(q).values_list("first_name", flat=True))
    assert set(Person.objects.filter(~q).values_list("first_name", flat=True)) == everybody() - found
    ids = list(Person.objects.values_list("pk", flat=True))
    looked_up = to_q(condition, vocabulary, as_of=as_of, among=ids)
    assert set(Person.objects.filter(looked_up).values_list("first_name", flat=True)) == found
    return found


def everybody() -> set[str]:
    return set(Person.objects.values_list("first_name", flat=True))


@pytest.fixture
def prices() -> Activity:
    """today: 3 times; week: once a day on the 4th and 3rd; long: 5 times, 40 days ago; other: another deed; never."""
    prices = Activity.objects.create(key="visited-prices-page", names={"en": "Prices"})
    other = Activity.objects.create(key="another-deed")
    for name, activity, days in (
        ("today", prices, {0: 3}),
        ("week", prices, {6: 1, 7: 1}),
        ("long", prices, {40: 5}),
        ("other", other, {0: 9}),
        ("never", prices, {}),
    ):
        person = make_person(first_name=name)
        for ago, count in days.items():
            at = NOON - timedelta(days=ago)
            day = TODAY - timedelta(days=ago)
            Tally.objects.create(person=person, activity=activity, day=day, count=count, first_at=at, last_at=at)
    return prices


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"did": ...}, {"today", "week", "long"}),
        ({"did": ..., "within": "7d"}, {"today", "week"}),
        ({"did": ..., "within": "6d"}, {"today"}),
        ({"did": ..., "within": "1mo"}, {"today", "week"}),
        ({"did": ..., "within": "2mo"}, {"today", "week", "long"}),
        ({"did": ..., "at_least": 2}, {"today", "week", "long"}),
        ({"did": ..., "at_least": 2, "within": "7d"}, {"today"}),
        ({"did": ..., "at_most": 2}, {"week"}),
        ({"did": ..., "at_least": 3, "at_most": 3}, {"today"}),
        ({"did": ..., "at_least": 0, "at_most": 2}, {"week", "other", "never"}),
        ({"did": ..., "at_least": 0, "at_most": 0, "within": "7d"}, {"long", "other", "never"}),
        ({"did": ..., "at_least": 0}, {"today", "week", "long", "other", "never"}),
        ({"did_not": ...}, {"other", "never"}),
        ({"did_not": ..., "within": "7d"}, {"long", "other", "never"}),
        ({"not": {"did": ..., "at_least": 3}}, {"week", "other", "never"}),
        ({"last_did": ..., "within": "7d"}, {"today", "week"}),
        ({"last_did": ..., "older_than": "7d"}, {"long"}),
        ({"last_did": ..., "older_than": "6d"}, {"week", "long"}),
        ({"any": [{"did": ..., "at_least": 5}, {"did": ..., "within": "1d"}]}, {"today", "long"}),
    ],
)
def test_deeds_are_counted_over_calendar_days(prices: Activity, data: Any, expected: set[str]) -> None:
    assert who(_named(data, prices.key)) == expected


def _named(data: Any, key: str) -> Any:
    if isinstance(data, dict):
        return {name: _named(value, key) for name, value in data.items()}
    return [_named(part, key) for part in data] if isinstance(data, list) else key if data is ... else data


def test_the_past_counts_what_had_been_done_by_then(prices: Activity) -> None:
    ago = NOON - timedelta(days=7)
    assert who({"did": prices.key}, as_of=ago) == {"week", "long"}
    assert who({"did": prices.key, "at_least": 2}, as_of=ago) == {"long"}
    assert who({"did_not": prices.key, "within": "7d"}, as_of=ago) == {"today", "long", "other", "never"}


def test_where_a_person_came_from_is_first_last_or_ever() -> None:
    person = make_person(first_name="he")
    make_person(first_name="nobody")
    path = (("paid", "spring", 9), ("email", "letter", 5), ("direct", "", 1))
    for source, campaign, days in path:
        Touch.objects.create(person=person, at=NOON - timedelta(days=days), source=source, utm_campaign=campaign)
    Acquisition.objects.create(
        person=person,
        first_source="paid",
        first_detail="spring",
        first_at=NOON - timedelta(days=9),
        last_source="direct",
        last_at=NOON - timedelta(days=1),
    )
    assert who({"first_source": "paid"}) == who({"last_source": "direct"}) == who({"source": "email"}) == {"he"}
    assert who({"last_source": {"is_not": "direct"}}) == {"nobody"}
    assert who({"source": {"has_not": "email"}}) == {"nobody"}
    assert who({"source": {"is_set": True}}) == {"he"}
    assert who({"field": "utm_campaign", "is": "SPRING"}) == {"he"}
    before = NOON - timedelta(days=4)
    assert who({"last_source": "email"}, as_of=before) == who({"first_source": "paid"}, as_of=before) == {"he"}
    assert who({"last_source": "direct"}, as_of=before) == set()
    assert who({"source": "direct"}, as_of=before) == set()


def test_the_last_visit_may_never_have_been() -> None:
    Presence.objects.create(person=make_person(first_name="seen"), first_seen_at=NOON, last_seen_at=NOON)
    Presence.objects.create(person=make_person(first_name="written to"))
    make_person(first_name="unknown")
    assert who({"field": "last_seen", "within": "1d"}) == {"seen"}
    assert who({"field": "last_seen", "is_set": False}) == {"written to", "unknown"}
    assert who({"not": {"field": "last_seen", "older_than": "1d"}}) == {"seen", "written to", "unknown"}


# raw events


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"event": "page-viewed"}, {1, 2}),
        ({"event": ["page-viewed", "link-clicked"]}, {1, 2, 3}),
        ({"field": "name", "is_not": "page-viewed"}, {3}),
        ({"field": "path", "starts_with": "/PRICES"}, {1}),
        ({"field": "label", "is": "human"}, {1, 3}),
        ({"field": "property.sum", "at_least": 10}, {1}),
        ({"field": "property.sum", "is": "10"}, {2}),
        ({"field": "property.sum", "is": 10}, {1}),
        ({"field": "property.sum", "is_not": 10}, {2, 3}),
        ({"field": "property.sum", "between": [1, 20]}, {1}),
        ({"field": "property.плата", "is": "ДА"}, {1}),
        ({"field": "property.paid", "is": True}, {1}),
        ({"field": "property.paid", "is": False}, {2}),
        ({"field": "property.paid", "is_set": False}, {3}),
        ({"field": "property.url", "contains": "/PRICE"}, {3}),
        ({}, {1, 2, 3}),
    ],
)
def test_a_property_compares_by_the_kind_of_value_asked_for(data: Any, expected: set[int]) -> None:
    person = make_person()
    rows = (
        (1, "page-viewed", "human", "/prices/1", {"sum": 10, "плата": "да", "paid": True}),
        (2, "page-viewed", "machine", "/", {"sum": "10", "paid": False}),
        (3, "link-clicked", "human", "", {"url": "https://example.com/price", "paid": None}),
    )
    for key, name, label, path, properties in rows:
        Event.objects.create(
            person=person, id=key, name=name, at=NOON, received_at=NOON, origin="api", label=label, path=path,
            properties=properties,
        )  # fmt: skip
    vocabulary = registry.events()
    q = to_q(read_json(data, vocabulary), vocabulary)
    assert set(Event.objects.filter(q).values_list("id", flat=True)) == expected
    assert set(Event.objects.filter(~q).values_list("id", flat=True)) == {1, 2, 3} - expected
