"""What the pipeline could not take, one event alone with its error: shown, retried, dropped."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from django.db import transaction

from teplo.tracking import queries
from teplo.tracking.inbox import arrived, write_parcels
from teplo.tracking.models import DeadLetter

MOST = 5_000
"""Letters retried at once."""


def shown(letter: DeadLetter) -> dict[str, Any]:
    """The event as it came in, for people to read."""
    return dict(msgspec.json.decode(bytes(letter.payload)))


def retry(*, ids: Sequence[int] | None = None) -> int:
    """Put letters (None: the oldest MOST of all) back in the inbox; answers how many.

    The ids of events stay, so nothing counts twice.
    """
    letters = DeadLetter.objects.order_by("failed_at")
    with transaction.atomic():
        taken = list((letters if ids is None else letters.filter(id__in=ids))[:MOST])
        removed = _delete([letter.id for letter in taken])
        back = [letter for letter in taken if letter.id in removed]
        write_parcels([(letter.origin, 0, letter.received_at, [bytes(letter.payload)]) for letter in back])
        transaction.on_commit(arrived.set)
    return len(back)


def drop(*, ids: Sequence[int]) -> int:
    """Forget letters for good; answers how many there were."""
    return len(_delete(ids))


def _delete(ids: Sequence[int]) -> set[int]:
    return queries.delete_dead_letters(ids)
