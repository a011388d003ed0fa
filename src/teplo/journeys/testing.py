"""Makers for tests: journeys with steps, live or draft, and people inside them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import count
from typing import Any

from teplo.journeys.models import Enrolment, Journey, JourneyState, JourneyVersion
from teplo.kit import bulk
from teplo.kit.clock import now
from teplo.kit.ids import new_ids
from teplo.people.models import Person

_numbers = count(1)
BY_HAND = {"kind": "hand"}


def make_journey(*steps: dict[str, Any], version: dict[str, Any] | None = None, **changes: Any) -> Journey:
    """A live journey whose version 1 is published with these steps; `version` changes that, `changes` the journey."""
    values: dict[str, Any] = {"name": f"Journey {next(_numbers)}", "state": JourneyState.LIVE}
    journey = Journey.objects.create(**(values | changes))
    of_version: dict[str, Any] = {"trigger": BY_HAND, "steps": list(steps), "published_at": now()}
    JourneyVersion.objects.create(journey=journey, number=1, **(of_version | (version or {})))
    return journey


def make_people(number: int, **changes: Any) -> list[int]:
    """Ids of stored people, in one statement."""
    people = [Person(first_name=f"Person {n}", **changes) for n in range(number)]
    return sorted(person.pk for person in Person.objects.bulk_create(people))


def place(journey: Journey, person_ids: Sequence[int], *, step: str, due_at: datetime | None, **changes: Any) -> None:
    """Put people at a step of a journey, due when said."""
    version = JourneyVersion.objects.filter(journey=journey).order_by("-number").first()
    assert version is not None
    at = now()
    values: dict[str, Any] = {
        "journey_id": journey.pk, "version_id": version.pk, "state": "active", "step": step, "pass_number": 1,
        "due_at": due_at, "waiting_for": None, "step_since": at, "entered_at": at, "end_reason": "", "lease_owner": "",
    } | changes  # fmt: skip
    rows = [
        (person, row_id, *values.values()) for person, row_id in zip(person_ids, new_ids(len(person_ids)), strict=True)
    ]
    bulk.insert(Enrolment, ("person_id", "id", *values), rows)
