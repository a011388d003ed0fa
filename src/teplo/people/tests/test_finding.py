"""Contacts and visitor ids find, join or make people."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from teplo.people import finding, queries
from teplo.people.finding import Claim, ClaimEmpty, PersonUnknown, find_or_create_people
from teplo.people.merging import merge_people
from teplo.people.models import DuplicatePair, Identity, Merge, Person
from teplo.people.testing import make_identity, make_person, make_stranger
from teplo.tracking.models import Event

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def find(*identity_lists, **more):
    return find_or_create_people([Claim(identities) for identities in identity_lists], at=AT, **more)


def owner_of(kind, value):
    return Identity.objects.get(kind=kind, value=value).person_id


def test_a_known_contact_finds_its_person():
    olga = make_person(email="olga@example.com")
    assert find([("email", "olga@example.com")]) == [olga.id]


def test_an_unknown_contact_makes_one_person_however_often_it_stands_in_the_batch():
    first, second = find([("email", "new@example.com")], [("email", "new@example.com")])
    assert first == second
    person = Person.objects.get()
    assert (person.id, person.is_anonymous) == (first, False)


def test_a_visitor_alone_is_a_stranger():
    (person,) = find([("visitor", "v1")])
    assert Person.objects.get(id=person).is_anonymous
    assert find([("visitor", "v1")]) == [person]


def test_a_stranger_who_says_his_e_mail_becomes_known_with_the_same_card():
    (stranger,) = find([("visitor", "v1")])
    (person,) = find([("visitor", "v1"), ("email", "a@example.com")])
    assert person == stranger
    assert not Person.objects.get(id=person).is_anonymous
    assert owner_of("email", "a@example.com") == person


def test_a_stranger_joins_the_card_of_the_contact_with_all_he_did():
    olga = make_person(email="olga@example.com")
    stranger = make_stranger(visitor="v1")
    Event.objects.create(person=stranger, name="page-viewed", at=AT, received_at=AT, origin="site:1")
    people = find([("visitor", "v1")], [("visitor", "v1"), ("email", "olga@example.com")])
    assert people == [olga.id, olga.id]
    assert owner_of("visitor", "v1") == olga.id
    assert Event.objects.get().person_id == olga.id
    assert not Person.objects.filter(id=stranger.id).exists()
    merge = Merge.objects.get()
    assert (merge.winner_id, merge.loser_id, merge.reason) == (olga.id, stranger.id, "visitor")


def test_a_stranger_made_and_recognised_in_one_batch_is_never_written():
    olga = make_person(email="olga@example.com")
    assert find([("visitor", "v1")], [("visitor", "v1"), ("email", "olga@example.com")]) == [olga.id] * 2
    assert list(Person.objects.values_list("id", flat=True)) == [olga.id]
    assert owner_of("visitor", "v1") == olga.id


def test_another_e_mail_from_a_known_browser_is_another_person_and_takes_the_browser_along():
    olga = make_person(email="olga@example.com", visitor="v1")
    (other,) = find([("visitor", "v1"), ("email", "boris@example.com")])
    assert other != olga.id
    assert owner_of("visitor", "v1") == other
    assert owner_of("email", "olga@example.com") == olga.id
    assert Person.objects.count() == 2


def test_two_known_people_are_never_merged_by_a_shared_browser():
    olga = make_person(email="olga@example.com", visitor="v1")
    boris = make_person(email="boris@example.com")
    assert find([("visitor", "v1"), ("email", "boris@example.com")]) == [boris.id]
    assert Person.objects.filter(id__in=(olga.id, boris.id)).count() == 2
    assert owner_of("visitor", "v1") == boris.id


def test_a_new_phone_from_a_known_browser_is_his():
    olga = make_person(email="olga@example.com", visitor="v1")
    assert find([("visitor", "v1"), ("phone", "+380501234567")]) == [olga.id]
    assert owner_of("phone", "+380501234567") == olga.id


def test_unknown_contacts_join_the_known_one_beside_them():
    olga = make_person(email="olga@example.com")
    assert find([("phone", "+380501234567"), ("email", "olga@example.com")]) == [olga.id]
    assert owner_of("phone", "+380501234567") == olga.id


def test_contacts_of_two_people_leave_a_question_and_the_e_mail_decides():
    olga = make_person(email="olga@example.com")
    boris = make_person(phone="+380501234567")
    assert find([("phone", "+380501234567"), ("email", "olga@example.com")]) == [olga.id]
    pair = DuplicatePair.objects.get()
    assert {pair.first_id, pair.second_id} == {olga.id, boris.id}
    assert pair.first_id < pair.second_id
    assert pair.answer == ""


def test_a_named_person_wins_over_contacts():
    olga = make_person()
    people = find_or_create_people([Claim([("email", "new@example.com")], person_id=olga.id)], at=AT)
    assert people == [olga.id]
    assert owner_of("email", "new@example.com") == olga.id


def test_a_merged_person_is_followed_to_the_card_that_stayed():
    winner, loser = make_person(email="a@example.com"), make_person(email="b@example.com")
    merge_people(winner_id=winner.id, loser_id=loser.id, reason="hand", by="user:1")
    assert find_or_create_people([Claim(person_id=loser.id)], at=AT) == [winner.id]


def test_nobody_is_refused():
    with pytest.raises(ClaimEmpty):
        find_or_create_people([Claim()])
    with pytest.raises(PersonUnknown):
        find_or_create_people([Claim(person_id=12345)])


def test_a_batch_of_known_people_costs_one_statement():
    claims = [Claim([("email", f"p{n}@example.com")]) for n in range(300)]
    people = find_or_create_people(claims, at=AT)
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert find_or_create_people(claims, at=AT) == people
    assert len(captured) == 1


def test_the_number_of_statements_does_not_grow_with_the_batch():
    def statements(size, mark):
        olgas = [make_person(email=f"{mark}{n}@example.com") for n in range(size)]
        strangers = [make_stranger(visitor=f"{mark}{n}") for n in range(size)]
        for stranger in strangers:
            Event.objects.create(person=stranger, name="page-viewed", at=AT, received_at=AT, origin="site:1")
        claims = [Claim([("visitor", f"{mark}{n}"), ("email", f"{mark}{n}@example.com")]) for n in range(size)]
        claims += [Claim([("visitor", f"new-{mark}{n}")]) for n in range(size)]
        with CaptureQueriesContext(connection) as captured:
            people = find_or_create_people(claims, at=AT)
        assert people[:size] == [olga.id for olga in olgas]
        return len(captured)

    assert statements(3, "a") == statements(40, "b")


def test_contacts_taken_by_another_worker_meanwhile_lead_to_his_person(monkeypatch):
    rival = []
    look_up = queries.look_up_identities

    def look_up_then_be_overtaken(wanted):
        found = look_up(wanted)
        if not rival:
            rival.append(make_person(email="new@example.com"))
        return found

    monkeypatch.setattr(finding.queries, "look_up_identities", look_up_then_be_overtaken)
    people = find([("visitor", "v1"), ("email", "new@example.com")])
    assert people == [rival[0].id]
    assert owner_of("visitor", "v1") == rival[0].id
    assert Person.objects.count() == 1


def test_the_same_contact_of_another_kind_is_another_contact():
    olga = make_person()
    make_identity(person=olga, kind="whatsapp", value="+380501234567")
    assert find([("phone", "+380501234567")]) != [olga.id]


@pytest.mark.parametrize("is_later", [True, False])
def test_whoever_else_names_a_contact_of_a_page_vouches_for_it(is_later):
    page = Claim([("visitor", "v-bad"), ("email", "new@example.com")], source="site:1", is_public=True)
    token = Claim([("email", "new@example.com")], source="api:7")
    for claims in [[page], [token]] if is_later else [[page, token]]:
        find_or_create_people(claims, at=AT)
    assert Identity.objects.get(kind="email").source == "api:7"
    assert Identity.objects.get(kind="visitor").source == "site:1"
    with CaptureQueriesContext(connection) as captured:
        find_or_create_people([token], at=AT)
    assert len(captured) == 1
    more = Claim([("visitor", "v-bad"), ("telegram", "mallory")], source="site:1", is_public=True)
    find_or_create_people([more], at=AT)
    assert not Identity.objects.filter(kind="telegram").exists()


def test_a_vouched_contact_closes_the_card_in_the_same_batch():
    find_or_create_people([Claim([("visitor", "v"), ("email", "a@example.com")], source="site:1", is_public=True)])
    more = Claim([("visitor", "v"), ("telegram", "mallory")], source="site:1", is_public=True)
    find_or_create_people([more, Claim([("email", "a@example.com")])], source="import:1")
    assert dict(Identity.objects.values_list("kind", "source")) == {"visitor": "site:1", "email": "import:1"}


def test_a_page_vouches_for_nothing_that_a_page_has_told():
    page = Claim([("visitor", "v"), ("email", "a@example.com")], source="site:1", is_public=True)
    find_or_create_people([page], at=AT)
    find_or_create_people([page._replace(source="site:2"), Claim([("email", "a@example.com")], source="site:2")], at=AT)
    assert Identity.objects.get(kind="email").source == "site:1"


@pytest.mark.parametrize("at_once", [True, False])
def test_a_shared_phone_brings_no_other_e_mail_onto_a_card(at_once):
    phone = ("phone", "+74951234567")
    rows = [[("email", "a@example.com"), phone], [("email", "b@example.com"), phone]]
    ivan, olga = find(*rows) if at_once else [find(row)[0] for row in rows]
    assert ivan != olga
    assert owner_of(*phone) == ivan and owner_of("email", "b@example.com") == olga
    assert list(DuplicatePair.objects.values_list("first_id", "second_id")) == [(ivan, olga)]
    assert find(*rows) == [ivan, olga]
    assert find([phone]) == [ivan]
    assert DuplicatePair.objects.count() == 1
