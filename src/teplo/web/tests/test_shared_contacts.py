"""A contact of several people on the screens: on both cards, in the comparison of two cards, and by hand."""

import pytest

from teplo.accounts.testing import make_user
from teplo.people.finding import Claim, find_or_create_people
from teplo.people.models import DuplicatePair, Person, SharedContact
from teplo.people.testing import make_person

pytestmark = pytest.mark.django_db
OFFICE = "+74951234567"


@pytest.fixture(autouse=True)
def user(client):
    user = make_user(role="administrator", language="en")
    client.force_login(user)
    return user


def text_of(response):
    return response.content.decode()


def colleague(first_name, **contacts):
    said = [("phone", OFFICE), *contacts.items()]
    (person_id,) = find_or_create_people([Claim(said, name=(first_name, ""))], source="import:1")
    Person.objects.filter(pk=person_id).update(first_name=first_name, first_key=first_name.lower())
    return person_id


def test_a_shared_phone_stands_on_both_cards_with_the_way_to_the_other(client):
    anna, boris = colleague("Анна"), colleague("Борис")
    for mine, other, name in ((anna, boris, "Борис"), (boris, anna, "Анна")):
        text = text_of(client.get(f"/people/{mine}/"))
        assert OFFICE in text and f'shared with <a href="/people/{other}/">{name}</a>' in text
    vera = colleague("Вера")
    assert 'q=%2B74951234567">shared with 2 people</a>' in text_of(client.get(f"/people/{vera}/"))
    found = text_of(client.get("/people/?q=%2B74951234567"))
    assert all(name in found for name in ("Анна", "Борис", "Вера"))


def test_the_comparison_says_why_and_two_people_keep_the_phone(client):
    colleague("Анна", email="anna@romashka.ru"), colleague("Борис", email="boris@romashka.ru")
    pair = DuplicatePair.objects.get()
    for page in ("/duplicates/", f"/duplicates/{pair.pk}/"):
        text = text_of(client.get(page))
        assert f"Both have {OFFICE}, the names differ, each has an e-mail of their own" in text
    assert "Two people: both keep the contact" in text
    assert text.count('<span class="quiet small">shared</span>') == 2
    client.post(f"/duplicates/{pair.pk}/", {"answer": "later"})
    pair.refresh_from_db()
    assert (pair.answer, pair.put_off_at is not None) == ("", True)
    client.post(f"/duplicates/{pair.pk}/", {"answer": "different"})
    colleague("Анна", email="anna@romashka.ru"), colleague("Борис", email="boris@romashka.ru")
    assert DuplicatePair.objects.get().answer == "different" and SharedContact.objects.count() == 1
    assert Person.objects.count() == 2


def test_what_was_put_off_stands_behind_the_others(client):
    colleague("Анна"), colleague("Борис"), colleague("Вера")
    first, second = [row[0].pk for row in client.get("/duplicates/").context["pairs"]]
    client.post(f"/duplicates/{first}/", {"answer": "later"})
    assert [row[0].pk for row in client.get("/duplicates/").context["pairs"]] == [second, first]


def test_a_phone_of_another_is_offered_to_be_kept_on_both_cards(client):
    anna, boris = make_person(first_name="Анна", phone=OFFICE), make_person(first_name="Борис")
    address, said = f"/people/{boris.pk}/contacts/new/", {"kind": "phone", "text": OFFICE}
    answer = client.post(address, said)
    assert answer.status_code == 422 and "keep it on both cards" in text_of(answer)
    client.post(address, {**said, "is_shared": "on"})
    assert list(SharedContact.objects.values_list("person_id", "value")) == [(boris.pk, OFFICE)]
    new = {"first_name": "Вера", "phone": OFFICE}
    assert "keep it on both cards" in text_of(client.post("/people/new/", new))
    client.post("/people/new/", {**new, "is_shared": "on"})
    assert SharedContact.objects.count() == 2
    client.post(f"/people/{boris.pk}/contacts/change/", {"kind": "phone", "value": OFFICE})
    assert SharedContact.objects.exclude(person=boris).count() == 1 == SharedContact.objects.count()
    assert OFFICE in text_of(client.get(f"/people/{anna.pk}/"))


def test_an_e_mail_of_another_is_not(client):
    make_person(email="anna@romashka.ru")
    answer = client.post("/people/new/", {"first_name": "Борис", "email": "anna@romashka.ru"})
    assert answer.status_code == 422 and "keep it on both cards" not in text_of(answer)
