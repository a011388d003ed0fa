"""Asking conditions of the people of a journey: always of the whole group in one query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from teplo.conditions import registry
from teplo.conditions.compiling import stored_to_q
from teplo.people.models import Person


def who_match(condition: Mapping[str, Any], *, person_ids: Sequence[int]) -> set[int]:
    """Which of these people meet a stored condition now; an empty condition is met by everybody."""
    if condition == {}:
        return set(person_ids)
    question = stored_to_q(condition, registry.people(), among=person_ids)
    return set(Person.objects.filter(question, pk__in=person_ids).values_list("pk", flat=True))
