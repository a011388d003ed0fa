"""A yes of a page that is not one yet: kept with the claim it came with, or with the visitor who gave it.

A stranger's yes belongs to whoever the stranger turns out to be, so it is kept under their visitor id until a contact
is known. What was said in one request or in several, in whatever order, comes to the same (docs/threat-model.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from teplo.kit import bulk
from teplo.kit.among import among
from teplo.people.models import ClaimState, Consent, ConsentState, IdentityClaim
from teplo.people.timelines import from_texts

Proof = dict[str, Any]
Proofs = dict[str, Proof]
"""Channel → what proves the yes: its words, where, when (`said_at`); `first`: the same of an earlier one."""

VISITOR = "visitor"
CLAIM_COLUMNS = (
    "person_id", "kind", "value", "id", "target_id", "others", "consents", "origin", "page", "network", "mailbox",
    "times", "first_at", "last_at", "state", "held_by", "decided_by",
)  # fmt: skip


def joined(before: Mapping[str, Proof], new: Mapping[str, Proof]) -> Proofs:
    """Both together; of one channel the latest yes, and beside it the first."""
    found = {**before, **new}
    for channel in before.keys() & new.keys():
        said = sorted((*said_of(before[channel]), *said_of(new[channel])), key=said_at)
        found[channel] = said[-1] | ({"first": said[0]} if said_at(said[0]) < said_at(said[-1]) else {})
    return found


def said_of(proof: Proof) -> list[Proof]:
    """The first yes and the latest, each by itself."""
    latest = {key: value for key, value in proof.items() if key != "first"}
    return [proof["first"], latest] if "first" in proof else [latest]


def said_at(proof: Mapping[str, Any]) -> str:
    """When, as a text that sorts: events are of UTC; "" if it is not known."""
    return str(proof.get("said_at", ""))


def kept_of(person_ids: Iterable[int]) -> list[IdentityClaim]:
    """What is kept on cards of whom nothing else stands in the way: of strangers, and of contacts of their own."""
    own = IdentityClaim.objects.filter(person_id__in=among(set(person_ids)), state=ClaimState.OWN)
    return list(own.exclude(consents={}).order_by("person_id", "id"))


def write_kept(claims: Sequence[IdentityClaim]) -> None:
    """Write what these keep by now; of a visitor who keeps nothing no row stays."""
    empty = [claim for claim in claims if claim.kind == VISITOR and not claim.consents]
    if empty:
        people, ids = among({claim.person_id for claim in empty}), among({claim.id for claim in empty})
        IdentityClaim.objects.filter(person_id__in=people, id__in=ids).delete()
    rows = [tuple(getattr(claim, name) for name in CLAIM_COLUMNS) for claim in claims if claim not in empty]
    bulk.upsert(IdentityClaim, CLAIM_COLUMNS, rows, key=("person_id", "kind", "value"), replace=("consents",))


def waiting_consents(claims: Sequence[IdentityClaim]) -> dict[int, Proofs]:
    """Claim's id → each yes that settling it would make one; two statements, however many.

    That which came with the contact, and that of its visitor while a stranger; none that a no followed.
    """
    speakers = {claim.person_id for claim in claims}
    strangers = IdentityClaim.objects.filter(person_id__in=among(speakers), kind=VISITOR, state=ClaimState.OWN)
    kept: dict[int, Proofs] = {}
    for person, consents in strangers.values_list("person_id", "consents") if claims else ():
        kept[person] = joined(kept.get(person, {}), consents)
    noes = _last_noes(speakers) if claims else {}
    found: dict[int, Proofs] = {}
    for claim in claims:
        said = joined(claim.consents, kept.get(claim.person_id, {}))
        found[claim.id] = {
            channel: proof
            for channel, proof in said.items()
            if not said_at(proof) or said_at(proof) >= noes.get((claim.person_id, channel), "")
        }
    return found


def _last_noes(person_ids: Iterable[int]) -> dict[tuple[int, str], str]:
    rows = Consent.objects.filter(person_id__in=among(set(person_ids)), state=ConsentState.WITHDRAWN)
    noes: dict[tuple[int, str], datetime] = {}
    for person, channel, at, again in rows.values_list("person_id", "channel", "at", "again"):
        noes[person, channel] = max((noes.get((person, channel), at), at, *from_texts(again or ())))
    return {place: at.isoformat() for place, at in noes.items()}
