"""Cards that seem to be of one human being are shown to a human, who decides."""

import pytest

from teplo.jobs.testing import make_work
from teplo.people.duplicates import AlreadyAnswered, answer_pair, find_duplicates, names_likeness
from teplo.people.models import DuplicatePair, Identity, Person
from teplo.people.testing import make_company, make_person

pytestmark = pytest.mark.django_db


def search():
    return find_duplicates(make_work())["found"]


def test_alike_names_in_one_company_are_asked_about():
    company, other = make_company(), make_company(name="Лютик")
    first = make_person(first_name="Екатерина", last_name="Семёнова", company=company)
    second = make_person(first_name="Катя", last_name="Семенова", company=company)
    make_person(first_name="Екатерина", last_name="Семёнова", company=other)
    make_person(first_name="Иван", last_name="Сидоров", company=company)
    assert search() == 1
    pair = DuplicatePair.objects.get()
    assert (pair.first_id, pair.second_id, pair.reason) == (first.id, second.id, "name-company")


def test_alike_names_and_phone_tails_are_asked_about():
    make_person(phone="+79001234567")
    make_person(phone="+389001234567")
    make_person(first_name="Борис", last_name="Котов", phone="+499001234567")
    assert search() == 1
    assert DuplicatePair.objects.get().reason == "name-phone"


def test_alike_names_and_mail_boxes_are_asked_about_except_common_boxes():
    make_person(email="olga.ivanova@mail.ru"), make_person(email="olga.ivanova@gmail.com")
    make_person(email="info@one.ua", first_name="Анна"), make_person(email="info@two.ua", first_name="Анна")
    assert search() == 1
    assert DuplicatePair.objects.get().reason == "name-email"


def test_a_pair_is_asked_about_once():
    company = make_company()
    one, two = make_person(company=company), make_person(company=company)
    search()
    answer_pair(pair_id=DuplicatePair.objects.get().id, is_same=False, by=1)
    assert search() == 0
    assert Person.objects.filter(id__in=(one.id, two.id)).count() == 2


def test_a_block_of_very_many_is_left_alone():
    company = make_company()
    for _ in range(25):
        make_person(company=company)
    assert search() == 0


def test_the_answer_same_merges_the_cards():
    company = make_company()
    one, two = make_person(company=company, email="a@example.com"), make_person(company=company, email="b@example.com")
    search()
    pair = DuplicatePair.objects.get()
    merge = answer_pair(pair_id=pair.id, is_same=True, by=1, winner_id=two.id)
    assert (merge.winner_id, merge.loser_id) == (two.id, one.id)
    assert Identity.objects.filter(person=two).count() == 2
    with pytest.raises(AlreadyAnswered):
        answer_pair(pair_id=pair.id, is_same=False, by=1)


@pytest.mark.parametrize(
    ("one", "other", "is_alike"),
    [
        (("ольга", "иванова"), ("ольга", "иванова"), True),
        (("ольга", "иванова"), ("иванова", "ольга"), True),
        (("саша", "петров"), ("александр", "петров"), True),
        (("олександр", "петров"), ("александр", "петров"), True),
        (("ольга", "иванова"), ("ольга", "ивнова"), True),
        (("", "иванова"), ("ольга", "иванова"), True),
        (("иван", "петров"), ("иван", "павлов"), False),
        (("ольга", "иванова"), ("борис", "котов"), False),
    ],
)
def test_names_are_compared_as_people_do(one, other, is_alike):
    assert (names_likeness(one, other) >= 0.8) == is_alike
