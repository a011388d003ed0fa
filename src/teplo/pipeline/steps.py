"""From inbox to journey, step by step (ARCHITECTURE §6). Every step is set-based: a constant number of statements.

To add one: write a function that takes the Batch, and name it in STEPS where it belongs.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from functools import partial
from zoneinfo import ZoneInfo

from django.db import connection, transaction

from teplo.accounts.workspace import get_workspace
from teplo.conditions import registry
from teplo.journeys.snapshots import take_snapshots
from teplo.journeys.waking import Happened, react
from teplo.kit.among import among
from teplo.people.attributes import Change, Refused, set_attributes
from teplo.people.claiming import stand_in_of
from teplo.people.consent import ConsentWord, record_consents
from teplo.people.finding import Claim, find_or_create_people
from teplo.people.identities import ContactUnreadable, normalise
from teplo.people.likeness import NO_NAME, Name
from teplo.people.models import ConsentState, Person
from teplo.people.segments import refresh_members
from teplo.people.straying import note_strays
from teplo.pipeline import letters
from teplo.pipeline.batch import HUMAN, Batch, Taken, properties_of
from teplo.pipeline.claims import note_claims
from teplo.pipeline.consent_proofs import consent_proofs
from teplo.pipeline.moments import Moments
from teplo.sales.handing_off import offer
from teplo.scoring.models import Temperature
from teplo.scoring.rescoring import rescore
from teplo.stages.moving import move_by_signs
from teplo.tracking import queries
from teplo.tracking.labels import OUR_OWN, label_of_visit
from teplo.tracking.paths import Coming, note_arrivals, retrace
from teplo.tracking.sites import note_heard
from teplo.tracking.sources import path_of, read_arrival
from teplo.tracking.tallying import tally_batch

Step = Callable[[Batch], None]

PAGES = frozenset({"page-viewed"})
ARRIVALS = frozenset({"page-viewed", "person-imported"})
SHARED_CONTACT = "shared-contact"
"""Property of an event that is somebody's only by a contact that others have too."""
SUBMISSIONS = frozenset({"form-submitted"})


def label(batch: Batch) -> None:
    """Who acted, as far as the browser's own words tell; letters are looked at in `letters` once people are known."""
    for event in batch.events:
        if event.stored.user_agent:
            event.label = label_of_visit(event.stored.name, event.stored.user_agent)


def hear_sites(batch: Batch) -> None:
    """Note which sites' pages tell of themselves for the first time."""
    note_heard(origins={event.origin for event in batch.named(PAGES)}, at=batch.at)


def find_people(batch: Batch) -> None:
    """Whose event each is: found, joined or new, all at once (R2, R3)."""
    region = get_workspace().phone_region if any(event.stored.identities for event in batch.events) else ""
    claims: dict[tuple[str, str, int, bool, Name], int] = {}
    asked: list[Claim] = []
    places: list[int] = []
    for event in batch.events:
        stored = event.stored
        # Most events name a visitor and nothing else: one claim serves all of his in the batch.
        said = repr(sorted(stored.identities.items())) if stored.identities else ""
        name = _name_in(event) if said else NO_NAME
        key = (stored.visitor, said, stored.person, event.is_public if said else True, name)
        place = claims.get(key)
        if place is None:
            place = claims[key] = len(asked)
            asked.append(_claim(event, region, name))
        places.append(place)
    unsure: set[int] = set()
    found = find_or_create_people(asked, at=batch.at, unsure=unsure) if asked else []
    for event, place in zip(batch.events, places, strict=True):
        event.person_id = found[place]
        if place in unsure:
            _say_unsure(event)


def _name_in(event: Taken) -> Name:
    """What an event says its person is called."""
    first, last = (event.stored.attributes.get(key) for key in ("first_name", "last_name"))
    return (first if isinstance(first, str) else "", last if isinstance(last, str) else "")


def _say_unsure(event: Taken) -> None:
    """Only a contact of several people says whose deed it is: it stands on the card of its holder, and says so."""
    event.stored.properties = json.dumps({**properties_of(event), SHARED_CONTACT: True})


def _claim(event: Taken, region: str, name: Name) -> Claim:
    """An unreadable contact beside a readable one is left out; alone it makes the event a dead letter."""
    stored = event.stored
    contacts = [("visitor", stored.visitor)] if stored.visitor else []
    unreadable: ContactUnreadable | None = None
    for kind, text in stored.identities.items():
        try:
            contacts.append((kind, normalise(kind=kind, text=text, region=region)))
        except ContactUnreadable as error:
            unreadable = unreadable or error
    if unreadable and not (contacts or stored.person):
        raise unreadable
    if not event.is_public:
        person = stored.person or None
        return Claim(tuple(contacts), person, event.at, event.origin, is_verified=stored.signed, name=name)
    named = [contact for contact in contacts if contact[0] != "visitor"]
    return Claim(
        tuple(contacts),
        None,
        event.at,
        event.origin,
        is_public=True,
        stand_in=stand_in_of(stored.visitor, min(named)) if named else "",
        name=name,
    )


def store(batch: Batch) -> None:
    """Write the journal; what was there already (sent twice, even a day apart) leaves the batch."""
    queries.begin_batch()
    seen: set[int] = set()
    batch.events = [event for event in batch.events if not (event.stored.id in seen or seen.add(event.stored.id))]  # type: ignore[func-returns-value]
    queries.load_batch(_rows(batch.events))
    new = queries.store_events()
    if len(new) < len(batch.events):
        queries.drop_from_batch([event.stored.id for event in batch.events if event.stored.id not in new])
        batch.events = [event for event in batch.events if event.stored.id in new]
    batch.people = sorted({event.person_id for event in batch.events})


def _rows(events: Sequence[Taken]) -> list[tuple[object, ...]]:
    """Rows of the batch table as texts both engines read."""
    zone = registry.zone()
    days: dict[int, str] = {}
    text_of = Moments("" if connection.vendor == "sqlite" else "+00")
    rows: list[tuple[object, ...]] = []
    received_ms, received = -1, ""
    for event in events:
        stored = event.stored
        quarter = stored.at // 900_000  # zones change their offset at quarters of an hour at the finest
        day = days.get(quarter)
        if day is None:
            day = days[quarter] = _day(event.at, zone).isoformat()
        at = text_of(stored.at)
        if stored.received != received_ms:  # the same for all that came in one request
            received_ms, received = stored.received, text_of(stored.received)
        is_seen = event.label == HUMAN and stored.name not in OUR_OWN
        rows.append((
            event.person_id, stored.id, stored.name, at, received, event.origin, event.label, stored.url,
            path_of(stored.url) if stored.url else "", stored.referrer, stored.properties or "{}", day,
            at if is_seen else None,
        ))  # fmt: skip
    return rows


def _day(at: datetime, zone: object) -> date:
    return at.astimezone(zone if isinstance(zone, ZoneInfo) else UTC).date()


def note_presence(batch: Batch) -> None:
    """First and last seen; from here until the commit these people are ours alone."""
    if batch.events:
        queries.note_presence()


def tally(batch: Batch) -> None:
    """Count deeds per person, activity and day (R8)."""
    if batch.events:
        batch.deeds = tally_batch({event.stored.name for event in batch.events})


def note_touches(batch: Batch) -> None:
    """How people came, each time, and their first and last source (R7)."""
    comings = []
    for event in batch.named(ARRIVALS):
        stored = event.stored
        arrival = read_arrival(stored.url, stored.referrer, tuple(stored.utm.items())) if event.label == HUMAN else None
        if arrival is not None:
            comings.append(Coming(event.person_id, stored.id, event.at, arrival))
    if comings:
        note_arrivals(comings)
    # A visitor of whom it has just been said who they are brings a path of their own along.
    joined = {
        event.person_id
        for event in batch.events
        if event.stored.visitor and (event.stored.identities or event.stored.person)
    }
    joined -= {coming.person_id for coming in comings}
    if joined:
        retrace(joined)


def take_attributes(batch: Batch) -> None:
    """What events say of the person themselves, each from the moment it was said, however late it comes (R5)."""
    changes: dict[tuple[str, bool], list[Change]] = {}
    for event in batch.events:
        if event.stored.attributes:
            changes.setdefault((event.origin, event.is_public), []).extend(
                Change(event.person_id, key, value, event.at) for key, value in event.stored.attributes.items()
            )
    refused: list[tuple[str, Refused]] = []
    for (origin, is_public), group in sorted(changes.items()):
        written = set_attributes(group, by=origin, at=batch.at, is_public=is_public)
        refused += [(origin, one) for one in written.refused]
    if refused:
        # Not in the batch: all batches would wait for each other on the same few rows.
        transaction.on_commit(partial(note_strays, refused, at=batch.at), robust=True)


def take_consents(batch: Batch) -> None:
    """Consents given or withdrawn in forms (R32); what waits for a confirmation was noted by `claims`.

    A no is heard at once, on the card of whoever said it.
    """
    saying = [event for event in batch.events if event.stored.consent]
    proofs = consent_proofs(saying)
    words = [
        ConsentWord(
            person_id=event.person_id,
            channel=channel,
            state=ConsentState.GIVEN if said else ConsentState.WITHDRAWN,
            at=event.at,
            source=event.origin,
            text=proof.words,
            proof=proof.facts,
        )
        for event, proof in zip(saying, proofs, strict=True)
        for channel, said in event.stored.consent.items()
        if not (said and (event.speaks_for_another or channel in event.waiting_consents))
    ]
    words += batch.kept_consents
    if words:
        record_consents(words, at=batch.at)


def note_submissions(batch: Batch) -> None:
    """Forms sent, for journeys that begin with one."""
    batch.submissions = [
        (event.person_id, str(properties_of(event).get("form", "")), event.at) for event in batch.named(SUBMISSIONS)
    ]


def score(batch: Batch) -> None:
    """Bring the scores of the touched up to date (R17)."""
    batch.score_changes = rescore(person_ids=batch.people, cause=batch.cause, at=batch.at) if batch.people else []


def move_stages(batch: Batch) -> None:
    """Move people by their signs (R12)."""
    if batch.people:
        batch.stage_moves += move_by_signs(person_ids=batch.people, at=batch.at)


def enter_segments(batch: Batch) -> None:
    """Bring the kept segments' members up to date, so that entering one can start a journey (R31)."""
    if batch.people:
        entries = refresh_members(person_ids=batch.people, at=batch.at)
        batch.segment_entries = [(entry.person_id, entry.segment_id) for entry in entries]


def wake_journeys(batch: Batch) -> None:
    """Wake, enrol and let out (R27)."""
    if batch.people:
        react(
            Happened(
                at=batch.at,
                touched=batch.people,
                deeds=batch.deeds,
                stage_moves=batch.stage_moves,
                segment_entries=batch.segment_entries,
                score_changes=batch.score_changes,
                submissions=batch.submissions,
            )
        )


def hand_off(batch: Batch) -> None:
    """Give those who have just turned hot to sales (R22, R38): known people only, and nobody unacceptable."""
    hot = [
        change.person_id
        for change in batch.score_changes
        if change.temperature == Temperature.HOT
        and change.temperature_before != Temperature.HOT
        and change.grade != "unacceptable"
    ]
    if hot:
        known = list(
            Person.objects.filter(id__in=among(hot), is_anonymous=False, erased_at=None).values_list("id", flat=True)
        )
        if known:
            offer(person_ids=known, cause="hot", snapshots=take_snapshots(person_ids=known), at=batch.at)


FROM_SCORE: tuple[tuple[str, Step], ...] = (
    ("score", score),
    ("stages", move_stages),
    ("segments", enter_segments),
    ("journeys", wake_journeys),
    ("hand-off", hand_off),
)
"""The second half, which change notes run too."""

AFTER_MERGE: tuple[tuple[str, Step], ...] = (("claims", note_claims), ("consents", take_consents))
"""Of cards that became one outside of the pipeline: what a stranger among them had allowed is somebody's now."""

STEPS: tuple[tuple[str, Step], ...] = (
    ("label", label),
    ("people", find_people),
    ("letters", letters.label),
    ("store", store),
    ("presence", note_presence),
    ("sites", hear_sites),
    ("tally", tally),
    ("touches", note_touches),
    ("claims", note_claims),
    ("attributes", take_attributes),
    ("consents", take_consents),
    ("submissions", note_submissions),
    ("deliveries", letters.note_reactions),
    *FROM_SCORE,
)


def run(batch: Batch, steps: Sequence[tuple[str, Step]] = STEPS) -> None:
    """Run the steps in the caller's transaction; `batch.step` says where it is, to explain a failure."""
    with registry.sharing():  # a small batch would do little else than read what does not change
        for name, step in steps:
            batch.step = name
            step(batch)
