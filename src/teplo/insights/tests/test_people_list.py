"""Lists of people follow an order page by page and lose nobody."""

from datetime import UTC, datetime, timedelta

import pytest

from teplo.insights import people_list
from teplo.insights.people_list import ORDERS, SORTS, SortUnknown, count_people, list_people
from teplo.people.choosing import Chosen
from teplo.people.testing import make_identity, make_person, make_stranger
from teplo.scoring.models import Score
from teplo.stages.models import Stage, Standing
from teplo.tracking.models import Presence

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def crowd():
    stages = [Stage.objects.create(key=f"test-pal-{n}", position=90 + n, names={"en": "Pal"}) for n in range(3)]
    people = []
    for n in range(23):
        person = make_person(
            first_name=f"Имя{n % 3}", last_name=["", "Аист", "Бобр"][n % 3], created_at=AT + timedelta(days=n % 4),
            email=f"p{n}@example.com",
        )  # fmt: skip
        if n % 4:
            Score.objects.create(person=person, total=n % 5, temperature=["cold", "warm", "hot"][n % 3])
        if n % 6 == 3:  # only we acted: an import, a note
            Presence.objects.create(person=person, events=1)
        if n % 3:
            seen = AT + timedelta(hours=n % 6)
            Presence.objects.create(person=person, first_seen_at=AT, last_seen_at=seen)
            Standing.objects.create(person=person, stage=stages[n % 3 - 1], since=seen)
        people.append(person)
    make_stranger()
    return people


def walk(sort, limit=5, chosen=None):
    place, seen = "", []
    for _ in range(40):
        page = list_people(chosen=chosen or Chosen(), sort=sort, after=place, limit=limit)
        seen += page.rows
        place = page.further
        if not place:
            return seen
    raise AssertionError("the pages never end")


@pytest.mark.parametrize("sort", ORDERS)
@pytest.mark.parametrize("limit", [1, 4, 5, 23, 50])
def test_walking_the_pages_shows_everybody_once_and_in_order(sort, limit, crowd):
    rows = walk(sort, limit)
    assert sorted(row.person.id for row in rows) == sorted(person.id for person in crowd)
    key = {
        "score": lambda p: -p.score.total if hasattr(p, "score") else 99,
        "seen": lambda p: (
            -p.presence.last_seen_at.timestamp() if hasattr(p, "presence") and p.presence.last_seen_at else 0
        ),
        "stage": lambda p: (
            (-p.standing.stage.position, -p.standing.since.timestamp()) if hasattr(p, "standing") else (99, 0)
        ),
        "created": lambda p: -p.created_at.timestamp(),
        "name": lambda p: (p.last_key or "я", p.first_key if p.last_key else ""),
    }[sort]
    assert [key(row.person) for row in rows] == sorted(key(row.person) for row in rows)


@pytest.mark.parametrize("asked", ["cold", "warm", "hot", ["hot"], ["warm", "hot"], {"is_not": "hot"}])
@pytest.mark.parametrize("sort", ORDERS)
@pytest.mark.parametrize("ahead", [1, 5, 1000])
def test_a_temperature_finds_the_same_people_in_every_order(sort, asked, ahead, crowd, monkeypatch):
    monkeypatch.setattr(people_list, "AHEAD", ahead)
    condition = {"all": [{"temperature": asked}, {"field": "last_name", "is_not": "Бобр"}]}
    rows = walk(sort, 3, Chosen(condition=condition))
    heats = {"cold", "warm"} if isinstance(asked, dict) else {asked} if isinstance(asked, str) else {*asked}
    warmth = lambda p: p.score.temperature if hasattr(p, "score") else "cold"  # noqa: E731
    meant = [p.id for p in crowd if warmth(p) in heats and p.last_name != "Бобр"]
    assert sorted(row.person.id for row in rows) == sorted(meant)
    if sort == "score":
        totals = [row.person.score.total if hasattr(row.person, "score") else -1 for row in rows]
        assert totals == sorted(totals, reverse=True)


def test_a_place_that_cannot_be_read_is_the_start(crowd):
    for place in ("nonsense", "[7]", '[0,"x","y"]', "[0,1]", "{}"):
        assert len(list_people(chosen=Chosen(), sort="score", after=place, limit=5).rows) == 5


def test_an_unknown_order_is_refused():
    with pytest.raises(SortUnknown):
        list_people(chosen=Chosen(), sort="shoe-size")


@pytest.mark.parametrize("sort", SORTS)
def test_the_number_of_statements_does_not_depend_on_the_people(sort, crowd, django_assert_max_num_queries):
    with django_assert_max_num_queries(6):
        list_people(chosen=Chosen(), sort=sort, limit=50)


def test_the_main_contact_of_each_kind_is_shown(crowd):
    olga = make_person(city="Львов", email="main@example.com", phone="+380501234567")
    make_identity(person=olga, value="other@example.com", is_main=False)
    (row,) = list_people(chosen=Chosen(condition={"field": "city", "is": "Львов"})).rows
    assert row.contacts == {"email": "main@example.com", "phone": "+380501234567"}


def test_people_are_counted_with_their_warmth_and_counting_ends_in_time(crowd):
    numbers = count_people(chosen=Chosen())
    heats = Score.objects.values_list("temperature", flat=True)
    assert (numbers.people, numbers.is_more) == (23, False)
    assert (numbers.warm, numbers.hot) == (list(heats).count("warm"), list(heats).count("hot"))
    some = count_people(chosen=Chosen(), at_most=10)
    assert (some.people, some.is_more) == (10, True)
    assert count_people(chosen=Chosen(), at_most=None).people == 23
