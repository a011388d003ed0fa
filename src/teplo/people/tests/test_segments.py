"""Segments: who is in them, counting with a limit, keeping members, refusing circles."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from teplo.conditions import registry
from teplo.conditions.reading import ConditionError, read_json
from teplo.kit.uses import InUse
from teplo.people import counting
from teplo.people.counting import Count, OutOfTime, at_most, count_people, people_with
from teplo.people.models import ChangeNote, Person, Segment, SegmentMember
from teplo.people.segments import (
    Entry,
    change_segment,
    count_segment,
    create_segment,
    delete_segment,
    keep_members,
    members_of,
    note_differing,
    refresh_by_time,
    refresh_members,
)
from teplo.people.testing import make_person, make_stranger

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
IN_KYIV = {"field": "city", "is": "Киев"}


def make_segment(condition: Any = IN_KYIV, **changes: Any) -> Segment:
    return create_segment(name=changes.pop("name", "Киев"), condition=condition, by=None, **changes)


def members(segment: Segment) -> set[int]:
    return set(SegmentMember.objects.filter(segment=segment).values_list("person_id", flat=True))


def test_a_segment_is_stored_in_one_form_however_it_was_said() -> None:
    segment = make_segment({"field": "temperature", "is": "hot"})
    assert segment.condition == {"temperature": "hot"}


def test_an_impossible_condition_is_refused_at_saving() -> None:
    with pytest.raises(ConditionError) as caught:
        make_segment({"all": [IN_KYIV, {"field": "city", "at_least": 5}]})
    assert caught.value.place == "all[1].at_least"
    assert not Segment.objects.exists()


def test_strangers_belong_only_when_the_condition_speaks_of_them_and_the_erased_never() -> None:
    known, stranger = make_person(city="Киев"), make_stranger(city="Киев")
    make_person(city="Киев", erased_at=NOON)
    assert set(members_of(make_segment())) == {known}
    speaking = make_segment({"all": [IN_KYIV, {"field": "anonymous", "is": True}]})
    assert set(members_of(speaking)) == {stranger}


def test_a_segment_cannot_contain_itself_even_through_others() -> None:
    first = make_segment(name="1")
    second = make_segment({"in": str(first.pk)}, name="2")
    third = make_segment({"not": {"in": {"has": [str(second.pk)]}}}, name="3")
    for condition in (
        {"in": str(first.pk)},
        {"in": str(third.pk)},
        {"any": [IN_KYIV, {"not": {"in": str(second.pk)}}]},
    ):
        with pytest.raises(ConditionError) as caught:
            change_segment(first, name="1", condition=condition)
        assert caught.value.code == "segment-cycle"
    change_segment(third, name="3", condition={"in": str(first.pk)})


def test_a_segment_that_others_are_defined_through_stays() -> None:
    inner = make_segment(name="inner")
    outer = make_segment({"all": [{"not": {"in": str(inner.pk)}}]}, name="outer")
    with pytest.raises(InUse) as caught:
        delete_segment(inner)
    assert [(use.kind, use.id) for use in caught.value.uses] == [("segment", outer.pk)]
    delete_segment(outer)
    delete_segment(inner)
    assert not Segment.objects.exists()


def test_an_exact_count_is_remembered_with_its_moment() -> None:
    make_person(city="Киев")
    segment = make_segment()
    assert count_segment(segment, at=NOON) == Count(1)
    segment.refresh_from_db()
    assert (segment.people, segment.counted_at) == (1, NOON)


def test_a_count_that_takes_too_long_is_estimated_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    people = [make_person(city="Киев" if number % 4 == 0 else "Львов") for number in range(40)]
    assert len(people) == 40

    asked = []

    def count_or_not(limit: timedelta) -> Any:
        asked.append(limit)
        if len(asked) == 1:
            raise OutOfTime
        return at_most(limit)

    monkeypatch.setattr(counting, "at_most", count_or_not)
    vocabulary = registry.people()
    found = count_people(read_json(IN_KYIV, vocabulary), vocabulary, limit=timedelta(seconds=2))
    assert found == Count(10, is_estimate=True)  # a sample of so few people is all of them


def test_the_database_is_stopped_when_the_time_is_over() -> None:
    slow = {
        "postgresql": "SELECT pg_sleep(20)",
        "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n",
    }[connection.vendor]
    with pytest.raises(OutOfTime), at_most(timedelta(milliseconds=50)), connection.cursor() as cursor:
        cursor.execute(slow)
    assert Person.objects.count() == 0  # the connection and the transaction around it live on
    with at_most(timedelta(seconds=5)):
        assert Person.objects.count() == 0


def test_who_is_in_a_segment_when_it_becomes_kept_has_not_entered_it() -> None:
    inside, outside = make_person(city="Киев"), make_person(city="Львов")
    segment = make_segment()
    assert keep_members(segment) == 1
    assert members(segment) == {inside.pk}
    assert refresh_members(person_ids=[inside.pk, outside.pk], at=NOON) == []
    assert keep_members(segment) == 0


def test_entering_is_told_once_and_leaving_makes_entering_again_possible() -> None:
    person, other = make_person(city="Львов"), make_person(city="Киев")
    segment = make_segment(is_kept=True)
    Person.objects.filter(pk=person.pk).update(city="Киев")
    assert refresh_members(person_ids=[person.pk, other.pk], at=NOON) == [Entry(person.pk, segment.pk, NOON)]
    assert refresh_members(person_ids=[person.pk, other.pk], at=NOON) == []
    Person.objects.filter(pk=person.pk).update(city="Львов")
    assert refresh_members(person_ids=[person.pk], at=NOON) == []
    assert members(segment) == {other.pk}
    Person.objects.filter(pk=person.pk).update(city="Киев")
    assert refresh_members(person_ids=[person.pk], at=NOON) == [Entry(person.pk, segment.pk, NOON)]


def test_refreshing_takes_the_same_number_of_statements_for_one_and_for_many() -> None:
    make_segment(is_kept=True)
    make_segment({"field": "city", "contains": "ИЕ"}, is_kept=True)

    def statements(number: int) -> int:
        ids = [make_person(city="Киев").pk for _ in range(number)]
        with CaptureQueriesContext(connection) as captured:
            assert len(refresh_members(person_ids=ids, at=NOON)) == 2 * number
        return len(captured)

    statements(1)  # compiles the statement of the day
    assert statements(1) == statements(40)


def test_a_segment_that_cannot_be_asked_any_more_keeps_its_members_and_harms_no_other() -> None:
    person = make_person(city="Киев")
    broken, sound = make_segment(name="broken"), make_segment(name="sound")
    keep_members(broken)
    Segment.objects.filter(pk=broken.pk).update(condition={"field": "attr.gone", "is": 1})
    Segment.objects.filter(pk=sound.pk).update(is_kept=True)
    assert refresh_members(person_ids=[person.pk], at=NOON) == [Entry(person.pk, sound.pk, NOON)]
    assert members(broken) == {person.pk}
    assert refresh_by_time() == 0


def test_those_whom_time_or_a_new_condition_moves_are_noted_for_the_pipeline_once() -> None:
    stays, leaves, enters = (make_person(city=city, created_at=NOON) for city in ("Киев", "Киев", "Львов"))
    segment = make_segment(is_kept=True)
    Person.objects.filter(pk=leaves.pk).update(city="Одесса")
    Person.objects.filter(pk=enters.pk).update(city="Киев")
    assert note_differing() == 2
    assert note_differing() == 0
    noted = set(ChangeNote.objects.filter(cause="segment").values_list("person_id", flat=True))
    assert noted == {leaves.pk, enters.pk}
    assert refresh_members(person_ids=sorted(noted), at=NOON) == [Entry(enters.pk, segment.pk, NOON)]
    assert members(segment) == {stays.pk, enters.pk}
    ChangeNote.objects.all().delete()
    change_segment(segment, name="Одесса", condition={"field": "city", "is": "одесса"})
    assert ChangeNote.objects.filter(cause="segment").count() == 3


def test_people_with_a_condition_among_some() -> None:
    first, second = make_person(city="Киев"), make_person(city="Киев")
    vocabulary = registry.people()
    condition = read_json(IN_KYIV, vocabulary)
    assert set(people_with(condition, vocabulary, among=[first.pk])) == {first}
    assert set(people_with(condition, vocabulary)) == {first, second}
