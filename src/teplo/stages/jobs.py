"""Long work over all people: asking everybody's signs after they were edited, or because time has passed."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from teplo.conditions import registry
from teplo.conditions.condition import depends_on_time
from teplo.conditions.reading import ConditionError, read_json
from teplo.jobs.models import Job
from teplo.jobs.running import Work
from teplo.jobs.starting import start_job
from teplo.kit.clock import now
from teplo.people.changing import note_changed
from teplo.people.models import Person
from teplo.stages.moving import load_ladder, move_by_signs

MOVE_ALL = "move-all"
SUBJECT = "stages:all"
SIZE = 5000


def start_moving_all(*, by: int | None = None) -> Job:
    """Ask everybody's signs anew, in the background. One that runs already notices the edit and goes round again."""
    return start_job(kind=MOVE_ALL, args={}, subject=SUBJECT, by=by)


def start_moving_by_time() -> Job | None:
    """Daily: ask everybody's signs, if any sign comes or goes by the mere passing of time."""
    vocabulary = registry.people()
    for stage in load_ladder().all:
        try:
            if stage.sign and depends_on_time(read_json(stage.sign, vocabulary, of_known_values=False)):
                return start_moving_all()
        except ConditionError:
            continue
    return None


def move_all(work: Work) -> dict[str, Any]:
    """Ask everybody's signs in the order of people; a change note for each who moved wakes what waits for stages."""
    moved = int(work.cursor.get("moved", 0))
    while True:
        asked = work.cursor.get("signs") or _signs()
        if ids := _next(int(work.cursor.get("after", 0))):
            with transaction.atomic():
                at = now()  # one moment for both: by it the pipeline finds the moves that its notes speak of
                moves = move_by_signs(person_ids=ids, at=at)
                note_changed([move.person_id for move in moves], "stage", at=at)
                moved += len(moves)
                cursor = {"after": ids[-1], "moved": moved, "signs": asked}
                work.advance(done=work.done + len(ids), total=_total(work), cursor=cursor)
        elif _signs() == asked:
            return {"moved": moved}
        else:
            work.advance(done=0, cursor={"after": 0, "moved": moved, "signs": _signs()})


def _signs() -> str:
    """What was asked, to notice an edit made meanwhile."""
    return repr([(stage.id, stage.position, stage.sign, stage.may_go_back) for stage in load_ladder().all])


def _total(work: Work) -> int:
    return work.total or Person.objects.count()


def _next(after: int) -> list[int]:
    return list(Person.objects.filter(id__gt=after).order_by("id").values_list("id", flat=True)[:SIZE])
