"""Defining activities, and counting them back over the journal when they change (R8)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from teplo.conditions import registry
from teplo.conditions.reading import read_json
from teplo.conditions.writing import write_json
from teplo.jobs.models import Job
from teplo.jobs.running import Work
from teplo.jobs.starting import start_job
from teplo.kit.clock import now
from teplo.kit.uses import Thing, refuse_in_use
from teplo.people.changing import note_changed
from teplo.tracking import queries
from teplo.tracking.models import Activity, Tally
from teplo.tracking.tallying import recount

JOB = "recount-activity"
LEASE = timedelta(minutes=5)
RANGE = 2_000
"""People per transaction: short enough that the pipeline, which waits for these people, waits little."""

_KEY = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


class KeyUnreadable(Exception):
    """The key must be small Latin letters and digits with hyphens between."""

    code = "key-unreadable"

    def __str__(self) -> str:
        return _("The key must be small Latin letters and digits with hyphens between, such as visited-prices.")


class KeyTaken(Exception):
    """Another activity has this key."""

    code = "key-taken"

    def __str__(self) -> str:
        return _("Another activity has this key.")


class ActivityBuiltIn(Exception):
    """This activity belongs to Teplo itself: it can be put out of use, but not deleted."""

    code = "activity-built-in"

    def __str__(self) -> str:
        return _("This activity belongs to Teplo itself: it can be put out of use, but not deleted.")


def create_activity(*, key: str, names: Mapping[str, str], condition: Any, icon: str = "", by: int | None) -> Activity:
    """A new activity, counted from now on at once and over the past by a job.

    Raises KeyUnreadable, KeyTaken, ConditionError.
    """
    if not _KEY.fullmatch(key) or len(key) > 60:
        raise KeyUnreadable
    stored = _read(condition)
    with transaction.atomic():
        if Activity.objects.filter(key=key).exists():
            raise KeyTaken
        activity = Activity.objects.create(key=key, names=dict(names), condition=stored, icon=icon, created_at=now())
        recount_past(activity=activity, by=by)
    return activity


def change_activity(
    *, activity: Activity, names: Mapping[str, str], condition: Any, is_active: bool, icon: str, by: int | None
) -> Job | None:
    """Change what it is called or what counts; answers the job that counts the past anew, where that is needed.

    Raises ConditionError.
    """
    stored = _read(condition)
    counts_otherwise = stored != activity.condition or (is_active and not activity.is_active)
    with transaction.atomic():
        Activity.objects.filter(pk=activity.pk).update(
            names=dict(names), condition=stored, is_active=is_active, icon=icon
        )
        return recount_past(activity=activity, by=by) if counts_otherwise and is_active else None


def thing_of(activity: Activity) -> Thing:
    """As `used_in` asks for it."""
    return Thing("activity", activity.pk, key=activity.key)


def delete_activity(*, activity: Activity) -> None:
    """Take an own activity away with its tallies. Raises ActivityBuiltIn, InUse."""
    if activity.is_builtin:
        raise ActivityBuiltIn
    refuse_in_use(thing_of(activity))
    with transaction.atomic():
        queries.wait_for_batches()
        Tally.objects.filter(activity_id=activity.pk).delete()
        Activity.objects.filter(pk=activity.pk).delete()


def recount_past(*, activity: Activity, by: int | None) -> Job:
    """Start counting the journal anew for one activity."""
    Activity.objects.filter(pk=activity.pk).update(backfilled_at=None)
    return start_job(kind=JOB, args={"activity": str(activity.pk)}, subject=f"activity:{activity.pk}", by=by)


def run_recount(work: Work) -> dict[str, Any]:
    """The job: people in ranges of their ids, each range under the lock of their presence.

    First it waits for batches under way: they may not know the activity yet. A batch that begins later reads the
    activity as it is now, so what it counts agrees with what is counted here, before or after its range.
    """
    total = queries.count_present()
    if not work.cursor:
        with transaction.atomic():
            queries.wait_for_batches()
            work.advance(done=0, total=total, cursor={"after": "0", "tallies": 0})
    while True:
        with transaction.atomic():
            activity = Activity.objects.filter(pk=int(work.args["activity"]), is_active=True).first()
            held = queries.hold_people(after=int(work.cursor["after"]), size=RANGE) if activity else None
            if activity is None or held is None:
                break
            first, last, count = held
            tallies = work.cursor["tallies"] + recount(activity, first=first, last=last)
            note_changed(queries.people_who_did(activity.pk, first=first, last=last), "activity")
            work.advance(done=work.done + count, total=total, cursor={"after": str(last), "tallies": tallies})
    Activity.objects.filter(pk=int(work.args["activity"])).update(backfilled_at=now())
    return {"tallies": work.cursor["tallies"]}


def _read(condition: Any) -> Any:
    """The condition as it is stored; raises ConditionError."""
    vocabulary = registry.events()
    return write_json(read_json(condition, vocabulary), vocabulary)
