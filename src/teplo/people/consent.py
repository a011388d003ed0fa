"""What people allowed on which channel: the newest word counts, every word is kept (R32)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from teplo.accounts.models import Workspace
from teplo.kit import bulk
from teplo.kit.clock import now
from teplo.kit.ids import new_ids
from teplo.people import queries
from teplo.people.models import Consent, ConsentState

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
    """Keep what people said; a word older than the newest known is kept as history. Answers how many became current.

    The same word again (same state as the current one) is not written twice. Four statements, however many people.
    """
    moment = at or now()
    newest = _newest_first(words, moment)
    if not newest:
        return 0
    with transaction.atomic():
        known = _current({word.person_id for word, _, _ in newest})
        rows, ended = _rows_to_write(newest, known)
        queries.end_consents(ended)
        columns = ("person_id", "id", "channel", "state", "at", "source", "text", "proof", "is_current")
        bulk.insert(Consent, columns, sorted(rows, key=lambda row: (int(row[0]), int(row[1]))))
    return sum(1 for row in rows if row[8])


def _newest_first(words: Iterable[ConsentWord], moment: datetime) -> list[tuple[ConsentWord, datetime, bool]]:
    """(word, when, is the newest of its person and channel) sorted by time within each."""
    dated = sorted(
        ((word, word.at or moment) for word in words), key=lambda pair: (pair[0].person_id, pair[0].channel, pair[1])
    )
    last = {(word.person_id, word.channel): place for place, (word, _) in enumerate(dated)}
    return [(word, when, last[word.person_id, word.channel] == place) for place, (word, when) in enumerate(dated)]


def _current(people: Iterable[int]) -> dict[tuple[int, str], tuple[str, datetime]]:
    rows = Consent.objects.filter(person_id__in=people, is_current=True)
    return {
        (person_id, channel): (state, when)
        for person_id, channel, state, when in rows.values_list("person_id", "channel", "state", "at")
    }


def _rows_to_write(
    words: Sequence[tuple[ConsentWord, datetime, bool]], known: Mapping[tuple[int, str], tuple[str, datetime]]
) -> tuple[list[tuple[Any, ...]], list[tuple[int, str]]]:
    rows: list[tuple[Any, ...]] = []
    ended: list[tuple[int, str]] = []
    for (word, when, is_newest), row_id in zip(words, new_ids(len(words)), strict=True):
        key = (word.person_id, word.channel)
        state, since = known.get(key, ("", when))
        if state == word.state and since <= when:
            continue
        is_current = is_newest and (not state or since <= when)
        if is_current and state:
            ended.append(key)
        rows.append(
            (
                word.person_id,
                row_id,
                word.channel,
                str(word.state),
                when,
                word.source[:120],
                word.text.replace("\x00", ""),
                dict(word.proof),
                is_current,
            )
        )
    return rows, ended


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
