"""Change notes: people changed outside the pipeline (by hand, import, merge) are rescored, moved and woken too."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from django.db import connection, transaction
from django.db.models import F, Q
from django.db.models.lookups import In

from teplo.jobs.running import place_of
from teplo.kit.claim import claim
from teplo.kit.clock import SKEW, now
from teplo.kit.garbage import rarely_collected
from teplo.kit.turns import others_wait
from teplo.people.models import ChangeNote
from teplo.pipeline import steps
from teplo.pipeline.batch import Batch
from teplo.pipeline.working import Pace, raise_trouble
from teplo.stages.models import StageMove
from teplo.tracking.paths import retrace

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=120)
_pace = Pace(first=100, least=50, most=1000)

_CAUSES = {"merge": "merge", "time": "time", "adjustment": "adjustment"}
_MOVED = frozenset({"stage", "hand"})


class NotesTaken(Exception):
    """Another worker has taken these notes meanwhile."""


def run_once(owner: str, *, limit: int | None = None) -> int:
    """Take the oldest change notes through score, stages and journeys; answers how many notes there were."""
    notes = _claim(owner, limit or _pace.events)
    if not notes:
        return 0
    with rarely_collected():
        _take(notes)
    _pace.learn(events=len(notes), others_wait=others_wait())
    return len(notes)


def _take(notes: Sequence[ChangeNote]) -> None:
    """All together; where that fails in halves, until the note that cannot be taken stands alone and is let go."""
    step = "score"
    try:
        with transaction.atomic():
            _pace.begin()
            if merged := {note.person_id for note in notes if note.cause == "merge"}:
                retrace(merged)
                steps.run(Batch(at=now(), cause="merge", people=sorted(merged)), steps.AFTER_MERGE)
            for cause, people in _by_cause(notes):
                batch = Batch(at=now(), cause=cause, people=people)
                batch.stage_moves = _moves_by_hand(notes, people)
                try:
                    steps.run(batch, steps.FROM_SCORE)
                finally:
                    step = batch.step
            _remove(notes)
            return
    except Exception as error:
        if isinstance(error, NotesTaken):
            raise
        raise_trouble(error)
        if len(notes) == 1:
            # Nothing is lost with it but the moment: the next deed or the nightly pass looks at this person again.
            log.error("note_dropped", cause=notes[0].cause, step=step, error=place_of(error))
            _remove(notes)
            return
    middle = len(notes) // 2
    _take(notes[:middle])
    _take(notes[middle:])


def _claim(owner: str, limit: int) -> list[ChangeNote]:
    """On SQLite, which has one writer, nothing is leased: `_remove` sees whether another one was faster."""
    if connection.vendor == "sqlite":
        return list(ChangeNote.objects.order_by("at")[:limit])
    moment = now()
    with transaction.atomic():
        return claim(
            ChangeNote,
            ready=Q(at__lte=moment) | Q(at__gt=moment + SKEW),  # from a clock that was ahead
            order_by="at",
            limit=limit,
            owner=owner,
            lease=LEASE,
            now=moment,
        )


def _by_cause(notes: Sequence[ChangeNote]) -> list[tuple[str, list[int]]]:
    groups: dict[str, set[int]] = {}
    for note in notes:
        groups.setdefault(_CAUSES.get(note.cause, "attribute"), set()).add(note.person_id)
    return [(cause, sorted(people)) for cause, people in sorted(groups.items())]


def _moves_by_hand(notes: Sequence[ChangeNote], people: Sequence[int]) -> list[StageMove]:
    """Moves that were made outside of the pipeline, for journeys that begin at a stage: same person, same moment."""
    moved: set[tuple[int, datetime]] = {(note.person_id, note.at) for note in notes if note.cause in _MOVED}
    if not moved:
        return []
    moves = StageMove.objects.filter(person_id__in=people, at__in={at for _, at in moved})
    return [move for move in moves.order_by("person_id", "id") if (move.person_id, move.at) in moved]


def _remove(notes: Sequence[ChangeNote]) -> None:
    """Looked up by person alone: with both parts of the key SQLite would try each id with each person."""
    held = ChangeNote.objects.filter(
        In(F("id") + 0, [note.id for note in notes]),
        person_id__in={note.person_id for note in notes},
        lease_owner=notes[0].lease_owner,
    )
    removed, _ = held.delete()
    if removed != len(notes):
        raise NotesTaken
