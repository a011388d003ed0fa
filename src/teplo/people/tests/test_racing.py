"""Workers that meet the same new people at the same moment end with the same people."""

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from django.db import connection, transaction

from teplo.people.finding import Claim, find_or_create_people
from teplo.people.merging import sweep_late_leaves
from teplo.people.models import Identity, Merge, Person
from teplo.people.testing import make_person, make_stranger
from teplo.tracking.models import Event

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
WORKERS = 4

pytestmark = [
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer: no race"),
]


def at_once(work):
    """Run `work(number)` in several threads that begin together; each with its own connection and transaction."""
    barrier = Barrier(WORKERS)

    def run(number):
        try:
            barrier.wait()
            with transaction.atomic():
                return work(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(run, range(WORKERS)))


def test_the_same_new_contacts_become_one_person_each():
    emails = [f"p{n}@example.com" for n in range(60)]

    def work(number):
        mine = random.Random(number).sample(emails, len(emails))
        claims = [Claim([("email", email), ("visitor", f"v{number}-{email}")]) for email in mine]
        return dict(zip(mine, find_or_create_people(claims, at=AT), strict=True))

    answers = at_once(work)
    assert all(answer == answers[0] for answer in answers)
    assert Person.objects.count() == len(emails)
    assert Identity.objects.count() == len(emails) * (1 + WORKERS)
    for identity in Identity.objects.filter(kind="visitor"):
        assert identity.person_id == answers[0][identity.value.partition("-")[2]]


def test_a_stranger_recognised_by_several_workers_joins_once():
    olga = make_person(email="olga@example.com")
    strangers = [make_stranger(visitor=f"v{n}") for n in range(20)]
    for stranger in strangers:
        Event.objects.create(person=stranger, name="page-viewed", at=AT, received_at=AT, origin="site:1")

    def work(number):
        claims = [Claim([("visitor", f"v{n}"), ("email", "olga@example.com")]) for n in range(20)]
        return find_or_create_people(random.Random(number).sample(claims, len(claims)), at=AT)

    for answer in at_once(work):
        assert set(answer) == {olga.id}
    sweep_late_leaves(since=AT - timedelta(days=1))
    assert Event.objects.filter(person=olga).count() == 20
    assert Merge.objects.count() == 20
    assert list(Person.objects.all()) == [olga]
