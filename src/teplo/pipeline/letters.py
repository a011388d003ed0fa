"""Opens and clicks of letters: who really did it, and the delivery that notes it (R9)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.db.models.functions import Coalesce

from teplo.channels.models import Delivery
from teplo.pipeline.batch import HUMAN, Batch, Taken, properties_of
from teplo.tracking.labels import LetterDeed, label_letter_deeds

REACTIONS: Mapping[str, str] = {"letter-opened": "opened_at", "letter-clicked": "clicked_at"}
"""Event and the column of Delivery that keeps its first human one."""
_NAMES = frozenset(REACTIONS)


def label(batch: Batch) -> None:
    """Label opens and clicks by when, how fast and in what company they came."""
    events = batch.named(_NAMES)
    if not events:
        return
    said = [properties_of(event) for event in events]
    sent = _sent_at(events, said)
    deeds = [_deed(event, properties, sent) for event, properties in zip(events, said, strict=True)]
    for event, found in zip(events, label_letter_deeds(deeds), strict=True):
        event.label = found


def _delivery_id(properties: Mapping[str, Any]) -> int:
    text = str(properties.get("delivery", ""))
    return int(text) if text.isdigit() and len(text) < 20 else 0


def _sent_at(events: Sequence[Taken], said: Sequence[Mapping[str, Any]]) -> dict[tuple[int, int], datetime | None]:
    ids = {_delivery_id(properties) for properties in said} - {0}
    rows = Delivery.objects.filter(person_id__in={event.person_id for event in events}, id__in=ids)
    return {(person, pk): at for person, pk, at in rows.values_list("person_id", "id", "sent_at")}


def _deed(event: Taken, properties: Mapping[str, Any], sent: Mapping[tuple[int, int], datetime | None]) -> LetterDeed:
    return LetterDeed(
        person_id=event.person_id,
        delivery=str(properties.get("delivery", "")),
        name=event.stored.name,
        at=event.at,
        url=str(properties.get("url", event.stored.url)),
        user_agent=event.stored.user_agent,
        method=str(properties.get("method", "")),
        sent_at=sent.get((event.person_id, _delivery_id(properties))),
    )


def note_reactions(batch: Batch) -> None:
    """Keep the first human open and click of each delivery. A click proves an open whose picture was never loaded."""
    for name, column in REACTIONS.items():
        keys = {
            (event.person_id, _delivery_id(properties_of(event)))
            for event in batch.events
            if event.stored.name == name and event.label == HUMAN
        }
        if keys:
            _note(keys, column, batch.at)


def _note(keys: set[tuple[int, int]], column: str, at: datetime) -> None:
    columns = {"clicked_at", "opened_at"} if column == "clicked_at" else {column}
    fresh = Q(**{column: None}) if len(columns) == 1 else Q(clicked_at=None) | Q(opened_at=None)
    people, ids = {person for person, _ in keys}, {delivery for _, delivery in keys}
    changes = {name: Coalesce(name, at) for name in columns}
    Delivery.objects.filter(fresh, person_id__in=people, id__in=ids).update(**changes)
