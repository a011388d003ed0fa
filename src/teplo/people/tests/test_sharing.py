"""A contact of several people: each is a person of their own, the contact stands on all their cards."""

from datetime import UTC, datetime

import pytest

from teplo.conditions import registry
from teplo.conditions.compiling import to_q
from teplo.conditions.reading import read_json
from teplo.insights.people_list import rows_of
from teplo.people.choosing import Chosen, find_by_text, people_of
from teplo.people.duplicates import answer_pair
from teplo.people.finding import Claim, find_or_create_people
from teplo.people.importing.testing import import_rows
from teplo.people.making import ContactTaken, NewPerson, add_contact, make_person, remove_contact
from teplo.people.merging import merge_people
from teplo.people.models import DuplicatePair, Identity, Person, SharedContact
from teplo.people.personal_data import erase_people, export_person
from teplo.people.sharing import everybody_with, likeness_of, shared_by
from teplo.people.testing import make_person as made
from teplo.people.unmerging import undo_merge
from teplo.pipeline.tests.test_taking import take_all
from teplo.tracking.models import Event
from teplo.tracking.testing import put_event

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
OFFICE = ("phone", "+74951234567")
BOX = ("email", "info@romashka.ru")


def find(*claims):
    return find_or_create_people([Claim(contacts, name=name) for contacts, name in claims], at=AT)


def by_name():
    return {person.first_name: person for person in Person.objects.all()}


def who(condition):
    vocabulary = registry.people()
    q = to_q(read_json(condition, vocabulary), vocabulary)
    return set(Person.objects.filter(q).values_list("first_name", flat=True))


def office(*names):
    """An import of people of one office, who have nothing but names and the phone."""
    import_rows("Имя;Фамилия;Телефон\n" + "".join(f"{first};{last};8 495 123-45-67\n" for first, last in names))
    return by_name()


@pytest.mark.parametrize("cut", ["at once", "one by one"])
def test_three_of_one_office_are_three_people_with_the_phone_on_all_cards(cut):
    rows = [("Анна", "Иванова"), ("Борис", "Котов"), ("Вера", "Лис")]
    for part in [rows] if cut == "at once" else [[row] for row in rows]:
        people = office(*part)
    assert sorted(people) == ["Анна", "Борис", "Вера"]
    anna, boris, vera = (people[name].id for name in ("Анна", "Борис", "Вера"))
    assert everybody_with([OFFICE]) == {OFFICE: [anna, boris, vera]}
    assert {row.person.id: row.contacts for row in rows_of([anna, boris, vera])} == dict.fromkeys(
        (anna, boris, vera), {"phone": "+74951234567"}
    )
    assert set(DuplicatePair.objects.values_list("first_id", "second_id", "reason")) == {
        (anna, boris, "contact"), (anna, vera, "contact"),
    }  # fmt: skip
    assert office(*rows).keys() == people.keys() and Person.objects.count() == 3
    assert find(([OFFICE], ("Борис", "")), ([OFFICE], ("Lis", "Vera")), ([OFFICE], ("", ""))) == [boris, vera, anna]


def test_stronger_contacts_always_win():
    anna, boris = made(email="anna@romashka.ru", first_name="Анна"), made(first_name="Борис", last_name="Котов")
    Identity.objects.create(person=boris, kind=OFFICE[0], value=OFFICE[1], is_main=True)
    assert find(([OFFICE, ("email", "anna@romashka.ru")], ("", ""))) == [anna.id]
    assert everybody_with([OFFICE]) == {OFFICE: [boris.id, anna.id]}
    assert DuplicatePair.objects.get().answer == ""
    (vera,) = find(([OFFICE, ("external", "crm:7")], ("Вера", "Лис")))
    assert vera not in (anna.id, boris.id)
    assert find(([("external", "crm:7"), OFFICE, ("email", "vera@romashka.ru")], ("", ""))) == [vera]
    assert find(([("telegram", "boris"), OFFICE], ("Борис", ""))) == [boris.id]
    assert find(([OFFICE, ("telegram", "boris")], ("Анна", ""))) == [boris.id]


def test_a_mailbox_of_a_company_is_shared_as_a_phone_is():
    people = find(([BOX], ("Анна", "Иванова")), ([BOX], ("Борис", "Котов")), ([BOX], ("", "")))
    assert people[0] != people[1] and people[2] == people[0]
    assert everybody_with([BOX]) == {BOX: people[:2]}


def test_one_e_mail_with_other_names_and_other_numbers_of_one_crm_is_two_people():
    box = ("email", "family@mail.ru")
    anna, boris = find(
        ([("external", "crm:1"), box], ("Анна", "Иванова")), ([("external", "crm:2"), box], ("Борис", "Иванов"))
    )
    assert anna != boris and everybody_with([box]) == {box: [anna, boris]}
    assert find(([("external", "crm:3"), box], ("Anna", "Ivanova"))) == [anna], "one person stands twice in the CRM"


def test_a_known_browser_says_which_of_those_who_share_is_meant():
    anna, boris = find(([OFFICE], ("Анна", "")), ([OFFICE, ("visitor", "v-boris")], ("Борис", "")))
    assert find(([OFFICE, ("visitor", "v-boris")], ("", ""))) == [boris]
    assert find(([OFFICE], ("", ""))) == [anna]


def test_an_event_with_nothing_but_a_shared_phone_stands_with_its_holder_and_says_so():
    people = office(("Анна", "Иванова"), ("Борис", "Котов"))
    anna, boris = people["Анна"].id, people["Борис"].id
    said = {"visitor": None, "identities": {"phone": OFFICE[1]}}
    put_event(**said, name="call-received", id="1")
    put_event(**said, name="call-returned", id="2", attributes={"first_name": "Boris"})
    put_event(**{**said, "identities": {"phone": "+380501112233"}}, name="call-missed", id="3")
    take_all()
    told = {event.name: (event.person_id, event.properties) for event in Event.objects.all()}
    assert told["call-received"] == (anna, {"shared-contact": True})
    assert told["call-returned"] == (boris, {})
    assert told["call-missed"][1] == {}


def test_known_people_are_left_alone_and_a_colleague_with_their_phone_is_new():
    office(("Анна", "Иванова"))
    run = import_rows("Имя;Телефон;E-mail\nБорис;84951234567;boris@romashka.ru\nAnna;84951234567;\n", known="skip")
    assert (run.created, run.updated) == (1, 1)
    assert sorted(by_name()) == ["Анна", "Борис"]


def test_whoever_shares_a_phone_is_found_by_it_and_has_one_in_conditions():
    people = office(("Анна", "Иванова"), ("Борис", "Котов"))
    made(first_name="Вера")
    both = {people["Анна"].id, people["Борис"].id}
    assert set(find_by_text("123-45-67")) == set(find_by_text("+7495")) == both
    assert set(people_of(Chosen(search="4951234")).values_list("id", flat=True)) == both
    assert who({"field": "phone", "is_set": True}) == {"Анна", "Борис"}
    assert who({"field": "phone", "is_set": False}) == {"Вера"}
    assert who({"field": "phone", "contains": "1234"}) == {"Анна", "Борис"}
    assert who({"field": "channel", "has": ["phone"]}) == {"Анна", "Борис"}


def test_merging_moves_shared_contacts_and_undoing_gives_them_back():
    people = office(("Анна", "Иванова"), ("Борис", "Котов"), ("Вера", "Лис"))
    anna, boris, vera = (people[name].id for name in ("Анна", "Борис", "Вера"))
    before = sorted(SharedContact.objects.values_list("person_id", "kind", "value", "source", "since"))
    for winner, loser in ((anna, boris), (boris, anna), (vera, boris), (boris, vera)):
        merge = merge_people(winner_id=winner, loser_id=loser, reason="hand", by="user:1")
        left = everybody_with([OFFICE]).get(OFFICE, [])
        assert set(left) == {anna, boris, vera} - {loser}
        undo_merge(merge_id=merge.id, by="user:1")
        assert set(everybody_with([OFFICE])[OFFICE]) == {anna, boris, vera}
        assert sorted(SharedContact.objects.values_list("person_id", "kind", "value", "source", "since")) == before


def test_when_the_holder_goes_the_contact_goes_to_whoever_has_shared_it_longest():
    people = office(("Анна", "Иванова"), ("Борис", "Котов"), ("Вера", "Лис"))
    anna, boris, vera = (people[name].id for name in ("Анна", "Борис", "Вера"))
    remove_contact(person_id=anna, kind=OFFICE[0], value=OFFICE[1])
    assert everybody_with([OFFICE]) == {OFFICE: [boris, vera]}
    assert Identity.objects.get(kind="phone").is_main
    assert export_person(person_id=vera)["shared_contacts"][0]["value"] == OFFICE[1]
    erase_people(person_ids=[boris], by="user:1")
    assert Identity.objects.get(kind="phone").person_id == vera and not SharedContact.objects.exists()
    erase_people(person_ids=[vera], by="user:1")
    assert not Identity.objects.exists()


def test_by_hand_a_phone_of_another_is_kept_on_both_cards_where_that_is_said():
    anna = made(first_name="Анна", phone=OFFICE[1], email="anna@romashka.ru")
    with pytest.raises(ContactTaken) as refusal:
        make_person(new=NewPerson(first_name="Борис", phone="8 495 1234567"), by="user:1")
    assert refusal.value.may_share and refusal.value.person_id == anna.id
    boris = make_person(new=NewPerson(first_name="Борис", phone="8 495 1234567", is_shared=True), by="user:1")
    assert shared_by([boris]) == {boris: [OFFICE]}
    assert DuplicatePair.objects.get().answer == "different"
    with pytest.raises(ContactTaken) as refusal:
        add_contact(person_id=boris, kind="email", text="anna@romashka.ru", by="user:1", is_shared=True)
    assert not refusal.value.may_share
    remove_contact(person_id=boris, kind=OFFICE[0], value=OFFICE[1])
    assert not shared_by([boris]) and Identity.objects.get(kind="phone").person_id == anna.id


def test_why_two_are_asked_about_is_said_and_a_decided_pair_does_not_come_back():
    people = office(("Анна", "Иванова"), ("Борис", "Котов"))
    anna, boris = people["Анна"].id, people["Борис"].id
    assert likeness_of([(anna, boris)]) == {(anna, boris): ([OFFICE], True, False)}
    answer_pair(pair_id=DuplicatePair.objects.get().id, is_same=False, by=1)
    office(("Анна", "Иванова"), ("Борис", "Котов"))
    assert list(DuplicatePair.objects.values_list("answer", flat=True)) == ["different"]
    assert everybody_with([OFFICE]) == {OFFICE: [anna, boris]}


def test_a_number_that_very_many_share_makes_no_heap_of_questions():
    find(*(([OFFICE], (f"Имя{n}", f"Фамилия{n}")) for n in range(30)))
    assert Person.objects.count() == 30
    assert DuplicatePair.objects.count() == 20


def test_a_page_that_names_an_office_phone_beside_its_own_e_mail_touches_nobody():
    anna = made(first_name="Анна", email="anna@romashka.ru", phone=OFFICE[1])
    said = {"visitor": "v1", "identities": {"email": "boris@romashka.ru", "phone": OFFICE[1]}}
    put_event(**said, origin="site:1", name="form-submitted", attributes={"first_name": "Борис"}, id="1")
    take_all()
    boris = Identity.objects.get(value="boris@romashka.ru").person
    assert (boris.first_name, boris.is_anonymous) == ("Борис", False)
    assert shared_by([boris.id]) == {boris.id: [OFFICE]} and Identity.objects.get(kind="phone").person_id == anna.id
    assert everybody_with([OFFICE], only_vouched=True) == {}
    find_or_create_people([Claim([OFFICE, ("email", "boris@romashka.ru")], source="api:1")], at=AT)
    assert everybody_with([OFFICE], only_vouched=True) == {OFFICE: [anna.id, boris.id]}
