"""However a stream of claims is cut into batches, the same people come out."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from teplo.kit.testing import examples
from teplo.people import searching
from teplo.people.finding import Claim, find_or_create_people
from teplo.people.models import DuplicatePair, Identity, Merge, Person, SharedContact
from teplo.people.names import name_key

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)

visitors = st.sampled_from([("visitor", f"v{n}") for n in range(4)])
contacts = st.sampled_from(
    [("email", f"e{n}@example.com") for n in range(4)] + [("phone", f"+38050000000{n}") for n in range(3)]
)
names = st.sampled_from([("", ""), ("Анна", "Иванова"), ("Anna", ""), ("Борис", "Котов"), ("Б.", "Котов")])
claims = st.tuples(st.lists(visitors, max_size=1), st.lists(contacts, max_size=2, unique_by=lambda c: c[0])).filter(any)
streams = st.lists(st.tuples(claims.map(lambda pair: tuple(pair[0] + pair[1])), names), min_size=1, max_size=14)


def take(stream, sizes):
    """Find people in batches of these sizes; answers what stands in the tables, people named by their contacts."""
    searching.forget(list(Person.objects.values_list("id", flat=True)))
    Identity.objects.all().delete(), Person.objects.all().delete()
    Merge.objects.all().delete(), DuplicatePair.objects.all().delete(), SharedContact.objects.all().delete()
    left, moment = list(stream), AT
    while left:
        size = sizes.pop(0) if sizes else len(left)
        batch, left = left[:size], left[size:]
        moment += timedelta(minutes=1)
        people = find_or_create_people([Claim(identities, name=name) for identities, name in batch], at=moment)
        call_them(people, [name for _, name in batch])
        known = dict(Person.objects.values_list("id", "is_anonymous"))
        assert set(people) <= known.keys(), "somebody was answered who is not there"
    owners = {(i.kind, i.value): i.person_id for i in Identity.objects.all()}
    assert set(owners.values()) <= set(Person.objects.values_list("id", flat=True))
    anonymous = set(Person.objects.filter(is_anonymous=True).values_list("id", flat=True))
    reached = {person for (kind, _value), person in owners.items() if kind != "visitor"}
    assert anonymous.isdisjoint(reached), "a stranger has a contact"
    named = {person: min(c for c, p in owners.items() if p == person) for person in owners.values()}
    pairs = {frozenset((named.get(p.first_id), named.get(p.second_id))) for p in DuplicatePair.objects.all()}
    shared = {(s.kind, s.value, named.get(s.person_id)) for s in SharedContact.objects.all()}
    return {contact: named[person] for contact, person in owners.items()}, pairs, shared


def call_them(people, names):
    """As an import fills cards: the first name that is said stays."""
    for person, (first, last) in zip(people, names, strict=True):
        nameless = Person.objects.filter(id=person, first_key="", last_key="")
        nameless.update(first_name=first, last_name=last, first_key=name_key(first), last_key=name_key(last))
    searching.refresh(people)


@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(stream=streams, sizes=st.lists(st.integers(1, 5), max_size=10))
def test_batches_give_the_same_people_as_one_claim_after_another(stream, sizes):
    one_by_one = take(stream, [1] * len(stream))
    assert take(stream, list(sizes)) == one_by_one
    assert take(stream, []) == one_by_one


PHONES = ("+74951234567", "+380441112233")
ANNA, BORIS, VERA, GLEB, DINA, EGOR = (
    [("email", "anna@romashka.ru")], [("email", "boris@romashka.ru")], [("external", "crm:3")],
    [("external", "crm:4"), ("email", "gleb@romashka.ru")], [], [],
)  # fmt: skip
TRUTH = {
    "Анна Иванова": ANNA, "Борис Котов": BORIS, "Вера Лис": VERA, "Глеб Котов": GLEB, "Дина Юрьева": DINA,
    "Егор Яхин": EGOR,
}  # fmt: skip
"""Six people of one company: two by an e-mail, one by a number of the CRM, one by both, two by the phone alone."""

SPELLINGS = {"Анна Иванова": "Anna Ivanova", "Борис Котов": "Б. Котов", "Вера Лис": "Лис Вера"}
records = st.tuples(
    st.sampled_from(sorted(TRUTH)), st.sampled_from(PHONES), st.booleans(), st.booleans(), st.booleans()
)  # fmt: skip


def as_claim(record):
    """Each record carries all strong contacts of its person; who has none, their one phone."""
    who, phone, has_phone, is_spelled, has_box = record
    strong = list(TRUTH[who])
    contacts = [*strong, *([("phone", phone if strong else PHONES[0])] if has_phone or not strong else [])]
    if has_box and strong:
        contacts.append(("email", "info@romashka.ru"))
    first, _, last = (SPELLINGS.get(who, who) if is_spelled else who).partition(" ")
    return tuple(contacts), (first, last)


@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(stream=st.lists(records, min_size=1, max_size=14), data=st.data())
def test_the_same_people_result_whatever_the_order_and_the_batches(stream, data):
    claims = [as_claim(record) for record in stream]
    said = {}
    for (contacts, _), (who, *_) in zip(claims, stream, strict=True):
        said.setdefault(who, set()).update(contacts)
    shuffled = data.draw(st.permutations(claims))
    for order, sizes in ((claims, []), (shuffled, []), (shuffled, [1] * len(claims)), (claims, [3] * len(claims))):
        take(order, list(sizes))
        shown = {}
        for row in (*Identity.objects.all(), *SharedContact.objects.all()):
            shown.setdefault(row.person_id, set()).add((row.kind, row.value))
        assert sorted(map(sorted, shown.values())) == sorted(map(sorted, said.values()))


@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    stream=st.lists(
        st.tuples(
            st.lists(
                st.sampled_from([
                    ("email", "a@firm.ru"), ("email", "b@firm.ru"), ("external", "crm:1"), ("external", "crm:2"),
                    ("external", "shop:1"), ("phone", PHONES[0]), ("phone", PHONES[1]),
                ]),
                min_size=1, max_size=3, unique_by=lambda c: (c[0], c[1].partition(":")[0]),
            ),
            names,
        ),
        min_size=1, max_size=12,
    )
)  # fmt: skip
def test_no_phone_brings_a_second_e_mail_or_number_of_one_space_onto_a_card(stream):
    """Of claims whose stronger contacts are all new, so that the phone alone speaks."""
    take([], [])
    for contacts, name in stream:
        strong = [contact for contact in contacts if contact[0] != "phone"]
        known = {(i.kind, i.value): i.person_id for i in Identity.objects.all()}
        (person,) = find_or_create_people([Claim(contacts, name=name)], at=AT)
        call_them([person], [name])
        if not any(contact in known for contact in strong):
            had = {sort_of(contact) for contact, owner in known.items() if owner == person}
            assert had.isdisjoint({sort_of(contact) for contact in strong})


def sort_of(contact):
    kind, value = contact
    return kind if kind == "email" else (kind, value.partition(":")[0])
