"""Two cards of one human being become one, in the open: with a preview, a record and a way back (R2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from teplo.kit import bulk
from teplo.kit.clock import now
from teplo.kit.ids import new_ids
from teplo.people import carrying, queries, searching
from teplo.people.changing import note_changed
from teplo.people.leaf_moves import Pair, Snapshot, move_leaves, rounds
from teplo.people.models import AttributeChange, DuplicatePair, Identity, Merge, Person, PersonTag, TagChange
from teplo.people.tagging import tell_held_again

COLUMNS = (
    "first_name", "middle_name", "last_name", "position", "city", "country", "language", "timezone", "company_id",
    "owner_id",
)  # fmt: skip
_OF_TAGS = {str(PersonTag._meta.label), str(TagChange._meta.label)}
KEYS_OF = {"first_name": "first_key", "last_name": "last_key"}


class CannotMerge(Exception):
    """These two cards cannot become one."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code

    def __str__(self) -> str:
        return {
            "same-card": _("This is one and the same card."),
            "card-gone": _("One of the two cards is not there any more."),
            "verified-emails-differ": _("Both have a verified e-mail, and these differ: only a human may merge them."),
        }[self.code]


@dataclass(frozen=True)
class FieldChoice:
    """One thing the two cards know: what each says, and which stays unless somebody chooses otherwise."""

    key: str
    winner: Any
    loser: Any
    stays: str

    @property
    def differs(self) -> bool:
        return bool(self.winner and self.loser and self.winner != self.loser)


@dataclass(frozen=True)
class MergePreview:
    """What a merge would do."""

    winner: Person
    loser: Person
    fields: list[FieldChoice]
    winner_identities: list[Identity]
    loser_identities: list[Identity]


def suggest_winner(first: Person, second: Person) -> tuple[Person, Person]:
    """(winner, loser): the one of whom more is known, then the older card."""

    def worth(person: Person) -> tuple[bool, int, datetime]:
        known = sum(bool(getattr(person, column)) for column in COLUMNS) + len(person.attributes)
        return (person.is_anonymous, -known, person.created_at)

    winner, loser = sorted((first, second), key=worth)
    return winner, loser


def preview_merge(*, winner_id: int, loser_id: int) -> MergePreview:
    """Both cards side by side and what stays; raises CannotMerge."""
    winner, loser = _both(winner_id, loser_id)
    identities = list(Identity.objects.filter(person_id__in=(winner_id, loser_id)).order_by("kind", "value"))
    return MergePreview(
        winner=winner,
        loser=loser,
        fields=_field_choices(winner, loser),
        winner_identities=[identity for identity in identities if identity.person_id == winner_id],
        loser_identities=[identity for identity in identities if identity.person_id == loser_id],
    )


def merge_people(
    *,
    winner_id: int,
    loser_id: int,
    reason: str,
    by: str,
    take_from_loser: Iterable[str] = (),
    is_automatic: bool = False,
    at: datetime | None = None,
) -> Merge:
    """The loser's card becomes part of the winner's: contacts, story, numbers; all of it recorded for `undo_merge`.

    Empty fields of the winner are filled; for the keys in `take_from_loser` the loser's value stays.
    Raises CannotMerge; `is_automatic` refuses two people with different verified e-mails.
    """
    moment = at or now()
    with transaction.atomic():
        winner, loser = _both(winner_id, loser_id, lock=True)
        if is_automatic and _verified_emails_differ(winner_id, loser_id):
            raise CannotMerge("verified-emails-differ")
        carried = carrying.take_over([(loser_id, winner_id)], at=moment, by=by)[loser_id]
        fields = _take_fields(winner, loser, set(take_from_loser), moment)
        remembered = _remember_replaced(winner, fields, by, moment)
        identities = _take_identities([(loser_id, winner_id)])[loser_id]
        leaves = move_leaves([(loser_id, winner_id)])[loser_id]
        snapshot = {
            "person": _card(loser),
            "fields": fields,
            "remembered": remembered,
            "identities": identities,
            "leaves": leaves,
            "carried": carried,
            "tags_told": _tell_tags([(loser_id, winner_id)], {loser_id: leaves}, moment, by)[loser_id],
        }
        Person.objects.filter(id=loser_id).delete()
        merge = Merge.objects.create(
            winner_id=winner_id, loser_id=loser_id, reason=reason, snapshot=snapshot, by=by, at=moment
        )
        _settle_pairs(winner_id, loser_id, moment)
        searching.refresh((winner_id, loser_id))
        note_changed([winner_id], "merge", at=moment)
    return merge


def join_strangers(pairs: Sequence[Pair], *, at: datetime, by: str = "pipeline") -> None:
    """(stranger, person): all that an anonymous visitor did joins the card of whom he turned out to be (R3).

    In bulk: a constant number of statements, unless several strangers turn out to be one person. Strangers who were
    joined meanwhile by another worker, or are no strangers any more, are left out.
    """
    for turn in rounds(sorted(pairs)):
        _join_turn(turn, at, by)


def _join_turn(pairs: Sequence[Pair], at: datetime, by: str) -> None:
    strangers = {
        person.id: person
        for person in Person.objects.select_for_update()
        .filter(id__in=[loser for loser, _ in pairs], is_anonymous=True)
        .order_by("id")
    }
    free = [(loser, winner) for loser, winner in pairs if loser in strangers]
    if not free:
        return
    carried = carrying.take_over(free, at=at, by=by)
    identities = _take_identities(free)
    leaves = move_leaves(free)
    told = _tell_tags(free, leaves, at, by)
    condition, ids = queries.ids_in("id", strangers)
    queries.execute(f"DELETE FROM {Person._meta.db_table} WHERE {condition}", [ids])  # noqa: S608
    searching.forget(strangers)
    rows = [
        (
            merge_id,
            winner,
            loser,
            "visitor",
            _stranger_snapshot(strangers[loser], identities[loser], leaves[loser], carried[loser])
            | {"tags_told": told[loser]},
            by,
            at,
        )
        for merge_id, (loser, winner) in zip(new_ids(len(free)), free, strict=True)
    ]
    bulk.insert(Merge, ("id", "winner_id", "loser_id", "reason", "snapshot", "by", "at"), rows)


def _tell_tags(pairs: Sequence[Pair], leaves: Mapping[int, Snapshot], at: datetime, by: str) -> dict[int, list[int]]:
    """Loser → words on tags that the winner holds against the last one; asked only where the loser had any."""
    winners = [winner for loser, winner in pairs if _OF_TAGS & leaves[loser].keys()]
    told = tell_held_again(winners, by=by, at=at) if winners else {}
    return {loser: told.get(winner, []) for loser, winner in pairs}


def _stranger_snapshot(
    person: Person, identities: list[list[str]], leaves: Snapshot, carried: dict[str, Any]
) -> dict[str, Any]:
    return {
        "person": _card(person), "fields": {}, "identities": identities, "leaves": leaves, "carried": carried,
    }  # fmt: skip


def winners_of(person_ids: Iterable[int]) -> dict[int, int]:
    """Whose card merged ones are now part of: loser → the last winner of the chain."""
    found: dict[int, int] = {}
    asked = set(person_ids)
    while asked:
        step = dict(Merge.objects.filter(loser_id__in=asked, undone_at=None).values_list("loser_id", "winner_id"))
        found.update(step)
        asked = set(step.values()) - found.keys()
    return {person: _last(person, found) for person in found}


def _last(person: int, found: Mapping[int, int]) -> int:
    while person in found:
        person = found[person]
    return person


def sweep_late_leaves(*, since: datetime) -> int:
    """Rows written for a merged card by a worker that had looked just before: they follow to the winner.

    Answers how many merges had any. Meant to run every minute over the last hour's merges.
    """
    pairs = list(Merge.objects.filter(at__gte=since, undone_at=None).values_list("loser_id", "winner_id"))
    if not pairs:
        return 0
    last = winners_of(loser for loser, _ in pairs)
    late = queries.people_with_rows([loser for loser, _ in pairs])
    with transaction.atomic():
        for turn in rounds([(loser, last[loser]) for loser in sorted(late)]):
            _take_identities(turn)
            move_leaves(turn)
        searching.refresh({*late, *(last[loser] for loser in late)})
        note_changed([last[loser] for loser in late], "merge")
    return len(late)


def sweep_recent_merges() -> int:
    """The periodic piece: `sweep_late_leaves` over the last hour."""
    return sweep_late_leaves(since=now() - timedelta(hours=1))


def _both(winner_id: int, loser_id: int, *, lock: bool = False) -> tuple[Person, Person]:
    if winner_id == loser_id:
        raise CannotMerge("same-card")
    people = Person.objects.select_for_update() if lock else Person.objects.all()
    found = {person.id: person for person in people.filter(id__in=(winner_id, loser_id), erased_at=None).order_by("id")}
    if len(found) < 2:
        raise CannotMerge("card-gone")
    return found[winner_id], found[loser_id]


def _verified_emails_differ(first_id: int, second_id: int) -> bool:
    rows = Identity.objects.filter(person_id__in=(first_id, second_id), kind="email", is_verified=True)
    emails = set(rows.values_list("person_id", flat=True))
    return len(emails) == 2


def _field_choices(winner: Person, loser: Person) -> list[FieldChoice]:
    pairs = [(column, getattr(winner, column), getattr(loser, column)) for column in COLUMNS]
    keys = sorted(winner.attributes.keys() | loser.attributes.keys())
    pairs += [(f"attributes.{key}", winner.attributes.get(key), loser.attributes.get(key)) for key in keys]
    return [
        FieldChoice(key, mine, his, "winner" if _is_set(mine) or not _is_set(his) else "loser")
        for key, mine, his in pairs
        if _is_set(mine) or _is_set(his)
    ]


def _is_set(value: Any) -> bool:
    return value not in (None, "", [])


def _take_fields(winner: Person, loser: Person, chosen: set[str], at: datetime) -> dict[str, list[Any]]:
    """Write what the winner takes over; answers key → [before, after] for the way back."""
    taken: dict[str, list[Any]] = {}
    for choice in _field_choices(winner, loser):
        if (
            _is_set(choice.loser)
            and choice.loser != choice.winner
            and (choice.stays == "loser" or choice.key in chosen)
        ):
            taken[choice.key] = [choice.winner, choice.loser]
    columns = {key: after for key, (_before, after) in taken.items() if "." not in key}
    columns |= {KEYS_OF[key]: getattr(loser, KEYS_OF[key]) for key in columns if key in KEYS_OF}
    attributes = {key.partition(".")[2]: after for key, (_before, after) in taken.items() if "." in key}
    Person.objects.filter(id=winner.id).update(
        **columns,
        attributes={**winner.attributes, **attributes},
        is_anonymous=winner.is_anonymous and loser.is_anonymous,
        created_at=min(winner.created_at, loser.created_at),
        updated_at=at,
    )
    taken["created_at"] = [winner.created_at.isoformat(), min(winner.created_at, loser.created_at).isoformat()]
    taken["is_anonymous"] = [winner.is_anonymous, winner.is_anonymous and loser.is_anonymous]
    return taken


def _remember_replaced(winner: Person, taken: Mapping[str, Sequence[Any]], by: str, at: datetime) -> dict[str, int]:
    """What the winner had said of a field until the merge stays his past; answers field → id of the change kept.

    Where he never had a word on it, the loser's past of that field becomes his (people/leaves.py: `own_past`).
    """
    changed = {key: taken[key] for key in taken if key not in ("created_at", "is_anonymous")}
    own = AttributeChange.objects.filter(person_id=winner.id, key__in=map(name_of, changed), is_brought=False)
    spoken_of = set(own.values_list("key", flat=True)) if changed else set()
    replaced = [key for key, (before, _after) in changed.items() if _is_set(before) or name_of(key) in spoken_of]
    remembered = dict(zip(replaced, new_ids(len(replaced)), strict=True))
    rows = [(winner.id, row_id, name_of(key), *changed[key], at, by[:80]) for key, row_id in remembered.items()]
    bulk.insert(AttributeChange, ("person_id", "id", "key", "old", "new", "at", "by"), rows)
    return remembered


def name_of(key: str) -> str:
    """A field as AttributeChange calls it: attributes without their prefix."""
    return key.removeprefix("attributes.")


def _take_identities(pairs: Sequence[Pair]) -> dict[int, list[list[Any]]]:
    """Contacts go over, none as the main one where the winner has his own; answers loser → (kind, value, main)."""
    winner_of = dict(pairs)
    taken: dict[int, list[list[Any]]] = {loser: [] for loser, _ in pairs}
    rows = Identity.objects.filter(person_id__in=winner_of).values_list("person_id", "kind", "value", "is_main")
    for loser, kind, value, is_main in rows.order_by("kind", "value"):
        taken[loser].append([kind, value, is_main])
    moved = [(kind, value, winner_of[loser]) for loser, own in taken.items() for kind, value, _ in own]
    queries.unmain_second(
        [(kind, value, winner_of[loser]) for loser, own in taken.items() for kind, value, is_main in own if is_main]
    )
    queries.point_identities(moved)
    queries.point_claims(pairs)
    return taken


def _card(person: Person) -> dict[str, Any]:
    fields = {field.attname: getattr(person, field.attname) for field in Person._meta.concrete_fields}
    return {key: value.isoformat() if isinstance(value, datetime) else value for key, value in fields.items()}


def _settle_pairs(winner_id: int, loser_id: int, at: datetime) -> None:
    """The pair itself is answered; open questions about a card that is no more are dropped, they will be found anew."""
    DuplicatePair.objects.filter(first_id=min(winner_id, loser_id), second_id=max(winner_id, loser_id)).update(
        answer="same", answered_at=at
    )
    queries.drop_open_pairs(loser_id)
