"""Beginning to keep who is in a segment: at once when few are in it, as long work when many (R31)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from teplo.conditions.reading import ConditionError
from teplo.jobs.models import Job
from teplo.jobs.running import CannotGoOn, Work
from teplo.jobs.starting import start_job
from teplo.kit.clock import now
from teplo.people.models import Segment
from teplo.people.segments import add_members, keep_members, members_of, note_differing

JOB = "keep-segment"
MANY = 100_000
"""Members from which nobody should wait for the page: writing them takes seconds."""
_BATCH = 10_000


def begin_keeping(segment: Segment, *, by: int | None, at: datetime) -> Job | None:
    """Keep the entries of a segment from now on; the job that does it where many are in it already."""
    if segment.is_kept:
        return None
    if members_of(segment).order_by()[: MANY + 1].count() <= MANY:
        keep_members(segment, at=at)
        return None
    return start_job(kind=JOB, args={"segment": str(segment.pk)}, subject=f"segment:{segment.pk}", by=by)


def keep_many(work: Work) -> dict[str, Any]:
    """The job. Only when all who are in it are known is it kept; who came or left meanwhile is then noticed."""
    kept = int(work.cursor.get("kept", 0))
    while (segment := Segment.objects.filter(pk=int(work.args["segment"]), is_kept=False).first()) is not None:
        after = int(work.cursor.get("after", 0))
        try:
            ids = list(members_of(segment).filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:_BATCH])
        except ConditionError as error:
            raise CannotGoOn(error.reason) from error
        with transaction.atomic():
            if ids:
                kept += add_members(ids, segment_id=segment.pk, at=now())
                work.advance(done=kept, cursor={"after": str(ids[-1]), "kept": kept})
            else:
                Segment.objects.filter(pk=segment.pk).update(is_kept=True)
                note_differing([segment])
    return {"kept": kept}
