"""Typed words and conditions choose people; acts are done with all of them."""

import pytest

from teplo.jobs.models import Job
from teplo.jobs.testing import run_all_jobs
from teplo.people import acting
from teplo.people.acting import ActUnknown, start_acting
from teplo.people.choosing import Chosen, find_by_text, people_of
from teplo.people.models import ChangeNote, Person
from teplo.people.seeking import seek
from teplo.people.testing import make_attribute, make_identity, make_person, make_stranger

pytestmark = pytest.mark.django_db


@pytest.fixture
def semyonova():
    person = make_person(first_name="Анна", last_name="Семёнова", email="anna.s@example.com", phone="+380501234567")
    make_identity(person=person, kind="telegram", value="anna_s")
    make_person(first_name="Пётр", last_name="Котов", email="kotov@example.com", phone="+79001234567")
    make_stranger(visitor="anna-visitor")
    return person


@pytest.mark.parametrize(
    "text",
    ["Семён", "семен", "анна", "Анна Семёнова", "семенова ан", "anna.s@", "ANNA.S@example.com", "anna", "@anna_s",
     "t.me/anna_s", "+38050123", "050 123 45 67", "0501", "380501234567"],
)  # fmt: skip
def test_a_person_is_found_by_the_beginning_of_what_is_known(text, semyonova):
    assert find_by_text(text) == [semyonova.id]


@pytest.mark.parametrize("text", ["Оля1985", "оля19", "оля1985 бокс7"])
def test_a_name_may_hold_figures(text):
    olya = make_person(first_name="Оля1985", last_name="Бокс7")
    assert find_by_text(text) == [olya.id]


@pytest.mark.parametrize(
    "text", ["", " ", "нет такой", "еновв", "%", "_", "%%%", "___", "е", "0000", "12-", "анна петрова"]
)
def test_what_nobody_is_called_finds_nobody(text, semyonova):
    assert find_by_text(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "ременко", "РЕМЕНКО", "єременко", "еременко", "коваль-єр", "ковальє", "ольга еременко", "ременко ол",
        "@mail", "mail.ru", "yerem", "9921", "99-21", "(067) 555", "5559921", "5 55 99", "_okna", "льга",
    ],
)  # fmt: skip
def test_a_person_is_found_by_a_part_of_what_is_known(text):
    olha = make_person(
        first_name="Ольга", last_name="Коваль-Єременко", email="o.yeremenko@mail.ru", phone="+380675559921"
    )
    make_identity(person=olha, kind="telegram", value="teplo_okna")
    make_person(first_name="Иван", last_name="Петров", email="ivan@example.com", phone="+79001112233")
    if text == "ковальє":  # the hyphen is a sign of the name
        assert find_by_text(text) == []
        return
    assert find_by_text(text) == [olha.id]
    for sought in (seek(text), None):
        assert list(people_of(Chosen(search=text), sought=sought)) == [olha]


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("Müller", "MULLER"), ("Łukasz", "lukasz"), ("José", "jose"), ("Jose\u0301", "José"), ("Семёнов", "семенов"),
        ("Вікторія", "викторія"), ("Викторів", "вікторів"), ("Ґалаґан", "галаган"), ("Сергій", "сергiй"),
        ("O’Neil", "o'neil"), ("В’ячеслав", "в'ячеслав"), ("В'ячеслав", "вʼячесл"), ("Вʼячеслав", "вячеслав"),
        ("Київська", "киивськ"), ("Йосиф", "йоси"), ("Ёлкин", "елкин"), ("Елкин", "ёлки"), ("Їжакевич", "ижаке"),
        ("Nguyễn", "guyen"), ("Йосип", "йосип"), ("İlker", "ilker"),
    ],
)  # fmt: skip
def test_letters_are_found_however_they_are_typed(name, typed):
    person = make_person(first_name="", last_name=name)
    make_person(first_name="Борис", last_name="Котов")
    assert find_by_text(typed) == [person.id]


def test_й_is_no_и():
    make_person(first_name="", last_name="Майя")
    assert find_by_text("маия") == []


def test_whoever_is_called_just_so_comes_first():
    inside, first, last = (
        make_person(first_name="Олег", last_name="Преображенский"),
        make_person(first_name="Ображен", last_name="Кот"),
        make_person(first_name="Ян", last_name="Ображенов"),
    )
    assert find_by_text("ображен") == [last.id, first.id, inside.id]


def test_strangers_and_the_erased_are_left_out_unless_asked_for(semyonova):
    make_person(erased_at="2026-01-01T00:00:00Z")
    assert people_of(Chosen()).count() == 2
    assert people_of(Chosen(who="strangers")).count() == 1
    assert people_of(Chosen(who="all")).count() == 3


def test_a_condition_and_a_search_are_both_asked(semyonova):
    kyiv = make_person(first_name="Анна", city="Киев")
    chosen = Chosen(search="анна", condition={"field": "city", "is": "Киев"})
    assert list(people_of(chosen)) == [kyiv]
    assert Chosen.from_json(chosen.as_json()) == chosen


def test_an_act_reaches_all_a_filter_finds_even_those_it_takes_out_of_the_filter(monkeypatch):
    monkeypatch.setattr(acting, "_BATCH", 2)
    for _ in range(5):
        make_person(city="Москва")
    other = make_person(city="Львов")
    job = start_acting(
        act="set-value",
        chosen=Chosen(condition={"field": "city", "is": "Москва"}),
        args={"key": "city", "value": "Киев"},
        by=1,
    )
    run_all_jobs()
    job = Job.objects.get(pk=job.pk)
    assert (job.state, job.result, job.done, job.total) == ("done", {"changed": 5}, 5, 5)
    assert Person.objects.filter(city="Киев").count() == 5
    assert set(ChangeNote.objects.values_list("cause", flat=True)) == {"attribute"}
    other.refresh_from_db()
    assert other.city == "Львов"


def test_a_word_is_added_to_a_list_once():
    make_attribute(key="tags", type="list")
    olga, boris = make_person(attributes={"tags": ["fair"]}), make_person()
    start_acting(act="add-to-list", chosen=Chosen(ids=(olga.id, boris.id)), args={"key": "tags", "value": "fair"}, by=1)
    run_all_jobs()
    assert [person.attributes for person in Person.objects.order_by("id")] == [{"tags": ["fair"]}] * 2


def test_an_unknown_act_is_refused():
    with pytest.raises(ActUnknown):
        start_acting(act="praise", chosen=Chosen(), args={}, by=1)
