"""What people are found by is kept true by whoever writes names and contacts."""

from datetime import UTC, datetime
from importlib import import_module

import pytest
from django.db import connection

from teplo.people import queries, searching
from teplo.people.attributes import Change, set_attributes
from teplo.people.choosing import find_by_text
from teplo.people.finding import Claim, find_or_create_people
from teplo.people.making import NewPerson, add_contact, make_person, remove_contact
from teplo.people.merging import merge_people
from teplo.people.models import Identity, Person, SearchText
from teplo.people.personal_data import erase_people
from teplo.people.unmerging import undo_merge

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 5, 12, tzinfo=UTC)


def texts():
    return dict(SearchText.objects.values_list("person_id", "text"))


@pytest.fixture
def olha():
    new = NewPerson(first_name="Ольга", last_name="Єременко", email="olha@mail.ru", phone="+380675559921")
    return make_person(new=new, by="user:1", at=AT)


def test_the_text_says_where_names_and_contacts_begin(olha):
    assert sorted(texts()[olha].split(" ")) == ["", "", "", "+380675559921", "olha@mail.ru", "еременко", "ольга"]
    assert texts()[olha].startswith("  еременко  ольга ")


def test_a_name_changed_is_found_by_the_new_one_only(olha):
    set_attributes([Change(olha, "last_name", "Дем’яненко")], by="user:1", at=AT)
    assert find_by_text("мяненк") == [olha]
    assert find_by_text("ременк") == []


def test_another_field_writes_no_text(olha, django_assert_num_queries):
    before = texts()
    set_attributes([Change(olha, "city", "Львів")], by="user:1", at=AT)
    assert texts() == before


def test_contacts_come_and_go(olha):
    add_contact(person_id=olha, kind="telegram", text="@olha_okna", by="user:1", at=AT)
    assert find_by_text("okna") == [olha]
    remove_contact(person_id=olha, kind="telegram", value="olha_okna", at=AT)
    assert find_by_text("okna") == []
    assert find_by_text("9921") == [olha]


def test_contacts_of_events_are_found_and_visitors_leave_no_text():
    claims = [Claim([("visitor", "v1")]), Claim([("visitor", "v2"), ("email", "new@okna.ua")], source="api")]
    stranger, known = find_or_create_people(claims, at=AT)
    assert set(texts()) == {known}
    assert find_by_text("okna") == [known]
    find_or_create_people([Claim([("visitor", "v1"), ("phone", "+380501112233")], source="api")], at=AT)
    assert find_by_text("1112233") == [stranger]


def test_a_stranger_who_said_only_a_name_is_found_on_the_card_they_join(olha):
    [stranger] = find_or_create_people([Claim((("visitor", "v1"),))], at=AT, source="site")
    set_attributes([Change(stranger, "first_name", "Оленка")], by="site", at=AT)
    find_or_create_people([Claim((("visitor", "v1"), ("email", "olha@mail.ru")))], at=AT, source="site")
    assert set(texts()) == {olha}


def test_merging_and_taking_it_back(olha):
    other = make_person(new=NewPerson(last_name="Яременко", telegram="@yarema"), by="user:1", at=AT)
    before = texts()
    merge = merge_people(winner_id=olha, loser_id=other, reason="hand", by="user:1", at=AT)
    assert set(texts()) == {olha}
    assert find_by_text("yarem") == [olha]
    undo_merge(merge_id=merge.id, by="user:1", at=AT)
    assert {person: sorted(text.split()) for person, text in texts().items()} == {
        person: sorted(text.split()) for person, text in before.items()
    }


def test_of_the_erased_nothing_is_left(olha):
    make_person(new=NewPerson(last_name="Котов"), by="user:1", at=AT)
    erase_people(person_ids=[olha], by="user:1", at=AT)
    assert olha not in texts()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM people_searchtext WHERE text LIKE '%ременко%' OR text LIKE '%9921%'")
        assert cursor.fetchone()[0] == 0
        if connection.vendor == "sqlite":
            cursor.execute("INSERT INTO people_searchtext(people_searchtext) VALUES('integrity-check')")


def test_refreshing_costs_the_same_for_any_number_of_people(olha, django_assert_num_queries):
    others = [make_person(new=NewPerson(last_name=f"Котов{n}"), by="user:1", at=AT) for n in range(20)]
    with django_assert_num_queries(2):
        searching.refresh([olha])
    with django_assert_num_queries(2):
        searching.refresh([olha, *others])


def test_filling_goes_on_where_it_stopped(olha):
    people = [olha, *(make_person(new=NewPerson(last_name=f"Котов{n}"), by="user:1", at=AT) for n in range(4))]
    before = texts()
    searching.forget(people)
    assert texts() == {}
    last, rounds = 1, 0
    after = 0
    while last:
        last = searching.fill(after=after, batch=2)
        after, rounds = last, rounds + 1
    assert rounds == 4 and texts() == before


def test_whoever_writes_a_name_or_a_contact_by_hand_written_sql_refreshes_the_text(olha):
    """`refresh` makes of the tables what was written step by step."""
    queries.patch_people([{"id": olha, "last_name": "Ґалаґан", "last_key": "ґалаґан"}], AT)
    Identity.objects.filter(person_id=olha, kind="phone").delete()
    searching.refresh([olha, 77])
    assert texts() == {olha: "  галаган  ольга olha@mail.ru"}
    Person.objects.filter(id=olha).update(last_key="", first_key="")
    Identity.objects.all().delete()
    searching.refresh([olha])
    assert texts() == {}


def test_the_migration_gives_a_text_to_everybody_who_is_there(olha):
    """Also when it was broken off: what stands there already is written again."""
    make_person(new=NewPerson(last_name="Котов"), by="user:1", at=AT)
    find_or_create_people([Claim([("visitor", "v1")])], at=AT)
    before = texts()
    migration = import_module("teplo.people.migrations.0014_search_texts")
    migration.make_texts(None, None)
    assert texts() == before
    migration.drop_texts(None, None)
    migration.make_texts(None, None)
    assert texts() == before and len(before) == 2
    assert find_by_text("ременк") == [olha]
