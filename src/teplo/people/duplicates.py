"""People who seem to stand twice: found by blocking keys in the database, answered by a human (R2).

A blocking key is what two cards of one human being are likely to share: the company, the tail of a phone, what stands
before the @ of an e-mail. Only people of one block are compared by name, so a million cards take minutes, not a
million times a million steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from teplo.jobs.running import Work
from teplo.kit import bulk
from teplo.kit.clock import now
from teplo.kit.ids import new_ids
from teplo.people import queries
from teplo.people.likeness import FULL_NAMES
from teplo.people.merging import merge_people, suggest_winner
from teplo.people.models import DuplicatePair, Merge, Person

JOB = "find-duplicates"
REASONS = {
    "contact": _("They used the same contact"),
    "name-company": _("Alike names in the same company"),
    "name-phone": _("Alike names, and phones that end alike"),
    "name-email": _("Alike names, and e-mails that begin alike"),
}
_SLICES = 16
_LARGEST_BLOCK = 20
"""A larger block says more about the data (a default name, a test company) than about people."""

_WORTH_ASKING = 0.8


class AlreadyAnswered(Exception):
    """Somebody has already answered this question."""

    code = "already-answered"


@dataclass(frozen=True)
class _Found:
    first: int
    second: int
    reason: str
    likeness: float


def find_duplicates(work: Work) -> dict[str, Any]:
    """The job: look through all blocks, slice by slice, and note new pairs; each slice commits with its cursor."""
    start = int(work.cursor.get("step", 0))
    found = int(work.cursor.get("found", 0))
    steps = [(reason, part) for reason in queries.BLOCKS for part in range(_SLICES)]
    for step in range(start, len(steps)):
        reason, part = steps[step]
        with transaction.atomic():
            found += note_pairs(_pairs_in(reason, part))
            work.advance(done=step + 1, total=len(steps), cursor={"step": step + 1, "found": found})
    return {"found": found}


def note_pairs(pairs: Sequence[_Found]) -> int:
    """Keep new pairs as open questions; those known, answered or not, are left as they are."""
    moment = now()
    rows = [
        (pair_id, pair.first, pair.second, pair.reason, pair.likeness, moment, "")
        for pair_id, pair in zip(new_ids(len(pairs)), sorted(pairs, key=lambda p: (p.first, p.second)), strict=True)
    ]
    columns = ("id", "first_id", "second_id", "reason", "likeness", "found_at", "answer")
    return bulk.insert(DuplicatePair, columns, rows, ignore_known=True)


def answer_pair(
    *, pair_id: int, is_same: bool, by: int, winner_id: int | None = None, take_from_loser: Sequence[str] = ()
) -> Merge | None:
    """A human's word: the same (the cards merge) or different (never asked again).

    Raises AlreadyAnswered, CannotMerge.
    """
    with transaction.atomic():
        pair = DuplicatePair.objects.select_for_update().get(id=pair_id)
        if pair.answer:
            raise AlreadyAnswered
        answer = {"answered_by": by, "answered_at": now()}
        if not is_same:
            DuplicatePair.objects.filter(id=pair_id).update(answer="different", **answer)
            return None
        winner, loser = _winner_of(pair, winner_id)
        merge = merge_people(
            winner_id=winner,
            loser_id=loser,
            reason=f"duplicate:{pair.reason}",
            by=f"user:{by}",
            take_from_loser=take_from_loser,
        )
        DuplicatePair.objects.filter(id=pair_id).update(answer="same", **answer)
    return merge


def _winner_of(pair: DuplicatePair, chosen: int | None) -> tuple[int, int]:
    ids = (pair.first_id, pair.second_id)
    if chosen in ids:
        return chosen, ids[1 - ids.index(chosen)]
    people = list(Person.objects.filter(id__in=ids))
    if len(people) < 2:
        return ids
    winner, loser = suggest_winner(*people)
    return winner.id, loser.id


def _pairs_in(reason: str, part: int) -> list[_Found]:
    """Pairs of one kind of block whose likeness is worth a human's look."""
    found: dict[tuple[int, int], _Found] = {}
    for first, second, *names in queries.block_pairs(reason, part=part, parts=_SLICES, largest=_LARGEST_BLOCK):
        likeness = names_likeness((names[0], names[1]), (names[2], names[3]))
        if likeness >= _WORTH_ASKING:
            key = (min(first, second), max(first, second))
            found[key] = _Found(*key, reason, round(likeness, 2))
    return list(found.values())


def names_likeness(one: tuple[str, str], other: tuple[str, str]) -> float:
    """0 to 1, of (first, last) names in their search form; swapped names and missing first names are understood."""
    straight = (_word_likeness(one[0], other[0]) + _word_likeness(one[1], other[1])) / 2
    swapped = (_word_likeness(one[0], other[1]) + _word_likeness(one[1], other[0])) / 2
    return max(straight, swapped)


def _word_likeness(one: str, other: str) -> float:
    """An empty name says nothing for or against; «Алекс» may stand for «Александр», «Саша» does."""
    if not one or not other:
        return 0.7
    if one == other:
        return 1.0
    if FULL_NAMES.get(one, one) == FULL_NAMES.get(other, other) or one.startswith(other) or other.startswith(one):
        return 0.9
    return SequenceMatcher(None, one, other).ratio()
