"""The kinds of long work that exist. Upper apps lend theirs in `config/wiring.py`; a job row names its kind only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    from teplo.jobs.models import Job
    from teplo.jobs.running import Work

Function = Callable[["Work"], "dict[str, Any] | None"]
Ended = Callable[["Job"], None]


@dataclass(frozen=True, slots=True)
class Kind:
    """What runs for a kind of job and how patiently."""

    name: str
    function: Function
    title: str | _StrPromise
    at_most: int
    lease: timedelta
    on_end: Ended | None


class UnknownKind(LookupError):
    """No such kind of work is registered."""


_kinds: dict[str, Kind] = {}


def register(
    kind: str,
    function: Function,
    *,
    title: str | _StrPromise = "",
    at_most: int = 5,
    lease: timedelta = timedelta(minutes=2),
    on_end: Ended | None = None,
) -> None:
    """Let `function` do the jobs of `kind`; registering again replaces.

    `title` is said to users (a lazy gettext). `at_most` starts without progress before the job counts as failed.
    `lease` must exceed the longest time between two `advance` calls. `on_end` is called in the transaction in which
    the job becomes done, failed or cancelled.
    """
    _kinds[kind] = Kind(kind, function, title or kind, at_most, lease, on_end)


def kind_of(name: str) -> Kind:
    """The kind by name; raises UnknownKind."""
    try:
        return _kinds[name]
    except KeyError as error:
        raise UnknownKind(name) from error


def kinds() -> list[str]:
    """The names of all kinds this process can run."""
    return sorted(_kinds)
