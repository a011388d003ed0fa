"""Batches and ranges that meet over one person: nobody writes an older score over a newer one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as StillWaiting

import pytest
from django.db import connection, transaction

from teplo.kit.testing import PATIENCE
from teplo.people.models import Person
from teplo.scoring.models import Score
from teplo.scoring.rescoring import rescore, rescore_range
from teplo.scoring.testing import behaviour, fit, make_table
from teplo.tracking.models import Activity

from .conftest import AT, tally

pytestmark = [
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.skipif("connection.vendor == 'sqlite'", reason="SQLite has one writer at a time"),
]


@pytest.fixture
def one():
    deed = Activity.objects.create(key="deed-together")
    make_table(behaviour(deed.id, 12), fit({"field": "city", "is": "Kyiv"}, 5))
    return Person.objects.create(), deed


def elsewhere(function):
    try:
        return function()
    finally:
        connection.close()


def meet(one, other):
    """A batch that has scored but not committed is met by `other`; the score when both have ended."""
    person, deed = one
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            tally(person, deed)
            rescore(person_ids=[person.id], cause="activity", at=AT)
            waiting = pool.submit(elsewhere, other)
            with pytest.raises(StillWaiting):
                waiting.result(timeout=0.4)
        waiting.result(timeout=PATIENCE)
    return Score.objects.get(person=person)


def test_rescoring_everybody_waits_for_a_batch_under_way(one):
    person, _deed = one
    score = meet(one, lambda: rescore_range(first=person.id - 1, last=person.id + 1, cause="table", at=AT))
    assert score.total == 12


def test_a_second_batch_computes_from_what_the_first_has_committed(one):
    person, _deed = one

    def move_to_kyiv():
        Person.objects.filter(id=person.id).update(city="Kyiv")
        with transaction.atomic():
            rescore(person_ids=[person.id], cause="attribute", at=AT)

    assert meet(one, move_to_kyiv).total == 17
