"""Values of people are read by type, written in bulk and remembered."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from teplo.people.attributes import AttributeUnreadable, Change, read_value, set_attributes, why_unreadable
from teplo.people.models import AttributeChange, AttributeDefinition, Company, Person
from teplo.people.testing import make_attribute, make_company, make_person

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
CHOICES = [{"key": "owner", "names": {"ru": "Владелец", "en": "Owner"}}, {"key": "ceo", "names": {"ru": "Директор"}}]


@pytest.mark.parametrize(
    ("kind", "raw", "value"),
    [
        ("text", "  два  слова ", "два слова"), ("text", 5, "5"),
        ("number", "1 200,5", 1200.5), ("number", "1\u00a0200", 1200), ("number", 7, 7), ("number", "−3", -3),
        ("boolean", "Да", True), ("boolean", "ні", False), ("boolean", True, True),
        ("date", "31.12.2025", "2025-12-31"), ("date", "2025-12-31T10:00:00Z", "2025-12-31"),
        ("choice", "владелец", "owner"), ("choice", "OWNER", "owner"),
        ("list", "Owner; директор", ["owner", "ceo"]), ("list", ["ceo", "ceo"], ["ceo"]),
        ("text", "", None), ("number", None, None), ("list", [], None),
    ],
)  # fmt: skip
def test_a_value_is_read_as_people_write_it(kind, raw, value):
    assert read_value(AttributeDefinition(key="x", type=kind, choices=CHOICES), raw) == value


@pytest.mark.parametrize(
    ("kind", "raw"),
    [("number", "много"), ("number", True), ("boolean", "возможно"), ("date", "32.12.2025"), ("choice", "король"),
     ("list", "owner, король"), ("number", "inf"), ("date", "вчера"), ("number", "9" * 400), ("number", 10**400)],
)  # fmt: skip
def test_a_value_of_another_type_is_refused(kind, raw):
    with pytest.raises(AttributeUnreadable) as refusal:
        read_value(AttributeDefinition(key="x", type=kind, choices=CHOICES), raw)
    assert str(refusal.value)


@pytest.mark.django_db
def test_columns_and_custom_values_are_written_together_and_remembered():
    make_attribute(key="budget", type="number")
    olga = make_person(city="Москва")
    written = set_attributes([Change(olga.id, "city", "Киев"), Change(olga.id, "budget", "1 000")], by="user:1", at=AT)
    olga.refresh_from_db()
    assert written == ([olga.id], [])
    assert (olga.city, olga.attributes, olga.updated_at) == ("Киев", {"budget": 1000}, AT)
    changes = set(AttributeChange.objects.values_list("key", "old", "new", "by", "at"))
    assert changes == {("city", "Москва", "Киев", "user:1", AT), ("budget", None, 1000, "user:1", AT)}


@pytest.mark.django_db
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("key", "said", "kept"),
    [("country", "Украина", "UA"), ("country", "kz", "KZ"), ("language", "русский", "ru"),
     ("language", "en-us", "en-US"), ("timezone", "Europe/Kyiv", "Europe/Kyiv")],
)  # fmt: skip
def test_a_country_a_language_and_a_zone_are_kept_by_their_codes(key, said, kept):
    olga = make_person(language="")
    assert set_attributes([Change(olga.id, key, said)], by="api").people == [olga.id]
    olga.refresh_from_db()
    assert getattr(olga, key) == kept


@pytest.mark.django_db
@pytest.mark.parametrize(("key", "said"), [("country", "Нарния"), ("language", "эльфийский"), ("timezone", "МСК")])
def test_codes_that_are_none_are_refused_instead_of_cut(key, said):
    olga = make_person(country="UA", language="uk", timezone="Europe/Kyiv")
    (refused,) = set_attributes([Change(olga.id, key, said)], by="api").refused
    assert said in str(refused.error)
    assert str(why_unreadable(key, said)) == str(refused.error)
    before = getattr(olga, key)
    olga.refresh_from_db()
    assert getattr(olga, key) == before


@pytest.mark.django_db
def test_the_same_value_again_leaves_no_trace():
    make_attribute(key="budget", type="number")
    olga = make_person(attributes={"budget": 5})
    assert set_attributes([Change(olga.id, "budget", "5"), Change(olga.id, "city", "Москва")], by="api").people == []
    assert not AttributeChange.objects.exists()


@pytest.mark.django_db
def test_an_empty_value_takes_it_away():
    make_attribute(key="budget", type="number")
    make_attribute(key="likes", type="list")
    olga = make_person(attributes={"budget": 5, "likes": ["a"]}, company=make_company(), owner_id=7)
    set_attributes(
        [Change(olga.id, key, value) for key, value in
         (("budget", ""), ("city", None), ("company", ""), ("owner", None), ("likes", ["b", "c"]))],
        by="api",
    )  # fmt: skip
    olga.refresh_from_db()
    assert (olga.attributes, olga.city, olga.company_id, olga.owner_id) == ({"likes": ["b", "c"]}, "", None, None)


@pytest.mark.django_db
def test_a_name_is_searchable_after_its_change():
    olga = make_person()
    set_attributes([Change(olga.id, "last_name", "Семёнова")], by="api")
    assert Person.objects.get(last_key="семенова") == olga


@pytest.mark.django_db
def test_a_company_is_found_by_its_bare_name_or_made():
    romashka = make_company(name="ООО «Ромашка»")
    one, two, three = make_person(), make_person(), make_person()
    set_attributes(
        [
            Change(one.id, "company", "ромашка"),
            Change(two.id, "company", "ТОВ Лютик"),
            Change(three.id, "company", "Лютик"),
        ],
        by="api",
    )
    one.refresh_from_db(), two.refresh_from_db(), three.refresh_from_db()
    assert one.company_id == romashka.id
    assert two.company_id == three.company_id
    assert Company.objects.count() == 2


@pytest.mark.django_db
def test_what_cannot_be_read_does_not_stop_the_rest():
    make_attribute(key="budget", type="number")
    olga = make_person()
    written = set_attributes(
        [Change(olga.id, "budget", "много"), Change(olga.id, "unknown", 1), Change(olga.id, "city", "Киев")], by="api"
    )
    assert written.people == [olga.id]
    assert [refusal.error.code for refusal in written.refused] == ["number", "unknown"]


@pytest.mark.django_db
def test_the_number_of_statements_does_not_grow_with_the_people():
    make_attribute(key="budget", type="number")

    def statements(people):
        changes = [Change(p.id, key, f"{n}") for n, p in enumerate(people, 1) for key in ("city", "budget", "company")]
        with CaptureQueriesContext(connection) as captured:
            assert len(set_attributes(changes, by="api").people) == len(people)
        return len(captured)

    assert statements([make_person() for _ in range(2)]) == statements([make_person() for _ in range(50)])


@pytest.mark.django_db
def test_nobody_erased_is_written():
    olga = make_person(erased_at=AT)
    assert set_attributes([Change(olga.id, "city", "Киев")], by="api").people == []


@pytest.mark.django_db
def test_what_no_database_may_hold_is_left_out():
    make_attribute(key="note", type="text"), make_attribute(key="tags", type="list")
    olga = make_person()
    values = (
        ("city", "Ки\x00ев"),
        ("note", "a\x00b"),
        ("tags", ["x\x00"]),
        ("company", "Ром\x00ашка"),
        ("last_name", "\x00Лис"),
    )
    set_attributes([Change(olga.id, key, value) for key, value in values], by="api")
    olga.refresh_from_db()
    assert (olga.city, olga.attributes, olga.last_key) == ("Киев", {"note": "ab", "tags": ["x"]}, "лис")
    assert olga.company.name == "Ромашка"
