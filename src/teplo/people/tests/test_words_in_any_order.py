"""What was said of people has its place in time: whatever the order of arrival, past and present answer by the time.

The oracle is naive and shares nothing with the code: a list of what was said, sorted by time.
"""

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
from teplo.people.attributes import Change, set_attributes
from teplo.people.consent import ConsentWord, may_write, record_consents
from teplo.people.merging import merge_people
from teplo.people.models import AttributeChange, Consent, ImportRun, Person
from teplo.people.testing import make_attribute, make_identity, make_person
from teplo.people.unmerging import undo_merge

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
CITIES = ("Киев", "Львів", "Одеса", "")
WORDS = st.lists(
    st.tuples(st.integers(0, 12), st.sampled_from(CITIES)), min_size=1, max_size=9, unique_by=lambda word: word[0]
)


@pytest.fixture(autouse=True)
def wired():
    wiring.assemble()


def minute(number):
    return AT + timedelta(minutes=number)


def by_time(words, moment, at_first):
    """The oracle: the last word said up to the moment."""
    said = [value for minutes, value in sorted(words, key=lambda word: word[0]) if minutes <= moment]
    return said[-1] if said else at_first


def batches_of(draw, words):
    arriving = draw(st.permutations(words))
    cuts = sorted(draw(st.sets(st.integers(1, len(arriving)), max_size=3)))
    edges = [0, *cuts, len(arriving)]
    return [arriving[first:last] for first, last in zip(edges, edges[1:], strict=False) if first < last]


def city_then(person, moment):
    """What conditions answer of the city at a moment."""
    asking = Asking(vocabulary_of_people(), moment, of_past=True)
    found = [
        city for city in CITIES if city and Person.objects.filter(
            ask(read_json({"field": "city", "is": city}, asking.vocabulary), asking), pk=person.pk
        ).exists()
    ]  # fmt: skip
    return found[0] if found else ""


@given(words=WORDS, at_first=st.sampled_from(("Киев", "")), data=st.data())
def test_a_field_is_at_every_moment_what_was_last_said_of_it(words, at_first, data):
    with transaction.atomic():
        person = make_person(city=at_first)
        for batch in batches_of(data.draw, words):
            set_attributes([Change(person.id, "city", city, minute(at)) for at, city in batch], by="api", at=minute(99))
        person.refresh_from_db()
        assert person.city == by_time(words, 99, at_first)
        for number in data.draw(st.sets(st.integers(-1, 13), min_size=3, max_size=3)):
            then = city_then(person, minute(number) + timedelta(seconds=1))
            assert then == by_time(words, number, at_first), number
        rows = list(AttributeChange.objects.filter(person=person).order_by("at", "id"))
        assert [row.old or "" for row in rows[1:]] == [row.new or "" for row in rows[:-1]]
        transaction.set_rollback(True)


@given(
    words=st.lists(
        st.tuples(st.integers(0, 12), st.integers(0, 2)), min_size=2, max_size=7, unique_by=lambda word: word[0]
    ),
    data=st.data(),
)  # fmt: skip
def test_an_own_field_too_with_values_of_any_type(words, data):
    with transaction.atomic():
        for key, kind in (("n", "number"), ("t", "text"), ("l", "list")):
            make_attribute(key=key, type=kind)
        key = data.draw(st.sampled_from("ntl"))
        values = {"n": (None, 5, 7), "t": (None, "5", "b"), "l": (None, ["a"], ["a", "b"])}[key]
        said = [(at, values[place]) for at, place in words]
        person = make_person()
        for batch in batches_of(data.draw, said):
            set_attributes([Change(person.id, key, value, minute(at)) for at, value in batch], by="api")
        person.refresh_from_db()
        assert person.attributes.get(key) == by_time(said, 99, None)
        first = AttributeChange.objects.filter(person=person).order_by("at").first()
        assert first is None or first.old is None
        transaction.set_rollback(True)


CONSENTS = st.lists(st.tuples(st.integers(0, 9), st.sampled_from(["given", "withdrawn"])), min_size=1, max_size=8)
"""Some of one moment: of these the no counts, whichever came first."""


@given(words=CONSENTS, data=st.data())
@example(words=[(1, "withdrawn"), (5, "given"), (9, "withdrawn")], data=None)
@example(words=[(1, "withdrawn"), (1, "given"), (1, "withdrawn")], data=None)
@example(words=[(1, "given"), (5, "given"), (5, "withdrawn")], data=None)
def test_a_consent_is_at_every_moment_what_was_last_said(words, data):
    with transaction.atomic():
        person = make_person()
        arriving = batches_of(data.draw, words) if data else [words[:1], words[2:], words[1:2]]
        for batch in arriving:
            record_consents([ConsentWord(person.id, "email", state, at=minute(at)) for at, state in batch])
        words = sorted(words)  # a yes before a no of the same moment
        assert (may_write([person.id], "email") == {person.id}) == (by_time(words, 99, "") == "given")
        assert Consent.objects.filter(person=person, is_current=True).count() == 1
        for number in range(-1, 14):
            asking = Asking(vocabulary_of_people(), minute(number) + timedelta(seconds=1), of_past=True)
            given_then = ask(read_json({"consent": "email"}, asking.vocabulary), asking)
            is_given = Person.objects.filter(given_then, pk=person.pk).exists()
            assert is_given == (by_time(words, number, "") == "given"), number
        transaction.set_rollback(True)


def test_a_consent_given_earlier_that_comes_after_a_later_withdrawal_does_not_lift_it():
    olga = make_person()
    record_consents([ConsentWord(olga.id, "email", "withdrawn", at=minute(5))])
    record_consents([ConsentWord(olga.id, "email", "withdrawn", at=minute(9))])
    assert record_consents([ConsentWord(olga.id, "email", "given", at=minute(7))]) == 0
    assert may_write([olga.id], "email") == set()
    assert list(Consent.objects.order_by("at").values_list("at", "state")) == [
        (minute(5), "withdrawn"), (minute(7), "given"), (minute(9), "withdrawn"),
    ]  # fmt: skip


def test_a_list_lifts_no_withdrawal_that_comes_after_it_about_a_time_before_it():
    olga = make_person()
    record_consents([ConsentWord(olga.id, "email", "given", at=minute(1), source="form")])
    record_consents([ConsentWord(olga.id, "email", "given", at=minute(9), proof={"import": "1", "row": 2})])
    record_consents([ConsentWord(olga.id, "email", "withdrawn", at=minute(5))])
    assert may_write([olga.id], "email") == set()
    boris = make_person()
    record_consents([ConsentWord(boris.id, "email", "given", at=minute(9), proof={"import": "1", "row": 2})])
    record_consents([ConsentWord(boris.id, "email", "withdrawn", at=minute(5))])
    assert may_write([boris.id], "email") == set()
    record_consents([ConsentWord(boris.id, "email", "given", at=minute(10), source="form")])
    assert may_write([boris.id], "email") == {boris.id}


def test_what_a_colleague_says_now_is_newer_than_all_that_is_known():
    """Even if a phone's clock ran ahead."""
    olga = make_person(city="")
    ahead = datetime(2999, 1, 1, tzinfo=UTC)
    set_attributes([Change(olga.id, "city", "Киев", ahead)], by="form")
    assert set_attributes([Change(olga.id, "city", "Одеса")], by="user:1").people == [olga.id]
    assert set_attributes([Change(olga.id, "city", "Львів", minute(1))], by="form").people == []
    olga.refresh_from_db()
    assert olga.city == "Одеса"


def test_what_an_import_filled_stands_against_words_from_before_it():
    """An import leaves no row of a card it makes; its own moment is what it says."""
    run = ImportRun.objects.create(name="list.csv", created_at=minute(10))
    olga = make_person(city="Киев")
    make_identity(person=olga, source=f"import:{run.pk}")
    assert set_attributes([Change(olga.id, "city", "Львів", minute(5))], by="form").people == []
    olga.refresh_from_db()
    assert olga.city == "Киев"
    assert [city_then(olga, minute(number)) for number in (4, 6, 11)] == ["Киев", "Львів", "Киев"]
    assert set_attributes([Change(olga.id, "city", "Одеса", minute(12))], by="form").people == [olga.id]


def test_a_company_and_an_owner_have_their_place_too():
    olga = make_person(owner_id=None)
    set_attributes([Change(olga.id, "company", "Ромашка", minute(9)), Change(olga.id, "owner", 7, minute(9))], by="api")
    set_attributes([Change(olga.id, "company", "Лютик", minute(3)), Change(olga.id, "owner", 5, minute(3))], by="api")
    olga.refresh_from_db()
    assert (olga.company.name, olga.owner_id) == ("Ромашка", 7)
    owners = AttributeChange.objects.filter(key="owner_id").order_by("at").values_list("old", "new")
    assert list(owners) == [(None, 5), (5, 7)]


def test_a_late_word_after_a_merge_leaves_both_pasts_whole_when_it_is_undone():
    olga, other = make_person(city=""), make_person(city="")
    set_attributes([Change(other.id, "city", "Киев", minute(1)), Change(other.id, "city", "Львів", minute(9))], by="a")
    merged = merge_people(winner_id=olga.id, loser_id=other.id, reason="duplicate", by="user:1", at=minute(20))
    set_attributes([Change(olga.id, "city", "Одеса", minute(5))], by="form")
    olga.refresh_from_db()
    assert olga.city == "Львів"
    undo_merge(merge_id=merged.id, by="user:1")
    assert [city_then(other, minute(number)) for number in (0, 2, 6, 10)] == ["", "Киев", "Киев", "Львів"]
    rows = AttributeChange.objects.filter(person=other).order_by("at").values_list("old", "new")
    assert list(rows) == [("", "Киев"), ("Киев", "Львів")]


def test_rows_that_a_merge_brought_along_are_no_neighbours():
    olga, other = make_person(city=""), make_person(city="")
    set_attributes([Change(olga.id, "city", "Киев", minute(9))], by="a")
    set_attributes([Change(other.id, "city", "Львів", minute(5))], by="a")
    merge_people(winner_id=olga.id, loser_id=other.id, reason="duplicate", by="user:1", at=minute(20))
    set_attributes([Change(olga.id, "city", "Одеса", minute(7))], by="form")
    own = AttributeChange.objects.filter(person=olga, is_brought=False).order_by("at").values_list("old", "new")
    assert list(own) == [("", "Одеса"), ("Одеса", "Киев")]
    assert city_then(olga, minute(6)) == ""


def test_a_value_said_again_a_thousand_times_stays_one_row_of_a_bounded_size():
    olga = make_person(city="")
    for start in range(0, 1000, 250):
        words = [Change(olga.id, "city", "Киев", minute(number)) for number in range(start, start + 250)]
        set_attributes(words, by="form")
    row = AttributeChange.objects.get()
    assert len(row.again) <= 32
    assert datetime.fromisoformat(row.again[-1]) == minute(999)


def test_late_words_of_many_people_take_as_many_statements_as_of_few():
    make_attribute(key="n", type="number")

    def statements(count):
        people = [make_person(city="") for _ in range(count)]
        for at, late in ((9, False), (5, True), (7, True)):
            changes = [Change(p.id, key, str(at), minute(at)) for p in people for key in ("city", "n")]
            with CaptureQueriesContext(connection) as captured:
                written = set_attributes(changes, by="form").people
            assert (written == []) is late
        return len(captured)

    assert statements(2) == statements(40)
