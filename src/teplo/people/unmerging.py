"""A merge is taken back: both cards as they were, what came after it stays with the kept one (R2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from teplo.kit.clock import now
from teplo.people import carrying, queries, searching
from teplo.people.changing import note_changed
from teplo.people.leaf_moves import restore_leaves
from teplo.people.merging import KEYS_OF, name_of
from teplo.people.models import (
    AttributeChange,
    ClaimState,
    DuplicatePair,
    Identity,
    IdentityClaim,
    Merge,
    Person,
    TagChange,
)
from teplo.people.names import name_key


class CannotUndo(Exception):
    """This merge cannot be undone."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code

    def __str__(self) -> str:
        return {
            "already-undone": _("This merge has already been undone."),
            "merged-further": _("The card has since been merged with another one: undo that merge first."),
            "erased": _("The card has since been erased."),
            "unknown": _("There is no such merge."),
        }[self.code]


def undo_merge(*, merge_id: int, by: str, at: datetime | None = None) -> Merge:
    """Both cards as they were; what came after the merge stays with the winner. Raises CannotUndo."""
    moment = at or now()
    with transaction.atomic():
        merge = Merge.objects.select_for_update().filter(id=merge_id).first()
        if merge is None:
            raise CannotUndo("unknown")
        _check_undoable(merge)
        card = merge.snapshot["person"]
        _restore_card(card)
        _give_fields_back(merge.winner_id, merge.snapshot, moment)
        Identity.objects.filter(person_id=merge.winner_id).filter(
            queries.any_identity(tuple(row[:2]) for row in merge.snapshot["identities"])
        ).update(person_id=merge.loser_id)
        _restore_main(merge.snapshot["identities"])
        restore_leaves(merge.snapshot["leaves"], loser_id=merge.loser_id, winner_id=merge.winner_id)
        TagChange.objects.filter(person_id=merge.winner_id, id__in=merge.snapshot.get("tags_told", ())).delete()
        _mend_histories(merge)
        carrying.give_back(merge.snapshot.get("carried", {}), winner_id=merge.winner_id)
        _claim_no_more(merge.loser_id)
        Merge.objects.filter(id=merge_id).update(undone_at=moment)
        DuplicatePair.objects.filter(
            first_id__in=(merge.winner_id, merge.loser_id), second_id__in=(merge.winner_id, merge.loser_id)
        ).update(answer="different", answered_at=moment)
        searching.refresh((merge.winner_id, merge.loser_id))
        note_changed([merge.winner_id, merge.loser_id], "merge", at=moment)
    merge.undone_at = moment
    return merge


def _claim_no_more(loser_id: int) -> None:
    """They are two: what a page had said of the one being the other was answered with no, and no browser proves it."""
    claims = IdentityClaim.objects.filter(person_id=loser_id).exclude(target_id=loser_id)
    claims.filter(state__in=(ClaimState.CONFIRMED, ClaimState.ACCEPTED)).update(state=ClaimState.DECLINED)
    Identity.objects.filter(person_id=loser_id, kind="visitor").update(is_verified=False)


def _give_fields_back(winner_id: int, snapshot: Mapping[str, Any], at: datetime) -> None:
    """What the merge wrote goes back, unless somebody has changed it since."""
    winner = Person.objects.select_for_update().get(id=winner_id)
    attributes = dict(winner.attributes)
    columns: dict[str, Any] = {}
    forgotten: list[int] = []
    for key, (before, after) in snapshot["fields"].items():
        if key == "created_at":
            columns[key] = datetime.fromisoformat(before)
            continue
        if key.startswith("attributes."):
            name = name_of(key)
            if attributes.get(name) != after:
                continue
            attributes.pop(name) if before is None else attributes.__setitem__(name, before)
        elif getattr(winner, key) == after:
            columns[key] = before
        else:
            continue
        forgotten += [snapshot["remembered"][key]] if key in snapshot.get("remembered", ()) else []
    AttributeChange.objects.filter(person_id=winner_id, id__in=forgotten).delete()
    columns |= {KEYS_OF[key]: name_key(columns[key]) for key in KEYS_OF if key in columns}
    Person.objects.filter(id=winner_id).update(**columns, attributes=attributes, updated_at=at)


def _mend_histories(merge: Merge) -> None:
    """A late word about a time before the merge went between rows that are apart again: each card's follow each other.

    Ids rise with time, so a row younger than the merge about a moment before it has come late.
    """
    late = AttributeChange.objects.filter(person_id=merge.winner_id, id__gt=merge.id, at__lt=merge.at)
    keys = set(late.values_list("key", flat=True))
    if not keys:
        return
    cards = (merge.winner_id, merge.loser_id)
    rows = AttributeChange.objects.filter(person_id__in=cards, key__in=keys, is_brought=False)
    mended = []
    before: AttributeChange | None = None
    for row in rows.order_by("person_id", "key", "at", "id"):
        is_next = before is not None and (before.person_id, before.key) == (row.person_id, row.key)
        if before is not None and is_next and row.old != before.new:
            mended.append((row.person_id, row.id, before.new, row.again))
        before = row
    queries.repair_attribute_changes(mended)


def _restore_main(identities: Iterable[Sequence[Any]]) -> None:
    mains = [(kind, value) for kind, value, is_main in identities if is_main]
    if mains:
        Identity.objects.filter(queries.any_identity(mains)).update(is_main=True)


def _restore_card(card: Mapping[str, Any]) -> None:
    moments = {key: datetime.fromisoformat(card[key]) for key in ("created_at", "updated_at")}
    Person.objects.create(**{**card, **moments})


def _check_undoable(merge: Merge) -> None:
    if merge.undone_at is not None:
        raise CannotUndo("already-undone")
    winner = Person.objects.filter(id=merge.winner_id).first()
    if winner is None:
        raise CannotUndo("merged-further")
    if winner.erased_at is not None:
        raise CannotUndo("erased")
