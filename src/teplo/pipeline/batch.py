"""What a worker holds in its hands: the events of some parcels on their way through the steps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec

from teplo.people.consent import ConsentWord
from teplo.people.public_words import is_public_source
from teplo.scoring.rescoring import Changed
from teplo.stages.models import StageMove
from teplo.tracking.incoming import Stored, unpack
from teplo.tracking.models import EventLabel, InboxRow
from teplo.tracking.tallying import Deed

_decoder = msgspec.json.Decoder(dict[str, Any])
HUMAN = EventLabel.HUMAN.value


class Taken:
    """One event in work: what came in and what the steps have found out."""

    __slots__ = ("label", "origin", "person_id", "speaks_for_another", "stored", "waiting_consents")

    def __init__(self, stored: Stored, origin: str) -> None:
        self.stored = stored
        self.origin = origin
        self.person_id = 0
        self.label = HUMAN
        self.speaks_for_another = False
        self.waiting_consents: frozenset[str] = frozenset()

    @property
    def is_public(self) -> bool:
        """From a page, without a signature of its site's server: nobody vouches for what it says."""
        return is_public_source(self.origin) and not self.stored.signed

    @property
    def at(self) -> datetime:
        """When it happened; few events are asked, so it is made when it is."""
        return datetime.fromtimestamp(self.stored.at / 1000, UTC)


@dataclass(slots=True)
class Batch:
    """Events taken together, and what they brought about. Change notes use only the second half."""

    at: datetime
    events: list[Taken] = field(default_factory=list)
    cause: str = "activity"
    people: list[int] = field(default_factory=list)
    deeds: list[Deed] = field(default_factory=list)
    score_changes: list[Changed] = field(default_factory=list)
    stage_moves: list[StageMove] = field(default_factory=list)
    segment_entries: Sequence[tuple[int, int]] = ()
    submissions: list[tuple[int, str, datetime]] = field(default_factory=list)
    kept_consents: list[ConsentWord] = field(default_factory=list)
    """What visitors allowed before anybody knew who they are, or before it was confirmed, and counts now."""
    step: str = ""

    def named(self, names: frozenset[str]) -> list[Taken]:
        """Events of these names."""
        return [event for event in self.events if event.stored.name in names]


def open_parcels(parcels: Iterable[InboxRow]) -> list[Taken]:
    """All events of some parcels, in order."""
    return [Taken(stored, parcel.origin) for parcel in parcels for stored in unpack(parcel.payload)]


def properties_of(event: Taken) -> dict[str, Any]:
    """The properties as a dict; most events are never asked."""
    text = event.stored.properties
    return _decoder.decode(text) if text else {}
