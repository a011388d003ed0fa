"""Segments: named conditions over people, who is in them, and since when for those that are kept (R31)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from teplo.conditions import registry
from teplo.conditions.condition import Compare, Condition, walk
from teplo.conditions.reading import ConditionError, read_json
from teplo.conditions.writing import write_json
from teplo.kit import bulk
from teplo.kit.clock import now
from teplo.kit.models import still_ready
from teplo.kit.remembering import Remembered
from teplo.kit.uses import Thing, refuse_in_use
from teplo.people.changing import note_changed
from teplo.people.counting import Count, count_people, people_with
from teplo.people.models import ChangeNote, Person, Segment, SegmentMember
from teplo.people.segment_queries import matching

log = structlog.get_logger(__name__)
BATCH = 2000
COUNT_KEPT = timedelta(hours=1)
COUNTS_AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class Entry:
    """A person came into a kept segment."""

    person_id: int
    segment_id: int
    at: datetime


# defining


def create_segment(
    *, name: str, condition: Mapping[str, Any], by: int | None, description: str = "", is_kept: bool = False
) -> Segment:
    """A new segment; raises ConditionError when its condition cannot be asked."""
    vocabulary = registry.people()
    read = read_json(condition, vocabulary)
    segment = Segment(
        name=name.strip(), description=description.strip(), condition=write_json(read, vocabulary), created_by=by
    )
    segment.save(force_insert=True)
    if is_kept:
        keep_members(segment)
    return segment


def change_segment(
    segment: Segment, *, name: str, condition: Mapping[str, Any], description: str = "", at: datetime | None = None
) -> None:
    """Say a segment anew; raises ConditionError, also when it would contain itself.

    Who enters a kept segment by the new condition is noticed by the pipeline, like everybody who enters.
    """
    vocabulary = registry.people()
    read = read_json(condition, vocabulary)
    with transaction.atomic():
        # All rows are locked, so that two changes at once cannot close a circle together.
        known = {found.pk: found for found in Segment.objects.select_for_update().order_by("pk")}
        _refuse_cycle(segment.pk, read, known)
        Segment.objects.filter(pk=segment.pk).update(
            name=name.strip(),
            description=description.strip(),
            ready=still_ready(segment, name=name, description=description),
            condition=write_json(read, vocabulary),
            people=None,
            counted_at=None,
            updated_at=at or now(),
        )
    segment.refresh_from_db()
    if segment.is_kept:
        note_differing([segment], at=at)


def delete_segment(segment: Segment) -> None:
    """Forget a segment and its membership; raises InUse."""
    refuse_in_use(Thing("segment", segment.pk))
    SegmentMember.objects.filter(segment=segment).delete()
    segment.delete()


def _refuse_cycle(segment_id: int, condition: Condition, known: Mapping[int, Segment]) -> None:
    seen: set[str] = set()
    waiting = _segments_in(condition)
    while waiting:
        key = waiting.pop()
        if key == str(segment_id):
            raise ConditionError("segment-cycle", ("in",))
        if key not in seen and key.isdigit() and int(key) in known:
            seen.add(key)
            waiting |= _named_in(known[int(key)].condition) - seen


def _segments_in(condition: Condition) -> set[str]:
    """Keys of the segments a condition names."""
    named: set[str] = set()
    for node in walk(condition):
        if isinstance(node, Compare) and node.field == "segment" and isinstance(node.value, tuple):
            named |= {str(key) for key in node.value}
    return named


def _named_in(data: Any) -> set[str]:
    """The same of a stored JSON, broken or not."""
    if isinstance(data, Mapping):
        named = set().union(*(_named_in(value) for value in data.values()))
        for key in ("in", "has", "has_not"):
            if key == "in" or data.get("field") == "segment":
                named |= _keys(data.get(key))
        return named
    return set().union(*(_named_in(part) for part in data)) if isinstance(data, list) else set()


def _keys(value: Any) -> set[str]:
    if isinstance(value, Mapping):
        return set().union(*(_keys(inner) for inner in value.values()))
    return {str(key) for key in (value if isinstance(value, list) else [value]) if isinstance(key, str | int)}


# asking


def members_of(segment: Segment) -> QuerySet[Person]:
    """Who is in it now, by its condition; raises ConditionError when it cannot be asked any more."""
    vocabulary = registry.people()
    return people_with(read_json(segment.condition, vocabulary, of_known_values=False), vocabulary)


def count_segment(segment: Segment, *, limit: timedelta | None = None, at: datetime | None = None) -> Count | None:
    """How many are in it now; an exact number is remembered with its moment."""
    vocabulary = registry.people()
    condition = read_json(segment.condition, vocabulary, of_known_values=False)
    found = count_people(condition, vocabulary, limit=limit)
    if found is not None and not found.is_estimate:
        Segment.objects.filter(pk=segment.pk).update(people=found.people, counted_at=at or now())
    return found


# keeping members


def keep_members(segment: Segment, *, at: datetime | None = None) -> int:
    """Materialise a segment from now on. Who is in it already has not *entered* it: answers how many they are."""
    if not Segment.objects.filter(pk=segment.pk, is_kept=False).update(is_kept=True):
        return 0
    segment.is_kept = True
    moment, number = at or now(), 0
    for ids in _in_batches(members_of(segment)):
        number += add_members(ids, segment_id=segment.pk, at=moment)
    return number


def add_members(ids: Iterable[int], *, segment_id: int, at: datetime) -> int:
    """Write down that these people are in it; those known stay as they are. Answers how many were new."""
    return _add_members([Entry(person_id, segment_id, at) for person_id in ids])


def refresh_members(*, person_ids: Sequence[int], at: datetime) -> list[Entry]:
    """Bring the kept memberships of these people up to date; answers who entered what. A constant number of
    statements, whatever the number of people and of segments; one more for each segment that was left."""
    kept = _kept()
    ids = sorted(set(person_ids))
    if not kept or not ids:
        return []
    members = SegmentMember.objects.filter(person__in=ids, segment__in=kept)
    before = set(members.values_list("person_id", "segment_id"))
    after = matching(kept, person_ids=ids, at=at)
    _remove_members(before - after)
    entries = [Entry(person_id, segment_id, at) for person_id, segment_id in sorted(after - before)]
    _add_members(entries)
    return entries


_kept = Remembered(lambda: Segment.objects.filter(is_kept=True).order_by("pk"), list)


def _add_members(entries: Sequence[Entry]) -> int:
    rows = [(entry.person_id, entry.segment_id, entry.at) for entry in entries]
    return bulk.insert(SegmentMember, ("person_id", "segment_id", "entered_at"), rows, ignore_known=True)


def _remove_members(pairs: Iterable[tuple[int, int]]) -> None:
    by_segment: dict[int, list[int]] = {}
    for person_id, segment_id in sorted(pairs):
        by_segment.setdefault(segment_id, []).append(person_id)
    for segment_id, ids in by_segment.items():
        SegmentMember.objects.filter(segment=segment_id, person__in=ids).delete()


def note_differing(segments: Iterable[Segment] | None = None, *, at: datetime | None = None) -> int:
    """Find everybody whose membership of a kept segment is not what its condition says, and leave a note of them.

    The pipeline takes the notes and calls `refresh_members`, so that entering by the passing of time, or by a changed
    condition, starts journeys on the same road as entering by a deed. Answers how many people were noted.
    """
    kept = Segment.objects.filter(is_kept=True).order_by("pk") if segments is None else segments
    return sum(_note_differing(segment, at or now()) for segment in kept)


def _note_differing(segment: Segment, at: datetime) -> int:
    mine = SegmentMember.objects.filter(segment=segment)
    try:
        people = members_of(segment)
    except ConditionError as error:
        log.warning("segment_unreadable", segment=segment.pk, code=error.code)
        return 0
    noted = ChangeNote.objects.filter(person=OuterRef("pk"), cause="segment")
    entering = people.filter(~Exists(mine.filter(person=OuterRef("pk"))), ~Exists(noted))
    leaving = Person.objects.filter(Exists(mine.filter(person=OuterRef("pk"))), ~Exists(noted))
    leaving = leaving.filter(~Exists(people.filter(pk=OuterRef("pk"))))
    number = 0
    for ids in (*_in_batches(entering), *_in_batches(leaving)):
        note_changed(ids, "segment", at=at)
        number += len(ids)
    return number


def _in_batches(people: QuerySet[Person]) -> Iterator[list[int]]:
    ids = list(people.order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(ids), BATCH):
        yield ids[start : start + BATCH]


def refresh_by_time() -> int:
    """What the periodic work calls: `note_differing` of all kept segments, and a fresh number for the list."""
    noted = note_differing()
    stale = Q(counted_at=None) | Q(counted_at__lt=now() - COUNT_KEPT)
    for segment in Segment.objects.filter(stale).order_by(F("counted_at").asc(nulls_first=True))[:COUNTS_AT_ONCE]:
        try:
            count_segment(segment, limit=timedelta(seconds=10))
        except ConditionError as error:
            log.warning("segment_unreadable", segment=segment.pk, code=error.code)
    return noted
