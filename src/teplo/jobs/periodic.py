"""Periodic work: each piece is claimed by a conditional update, so of many processes exactly one runs it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db.models import Q

from teplo.jobs.models import Periodic
from teplo.jobs.running import place_of
from teplo.kit.clock import now

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Piece:
    """A function without arguments and how often it runs."""

    name: str
    interval: timedelta
    function: Callable[[], object]
    lease: timedelta


_pieces: dict[str, Piece] = {}


def every(
    name: str, interval: timedelta, function: Callable[[], object], *, lease: timedelta = timedelta(minutes=10)
) -> None:
    """Run `function` about every `interval`, in one process at a time; registering again replaces.

    `lease` is how long a run may take before another process believes the first one dead.
    """
    _pieces[name] = Piece(name, interval, function, lease)


def run_due(*, stop: Callable[[], bool] = lambda: False) -> int:
    """Run what is due, one after another; answers how many ran. A failing piece is noted and tried at its next time."""
    if not _pieces:
        return 0
    moment = now()
    free = Q(lease_until=None) | Q(lease_until__lte=moment)
    _make_known(moment)
    due = Periodic.objects.filter(free, name__in=_pieces, next_at__lte=moment).order_by("next_at")
    count = 0
    for name in list(due.values_list("name", flat=True)):
        if stop():
            break
        piece = _pieces[name]
        if Periodic.objects.filter(free, name=name, next_at__lte=moment).update(lease_until=now() + piece.lease):
            _run(piece)
            count += 1
    return count


def _make_known(moment: datetime) -> None:
    known = set(Periodic.objects.filter(name__in=_pieces).values_list("name", flat=True))
    new = [Periodic(name=name, next_at=moment) for name in sorted(_pieces.keys() - known)]
    if new:
        Periodic.objects.bulk_create(new, ignore_conflicts=True)


def _run(piece: Piece) -> None:
    error = ""
    try:
        piece.function()
    except Exception as failure:  # one broken piece must not stop the others
        error = place_of(failure)
        log.error("periodic_failed", name=piece.name, error=error)
    finished_at = now()
    Periodic.objects.filter(name=piece.name).update(
        next_at=finished_at + piece.interval, lease_until=None, last_finished_at=finished_at, last_error=error
    )
