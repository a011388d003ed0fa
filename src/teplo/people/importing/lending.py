"""What upper apps take from imported rows: historic events, stages and outcomes. They lend it in `config/wiring.py`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol


class PutEvents(Protocol):
    """Puts events, as the collector's JSON, in the inbox, in the caller's transaction."""

    def __call__(self, events: Sequence[dict[str, Any]], *, origin: str) -> object: ...


class MovePeople(Protocol):
    """Puts people at the stage with a key."""

    def __call__(self, *, person_ids: Sequence[int], stage: str, by: str, at: datetime) -> object: ...


class TellOutcomes(Protocol):
    """Keeps how it ended with people: (person, state, at, key of the matter, reason, value)."""

    def __call__(self, rows: Sequence[tuple[int, str, datetime, str, str, float | None]]) -> object: ...


class NothingLent(Exception):
    """No app that takes this from an import is there."""


_put_events: PutEvents | None = None
_stages: tuple[Callable[[], Mapping[str, str]], MovePeople] | None = None

_tell_outcomes: TellOutcomes | None = None


def lend_outcomes(tell: TellOutcomes) -> None:
    """Let columns say how it ended with people."""
    global _tell_outcomes
    _tell_outcomes = tell


def tell_outcomes(rows: Sequence[tuple[int, str, datetime, str, str, float | None]]) -> None:
    """Hand outcomes over; raises NothingLent."""
    if not rows:
        return
    if _tell_outcomes is None:
        raise NothingLent
    _tell_outcomes(rows)


def lend_events(put: PutEvents) -> None:
    """Let imported deeds, notes and sources become events."""
    global _put_events
    _put_events = put


def lend_stages(*, known: Callable[[], Mapping[str, str]], move: MovePeople) -> None:
    """Let a column say the stage: `known` answers names and keys in lower case → key."""
    global _stages
    _stages = (known, move)


def put_events(events: Sequence[dict[str, Any]], *, origin: str) -> None:
    """Hand events over; raises NothingLent."""
    if not events:
        return
    if _put_events is None:
        raise NothingLent
    _put_events(events, origin=origin)


def known_stages() -> Mapping[str, str]:
    """Names of stages, in lower case, → key; empty where stages are not there."""
    return _stages[0]() if _stages else {}


def move_people(*, person_ids: Sequence[int], stage: str, by: str, at: datetime) -> None:
    """Put people at a stage."""
    if _stages is not None:
        _stages[1](person_ids=person_ids, stage=stage, by=by, at=at)
