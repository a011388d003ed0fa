"""Tags are put on, taken off, asked for, merged, taken back, erased and told; the past of them is kept."""

from __future__ import annotations

import importlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.apps import apps

from teplo.conditions import registry
from teplo.conditions.compiling import to_q
from teplo.conditions.reading import ConditionError, read_json
from teplo.conditions.sentences import say_stored
from teplo.conditions.text import read_text
from teplo.people.acting import act_of
from teplo.people.merging import join_strangers, merge_people
from teplo.people.models import ChangeNote, Person, PersonTag, Tag, TagChange
from teplo.people.personal_data import erase_people, export_person
from teplo.people.tagging import (
    TagTaken,
    add_tags,
    find_or_create_tags,
    forget_tag,
    read_names,
    remove_tags,
    rename_tag,
    suggest_tags,
    tag_name,
    tags_of,
)
from teplo.people.testing import make_attribute, make_person, make_stranger
from teplo.people.unmerging import undo_merge

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def names(person: Person) -> list[str]:
    return [tag.name for tag in tags_of([person.pk]).get(person.pk, [])]


def who(data: Any, *, as_of: datetime | None = None) -> set[str]:
    vocabulary = registry.people()
    condition = read_json(data, vocabulary)
    ids = list(Person.objects.values_list("pk", flat=True))
    everybody = set(
        Person.objects.filter(to_q(condition, vocabulary, as_of=as_of)).values_list("first_name", flat=True)
    )
    few = Person.objects.filter(to_q(condition, vocabulary, as_of=as_of, among=ids), pk__in=ids)
    assert set(few.values_list("first_name", flat=True)) == everybody
    return everybody


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("VIP, выставка 2026;ещё", ["VIP", "выставка 2026", "ещё"]),
        (" #VIP , vip,Vip ", ["VIP"]),
        ("зелёный, зеленый", ["зелёный"]),
        ("a ::: b", ["a", "b"]),
        (" ,;\n# ", []),
        ("x\x00y", ["xy"]),
        ("д" * 100, ["д" * 60]),
    ],
)
def test_names_are_read_as_people_write_them(text: str, said: list[str]) -> None:
    assert read_names(text) == said


def test_one_tag_however_it_is_written() -> None:
    olga, ivan = make_person(), make_person(first_name="Иван")
    assert add_tags([(olga.pk, "Семён"), (ivan.pk, "СЕМЕН")], by="user:1", at=AT) == sorted([olga.pk, ivan.pk])
    assert Tag.objects.count() == 1
    assert names(olga) == names(ivan)
    assert add_tags([(olga.pk, "семен")], by="user:1", at=AT) == []
    assert TagChange.objects.count() == 2


def test_taking_off_leaves_the_past() -> None:
    olga = make_person()
    add_tags([(olga.pk, "VIP")], by="user:1", at=AT)
    assert remove_tags([(olga.pk, "vip"), (olga.pk, "never there")], by="user:1", at=AT + timedelta(days=2)) == [
        olga.pk
    ]
    assert remove_tags([(olga.pk, "vip")], by="user:1") == []
    assert names(olga) == []
    vip = {"tag": "VIP"}
    moments = {day: who(vip, as_of=AT + timedelta(days=day)) for day in (-1, 0, 1, 2, 3)}
    assert moments == {-1: set(), 0: {"Ольга"}, 1: {"Ольга"}, 2: set(), 3: set()}


def test_the_past_holds_whatever_the_order_of_arrival() -> None:
    olga = make_person()
    add_tags([(olga.pk, "VIP")], by="user:1", at=AT + timedelta(days=4))
    remove_tags([(olga.pk, "VIP")], by="user:1", at=AT + timedelta(days=6))
    add_tags([(olga.pk, "VIP")], by="import:1", at=AT)
    assert who({"tag": "VIP"}, as_of=AT + timedelta(days=1)) == {"Ольга"}
    assert who({"tag": "VIP"}, as_of=AT + timedelta(days=7)) == set()


def test_the_erased_and_the_gone_get_no_tag() -> None:
    olga = make_person(erased_at=AT)
    assert add_tags([(olga.pk, "VIP"), (404, "VIP")], by="user:1") == []
    assert not PersonTag.objects.exists()


@pytest.mark.parametrize("size", [3, 60])
def test_the_number_of_statements_does_not_depend_on_the_people(size: int, django_assert_max_num_queries: Any) -> None:
    people = [make_person().pk for _ in range(size)]
    wanted = [(person, name) for person in people for name in ("a", "b", "c")]
    with django_assert_max_num_queries(10):
        add_tags(wanted, by="user:1")
    with django_assert_max_num_queries(8):
        remove_tags(wanted, by="user:1")


@pytest.mark.parametrize(
    ("data", "found"),
    [
        ({"tag": "VIP"}, {"Ольга", "Анна"}),
        ({"tag": ["VIP", "partner"]}, {"Ольга", "Иван", "Анна"}),
        ({"field": "tag", "has": "partner"}, {"Иван", "Анна"}),
        ({"tag": {"has_not": ["VIP"]}}, {"Иван", "Пётр"}),
        ({"tag": {"is_set": False}}, {"Пётр"}),
        ({"not": {"tag": "VIP"}}, {"Иван", "Пётр"}),
    ],
)
def test_conditions_ask_for_tags(data: Any, found: set[str]) -> None:
    tagged = {"Ольга": ["VIP"], "Иван": ["partner"], "Анна": ["VIP", "partner"], "Пётр": []}
    for first_name, tags in tagged.items():
        person = make_person(first_name=first_name)
        add_tags([(person.pk, tag) for tag in tags], by="user:1", at=AT)
    assert who(data) == found


def test_a_condition_names_a_tag_by_its_name_in_text_and_says_it_back() -> None:
    find_or_create_tags(["VIP"], by="user:1")
    rename_tag(tag=Tag.objects.get(), name="Важные")
    vocabulary = registry.people()
    condition = read_text('tag has "Важные"', vocabulary)
    assert condition == read_json({"tag": "VIP"}, vocabulary)
    assert "Важные" in say_stored({"tag": "VIP"}, vocabulary)
    with pytest.raises(ConditionError) as refused:
        read_json({"tag": "nobody's"}, vocabulary)
    assert refused.value.code == "unknown-value"


def test_a_renamed_tag_is_found_by_both_names() -> None:
    olga = make_person()
    add_tags([(olga.pk, "VIP")], by="user:1")
    rename_tag(tag=Tag.objects.get(), name="Важные")
    assert add_tags([(olga.pk, "VIP")], by="import:1") == []
    assert remove_tags([(olga.pk, "VIP")], by="user:1") == [olga.pk]
    assert Tag.objects.count() == 1
    find_or_create_tags(["другой"], by="user:1")
    with pytest.raises(TagTaken):
        rename_tag(tag=Tag.objects.get(key="другой"), name="ВАЖНЫЕ")


def test_a_merge_joins_tags_and_its_undoing_parts_them() -> None:
    olga, other = make_person(), make_person(email="o@example.com")
    add_tags([(olga.pk, "VIP"), (other.pk, "VIP"), (other.pk, "fair")], by="user:1", at=AT)
    merge = merge_people(winner_id=olga.pk, loser_id=other.pk, reason="hand", by="user:1")
    assert names(olga) == ["fair", "VIP"]
    assert who({"tag": "fair"}, as_of=AT + timedelta(hours=1)) == {"Ольга"}
    undo_merge(merge_id=merge.pk, by="user:1")
    assert (names(olga), names(Person.objects.get(pk=other.pk))) == (["VIP"], ["fair", "VIP"])


def test_tags_of_a_stranger_join_the_card() -> None:
    olga, stranger = make_person(), make_stranger()
    add_tags([(stranger.pk, "landing")], by="journey:1", at=AT)
    join_strangers([(stranger.pk, olga.pk)], at=AT)
    assert names(olga) == ["landing"]


def test_after_a_merge_the_past_says_of_a_tag_what_the_list_says() -> None:
    olga, other, stranger = make_person(), make_person(first_name="Иван"), make_stranger()
    add_tags([(olga.pk, "VIP")], by="user:1", at=AT)
    remove_tags([(olga.pk, "VIP")], by="user:1", at=AT + timedelta(days=2))
    add_tags([(other.pk, "VIP")], by="user:1", at=AT + timedelta(days=1))
    add_tags([(stranger.pk, "fair")], by="user:1", at=AT)
    add_tags([(olga.pk, "fair")], by="user:1", at=AT)
    day = AT + timedelta(days=4)
    merge = merge_people(winner_id=olga.pk, loser_id=other.pk, reason="duplicate", by="user:1", at=day)
    assert TagChange.objects.filter(at=day).count() == 1
    join_strangers([(stranger.pk, olga.pk)], at=day)
    assert TagChange.objects.filter(at=day).count() == 1
    assert names(olga) == ["fair", "VIP"]
    held = {days: who({"tag": "VIP"}, as_of=AT + timedelta(days=days)) for days in (0, 3, 5)}
    assert held == {0: {"Ольга"}, 3: set(), 5: {"Ольга"}}
    undo_merge(merge_id=merge.pk, by="user:1")
    assert (names(olga), names(Person.objects.get(pk=other.pk))) == (["fair"], ["VIP"])
    assert who({"tag": "VIP"}, as_of=AT + timedelta(days=5)) == {"Иван"}


def test_a_stranger_s_tag_that_the_card_had_lost_is_told_too() -> None:
    olga, stranger = make_person(), make_stranger()
    add_tags([(olga.pk, "VIP")], by="user:1", at=AT)
    remove_tags([(olga.pk, "VIP")], by="user:1", at=AT + timedelta(days=2))
    add_tags([(stranger.pk, "VIP")], by="journey:1", at=AT + timedelta(days=1))
    join_strangers([(stranger.pk, olga.pk)], at=AT + timedelta(days=4))
    assert who({"tag": "VIP"}, as_of=AT + timedelta(days=3)) == set()
    assert who({"tag": "VIP"}, as_of=AT + timedelta(days=5)) == {"Ольга"}


def test_tags_are_told_and_erased() -> None:
    olga = make_person()
    add_tags([(olga.pk, "VIP")], by="user:1", at=AT)
    told = export_person(person_id=olga.pk)
    assert told["tags"] == ["VIP"]
    erase_people(person_ids=[olga.pk], by="user:1")
    assert not PersonTag.objects.exists()
    assert not TagChange.objects.exists()


def test_forgetting_a_tag_takes_it_off_everybody() -> None:
    olga, ivan = make_person(), make_person()
    add_tags([(olga.pk, "VIP"), (ivan.pk, "VIP"), (ivan.pk, "fair")], by="user:1", at=AT)
    assert forget_tag(tag=Tag.objects.get(name="VIP")) == 2
    assert (names(olga), names(ivan)) == ([], ["fair"])
    assert TagChange.objects.count() == 1


def test_an_act_on_many_tags_them_and_tells_the_pipeline() -> None:
    people = [make_person().pk, make_person().pk]
    assert act_of("add-tags").apply(people, {"tags": "VIP, fair"}, "user:1") == 2
    assert act_of("add-tags").apply(people, {"tags": "fair"}, "user:1") == 0
    assert act_of("remove-tags").apply(people[:1], {"tags": "fair"}, "user:1") == 1
    assert [note.cause for note in ChangeNote.objects.all()] == ["tag"] * 3


def test_lists_that_imports_called_tags_become_tags() -> None:
    make_attribute(key="tags", type="list")
    olga, _ivan = make_person(attributes={"tags": ["VIP", "vip", "Ёлка"]}), make_person(attributes={"tags": None})
    copy = importlib.import_module("teplo.people.migrations.0007_tags_of_imports").copy_tags
    copy(apps, None)
    copy(apps, None)
    assert names(olga) == ["VIP", "Ёлка"]
    assert Tag.objects.count() == 2


LONG_FOLDED = "Международная выставка «Строительство 2026», стенд № 12, зал А"
"""Sixty signs or less as it is kept, more when it is folded: «№» is "no"."""


def test_a_name_that_grows_when_folded_is_one_tag_like_any_other() -> None:
    anna, boris = make_person(), make_person()
    for name in (LONG_FOLDED, "№" * 60, "Short №1"):
        kept = read_names(name.replace(",", " "))[0]
        assert add_tags([(anna.pk, kept)], by="user:1") == [anna.pk]
        assert add_tags([(boris.pk, kept.upper())], by="user:1") == [boris.pk]
        (tag,) = tags_of([anna.pk])[anna.pk]
        assert (tag.name, len(tag.name_key) <= 60, names(boris)) == (kept, True, [kept])
        assert find_or_create_tags([kept], by="user:1")[tag.name_key] == tag
        assert suggest_tags(kept) == [kept]
        rename_tag(tag=tag, name=f"{kept}!")
        assert remove_tags([(anna.pk, tag_name(kept))], by="user:1") == [anna.pk]
        forget_tag(tag=tag)
