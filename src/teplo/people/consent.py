"""What people allowed on which channel: the newest word counts, every word is kept (R32)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import takewhile
from operator import eq, itemgetter
from typing import Any

from django.db import transaction

from teplo.accounts.models import Workspace
from teplo.kit import bulk
from teplo.kit.clock import now
from teplo.kit.ids import new_ids
from teplo.people import queries
from teplo.people.models import Consent, ConsentState
from teplo.people.timelines import Fitted, Kept, Said, Start, as_texts, fit, from_texts

CHANNELS = ("email", "sms", "telegram", "whatsapp", "viber", "vk", "phone")
"""The channels one may allow; `channels.models.Channel` has the same (an architecture test compares)."""


@dataclass(frozen=True)
class ConsentWord:
    """A person said yes or no to a channel: when, where, with which words, and what proves it (IP, form, row)."""

    person_id: int
    channel: str
    state: str = ConsentState.GIVEN
    at: datetime | None = None
    source: str = ""
    text: str = ""
    proof: Mapping[str, Any] = field(default_factory=dict)


def record_consents(words: Iterable[ConsentWord], *, at: datetime | None = None) -> int:
    """Keep what people said; the latest by its own time counts, whenever it arrives. Answers how many became current.

    Of a yes and a no of one moment the no counts: the careful answer. The same word again (same state as the one
    before it) is no row of its own: its moment is kept beside that row. A constant number of statements, however many
    people.
    """
    moment = at or now()
    said: dict[Place, list[Said]] = {}
    for word in words:
        about = (word.source[:120], word.text.replace("\x00", ""), dict(word.proof))
        said.setdefault((word.person_id, word.channel), []).append(Said(word.at or moment, str(word.state), about))
    if not said:
        return 0
    with transaction.atomic():
        kept, current = _kept(person for person, _ in said)
        fitted = {place: _fit(kept.get(place, []), new) for place, new in sorted(said.items())}
        return _write(fitted, kept, current)


Place = tuple[int, str]
"""A person and a channel."""


def _kept(people: Iterable[int]) -> tuple[dict[Place, list[Kept]], dict[Place, int]]:
    """All words so far in the order of time, and the ids of those that count now.

    Of two words of one moment the no stands last: it is the one that counts.
    """
    kept: dict[Place, list[Kept]] = {}
    current: dict[Place, int] = {}
    names = ("person_id", "channel", "id", "at", "state", "source", "text", "proof", "again", "is_current")
    rows = Consent.objects.filter(person_id__in=set(people))
    rows = rows.order_by("person_id", "channel", "at", "state", "id")
    for person, channel, row_id, when, state, source, text, proof, again, is_current in rows.values_list(*names):
        before = kept.setdefault((person, channel), [])
        stood = before[-1].value if before else ""
        before.append(Kept(row_id, when, stood, state, (source, text, proof), from_texts(again or ())))
        if is_current:
            current[person, channel] = row_id
    return kept, current


def _fit(kept: list[Kept], said: list[Said]) -> Fitted:
    """A list of an import overrules no withdrawal, neither one that it meets nor one that comes late.

    Nor does a yes of a page that nobody has confirmed; those that meet one are kept apart before they come here.
    """
    stands = _stands(kept)
    words = [word for word in said if not (stands == word.value == ConsentState.GIVEN and _is_of_a_list(word.by))]
    for word in said:
        if word.value == ConsentState.WITHDRAWN:
            spoken = ((at, row) for row in kept for at in (row.at, *row.again) if at >= word.at)
            later = takewhile(lambda said: _lifts_nothing(said[1]), sorted(spoken, key=itemgetter(0)))
            words += [word._replace(at=at) for at, _ in later]
    return fit(kept, words, now=Start(stands), same=eq, rank=_rank) if words else Fitted(value=stands)


def _rank(state: str) -> int:
    return int(state == ConsentState.WITHDRAWN)


def _stands(kept: Sequence[Kept]) -> str:
    return kept[-1].value if kept else ""


def _lifts_nothing(row: Kept) -> bool:
    return row.value == ConsentState.GIVEN and (_is_of_a_list(row.by) or is_unproven(row.by[2]))


def _is_of_a_list(about: tuple[str, str, Mapping[str, Any]]) -> bool:
    return "import" in about[2]


def is_unproven(proof: Mapping[str, Any]) -> bool:
    """A yes of a page that neither a link, nor a colleague, nor the site's server has confirmed."""
    return proof.get("how") == "form" and not ("confirmed_at" in proof or "accepted_by" in proof)


def _write(fitted: Mapping[Place, Fitted], kept: Mapping[Place, list[Kept]], current: Mapping[Place, int]) -> int:
    new = [(place, row) for place, found in fitted.items() for row in found.new]
    for (_, row), row_id in zip(new, new_ids(len(new)) if new else [], strict=True):
        row.id = row_id
    spoken = {place: (*kept.get(place, ()), *found.new) for place, found in fitted.items()}
    last = {
        place: max(rows, key=lambda row: (row.at, _rank(row.value), row.id)).id
        for place, rows in spoken.items()
        if rows
    }
    queries.end_consents([place for place in last if place in current and current[place] != last[place]])
    rows = [
        (person, row.id, channel, row.value, row.at, *row.by, as_texts(row.again) or None,
         last[person, channel] == row.id)
        for (person, channel), row in new
    ]  # fmt: skip
    columns = ("person_id", "id", "channel", "state", "at", "source", "text", "proof", "again", "is_current")
    bulk.insert(Consent, columns, sorted(rows, key=lambda row: (int(row[0]), int(row[1]))))
    changed = [
        (person, row.id, as_texts(row.again) or None, last[person, channel] == row.id)
        for (person, channel), found in fitted.items()
        for row in found.changed
    ]
    noted = {row_id for _person, row_id, *_ in changed}
    changed += [
        (place[0], row.id, as_texts(row.again) or None, True)
        for place, rows in kept.items()
        for row in rows
        if row.id == last.get(place) and row.id not in noted and row.id != current.get(place)
    ]
    queries.note_repeated_consents(changed)
    return sum(1 for place, found in fitted.items() if found.value != _stands(kept.get(place, [])))


def may_write(person_ids: Iterable[int], channel: str) -> set[int]:
    """Who of these may be written to on the channel as marketing."""
    people = set(person_ids)
    return people - why_not(people, channel).keys()


def why_not(person_ids: Iterable[int], channel: str) -> dict[int, str]:
    """Who may not be written to, and why: consent-withdrawn, or consent-missing where the workspace demands it."""
    people = set(person_ids)
    states = dict(
        Consent.objects.filter(person_id__in=people, channel=channel, is_current=True).values_list("person_id", "state")
    )
    refused = {person: "consent-withdrawn" for person, state in states.items() if state == ConsentState.WITHDRAWN}
    if _is_consent_required():
        refused |= dict.fromkeys(people - states.keys(), "consent-missing")
    return refused


def _is_consent_required() -> bool:
    demanded = Workspace.objects.values_list("requires_consent", flat=True).first()
    return True if demanded is None else demanded
