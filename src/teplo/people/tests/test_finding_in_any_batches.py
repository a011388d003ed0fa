"""However a stream of claims is cut into batches, the same people come out."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from teplo.kit.testing import examples
from teplo.people.finding import Claim, find_or_create_people
from teplo.people.models import DuplicatePair, Identity, Merge, Person

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)

visitors = st.sampled_from([("visitor", f"v{n}") for n in range(4)])
contacts = st.sampled_from(
    [("email", f"e{n}@example.com") for n in range(4)] + [("phone", f"+38050000000{n}") for n in range(3)]
)
claims = st.tuples(st.lists(visitors, max_size=1), st.lists(contacts, max_size=2, unique_by=lambda c: c[0])).filter(any)
streams = st.lists(claims.map(lambda pair: tuple(pair[0] + pair[1])), min_size=1, max_size=14)


def take(stream, sizes):
    """Find people in batches of these sizes; answers what stands in the tables, people named by their contacts."""
    Identity.objects.all().delete(), Person.objects.all().delete()
    Merge.objects.all().delete(), DuplicatePair.objects.all().delete()
    left, moment = list(stream), AT
    while left:
        size = sizes.pop(0) if sizes else len(left)
        batch, left = left[:size], left[size:]
        moment += timedelta(minutes=1)
        people = find_or_create_people([Claim(identities) for identities in batch], at=moment)
        known = dict(Person.objects.values_list("id", "is_anonymous"))
        assert set(people) <= known.keys(), "somebody was answered who is not there"
    owners = {(i.kind, i.value): i.person_id for i in Identity.objects.all()}
    assert set(owners.values()) <= set(Person.objects.values_list("id", flat=True))
    anonymous = set(Person.objects.filter(is_anonymous=True).values_list("id", flat=True))
    reached = {person for (kind, _value), person in owners.items() if kind != "visitor"}
    assert anonymous.isdisjoint(reached), "a stranger has a contact"
    named = {person: min(c for c, p in owners.items() if p == person) for person in owners.values()}
    pairs = {frozenset((named.get(p.first_id), named.get(p.second_id))) for p in DuplicatePair.objects.all()}
    return {contact: named[person] for contact, person in owners.items()}, pairs


@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(stream=streams, sizes=st.lists(st.integers(1, 5), max_size=10))
def test_batches_give_the_same_people_as_one_claim_after_another(stream, sizes):
    one_by_one = take(stream, [1] * len(stream))
    assert take(stream, list(sizes)) == one_by_one
    assert take(stream, []) == one_by_one
