"""A segment of very many people begins to be kept in the background, and nobody enters it by being written down."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from teplo.accounts.models import Role
from teplo.accounts.testing import make_user
from teplo.jobs.models import Job, JobState
from teplo.jobs.testing import run_all_jobs
from teplo.kit.clock import now
from teplo.people import keeping
from teplo.people.models import AttributeDefinition, ChangeNote, Person, Segment, SegmentMember
from teplo.people.segments import create_segment, refresh_members
from teplo.people.testing import make_attribute, make_person

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _few_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "MANY", 3)
    monkeypatch.setattr(keeping, "_BATCH", 2)


def kyiv(people: int) -> Segment:
    for _ in range(people):
        make_person(city="Kyiv")
    return create_segment(name="Kyiv", condition={"field": "city", "is": "Kyiv"}, by=None)


def members(segment: Segment) -> set[int]:
    return set(SegmentMember.objects.filter(segment=segment).values_list("person_id", flat=True))


def test_few_are_written_down_at_once() -> None:
    segment = kyiv(3)
    assert keeping.begin_keeping(segment, by=None, at=now()) is None
    assert len(members(segment)) == 3 and not Job.objects.exists()


def test_many_are_written_down_by_a_job_and_have_not_entered() -> None:
    segment = kyiv(7)
    job = keeping.begin_keeping(segment, by=None, at=now())
    assert job is not None and not members(segment)
    again = keeping.begin_keeping(segment, by=None, at=now())
    assert again is not None and again.pk == job.pk
    assert refresh_members(person_ids=list(Person.objects.values_list("pk", flat=True)), at=now()) == []
    run_all_jobs()
    segment.refresh_from_db()
    assert segment.is_kept and len(members(segment)) == 7
    assert not ChangeNote.objects.exists()
    assert refresh_members(person_ids=sorted(members(segment)), at=now()) == []


def test_who_leaves_while_it_runs_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    segment = kyiv(5)
    first = Person.objects.order_by("pk")[0]
    real, seen = keeping.add_members, list[int]()

    def add(ids: Any, **more: Any) -> int:
        if seen:  # he was written down with the first, and now lives elsewhere
            Person.objects.filter(pk=first.pk).update(city="Lviv")
        seen.extend(ids)
        return real(ids, **more)

    monkeypatch.setattr(keeping, "add_members", add)
    keeping.begin_keeping(segment, by=None, at=now())
    run_all_jobs()
    assert first.pk in seen and [note.person_id for note in ChangeNote.objects.all()] == [first.pk]
    refresh_members(person_ids=[first.pk], at=now())
    assert first.pk not in members(segment) and len(members(segment)) == 4


def test_a_segment_that_goes_or_breaks_meanwhile_ends_the_job_quietly() -> None:
    make_attribute(key="hat", type="text")
    make_person(attributes={"hat": "red"}), kyiv(0)
    for number in range(4):
        make_person(attributes={"hat": "red"}, first_name=str(number))
    gone, broken = (
        create_segment(name=name, condition={"field": "attr.hat", "is": "red"}, by=None) for name in ("gone", "broken")
    )
    jobs = [keeping.begin_keeping(segment, by=None, at=now()) for segment in (gone, broken)]
    gone.delete()
    AttributeDefinition.objects.all().delete()
    run_all_jobs()
    states = [Job.objects.get(pk=job.pk).state for job in jobs if job]
    assert states == [JobState.DONE, JobState.FAILED]
    assert not Segment.objects.get(pk=broken.pk).is_kept


def test_the_screen_says_that_it_takes_a_while(client: Client) -> None:
    client.force_login(make_user(role=Role.MARKETER, language="en"))
    segment = kyiv(4)
    answer = client.post(reverse("segment-keep", args=[segment.pk]), follow=True)
    assert "Many people are in it" in answer.content.decode()
    assert Job.objects.get().subject == f"segment:{segment.pk}"
