"""What a page says of who its visitor is: a claim, counted, and settled by a confirmation or a colleague's word.

Nothing here touches the card that is claimed before it is settled (docs/threat-model.md).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Count

from teplo.kit import bulk
from teplo.kit.among import among
from teplo.kit.clock import now
from teplo.kit.ids import new_ids
from teplo.kit.secrets import keyed_digest
from teplo.people import queries, searching
from teplo.people.changing import note_changed
from teplo.people.consent import ConsentWord, record_consents
from teplo.people.finding import Contact, insert_people
from teplo.people.merging import merge_people
from teplo.people.models import ClaimState, Consent, ConsentState, DuplicatePair, Identity, IdentityClaim, Person
from teplo.people.public_words import is_public_source
from teplo.people.sharing import shared_by
from teplo.people.suppression import lift, suppressed
from teplo.people.waiting_consents import CLAIM_COLUMNS, VISITOR, joined, said_of, waiting_consents

STAND_IN = "claimed."
"""How the visitor ids of stand-ins begin: cards that hold what was done in somebody else's name."""
WAITS = timedelta(days=30)
"""A claim nobody has settled holds messages back no longer than this."""
ASK_AGAIN = timedelta(hours=24)
HOUR = timedelta(hours=1)
_DECIDED = (ClaimState.CONFIRMED, ClaimState.ACCEPTED, ClaimState.DECLINED)


@dataclass(frozen=True, slots=True)
class Caps:
    """How many new addresses may cause letters in an hour; 0: any number."""

    address: int = 0
    network: int = 0
    site: int = 0


@dataclass(slots=True)
class Said:
    """One event of a page that names contacts: on whose card it stands and what it says."""

    person_id: int
    contacts: Sequence[Contact]
    visitor: str = ""
    origin: str = ""
    page: str = ""
    network: str = ""
    asks: bool = False
    """It is something a person expects an answer to: a form, a consent."""
    consents: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Channel → proof of a yes that waits for a confirmation even on the visitor's own card, or for a contact."""
    given: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Channel → proof of every yes: all of them wait where the contact is another's."""


class Asked(NamedTuple):
    """A claim whose address should get a letter with the link that confirms it."""

    id: int
    person_id: int
    address: str


class ClaimGone(Exception):
    """There is no such claim, or it was settled otherwise."""

    code = "claim-gone"


def stand_in_of(visitor: str, contact: Contact) -> str:
    """The visitor id of the card for what `visitor` does in the name of a contact that is another's."""
    return STAND_IN + keyed_digest("stand-in", "\0".join((visitor, *contact)))[:40]


def mailbox_of(contact: Contact) -> str:
    """A digest that is the same for all spellings of one mailbox (dots and +tags), to count by."""
    kind, value = contact
    if kind == "email":
        local, _, domain = value.lower().rpartition("@")
        domain = "gmail.com" if domain == "googlemail.com" else domain
        value = f"{local.partition('+')[0].replace('.', '')}@{domain}"
    return keyed_digest("mailbox", f"{kind}:{value}")


# noting


@dataclass(slots=True)
class _Row:
    target_id: int
    state: str
    said: Said
    counts: bool
    others: dict[str, str] = field(default_factory=dict)
    consents: dict[str, dict[str, Any]] = field(default_factory=dict)
    times: int = 0
    asks: bool = False


class Noted(NamedTuple):
    """What came of noting."""

    foreign: list[bool]
    """Of each, whether it speaks for another's card."""
    asked: list[Asked]
    """Whom to ask for confirmation."""
    claimed: set[int]
    """Cards of which a claim has begun to wait for a colleague's word."""


def note_claims(said: Sequence[Said], *, at: datetime, caps: Caps) -> Noted:
    """Note what pages said, each claim once.

    A constant number of statements, however many events.
    """
    wanted: dict[str, set[str]] = {}
    for one in said:
        for kind, value in (*one.contacts, ("visitor", one.visitor)):
            if value:
                wanted.setdefault(kind, set()).add(value)
    facts = queries.standing_identities(wanted)
    shared = shared_by({one.person_id for one in said}) if facts else {}
    for one in said:  # what several people have is claimed from none of them
        mine = shared.get(one.person_id, ())
        one.contacts = [c for c in one.contacts if c not in mine or facts.get(c, (one.person_id,))[0] == one.person_id]
    foreign = [any(facts.get(c, (one.person_id,))[0] != one.person_id for c in one.contacts) for one in said]
    rows: dict[tuple[int, str, str], _Row] = {}
    for one, is_foreign in zip(said, foreign, strict=True):
        _add_rows(rows, one, facts, is_foreign=is_foreign)
    asked, claimed = _write(rows, at, caps) if rows else ([], set())
    return Noted(foreign, asked, claimed)


def _add_rows(
    rows: dict[tuple[int, str, str], _Row],
    one: Said,
    facts: Mapping[Contact, tuple[int, bool, str]],
    *,
    is_foreign: bool,
) -> None:
    nobodys = {kind: value for kind, value in one.contacts if (kind, value) not in facts}
    is_device = facts.get(("visitor", one.visitor), (0, False, ""))[1]
    for contact in one.contacts:
        owner, is_verified, source = facts.get(contact, (one.person_id, False, ""))
        is_own = owner == one.person_id and contact in facts
        is_vouched = is_device or is_verified or contact[0] == VISITOR or (is_own and not is_public_source(source))
        if is_own and is_vouched and not one.consents:
            continue
        if is_foreign and owner == one.person_id:
            continue  # beside another's contact: told among `others`
        state = ClaimState.OWN if is_own else ClaimState.OPEN
        row = rows.setdefault((one.person_id, *contact), _Row(owner, state, one, counts=not is_vouched))
        row.said, row.times, row.asks = one, row.times + 1, row.asks or one.asks
        row.others |= nobodys if is_foreign else {}
        row.consents = joined(row.consents, one.given if is_foreign else one.consents)


def _write(rows: dict[tuple[int, str, str], _Row], at: datetime, caps: Caps) -> tuple[list[Asked], set[int]]:
    known = {
        (claim.person_id, claim.kind, claim.value): claim
        for claim in IdentityClaim.objects.filter(person_id__in=among({key[0] for key in rows}))
    }
    mailboxes = {key: mailbox_of(key[1:]) for key in rows}
    fresh = [key for key, row in rows.items() if key not in known and row.counts]
    held = _held(fresh, rows, mailboxes, at, caps)
    asked_lately = _asked_lately(mailboxes.values(), at)
    written: list[tuple[Any, ...]] = []
    asked: list[Asked] = []
    claimed: set[int] = set()
    for (key, row), row_id in zip(sorted(rows.items()), new_ids(len(rows)), strict=True):
        before = known.get(key)
        claim_id = before.id if before else row_id
        state = before.state if before and before.state in _DECIDED else row.state
        consents = joined(before.consents, row.consents) if before else row.consents
        others = {**(before.others if before else {}), **row.others}
        said = row.said
        if before is None and state == ClaimState.OPEN:
            claimed.add(row.target_id)
        written.append((
            *key, claim_id, row.target_id, others, consents, said.origin[:60], said.page[:500],
            said.network if row.counts else "", mailboxes[key] if row.counts else "", row.times, at, at, str(state),
            before.held_by if before else held.get(key, ""), "",
        ))  # fmt: skip
        waits = (state == ClaimState.OPEN and row.target_id != key[0]) or bool(consents)
        may_ask = state not in _DECIDED or (consents and state != ClaimState.DECLINED)
        if row.asks and waits and may_ask and key[1] == "email" and mailboxes[key] not in asked_lately:
            asked_lately.add(mailboxes[key])
            asked.append(Asked(claim_id, key[0], key[2]))
    bulk.upsert(
        IdentityClaim, CLAIM_COLUMNS, written, key=("person_id", "kind", "value"), add=("times",),
        keep_greatest=("last_at",), replace=("target_id", "others", "consents", "page", "state"),
    )  # fmt: skip
    if asked:
        mine = IdentityClaim.objects.filter(
            person_id__in=among({one.person_id for one in asked}), id__in=among({one.id for one in asked})
        )
        mine.update(asked_at=at)
    return asked, claimed


def _held(
    fresh: Sequence[tuple[int, str, str]],
    rows: Mapping[tuple[int, str, str], _Row],
    mailboxes: Mapping[tuple[int, str, str], str],
    at: datetime,
    caps: Caps,
) -> dict[tuple[int, str, str], str]:
    """Which new ones are over a cap, and over which. Those that are count against none: nobody uses up others' room."""
    if not fresh:
        return {}
    lately = {
        "address": _lately("mailbox", {mailboxes[key] for key in fresh}, at),
        "network": _lately("network", {rows[key].said.network for key in fresh} - {""}, at),
        "site": _lately("origin", {rows[key].said.origin for key in fresh}, at),
    }
    most = {"address": caps.address, "network": caps.network, "site": caps.site}
    held: dict[tuple[int, str, str], str] = {}
    for key in fresh:
        places = {"address": mailboxes[key], "network": rows[key].said.network, "site": rows[key].said.origin}
        over = next((by for by, place in places.items() if place and most[by] and lately[by][place] >= most[by]), "")
        if over:
            held[key] = over
        else:
            for by, place in places.items():
                lately[by][place] += 1
    return held


def _lately(column: str, values: Iterable[str], at: datetime) -> Counter[str]:
    rows = IdentityClaim.objects.filter(
        **{f"{column}__in": sorted(set(values))}, first_at__gt=at - HOUR, first_at__lte=at + HOUR, held_by=""
    ).exclude(mailbox="")
    return Counter(dict(rows.values_list(column).annotate(number=Count("id"))))


def _asked_lately(mailboxes: Iterable[str], at: datetime) -> set[str]:
    asked = IdentityClaim.objects.filter(mailbox__in=sorted(set(mailboxes)), asked_at__gt=at - ASK_AGAIN)
    return set(asked.values_list("mailbox", flat=True))


# what waits


@dataclass(slots=True)
class Waiting:
    """Why messages to a person wait."""

    is_held: bool = False
    is_claimed: bool = False
    channels: set[str] = field(default_factory=set)
    """Channels with a yes that waits for its confirmation."""


def waiting_of(person_ids: Iterable[int], *, at: datetime) -> dict[int, Waiting]:
    """For whom messages wait, in one statement."""
    claims = IdentityClaim.objects.filter(person_id__in=sorted(set(person_ids)), last_at__gt=at - WAITS)
    found: dict[int, Waiting] = {}
    undecided = claims.exclude(state__in=_DECIDED)
    for person, target, state, held_by, consents in undecided.values_list(
        "person_id", "target_id", "state", "held_by", "consents"
    ):
        waiting = found.setdefault(person, Waiting())
        waiting.is_held |= bool(held_by)
        waiting.is_claimed |= state == ClaimState.OPEN and target != person
        waiting.channels.update(consents)
    return found


def release(*, claim_ids: Iterable[int]) -> set[int]:
    """Let letters go that waited because too many came in an hour; answers whose."""
    claims = IdentityClaim.objects.filter(id__in=sorted(set(claim_ids))).exclude(held_by="")
    people = set(claims.values_list("person_id", flat=True))
    claims.update(held_by="")
    return people


def holders(claims: Iterable[IdentityClaim]) -> dict[int, int]:
    """Claim's id → on whose card its contact stands now; those of nobody are left out. One statement."""
    rows = list(claims)
    wanted: dict[str, set[str]] = {}
    for row in rows:
        wanted.setdefault(row.kind, set()).add(row.value)
    facts = queries.standing_identities(wanted) if wanted else {}
    return {row.id: facts[row.kind, row.value][0] for row in rows if (row.kind, row.value) in facts}


# settling


def confirm(*, person_id: int, claim_id: int, proof: Mapping[str, Any], at: datetime | None = None) -> int:
    """The holder of the address has said yes on the page of the letter; answers on whose card all of it stands now.

    Twice is once. A yes to messages that waited is recorded with its proof and lifts an earlier no: they said so
    themselves. Raises ClaimGone.
    """
    moment = at or now()
    with transaction.atomic():
        claim = _locked(person_id, claim_id)
        if claim.state == ClaimState.DECLINED:
            raise ClaimGone
        if claim.state != ClaimState.CONFIRMED or claim.consents:
            _gather_consents(claim)
            owner = _settle(claim, by="confirmation", at=moment, is_proven=True)
            _record(claim, owner, {"confirmed_at": moment.isoformat(), **proof}, moment)
            _close(claim, ClaimState.CONFIRMED, "confirmation", moment)
            return owner
        return _holder(claim) or claim.person_id


def accept(*, person_id: int, claim_id: int, by: str, at: datetime | None = None) -> int:
    """A colleague says that it is them: deeds, and what was empty, join the card. A no stays. Raises ClaimGone."""
    moment = at or now()
    with transaction.atomic():
        claim = _locked(person_id, claim_id)
        if claim.state not in (ClaimState.OPEN, ClaimState.OWN):
            raise ClaimGone
        _gather_consents(claim)
        owner = _settle(claim, by=by, at=moment, is_proven=False)
        queries.vouch_for_identities([(claim.kind, claim.value, by[:60])])
        _record(claim, owner, {"accepted_by": by}, moment, lifts=False)
        _close(claim, ClaimState.ACCEPTED, by, moment)
    return owner


def decline(*, person_id: int, claim_id: int, by: str, at: datetime | None = None) -> None:
    """A colleague says that it is somebody else: the stranger stays a stranger. Raises ClaimGone."""
    moment = at or now()
    with transaction.atomic():
        claim = _locked(person_id, claim_id)
        if claim.state not in (ClaimState.OPEN, ClaimState.OWN):
            raise ClaimGone
        _close(claim, ClaimState.DECLINED, by, moment)


def _locked(person_id: int, claim_id: int) -> IdentityClaim:
    claim = IdentityClaim.objects.select_for_update().filter(person_id=person_id, id=claim_id).first()
    if claim is None:
        raise ClaimGone
    return claim


def _gather_consents(claim: IdentityClaim) -> None:
    """What the visitor allowed before anybody knew who they are is settled with who they are."""
    claim.consents = waiting_consents([claim])[claim.id]
    if claim.kind != VISITOR:
        kept = IdentityClaim.objects.filter(person_id=claim.person_id, kind=VISITOR, state=ClaimState.OWN)
        kept.delete()


def _holder(claim: IdentityClaim) -> int | None:
    return Identity.objects.filter(kind=claim.kind, value=claim.value).values_list("person_id", flat=True).first()


def _settle(claim: IdentityClaim, *, by: str, at: datetime, is_proven: bool) -> int:
    """Let the claim's card and the contact's be one; answers whose it is."""
    speaker = claim.person_id
    owner = _holder(claim)
    visitors = Identity.objects.filter(person_id=speaker, kind="visitor")
    visitors.filter(value__startswith=STAND_IN).delete()
    mine = set(visitors.values_list("value", flat=True))
    visitors.update(is_verified=True)
    if owner is None:
        _attach(claim.kind, claim.value, speaker, claim.origin, at)
        owner = speaker
    elif owner != speaker:
        if is_proven:
            _let_go(owner, mine, at)
        _absorb_own(claim, owner)
        if Person.objects.filter(id=speaker, is_anonymous=True).exists():
            merge_people(winner_id=owner, loser_id=speaker, reason="claim", by=by, at=at)
        else:  # two known people: a human decides
            _propose(speaker, owner, at)
    if is_proven:
        Identity.objects.filter(kind=claim.kind, value=claim.value).update(is_verified=True)
    _attach_others(claim, owner, at)
    note_changed([owner], "consent", at=at)
    return owner


def _let_go(owner: int, mine: set[str], at: datetime) -> None:
    """A card that only pages had told of may have been begun by somebody else: its unproven visitors go on apart."""
    contacts = Identity.objects.filter(person_id=owner)
    if any(
        verified or not is_public_source(source)
        for verified, source in contacts.exclude(kind="visitor").values_list("is_verified", "source")
    ):
        return
    unproven = contacts.filter(kind="visitor", is_verified=False).exclude(value__in=mine)
    others = sorted(unproven.values_list("value", flat=True))
    strangers = new_ids(len(others))
    insert_people([(stranger, True, at, at) for stranger in strangers])
    queries.point_identities([("visitor", value, stranger) for value, stranger in zip(others, strangers, strict=True)])


def _absorb_own(claim: IdentityClaim, owner: int) -> None:
    """What the owner's own page had said of the contact is settled with it: nothing of it waits on, and this claim
    finds room on the card. Its waiting yes comes along, but lifts no earlier no: that letter was another.
    """
    own = IdentityClaim.objects.filter(person_id=owner, kind=claim.kind, value=claim.value)
    waiting = own.values_list("consents", flat=True).first() or {}
    withdrawn = Consent.objects.filter(person_id=owner, is_current=True, state=ConsentState.WITHDRAWN)
    refused = set(withdrawn.values_list("channel", flat=True))
    waiting = {channel: said for channel, said in waiting.items() if channel not in refused}
    claim.consents = joined(waiting, claim.consents)
    own.delete()


def _propose(first: int, second: int, at: datetime) -> None:
    pair = (new_ids(1)[0], min(first, second), max(first, second), "contact", 1.0, at, "")
    columns = ("id", "first_id", "second_id", "reason", "likeness", "found_at", "answer")
    bulk.insert(DuplicatePair, columns, [pair], ignore_known=True)


def _attach(kind: str, value: str, person_id: int, source: str, at: datetime) -> None:
    has_main = Identity.objects.filter(person_id=person_id, kind=kind, is_main=True).exists()
    columns = ("kind", "value", "person_id", "shown", "is_verified", "is_main", "source", "created_at")
    bulk.insert(Identity, columns, [(kind, value, person_id, "", False, not has_main, source, at)], ignore_known=True)
    Person.objects.filter(id=person_id, is_anonymous=True).update(is_anonymous=False, updated_at=at)
    searching.refresh([person_id])


def _attach_others(claim: IdentityClaim, owner: int, at: datetime) -> None:
    """Contacts named beside the settled one join where the card has none of their kind and nobody else has them."""
    kinds = set(Identity.objects.filter(person_id=owner).values_list("kind", flat=True))
    for kind, value in sorted(claim.others.items()):
        if kind not in kinds:
            _attach(kind, value, owner, claim.origin, at)


def _record(claim: IdentityClaim, owner: int, proof: Mapping[str, Any], at: datetime, *, lifts: bool = True) -> None:
    """The yes that waited is one now. Where it was not the person who said so, an earlier no stays."""
    kept = set()
    if not lifts:
        withdrawn = Consent.objects.filter(person_id=owner, is_current=True, state=ConsentState.WITHDRAWN)
        kept = set(withdrawn.values_list("channel", flat=True))
    given = {channel: said for channel, said in claim.consents.items() if channel not in kept}
    record_consents(
        [
            ConsentWord(
                owner, channel, ConsentState.GIVEN, at=at, source=claim.origin, text=str(said.get("words", "")),
                proof={**{key: value for key, value in said_of(said)[-1].items() if key != "words"}, **proof},
            )
            for channel, said in sorted(given.items())
        ],
        at=at,
    )  # fmt: skip
    if lifts and claim.kind in given:
        contact = (claim.kind, claim.value)
        lift([contact] if suppressed([contact]).get(contact) == "unsubscribed" else [])


def _close(claim: IdentityClaim, state: str, by: str, at: datetime) -> None:
    IdentityClaim.objects.filter(id=claim.id).update(
        state=state, held_by="", consents={}, decided_at=at, decided_by=by[:80]
    )
