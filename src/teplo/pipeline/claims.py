"""What pages say of who their visitors are, and consents that wait to be confirmed (docs/threat-model.md)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from teplo.accounts.models import Workspace
from teplo.accounts.workspace import get_workspace
from teplo.channels.confirming import confirmation_template
from teplo.channels.outbox import NewDelivery, enqueue
from teplo.kit.among import among
from teplo.people import claiming
from teplo.people.claiming import Asked, Caps, Said
from teplo.people.identities import ContactUnreadable, normalise
from teplo.people.models import Consent, ConsentState, Identity, Person
from teplo.people.queries import any_identity
from teplo.pipeline.batch import Batch, Taken
from teplo.pipeline.consent_proofs import consent_proofs

Proofs = dict[str, dict[str, Any]]
"""Channel → what proves the yes."""

SUBMITTED = frozenset({"form-submitted"})
ASKED_FOR = timedelta(days=2)
"""A letter that asks for confirmation is of no use later than this."""


def note_claims(batch: Batch) -> None:
    """Note who pages say their visitors are; nothing of it touches a card that somebody else vouches for."""
    _trust_signed(batch)
    events = [event for event in batch.events if event.is_public and (event.stored.identities or event.stored.consent)]
    if not events:
        return
    workspace = get_workspace()
    given, waiting = _consents(events, workspace)
    said = [
        _said(event, workspace.phone_region, given.get(place, {}), waiting.get(place, {}))
        for place, event in enumerate(events)
    ]
    _name_a_contact(said)
    speaking = [one for one in said if one.contacts]
    caps = Caps(workspace.new_per_address, workspace.new_per_network, workspace.new_per_site)
    foreign, asked = claiming.note_claims(speaking, at=batch.at, caps=caps)
    for_another = {id(one) for one, is_foreign in zip(speaking, foreign, strict=True) if is_foreign}
    for event, one in zip(events, said, strict=True):
        event.speaks_for_another = id(one) in for_another
    _ask(asked, batch)


def _trust_signed(batch: Batch) -> None:
    """Browsers and contacts that a site's own server has vouched for."""
    signed = [event for event in batch.events if event.stored.signed]
    if not signed:
        return
    people = among({event.person_id for event in signed})
    visitors = sorted({event.stored.visitor for event in signed})
    contacts = [contact for event in signed for contact in _contacts(event, get_workspace().phone_region)]
    known = any_identity([*contacts, *(("visitor", visitor) for visitor in visitors)])
    Identity.objects.filter(known, person_id__in=people, is_verified=False).update(is_verified=True)


def _said(event: Taken, region: str, given: Proofs, waiting: Proofs) -> Said:
    stored = event.stored
    event.waiting_consents = frozenset(waiting)
    return Said(
        person_id=event.person_id,
        contacts=_contacts(event, region),
        visitor=stored.visitor,
        origin=event.origin,
        page=stored.url,
        network=stored.network,
        asks=stored.name in SUBMITTED or bool(stored.consent),
        consents=waiting,
        given=given,
    )


def _contacts(event: Taken, region: str) -> list[tuple[str, str]]:
    found = []
    for kind, text in sorted(event.stored.identities.items()):
        try:
            found.append((kind, normalise(kind=kind, text=text, region=region)))
        except ContactUnreadable:
            continue
    return found


def _consents(events: Sequence[Taken], workspace: Workspace) -> tuple[dict[int, Proofs], dict[int, Proofs]]:
    """Place of the event → channel → proof: of every yes, and of every yes that is not one yet.

    It would lift a no, nobody is known to give it, or this company wants each confirmed.
    """
    saying = [(place, event) for place, event in enumerate(events) if any(event.stored.consent.values())]
    if not saying:
        return {}, {}
    proofs = consent_proofs([event for _, event in saying])
    given = {
        place: {channel: {**proof.facts, "words": proof.words} for channel, yes in event.stored.consent.items() if yes}
        for (place, event), proof in zip(saying, proofs, strict=True)
    }
    people = among({event.person_id for _, event in saying})
    current = Consent.objects.filter(person_id__in=people, is_current=True, state=ConsentState.WITHDRAWN)
    refused = set(current.values_list("person_id", "channel")) | _refused_before(events)
    strangers = set(Person.objects.filter(id__in=people, is_anonymous=True).values_list("id", flat=True))
    confirmed = Identity.objects.filter(person_id__in=people, kind="email", is_verified=True)
    proven = set(confirmed.values_list("person_id", flat=True))
    waiting: dict[int, Proofs] = {}
    for place, event in saying:
        is_asked = workspace.double_opt_in and event.person_id not in proven
        waiting[place] = {
            channel: proof
            for channel, proof in given[place].items()
            if (event.person_id, channel) in refused
            or event.person_id in strangers
            or (is_asked and channel == "email")
        }
    return given, waiting


def _refused_before(events: Sequence[Taken]) -> set[tuple[int, str]]:
    """Who says no to which channel in the same batch: a yes beside it is not taken for the later word."""
    return {
        (event.person_id, channel) for event in events for channel, is_yes in event.stored.consent.items() if not is_yes
    }


def _name_a_contact(said: Sequence[Said]) -> None:
    """A yes that waits needs an address to ask: the person's own one where the event names none."""
    silent = [one for one in said if one.consents and not one.contacts]
    if not silent:
        return
    rows = Identity.objects.filter(person_id__in=among({one.person_id for one in silent})).exclude(kind="visitor")
    own: dict[int, tuple[str, str]] = {}
    for person, kind, value in rows.order_by("kind", "-is_main", "created_at").values_list(
        "person_id", "kind", "value"
    ):
        own.setdefault(person, (kind, value))
    for one in silent:
        one.contacts = [own[one.person_id]] if one.person_id in own else []


def _ask(asked: Sequence[Asked], batch: Batch) -> None:
    """Put the letters with the link that confirms into the outbox."""
    if not asked:
        return
    template = confirmation_template()
    enqueue(
        [
            NewDelivery(
                person_id=one.person_id,
                template_id=template,
                address=one.address,
                context={"claim": str(one.id)},
                is_service=True,
                due_at=batch.at,
                expires_at=batch.at + ASKED_FOR,
            )
            for one in asked
        ]
    )
