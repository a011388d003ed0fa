"""A row as it was understood: a person with all a row says of him, or a historic deed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from teplo.people.importing.refusals import Refusal

Contact = tuple[str, str]


@dataclass(slots=True)
class Outcome:
    """How it ended with a person, as a row says: won, lost or open. Without a state the other columns say nothing."""

    state: str = ""
    at: datetime | None = None
    reason: str = ""
    value: float | None = None


@dataclass(slots=True)
class PersonRow:
    """What one row says about one person. `card` and `attributes` are keyed as `people.attributes` takes them."""

    number: int
    cells: Sequence[str]
    identities: list[Contact] = field(default_factory=list)
    full_name: str = ""
    card: dict[str, Any] = field(default_factory=dict)
    attributes: dict[str, Any] = field(default_factory=dict)
    company: dict[str, Any] = field(default_factory=dict)
    tags: list[str] = field(default_factory=list)
    created_at: datetime | None = None
    consents: dict[str, bool] = field(default_factory=dict)
    consented_at: dict[str, datetime] = field(default_factory=dict)
    """When a word about a channel was said, where the row knows it."""
    unasked: set[str] = field(default_factory=set)
    """Channels of which the row says that nothing was allowed yet: what holds for everybody does not hold here."""
    suppressed: str = ""
    """Why letters to the e-mail are never to go out: bounced or complained."""
    source: str = ""
    utm: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    stage: str = ""
    outcome: Outcome | None = None
    deeds: list[tuple[str, datetime]] = field(default_factory=list)
    remarks: list[Refusal] = field(default_factory=list)
    unread_contact: str = ""


@dataclass(slots=True)
class EventRow:
    """What one row says that somebody did."""

    number: int
    cells: Sequence[str]
    identities: list[Contact] = field(default_factory=list)
    name: str = ""
    at: datetime | None = None
    own_id: str = ""
    repeat: int = 0
    """How many rows with the very same cells stood shortly before."""
    url: str = ""
    referrer: str = ""
    utm: dict[str, str] = field(default_factory=dict)
    properties: dict[str, Any] = field(default_factory=dict)
    remarks: list[Refusal] = field(default_factory=list)
    unread_contact: str = ""


class RowRefused(Exception):
    """The row cannot be taken."""

    def __init__(self, reason: str, **params: Any) -> None:
        super().__init__(reason)
        self.refusal = Refusal(reason, params)
