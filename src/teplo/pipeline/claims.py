"""What pages say of who their visitors are, and consents that wait to be confirmed (docs/threat-model.md)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from teplo.accounts.models import Notice
from teplo.accounts.notices import NewNotice, notify
from teplo.accounts.workspace import get_workspace
from teplo.channels.confirming import confirmation_template
from teplo.channels.outbox import NewDelivery, enqueue
from teplo.kit.among import among
from teplo.people import claiming
from teplo.people.claiming import Asked, Caps, Said
from teplo.people.identities import ContactUnreadable, normalise
from teplo.people.models import Identity, Person
from teplo.people.queries import any_identity
from teplo.people.waiting_consents import VISITOR, Proofs, kept_of, write_kept
from teplo.pipeline.batch import Batch, Taken
from teplo.pipeline.page_consents import Judged, judge

NOTICE = "claim-waits"
SUBMITTED = frozenset({"form-submitted"})
ASKED_FOR = timedelta(days=2)
"""A letter that asks for confirmation is of no use later than this."""


def note_claims(batch: Batch) -> None:
    """Note who pages say their visitors are; nothing of it touches a card that somebody else vouches for."""
    _trust_signed(batch)
    events = [event for event in batch.events if event.is_public and (event.stored.identities or event.stored.consent)]
    spoken_of = {event.person_id for event in batch.events if _says_who(event) or event.stored.consent}
    spoken_of.update(batch.people if batch.cause == "merge" else ())
    kept = kept_of(spoken_of) if spoken_of else []
    if not (events or kept):
        return
    workspace = get_workspace()
    judged = judge(events, batch.events, kept)
    said = [
        _said(event, workspace.phone_region, judged.given.get(place, {}), judged.waiting.get(place, {}))
        for place, event in enumerate(events)
    ]
    _settle_kept(judged, batch)
    everything = [*said, *judged.unsettled]
    _name_a_contact(everything)
    speaking = [one for one in everything if one.contacts]
    caps = Caps(workspace.new_per_address, workspace.new_per_network, workspace.new_per_site)
    noted = claiming.note_claims(speaking, at=batch.at, caps=caps)
    for_another = {id(one) for one, is_foreign in zip(speaking, noted.foreign, strict=True) if is_foreign}
    for event, one in zip(events, said, strict=True):
        event.speaks_for_another = id(one) in for_another
    _ask(noted.asked, batch)
    _tell_owners(noted.claimed)


def _says_who(event: Taken) -> bool:
    return bool(event.stored.identities or event.stored.person)


def _settle_kept(judged: Judged, batch: Batch) -> None:
    batch.kept_consents += judged.words
    if judged.kept:
        write_kept(judged.kept)


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


def _name_a_contact(said: Sequence[Said]) -> None:
    """A yes that waits needs an address to ask: the person's own one if the event names none; a stranger has none."""
    silent = [one for one in said if one.consents and not one.contacts]
    if not silent:
        return
    rows = Identity.objects.filter(person_id__in=among({one.person_id for one in silent})).exclude(kind=VISITOR)
    own: dict[int, tuple[str, str]] = {}
    for person, kind, value in rows.order_by("kind", "-is_main", "created_at").values_list(
        "person_id", "kind", "value"
    ):
        own.setdefault(person, (kind, value))
    for one in silent:
        contact = own.get(one.person_id) or (VISITOR, one.visitor)
        one.contacts = [contact] if contact[1] else []


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


def _tell_owners(claimed: set[int]) -> None:
    """Ring at the owners of cards of which a claim waits; at whom it rings already for the same card, not again."""
    if not claimed:
        return
    people = list(Person.objects.filter(id__in=among(claimed), owner_id__isnull=False, erased_at=None))
    unread = Notice.objects.filter(user_id__in={person.owner_id for person in people}, kind=NOTICE, read_at=None)
    told = set(unread.values_list("user_id", "url")) if people else set()
    notices = [
        NewNotice(person.owner_id, NOTICE, {"name": person.name}, f"/people/{person.pk}/")
        for person in people
        if person.owner_id is not None
    ]
    notify([notice for notice in notices if (notice.user_id, notice.url) not in told])
