from datetime import UTC, date, datetime, timedelta

import pytest
from django.db.models import Q

from teplo.jobs.models import Job, JobState
from teplo.kit import bulk
from teplo.kit.claim import claim, release
from teplo.kit.ids import new_id, new_ids
from teplo.people.models import Person
from teplo.tracking.models import Tally

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)


def test_ids_rise_and_never_repeat():
    ids = [*new_ids(5000), new_id(), *new_ids(3000)]
    assert ids == sorted(set(ids))
    assert max(ids) < 2**63


def test_upsert_adds_counts_and_keeps_the_outer_moments():
    columns = ("person_id", "activity_id", "day", "count", "first_at", "last_at")
    how = {
        "key": ("person_id", "activity_id", "day"),
        "add": ["count"],
        "keep_least": ["first_at"],
        "keep_greatest": ["last_at"],
    }
    bulk.upsert(Tally, columns, [(2, 7, date(2026, 3, 1), 3, AT, AT), (1, 7, date(2026, 3, 1), 1, AT, AT)], **how)
    bulk.upsert(Tally, columns, [(2, 7, date(2026, 3, 1), 4, AT - timedelta(hours=1), AT + timedelta(hours=1))], **how)
    assert list(Tally.objects.order_by("person_id").values_list("person_id", "count", "first_at", "last_at")) == [
        (1, 1, AT, AT),
        (2, 7, AT - timedelta(hours=1), AT + timedelta(hours=1)),
    ]


def test_insert_writes_what_the_orm_reads_back():
    rows = [(i, f"Имя {i}", "", "", {"бюджет": i, "tags": ["а"]}, AT, i % 2 == 0) for i in range(1, 12_001)]
    columns = ("id", "first_name", "last_name", "city", "attributes", "created_at", "is_anonymous")
    full = [(*row, "", "", "", "", "", "", "", AT) for row in rows]
    rest = ("middle_name", "first_key", "last_key", "position", "country", "language", "timezone", "updated_at")
    assert bulk.insert(Person, columns + rest, full) == 12_000
    person = Person.objects.get(pk=11_999)
    assert (person.first_name, person.attributes, person.created_at, person.is_anonymous) == (
        "Имя 11999",
        {"бюджет": 11_999, "tags": ["а"]},
        AT,
        False,
    )
    assert Person.objects.filter(attributes__бюджет=77).count() == 1
    assert bulk.insert(Person, columns + rest, full[:5], ignore_known=True) == 0


def test_a_claimed_row_is_not_claimed_again_until_its_lease_ends():
    Job.objects.bulk_create([Job(kind="x") for _ in range(5)])
    ready = Q(state=JobState.QUEUED)
    how = {"ready": ready, "order_by": "due_at", "limit": 3, "lease": timedelta(minutes=1)}
    first = claim(Job, owner="a", now=AT, **how)
    second = claim(Job, owner="b", now=AT, **how)
    assert (len(first), len(second)) == (3, 2)
    assert {job.pk for job in first}.isdisjoint(job.pk for job in second)
    assert {job.lease_owner for job in first} == {"a"}
    assert claim(Job, owner="c", now=AT, **how) == []
    assert len(claim(Job, owner="c", now=AT + timedelta(minutes=2), **how)) == 3


def test_only_the_holder_can_release():
    Job.objects.bulk_create([Job(kind="x")])
    [job] = claim(Job, ready=Q(), order_by="due_at", limit=1, owner="a", lease=timedelta(minutes=1), now=AT)
    assert release(Job, keys=Q(pk=job.pk), owner="b") == 0
    assert release(Job, keys=Q(pk=job.pk), owner="a", done=5) == 1
    assert Job.objects.get(pk=job.pk).done == 5
