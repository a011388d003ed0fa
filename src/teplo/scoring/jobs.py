"""Long work over all scores: a new table for everybody, and what the passing of time does to scores."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from teplo.conditions import registry
from teplo.jobs.models import Job
from teplo.jobs.running import Work
from teplo.jobs.starting import start_job
from teplo.kit.clock import now
from teplo.people.changing import note_changed
from teplo.people.models import Person
from teplo.scoring import queries
from teplo.scoring.models import ScoreTable, TableState
from teplo.scoring.rescoring import rescore_range
from teplo.scoring.rules import NoLiveTable, live_rules
from teplo.scoring.statement import Scope, compile_rules

RESCORE_ALL = "rescore-all"
RESCORE_BY_TIME = "rescore-by-time"
SUBJECT = "scores:all"


def start_rescoring_all(*, by: int | None = None) -> Job:
    """Score everybody by the live table, in the background. One that runs already notices an edit and starts over."""
    return start_job(kind=RESCORE_ALL, args={}, subject=SUBJECT, by=by)


def rescore_all(work: Work) -> dict[str, Any]:
    """Score everybody range by range; progress and scores of a range commit together."""
    changed = int(work.cursor.get("changed", 0))
    while True:
        asked = work.cursor.get("rules") or _rules_now()
        after = int(work.cursor.get("after", 0))
        size = queries.range_size()
        if (last := queries.last_of_range(after=after, size=size)) is not None:
            with transaction.atomic():
                changed += rescore_range(first=after + 1, last=last, cause="table", at=now())
                cursor = {"after": last, "changed": changed, "rules": asked}
                done = min(work.done + size, _total(work))
                work.advance(done=done, total=_total(work), cursor=cursor)
        elif _rules_now() == asked:
            return {"changed": changed}
        else:
            work.advance(done=0, cursor={"after": 0, "changed": changed, "rules": _rules_now()})


def start_rescoring_by_time() -> Job | None:
    """Once a day of the workspace: find whose windows have closed and whose points have faded."""
    today = now().astimezone(registry.zone()).date().isoformat()
    known = Job.objects.filter(kind=RESCORE_BY_TIME, args__day=today)
    if known.exists() or not ScoreTable.objects.filter(state=TableState.LIVE).exists():
        return None
    return start_job(kind=RESCORE_BY_TIME, args={"day": today}, subject="scores:time")


def rescore_by_time(work: Work) -> dict[str, Any]:
    """Leave a change note for everyone whose score is no longer what the table says.

    Only those go through the pipeline again, so that cooling moves stages and wakes journeys as any other change does.
    """
    noted = int(work.cursor.get("noted", 0))
    while True:
        size = queries.range_size()
        if (last := queries.last_of_range(after=int(work.cursor.get("after", 0)), size=size)) is None:
            return {"noted": noted}
        # looked for before the transaction, so that nobody waits: whoever changes meanwhile is scored by his own change
        people = _out_of_date(int(work.cursor.get("after", 0)) + 1, last)
        with transaction.atomic():
            note_changed(people, "time", at=now())
            noted += len(people)
            done = min(work.done + size, _total(work))
            work.advance(done=done, total=_total(work), cursor={"after": last, "noted": noted})


def _out_of_date(first: int, last: int) -> list[int]:
    try:
        rules = live_rules()
    except NoLiveTable:
        return []
    return queries.differing_people(compile_rules(rules=rules, scope=Scope(first=first, last=last), at=now()))


def _rules_now() -> str:
    """What people are scored by, to notice an edit made meanwhile."""
    try:
        rules = live_rules()
    except NoLiveTable:
        return ""
    table = (rules.table.id, rules.table.warm_from, rules.table.hot_from)
    return repr((table, [item.id for item in rules.criteria], [(one.kind, one.condition) for one in rules.profiles]))


def _total(work: Work) -> int:
    return work.total or Person.objects.count()
