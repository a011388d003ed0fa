"""Starting and stopping a shadow run, and what it has found so far (R21)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Case, Count, F, Q, QuerySet, Sum, When

from teplo.scoring.models import ScoreTable, ShadowRun, ShadowScore, TableState
from teplo.scoring.tables import TableRefused


class AlreadyShadowing(Exception):
    """This draft is in the shadow already."""


def start_shadow(*, table: ScoreTable, by: int | None, at: datetime) -> ShadowRun:
    """Let a draft score whoever is touched, from now on. Raises TableRefused, AlreadyShadowing."""
    if table.state == TableState.LIVE:
        raise TableRefused("not-a-draft")
    if not table.criteria.exists():
        raise TableRefused("empty")
    try:
        with transaction.atomic():
            return ShadowRun.objects.create(table=table, started_by=by, started_at=at)
    except IntegrityError as error:
        raise AlreadyShadowing from error


def stop_shadow(*, table: ScoreTable, at: datetime) -> bool:
    """End the run; what it said is kept. False: none ran."""
    return bool(ShadowRun.objects.filter(table=table, ended_at=None).update(ended_at=at))


@dataclass(frozen=True)
class Shadow:
    """What a run has found: people scored, hot by either table at some time of it, and how many are alike now."""

    run: ShadowRun
    people: int
    only_draft: int
    only_live: int
    both: int
    alike: int

    @property
    def agreement(self) -> float | None:
        """The share of people to whom both tables give the same temperature."""
        return self.alike / self.people if self.people else None


def shadow_of(table: ScoreTable) -> Shadow | None:
    """The newest run of a draft, counted; None where there was none."""
    run = ShadowRun.objects.filter(table=table).order_by("-started_at").first()
    if run is None:
        return None
    ours, theirs = Q(hot_at__isnull=False), Q(live_hot_at__isnull=False)
    found = ShadowScore.objects.filter(id=run.id).aggregate(
        people=Count("person_id"),
        only_draft=_count(ours & ~theirs),
        only_live=_count(theirs & ~ours),
        both=_count(ours & theirs),
        alike=_count(Q(temperature=F("live_temperature"))),
    )
    return Shadow(run, **{name: value or 0 for name, value in found.items()})


def _count(which: Q) -> Sum:
    return Sum(Case(When(which, then=1), default=0))


def hot_otherwise(run: ShadowRun, *, by_draft: bool, limit: int = 50) -> QuerySet[ShadowScore]:
    """People whom one table called hot and the other did not, the newest first."""
    rows = ShadowScore.objects.filter(id=run.id, hot_at__isnull=not by_draft, live_hot_at__isnull=by_draft)
    return rows.select_related("person").order_by("-changed_at", "person_id")[:limit]
