"""Which yes of a page counts, and which waits: the same whatever the batches and whatever order things arrive in.

A yes counts from the moment it was said once its visitor is somebody known, no no stands at that moment, and the
company does not want each confirmed. All others wait (people/waiting_consents.py) and are judged again when more is
known.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from teplo.accounts.workspace import get_workspace
from teplo.kit.among import among
from teplo.people.claiming import Said
from teplo.people.consent import ConsentWord, is_unproven
from teplo.people.models import Consent, ConsentState, Identity, IdentityClaim, Person
from teplo.people.timelines import from_texts
from teplo.people.waiting_consents import VISITOR, Proof, Proofs, said_at, said_of
from teplo.pipeline.batch import Taken
from teplo.pipeline.consent_proofs import consent_proofs

Place = tuple[int, str]
"""A person and a channel."""


@dataclass(slots=True)
class Judged:
    """What the yeses of a batch come to."""

    given: dict[int, Proofs] = field(default_factory=dict)
    """Place of the event → every yes in it."""
    waiting: dict[int, Proofs] = field(default_factory=dict)
    """Place of the event → each that is not one yet."""
    words: list[ConsentWord] = field(default_factory=list)
    """What had waited and counts now."""
    kept: list[IdentityClaim] = field(default_factory=list)
    """Claims that keep less than before."""
    unsettled: list[Said] = field(default_factory=list)
    """What waits with a contact of the person from now on."""


class _Facts(NamedTuple):
    strangers: set[int]
    proven: set[int]
    stood: Mapping[Place, Sequence[tuple[datetime, bool]]]
    """What others than a page's yes have said, by time: (when, is it a no)."""
    is_double: bool
    """Double opt-in."""

    def waits(self, person: int, channel: str, at: datetime, *, is_asked: bool = False) -> bool:
        """Whether a yes of that moment is not one yet; `is_asked`: its letter is out, whatever the setting is now."""
        said = self.stood.get((person, channel), ())
        before = bisect_right(said, (at, True))
        is_refused = bool(before) and said[before - 1][1]
        is_unconfirmed = (self.is_double or is_asked) and channel == "email" and person not in self.proven
        return is_refused or person in self.strangers or is_unconfirmed


def judge(events: Sequence[Taken], everything: Sequence[Taken], kept: Sequence[IdentityClaim]) -> Judged:
    """Judge the yeses of these events of pages and those that waited; `everything`: all events of the batch."""
    judged = Judged()
    saying = [(place, event) for place, event in enumerate(events) if any(event.stored.consent.values())]
    people = {event.person_id for event in everything if event.stored.consent} | {claim.person_id for claim in kept}
    if not people:
        return judged
    rows = list(Consent.objects.filter(person_id__in=among(people)).order_by("at"))
    facts = _facts(people, everything, rows)
    proofs = consent_proofs([event for _, event in saying])
    for (place, event), proof in zip(saying, proofs, strict=True):
        said = {channel: {**proof.facts, "words": proof.words} for channel, yes in event.stored.consent.items() if yes}
        judged.given[place] = said
        judged.waiting[place] = {
            channel: one for channel, one in said.items() if facts.waits(event.person_id, channel, event.at)
        }
    _judge_overruled(judged, events, rows, facts)
    _judge_kept(judged, kept, facts)
    return judged


def _facts(people: set[int], everything: Iterable[Taken], rows: Sequence[Consent]) -> _Facts:
    stood: dict[Place, list[tuple[datetime, bool]]] = {}
    for row in rows:
        is_no = row.state == ConsentState.WITHDRAWN
        if is_no or not is_unproven(row.proof):
            moments = [row.at, *from_texts(row.again or ())]
            stood.setdefault((row.person_id, row.channel), []).extend((at, is_no) for at in moments)
    for event in everything:
        for channel, is_yes in event.stored.consent.items():
            if not (is_yes and event.is_public):
                stood.setdefault((event.person_id, channel), []).append((event.at, not is_yes))
    confirmed = Identity.objects.filter(person_id__in=among(people), kind="email", is_verified=True)
    return _Facts(
        strangers=set(Person.objects.filter(id__in=among(people), is_anonymous=True).values_list("id", flat=True)),
        proven=set(confirmed.values_list("person_id", flat=True)),
        stood={place: sorted(said) for place, said in stood.items()},
        is_double=get_workspace().double_opt_in,
    )


def _judge_overruled(judged: Judged, events: Iterable[Taken], rows: Iterable[Consent], facts: _Facts) -> None:
    """A no that comes late leaves a later yes of a page waiting, as if the no had come in time."""
    noes = {(event.person_id, channel) for event in events for channel, yes in event.stored.consent.items() if not yes}
    for row in rows:
        if (row.person_id, row.channel) not in noes or row.state != ConsentState.GIVEN or not is_unproven(row.proof):
            continue
        last = max((row.at, *from_texts(row.again or ())))
        if facts.waits(row.person_id, row.channel, last):
            proof = {**row.proof, "words": row.text, "said_at": last.isoformat()}
            page, network = str(row.proof.get("url", "")), str(row.proof.get("network", ""))
            judged.unsettled.append(
                Said(
                    row.person_id, (), origin=row.source, page=page, network=network, asks=True,
                    consents={row.channel: proof},
                )
            )  # fmt: skip


def _judge_kept(judged: Judged, kept: Iterable[IdentityClaim], facts: _Facts) -> None:
    for claim in kept:
        left: Proofs = {}
        for channel, proof in claim.consents.items():
            waits = False
            for one in said_of(proof):
                at = _moment_of(one, claim)
                waits = facts.waits(claim.person_id, channel, at, is_asked=claim.kind != VISITOR)
                if not waits:
                    judged.words.append(_word(claim, channel, one, at))
            if waits:
                left[channel] = proof
        if claim.kind == VISITOR and claim.person_id not in facts.strangers:  # somebody by now: it goes to a contact
            judged.unsettled.append(
                Said(
                    claim.person_id, (), claim.value, claim.origin, claim.page, claim.network, asks=True, consents=left
                )
            )
            left = {}
        if left != claim.consents:
            claim.consents = left
            judged.kept.append(claim)


def _moment_of(proof: Mapping[str, Any], claim: IdentityClaim) -> datetime:
    text = said_at(proof)
    return datetime.fromisoformat(text) if text else claim.last_at


def _word(claim: IdentityClaim, channel: str, proof: Proof, at: datetime) -> ConsentWord:
    facts = {key: value for key, value in proof.items() if key != "words"}
    words = str(proof.get("words", ""))
    return ConsentWord(claim.person_id, channel, at=at, source=claim.origin, text=words, proof=facts)
