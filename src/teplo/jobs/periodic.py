"""Periodic work: each piece is claimed by a conditional update, so of many processes exactly one runs it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from teplo.jobs.models import Periodic
from teplo.jobs.running import place_of
from teplo.kit.claim import lease_free
from teplo.kit.clock import SKEW, now

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Piece:
    """A function without arguments and how often it runs."""

    name: str
    interval: timedelta
    function: Callable[[], object]
    lease: timedelta


_pieces: dict[str, Piece] = {}
_after_clock_back: list[Callable[[], object]] = []


def every(
    name: str, interval: timedelta, function: Callable[[], object], *, lease: timedelta = timedelta(minutes=10)
) -> None:
    """Run `function` about every `interval`, in one process at a time; registering again replaces.

    `lease` is how long a run may take before another process believes the first one dead.
    """
    _pieces[name] = Piece(name, interval, function, lease)


def after_clock_back(function: Callable[[], object]) -> None:
    """Run `function` once when a clock that was ahead has been put right: what it booked is further off than meant."""
    if function not in _after_clock_back:
        _after_clock_back.append(function)


def run_due(*, stop: Callable[[], bool] = lambda: False) -> int:
    """Run what is due, one after another; answers how many ran. A failing piece is noted and tried at its next time."""
    if not _pieces:
        return 0
    moment = now()
    _make_known(moment)
    _see_clock_back(moment)
    rows = Periodic.objects.filter(lease_free(moment), name__in=_pieces).order_by("next_at")
    count = 0
    for name, next_at in list(rows.values_list("name", "next_at")):
        if stop():
            break
        piece = _pieces[name]
        if not _is_due(piece, next_at, moment):
            continue
        same = Periodic.objects.filter(lease_free(moment), name=name, next_at=next_at)
        if same.update(lease_until=now() + piece.lease):
            _run(piece)
            count += 1
    return count


def _is_due(piece: Piece, next_at: datetime, moment: datetime) -> bool:
    """Its time has come, or was booked by a clock that was wrong: further ahead than it ever is."""
    return next_at <= moment or next_at > moment + piece.interval + piece.lease + SKEW


def _see_clock_back(moment: datetime) -> None:
    """Something has ended in what is now the future: so the clock was ahead, and has been put right."""
    if not Periodic.objects.filter(last_finished_at__gt=moment + SKEW).update(last_finished_at=moment):
        return
    log.warning("clock_was_ahead")
    for function in _after_clock_back:
        function()


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
