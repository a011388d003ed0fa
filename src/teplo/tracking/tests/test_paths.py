"""The path by which somebody came is the same whatever the batches and the order in which its visits arrive."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import example, given
from hypothesis import strategies as st

from teplo.conditions.compiling import ask
from teplo.conditions.reading import read_json
from teplo.conditions.registry import people as vocabulary_of_people
from teplo.conditions.vocabulary import Asking
from teplo.config import wiring
from teplo.people.finding import Claim, find_or_create_people
from teplo.people.models import Person
from teplo.people.testing import make_person, make_stranger
from teplo.pipeline.working import run_once
from teplo.tracking import paths
from teplo.tracking.inbox import put_events
from teplo.tracking.models import Acquisition, Touch
from teplo.tracking.paths import Coming, note_arrivals, retrace
from teplo.tracking.sources import read_arrival
from teplo.tracking.testing import make_event

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
WAYS = {
    "a": ("https://x.example/?utm_source=google&utm_medium=cpc&utm_campaign=spring", ""),
    "b": ("https://x.example/prices", "https://yandex.ru/"),
    "c": ("https://x.example/", "https://partner.example/page"),
    "d": ("https://x.example/", ""),
}
KINDS = {"a": "paid", "b": "organic", "c": "referral", "d": "direct"}
PATHS = st.lists(
    st.tuples(st.integers(0, 40), st.sampled_from("aabbcd")), min_size=1, max_size=9, unique_by=lambda visit: visit[0]
)


@pytest.fixture(autouse=True)
def wired():
    wiring.assemble()


def coming(person, minute, way):
    return Coming(person.pk, minute + 1, AT + timedelta(minutes=minute), read_arrival(*WAYS[way]))


def collapsed(visits):
    """The oracle: repeats that follow each other are one."""
    path = []
    for _minute, way in sorted(visits):
        if path[-1:] != [way]:
            path.append(way)
    return path


def last_of(path):
    """A visit without source says something only where there is no other."""
    return [way for way in path if way != "d"][-1:] or path[-1:]


def kept_path(person):
    rows = Touch.objects.filter(person=person).order_by("at", "id").values_list("source", flat=True)
    return [next(way for way, kind in KINDS.items() if kind == source) for source in rows]


@given(visits=PATHS, data=st.data())
@example(visits=[(1, "a"), (2, "b"), (3, "a")], data=None)
@example(visits=[(1, "a"), (2, "d"), (3, "a"), (4, "d"), (5, "d")], data=None)
def test_any_batches_in_any_order_give_the_same_path(visits, data):
    with transaction.atomic():
        person, other = make_person(), make_person()
        arriving = data.draw(st.permutations(visits)) if data else visits
        cuts = data.draw(st.sets(st.integers(1, len(visits)), max_size=4)) if data else ()
        edges = [0, *sorted(cuts), len(visits)]
        for first, last in zip(edges, edges[1:], strict=False):
            note_arrivals([coming(person, *visit) for visit in arriving[first:last]] + [coming(other, 99, "b")])
        path = collapsed(visits)
        assert kept_path(person) == path
        acquired = Acquisition.objects.get(person=person)
        assert acquired.first_source == KINDS[path[0]]
        assert [acquired.last_source] == [KINDS[way] for way in last_of(path)]
        minute = data.draw(st.integers(0, 41)) if data else 2
        then = collapsed([visit for visit in visits if visit[0] <= minute])
        for field, ends in (("first_source", then[:1]), ("last_source", last_of(then))):
            asking = Asking(vocabulary_of_people(), AT + timedelta(minutes=minute), of_past=True)
            for kind in KINDS.values():
                holds = ask(read_json({"field": field, "is": kind}, asking.vocabulary), asking)
                assert Person.objects.filter(holds, pk=person.pk).exists() == ([kind] == [KINDS[way] for way in ends])
        transaction.set_rollback(True)


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_the_pipeline_gives_the_same_ends_whatever_its_batches(size):
    visits = [(1, "d"), (2, "a"), (3, "b"), (4, "a"), (5, "d")]
    start = datetime.now(UTC) - timedelta(days=1)
    events = [
        make_event(
            visitor="v", url=WAYS[way][0], referrer=WAYS[way][1], time=(start + timedelta(minutes=minute)).isoformat(),
            id=str(minute),
        )
        for minute, way in visits
    ]  # fmt: skip
    for first in range(0, len(events), size):
        put_events(events[first : first + size], origin="api")
        while run_once("test"):
            pass
    acquired = Acquisition.objects.get()
    assert (acquired.first_source, acquired.last_source, acquired.last_detail) == ("direct", "paid", "spring")
    assert acquired.last_at == Touch.objects.filter(source="paid").order_by("at").last().at
    assert list(Touch.objects.order_by("at").values_list("source", flat=True)) == [KINDS[way] for _, way in visits]


def test_a_stranger_s_path_joins_that_of_the_person():
    person, stranger = make_person(email="a@example.com"), make_stranger(visitor="v")
    note_arrivals([coming(person, 1, "a"), coming(person, 5, "b")])
    note_arrivals([coming(stranger, 3, "b"), coming(stranger, 9, "d")])
    (joined,) = find_or_create_people([Claim((("email", "a@example.com"), ("visitor", "v")))])
    assert joined == person.pk
    retrace([person.pk])
    assert kept_path(person) == ["a", "b", "d"]
    acquired = Acquisition.objects.get()
    assert (acquired.first_source, acquired.last_source) == ("paid", "organic")


@pytest.mark.parametrize("named", ["contact", "person"])
def test_a_visitor_s_path_is_the_person_s_at_once_however_they_are_named(named):
    person = make_person(email="a@example.com")
    note_arrivals([coming(person, 1, "a"), coming(person, 5, "b")])
    url, referrer = WAYS["b"]
    at = AT + timedelta(minutes=3)
    put_events([make_event(visitor="v", url=url, referrer=referrer, time=at.isoformat())], origin="api")
    while run_once("test"):
        pass
    who = {"person": str(person.pk)} if named == "person" else {"identities": {"email": "a@example.com"}}
    put_events([make_event(name="call-answered", visitor="v", url="", **who)], origin="api")
    while run_once("test"):
        pass
    assert kept_path(person) == ["a", "b"]
    assert Touch.objects.get(source="organic").at == at


def test_a_path_has_an_end_however_often_somebody_comes(monkeypatch):
    monkeypatch.setattr(paths, "MOST_TOUCHES", 4)
    person, other = make_person(), make_person()
    for first in (0, 3, 6):
        visits = [coming(person, minute, "ab"[minute % 2]) for minute in range(first, first + 3)]
        note_arrivals([*visits, coming(other, first, "abc"[first // 3])])
    assert kept_path(person) == ["a", "b", "a", "b"]
    assert kept_path(other) == ["a", "b", "c"]
    acquired = Acquisition.objects.get(person=person)
    assert (acquired.first_source, acquired.last_source) == ("paid", "organic")
    assert acquired.last_at == AT + timedelta(minutes=3)
    retrace([person.pk])
    assert kept_path(person) == ["a", "b", "a", "b"]


def test_the_details_of_the_past_are_those_that_were_shown():
    """Campaign, else source mark, else host: asked of the past they are what they were asked of the present."""
    person = make_person()
    note_arrivals([coming(person, 1, "b"), coming(person, 2, "a")])
    for minute, detail in ((1, "yandex.ru"), (3, "spring")):
        asking = Asking(vocabulary_of_people(), AT + timedelta(minutes=minute), of_past=True)
        holds = ask(read_json({"field": "last_detail", "is": detail}, asking.vocabulary), asking)
        assert Person.objects.filter(holds, pk=person.pk).exists(), detail


def test_the_number_of_statements_does_not_grow_with_the_people():
    def statements(count):
        people = [make_person() for _ in range(count)]
        with CaptureQueriesContext(connection) as captured:
            note_arrivals([coming(person, minute, way) for person in people for minute, way in ((1, "a"), (9, "a"))])
            note_arrivals([coming(person, 5, "b") for person in people])
            note_arrivals([coming(person, 0, "a") for person in people])
        assert kept_path(people[-1]) == ["a", "b", "a"]
        return len(captured)

    assert statements(1) == statements(30)
