"""What the kept card takes over from one that joins it beside rows of tables; upper packages lend it.

A rule for whole tables belongs to `people/leaves.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from teplo.people.leaf_moves import Pair


class Carrier(Protocol):
    """Runs in the transaction of the merge, before any row of the losers has moved."""

    def take(self, pairs: Sequence[Pair], *, at: datetime, by: str) -> Mapping[int, Any]:
        """Loser → what `give_back` needs, as JSON; losers from whom nothing was taken stand not in it."""
        ...

    def give_back(self, *, winner_id: int, taken: Any) -> None:
        """As it was before the merge, unless it has changed since."""
        ...


_carriers: dict[str, Carrier] = {}


def lend(name: str, carrier: Carrier) -> None:
    """The same name again replaces what was lent before."""
    _carriers[name] = carrier


def take_over(pairs: Sequence[Pair], *, at: datetime, by: str) -> dict[int, dict[str, Any]]:
    """Loser → name of the carrier → what was taken over from him."""
    taken: dict[int, dict[str, Any]] = {loser: {} for loser, _ in pairs}
    for name, carrier in _carriers.items():
        for loser, what in carrier.take(pairs, at=at, by=by).items():
            taken[loser][name] = what
    return taken


def give_back(taken: Mapping[str, Any], *, winner_id: int) -> None:
    """Undo `take_over` for one loser."""
    for name, what in taken.items():
        _carriers[name].give_back(winner_id=winner_id, taken=what)
