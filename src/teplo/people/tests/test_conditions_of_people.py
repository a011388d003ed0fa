"""What conditions over people answer: operator × type × missing, the same on every engine (docs/conditions.md)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import Case, IntegerField, Value, When

from teplo.accounts.models import Workspace
from teplo.accounts.testing import make_user
from teplo.conditions import registry
from teplo.conditions.compiling import to_q
from teplo.conditions.reading import ConditionError, read_json
from teplo.kit.clock import at_moment
from teplo.people.attributes import Change, set_attributes
from teplo.people.consent import ConsentWord, record_consents
from teplo.people.models import AttributeDefinition, Person, Segment
from teplo.people.testing import make_company, make_identity, make_person

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
TODAY = date(2026, 3, 10)


@pytest.fixture(autouse=True)
def _noon_in_kyiv() -> Any:
    Workspace.objects.create(pk=1, timezone="Europe/Kyiv")
    with at_moment(NOON):
        yield


def who(data: Any, *, as_of: datetime | None = None) -> set[str]:
    """First names of whom a condition holds for, having checked that the question is two-valued and complete."""
    vocabulary = registry.people()
    condition = read_json(data, vocabulary)
    q = to_q(condition, vocabulary, as_of=as_of)
    found = set(Person.objects.filter(q).values_list("first_name", flat=True))
    everybody = set(Person.objects.values_list("first_name", flat=True))
    assert set(Person.objects.filter(~q).values_list("first_name", flat=True)) == everybody - found
    points = Case(When(q, then=Value(1)), default=Value(0), output_field=IntegerField())
    scored = Person.objects.annotate(points=points).filter(points=1).values_list("first_name", flat=True)
    assert set(scored) == found
    ids = list(Person.objects.values_list("pk", flat=True))
    looked_up = to_q(condition, vocabulary, as_of=as_of, among=ids)
    assert set(Person.objects.filter(looked_up, pk__in=ids).values_list("first_name", flat=True)) == found
    return found


# text columns

TEXTS = {"МОСКВА": "upper", "москва": "lower", "Москва-Сити": "longer", "Орёл": "yo", "ЇЖАКІВ": "uk", "": "missing"}


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ({"is": "Москва"}, {"upper", "lower"}),
        ({"is_not": "Москва"}, {"longer", "yo", "uk", "missing"}),
        ({"in": ["москва", "орел"]}, {"upper", "lower", "yo"}),
        ({"not_in": ["москва", "орел"]}, {"longer", "uk", "missing"}),
        ({"contains": "СКВ"}, {"upper", "lower", "longer"}),
        ({"not_contains": "СКВ"}, {"yo", "uk", "missing"}),
        ({"contains": "їжак"}, {"uk"}),
        ({"contains": "_"}, set()),
        ({"contains": "%"}, set()),
        ({"starts_with": "москва-"}, {"longer"}),
        ({"ends_with": "СИТИ"}, {"longer"}),
        ({"is_set": True}, {"upper", "lower", "longer", "yo", "uk"}),
        ({"is_set": False}, {"missing"}),
    ],
)
def test_text_compares_without_case_and_missing_passes_only_the_negative(question: Any, expected: set[str]) -> None:
    for city, name in TEXTS.items():
        make_person(first_name=name, city=city)
    assert who({"field": "city", **question}) == expected


# custom attributes: each value beside absent, JSON null and a value of another type

VALUES: dict[str, dict[str, Any]] = {
    "text": {"a": "Альфа", "b": "бета", "other": 5},
    "number": {"a": 5, "b": 7.5, "other": "5"},
    "boolean": {"a": True, "b": False, "other": "true"},
    "date": {"a": "2026-03-04", "b": "2026-03-10", "other": "скоро"},
    "choice": {"a": "red", "b": "blue", "other": 5},
    "list": {"a": ["red", "blue"], "b": ["blue"], "other": "green"},
}
MISSING = {"absent", "null", "other"}
EVERYBODY = {"a", "b", "absent", "null", "other"}


@pytest.mark.parametrize(
    ("kind", "question", "expected"),
    [
        ("text", {"is": "альфа"}, {"a"}),
        ("text", {"is_not": "альфа"}, {"b"} | MISSING),
        ("text", {"in": ["АЛЬФА", "Бета"]}, {"a", "b"}),
        ("text", {"not_in": ["АЛЬФА", "Бета"]}, MISSING),
        ("text", {"contains": "ЕТ"}, {"b"}),
        ("text", {"not_contains": "ЕТ"}, {"a"} | MISSING),
        ("text", {"starts_with": "аль"}, {"a"}),
        ("text", {"ends_with": "ТА"}, {"b"}),
        ("number", {"is": 5}, {"a"}),
        ("number", {"is": 5.0}, {"a"}),
        ("number", {"is_not": 5}, {"b"} | MISSING),
        ("number", {"in": [5, 7.5]}, {"a", "b"}),
        ("number", {"not_in": [5, 9]}, {"b"} | MISSING),
        ("number", {"greater": 5}, {"b"}),
        ("number", {"at_least": 5}, {"a", "b"}),
        ("number", {"less": 7.5}, {"a"}),
        ("number", {"at_most": 7.5}, {"a", "b"}),
        ("number", {"at_most": -1}, set()),
        ("number", {"between": [5, 7.5]}, {"a", "b"}),
        ("boolean", {"is": True}, {"a"}),
        ("boolean", {"is": False}, {"b"}),
        ("boolean", {"is_not": True}, {"b"} | MISSING),
        ("date", {"on": "2026-03-04"}, {"a"}),
        ("date", {"before": "2026-03-10"}, {"a"}),
        ("date", {"after": "2026-03-04"}, {"b"}),
        ("date", {"between": ["2026-03-04", "2026-03-09"]}, {"a"}),
        ("date", {"within": "7d"}, {"a", "b"}),
        ("date", {"within": "6d"}, {"b"}),
        ("date", {"older_than": "6d"}, {"a"}),
        ("date", {"older_than": "7d"}, set()),
        ("date", {"within_next": "1d"}, {"b"}),
        ("choice", {"is": "red"}, {"a"}),
        ("choice", {"is_not": "red"}, {"b"} | MISSING),
        ("choice", {"in": ["red", "blue"]}, {"a", "b"}),
        ("choice", {"not_in": ["red"]}, {"b"} | MISSING),
        ("list", {"has": "red"}, {"a"}),
        ("list", {"has": ["red", "green"]}, {"a", "other"}),  # a single text is a list of one
        ("list", {"has_not": "red"}, {"b"} | MISSING),
    ],
)
def test_an_attribute_compares_by_its_type(kind: str, question: Any, expected: set[str]) -> None:
    choices = [{"key": "red"}, {"key": "blue"}, {"key": "green"}] if kind in ("choice", "list") else []
    AttributeDefinition.objects.create(key="ключ-1", type=kind, choices=choices)
    for name, value in VALUES[kind].items():
        make_person(first_name=name, attributes={"ключ-1": value})
    make_person(first_name="absent", attributes={})
    make_person(first_name="null", attributes={"ключ-1": None})
    assert who({"field": "attr.ключ-1", **question}) == expected


@pytest.mark.parametrize("kind", VALUES)
def test_an_attribute_is_set_when_anything_is_there(kind: str) -> None:
    AttributeDefinition.objects.create(key="k", type=kind)
    for name, value in VALUES[kind].items():
        make_person(first_name=name, attributes={"k": value})
    for name, value in (("absent", {}), ("null", {"k": None}), ("empty", {"k": ""}), ("nothing", {"k": []})):
        make_person(first_name=name, attributes=value)
    assert who({"field": "attr.k", "is_set": True}) == {"a", "b", "other"}
    assert who({"field": "attr.k", "is_set": False}) == {"absent", "null", "empty", "nothing"}


def test_a_key_with_a_quotation_mark_harms_nothing() -> None:
    AttributeDefinition.objects.create(key="k'\"); --", type="text")
    make_person(attributes={"k": "x"})
    assert who({"field": "attr.k'\"); --", "is": "x"}) == set()


# moments, by the days of the workspace's zone


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ({"on": "2026-03-10"}, {"night", "noon"}),
        ({"before": "2026-03-10"}, {"yesterday", "week"}),
        ({"after": "2026-03-09"}, {"night", "noon"}),
        ({"within": "1d"}, {"night", "noon"}),
        ({"within": "2d"}, {"night", "noon", "yesterday"}),
        ({"within": "12h"}, {"noon"}),
        ({"older_than": "1d"}, {"yesterday", "week"}),
        ({"older_than": "7d"}, {"week"}),
        ({"between": ["2026-03-03", "2026-03-09"]}, {"yesterday", "week"}),
    ],
)
def test_days_begin_at_midnight_of_the_workspace(question: Any, expected: set[str]) -> None:
    night = datetime(2026, 3, 9, 22, 30, tzinfo=UTC)  # 00:30 of the 10th in Kyiv
    make_person(first_name="night", created_at=night)
    make_person(first_name="noon", created_at=NOON)
    make_person(first_name="yesterday", created_at=night - timedelta(hours=1))
    make_person(first_name="week", created_at=NOON - timedelta(days=7))
    assert who({"field": "created", **question}) == expected


# companies, owner, contacts, consent


def test_a_person_without_company_has_no_company_attributes() -> None:
    AttributeDefinition.objects.create(of_company=True, key="branch", type="text")
    rich = make_company(name="Ромашка", industry="Опт", size=50, attributes={"branch": "Юг"})
    make_person(first_name="in", company=rich)
    make_person(first_name="poor", company=make_company(name="Лютик", industry="", size=None))
    make_person(first_name="alone")
    assert who({"field": "company.industry", "is": "ОПТ"}) == {"in"}
    assert who({"field": "company.industry", "is_not": "ОПТ"}) == {"poor", "alone"}
    assert who({"field": "company.size", "between": [10, 100]}) == {"in"}
    assert who({"field": "company.size", "is_set": False}) == {"poor", "alone"}
    assert who({"field": "company.attr.branch", "is": "юг"}) == {"in"}
    assert who({"not": {"field": "company.attr.branch", "is": "юг"}}) == {"poor", "alone"}


def test_an_owner_is_a_colleague_and_may_be_missing() -> None:
    olga = make_user(name="Ольга")
    make_person(first_name="hers", owner_id=olga.pk)
    make_person(first_name="nobodys")
    assert who({"field": "owner", "is": str(olga.pk)}) == {"hers"}
    assert who({"field": "owner", "is_not": str(olga.pk)}) == {"nobodys"}
    assert who({"field": "owner", "is_set": False}) == {"nobodys"}


def test_contacts_tell_by_which_channel_a_person_can_be_reached() -> None:
    both = make_person(first_name="both", email="both@example.com")
    make_identity(person=both, kind="telegram", value="both")
    make_person(first_name="phone", phone="+380501112233")
    make_person(first_name="none")
    assert who({"channel": "email"}) == {"both"}
    assert who({"channel": ["telegram", "phone"]}) == {"both", "phone"}
    assert who({"channel": "sms"}) == {"phone"}
    assert who({"channel": {"is_set": False}}) == {"none"}
    assert who({"field": "email", "ends_with": "@EXAMPLE.com"}) == {"both"}
    assert who({"field": "phone", "starts_with": "+380"}) == {"phone"}


def test_the_newest_word_of_consent_counts_and_the_past_can_be_asked() -> None:
    for name, states in {"given": ["given"], "took back": ["given", "withdrawn"], "silent": []}.items():
        person = make_person(first_name=name)
        for place, state in enumerate(states):
            at = NOON - timedelta(days=10 - place)
            record_consents([ConsentWord(person.pk, "email", state, at=at)])
    assert who({"consent": "email"}) == {"given"}
    assert who({"consent": {"has_not": "email"}}) == {"took back", "silent"}
    assert who({"consent": "telegram"}) == set()
    assert who({"consent": "email"}, as_of=NOON - timedelta(days=9, hours=12)) == {"given", "took back"}
    assert who({"consent": "email"}, as_of=NOON - timedelta(days=11)) == set()


# the past


def test_the_past_knows_attributes_as_they_were() -> None:
    AttributeDefinition.objects.create(key="budget", type="number")
    AttributeDefinition.objects.create(key="likes", type="list")
    moved, stayed = make_person(first_name="moved", city=""), make_person(first_name="stayed", city="Киев")
    for days, city, budget, likes in ((6, "Киев", 10, ["a"]), (4, "Львов", 20, ["b"]), (2, "", None, None)):
        changes = [Change(moved.pk, "city", city), Change(moved.pk, "budget", budget), Change(moved.pk, "likes", likes)]
        set_attributes(changes, by="test", at=NOON - timedelta(days=days))
    assert stayed.pk

    def ago(days: float) -> datetime:
        return NOON - timedelta(days=days)

    in_kyiv, rich = {"field": "city", "is": "киев"}, {"field": "attr.budget", "at_least": 15}
    likes_b = {"field": "attr.likes", "has": "b"}
    assert [who(in_kyiv, as_of=ago(d)) for d in (7, 5, 3)] == [{"stayed"}, {"moved", "stayed"}, {"stayed"}]
    assert [who(rich, as_of=ago(d)) for d in (7, 5, 3, 1)] == [set(), set(), {"moved"}, set()]
    assert [who(likes_b, as_of=ago(d)) for d in (5, 3, 1)] == [set(), {"moved"}, set()]
    assert who({"field": "city", "is_set": False}, as_of=ago(3)) == set()
    assert who({"field": "city", "is_set": False}) == {"moved"}


def test_the_past_knows_whose_person_and_of_which_company_he_was() -> None:
    seller = make_user()
    old, new = make_company(name="Старая", industry="Опт"), make_company(name="Новая", industry="ИТ")
    person = make_person(first_name="he", company=old)
    changes = [Change(person.pk, "company_id", new.pk), Change(person.pk, "owner", seller.pk)]
    set_attributes(changes, by="test", at=NOON - timedelta(days=1))
    before = NOON - timedelta(days=2)
    assert who({"field": "company.industry", "is": "опт"}, as_of=before) == {"he"}
    assert who({"field": "company.industry", "is": "ИТ"}) == {"he"}
    assert who({"field": "owner", "is_set": False}, as_of=before) == {"he"}
    assert who({"field": "owner", "is": str(seller.pk)}) == {"he"}


# segments and groups


def test_a_segment_is_asked_by_its_own_condition_of_the_same_moment() -> None:
    person = make_person(first_name="moved", city="Киев")
    set_attributes([Change(person.pk, "city", "Львов")], by="test", at=NOON - timedelta(days=1))
    make_person(first_name="stayed", city="Киев")
    inner = Segment.objects.create(name="Киев", condition={"field": "city", "is": "киев"})
    outer = Segment.objects.create(name="не Киев", condition={"not": {"in": str(inner.pk)}})
    assert who({"in": str(inner.pk)}) == {"stayed"}
    assert who({"in": str(outer.pk)}) == {"moved"}
    assert who({"in": [str(inner.pk), str(outer.pk)]}) == {"stayed", "moved"}
    assert who({"in": inner.pk}, as_of=NOON - timedelta(days=2)) == {"stayed", "moved"}


def test_a_circle_of_segments_is_refused_rather_than_followed() -> None:
    one = Segment.objects.create(name="1", condition={})
    two = Segment.objects.create(name="2", condition={"in": str(one.pk)})
    Segment.objects.filter(pk=one.pk).update(condition={"in": str(two.pk)})
    with pytest.raises(ConditionError) as caught:
        who({"in": str(one.pk)})
    assert caught.value.code == "segment-cycle"


def test_groups_join_as_said() -> None:
    make_person(first_name="a", city="Киев", position="Директор")
    make_person(first_name="b", city="Киев", position="Юрист")
    make_person(first_name="c", city="Львов", position="Директор")
    kyiv, boss = {"field": "city", "is": "Киев"}, {"field": "position", "is": "директор"}
    assert who({"all": [kyiv, boss]}) == {"a"}
    assert who({"any": [kyiv, boss]}) == {"a", "b", "c"}
    assert who({"not": {"all": [kyiv, boss]}}) == {"b", "c"}
    assert who({"not": {"any": [kyiv, boss]}}) == set()
    assert who({"all": [kyiv, {"not": boss}]}) == {"b"}
    assert who({}) == who({"all": []}) == who({"any": [{}, kyiv]}) == {"a", "b", "c"}


@pytest.mark.parametrize("written", ['{"бюджет": 5}', '{"\\u0431\\u044e\\u0434\\u0436\\u0435\\u0442": 5}'])
def test_a_cyrillic_key_is_found_however_the_json_was_written(written: str) -> None:
    AttributeDefinition.objects.create(key="бюджет", type="number")
    person = make_person(first_name="he")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE people_person SET attributes = %s WHERE id = %s", [written, person.pk])
    assert who({"field": "attr.бюджет", "at_least": 5}) == {"he"}
