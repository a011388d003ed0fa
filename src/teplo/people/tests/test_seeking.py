"""What is typed to find people, and whom it means: parts of names, addresses and numbers, alone and together."""

from datetime import timedelta

import pytest
from django.db import connection

from teplo.insights import people_list
from teplo.insights.people_list import count_people, list_people
from teplo.kit import inside
from teplo.people import choosing, seeking
from teplo.people.choosing import Chosen, find_by_text, people_of
from teplo.people.seeking import read_words, seek
from teplo.people.testing import make_identity, make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def petro():
    """The one who is looked for, among people who are like him in one thing each."""
    person = make_person(
        first_name="Петро", last_name="Дем’яненко-Їжак", email="p.demian@okna-lviv.com.ua", phone="+380671114571"
    )
    make_identity(person=person, kind="external", value="CRM-Ю00912")
    make_person(first_name="Петро", last_name="Коваль", email="kowal@okna.ua", phone="+380502223344")
    make_person(first_name="Ганна", last_name="Демчук", email="hanna@lviv.org", phone="+380671110000")
    russian = make_person(first_name="Иван", last_name="Лосев", email="losev@inbox.ru", phone="+79161234567")
    return {"petro": person.id, "ivan": russian.id}


@pytest.mark.parametrize(
    "typed",
    [
        "мяненко", "м’янен", "м'янен", "мʼянен", "МЯНЕНКО", "їжак", "ижак", "-їжак", "демяненко-ижак", "петро їжак",
        "їжак петр",
        "4571", "45-71", "114571", "067 111 45 71", "(067) 111-45-71", "+38 (067) 111 45 71", "671114571",
        "петро 4571", "4571 петр", "петро (067) 111-45", "їжак @okna", "@okna-l", "okna-lviv.com", "n@okna", "demian",
        "P.Demian@OKNA-lviv.com.ua", "«Дем’яненко", "crm-ю00", "CRM-Ю00912", "ю00912",
    ],
)  # fmt: skip
def test_a_part_means_the_one_person_who_has_it(typed, petro):
    assert find_by_text(typed) == [petro["petro"]]
    assert seek(typed).ids == [petro["petro"]]


@pytest.mark.parametrize("typed", ["8 916 123-45-67", "89161234567", "+7(916)1234567", "8916", "916 123", "123-4567"])
def test_a_russian_number_may_begin_with_8(typed, petro):
    assert find_by_text(typed) == [petro["ivan"]]


@pytest.mark.parametrize(
    "typed",
    [
        "%", "_", "%%%", "___", "'", "''", '"', '"""', "\\", "\\\\\\", "* *", "петро*", "петро OR ганна", "NOT петро",
        "петро 3345", "петро 457 99", "ковальдем", "ко-валь", "4577", "@mail", "ямненко", "12", "1", "-", "- -", "((("
    ],
)  # fmt: skip
def test_what_stands_nowhere_finds_nobody(typed, petro):
    assert find_by_text(typed) == []
    assert not people_of(Chosen(search=typed)).exists()
    assert count_people(chosen=Chosen(search=typed)).people == 0


@pytest.mark.parametrize("typed", ["х" * 10_000, "дем" * 400, "ab " * 3000, "'\"%_\\" * 500, "1" * 5000, "а" * 255])
def test_a_very_long_question_is_answered(typed, petro):
    assert find_by_text(typed) == []


def test_short_words_are_looked_for_at_the_beginning():
    """One letter begins a name, two begin a name or a contact, three stand anywhere."""
    anna = make_person(first_name="Анна", last_name="Ремизова", email="zx@example.com")
    olha = make_person(first_name="Ольга", last_name="Щурова", email="olha@example.com")
    make_person(first_name="Борис", last_name="Козаренко", email="boris@example.com")
    assert find_by_text("щ") == [olha.id]
    assert find_by_text("р") == [anna.id]
    assert find_by_text("z") == []
    assert find_by_text("zx") == [anna.id]
    assert find_by_text("ре") == [anna.id]
    assert find_by_text("а ре") == [anna.id]


@pytest.mark.parametrize("most", [0, 1, 5000])
def test_many_are_the_same_people_as_few(most, monkeypatch):
    """Whether they are looked up at once or read one by one along the order of the list."""
    monkeypatch.setattr(seeking, "FEW", most)
    monkeypatch.setattr(choosing, "MOST_FOUND", most)
    meant = [make_person(first_name="Яна", last_name=f"Заримова{n}", city="Львов").id for n in range(5)]
    other = make_person(first_name="Яна", last_name="Котова", city="Львов").id
    moscow = make_person(first_name="Ян", last_name="Аримов", email="arimov@mail.ru").id
    for typed, found in (("римова", set(meant)), ("ян римов", {*meant, moscow}), ("@mail", {moscow})):
        assert set(find_by_text(typed)) == found
        chosen = Chosen(search=typed)
        assert {row.person.id for row in list_people(chosen=chosen, sort="name").rows} == found
        assert set(people_of(chosen).values_list("id", flat=True)) == found
        assert count_people(chosen=chosen).people == len(found)
    both = Chosen(search="яна", condition={"field": "city", "is": "Львов"})
    assert {row.person.id for row in list_people(chosen=both).rows} == {*meant, other}
    assert count_people(chosen=both).people == 6


def test_many_are_listed_page_by_page_in_order(monkeypatch):
    monkeypatch.setattr(seeking, "FEW", 3)
    people = [make_person(first_name="Яна", last_name=f"Заримова{n:02}").id for n in range(12)]
    make_person(first_name="Яна", last_name="Заозёрова")
    shown, after = [], ""
    for _ in range(3):
        found = list_people(chosen=Chosen(search="римов"), sort="name", limit=5, after=after)
        shown += [row.person.id for row in found.rows]
        after = found.further
    assert shown == people and after == ""


def test_many_at_the_end_of_an_order_are_found_when_reading_takes_too_long(monkeypatch):
    monkeypatch.setattr(seeking, "FEW", 1)
    monkeypatch.setattr(people_list, "READ_ALONG", timedelta(0))
    people = [make_person(first_name="Яна", last_name=f"Заримова{n}").id for n in range(3)]
    found = list_people(chosen=Chosen(search="римов"), sort="name")
    assert [row.person.id for row in found.rows] == people


def test_an_index_answers(petro):
    """On both engines, whatever the collation and without an extension."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
        condition, parameters = inside.holding("people_searchtext", read_words("мяненко"))
        explain = "EXPLAIN" if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN"
        cursor.execute(f"{explain} SELECT rowid FROM people_searchtext WHERE {condition}", parameters)  # noqa: S608
        plan = str(cursor.fetchall())
        assert "people_searchtext_trigrams" in plan or "VIRTUAL TABLE INDEX 0:M" in plan, plan
        if connection.vendor == "postgresql":
            cursor.execute("SELECT count(*) FROM pg_indexes WHERE indexdef LIKE '%gin_trgm_ops%'")
            assert cursor.fetchone()[0] == 0


def test_a_long_text_is_found_at_its_end():
    """PostgreSQL makes the first trigrams of a text in another way than the rest."""
    person = make_person(first_name="И" * 60, last_name="К" * 60 + "онец", email="seventieth.sign@example.com")
    for number in range(5):
        make_identity(person=person, kind="email", value=f"spare{number}.address@example{number}.org")
    assert find_by_text("seventieth.sign") == [person.id]
    assert find_by_text("spare4.address@example4.org") == [person.id]
    assert find_by_text("онец") == [person.id]
