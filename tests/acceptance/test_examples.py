"""The example files come in whole, and twice is once."""

from __future__ import annotations

from pathlib import Path

import pytest

from teplo.people.importing.testing import carry_through, make_import
from teplo.people.models import Company, Consent, ImportRefusal, Person
from teplo.pipeline import working
from teplo.tracking.models import Acquisition, Event

pytestmark = [pytest.mark.django_db, pytest.mark.acceptance]

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def bring_in() -> None:
    assert carry_through(make_import(EXAMPLES / "people.csv")).refused == 0
    assert carry_through(make_import(EXAMPLES / "events.csv", rows_are="events")).refused == 0
    while working.run_once("test"):
        pass


def test_the_examples_come_in_whole_and_twice_is_once() -> None:
    for _ in range(2):
        bring_in()
        assert not ImportRefusal.objects.exists()
        assert Person.objects.count() == 40
        assert Company.objects.count() == 10
        assert Acquisition.objects.count() == 40
        deeds = len((EXAMPLES / "events.csv").read_text(encoding="utf-8-sig").splitlines()) - 1
        assert Event.objects.exclude(name__in=("person-imported", "note-added")).count() == deeds
    assert Consent.objects.filter(state="given", channel="email").exists()
