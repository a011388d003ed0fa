"""The same person by two tables, criterion beside criterion: what the other table would say, and why (§6)."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Hashable
from dataclasses import dataclass
from itertools import zip_longest

from teplo.scoring.explaining import Explanation, Part


@dataclass(frozen=True)
class Pair:
    """What one thing gives by each table; None: that table does not ask it."""

    ours: Part | None
    theirs: Part | None

    @property
    def difference(self) -> int:
        return (self.theirs.points if self.theirs else 0) - (self.ours.points if self.ours else 0)

    @property
    def part(self) -> Part:
        part = self.ours or self.theirs
        assert part is not None
        return part


def contrast(*, ours: Explanation, theirs: Explanation) -> list[Pair]:
    """Criteria that ask the same thing side by side, the widest difference first; what neither gives is left out."""
    by_thing: dict[Hashable, tuple[list[Part], list[Part]]] = defaultdict(lambda: ([], []))
    for side, explanation in enumerate((ours, theirs)):
        for part in explanation.parts:
            by_thing[_thing(part)][side].append(part)
    pairs = [pair for mine, others in by_thing.values() for pair in _side_by_side(mine, others)]
    told = [pair for pair in pairs if any(part and part.points for part in (pair.ours, pair.theirs))]
    return sorted(told, key=lambda pair: (-abs(pair.difference), -abs(pair.part.points)))


def _side_by_side(mine: list[Part], others: list[Part]) -> list[Pair]:
    """Of several lines about one deed those that count alike stand together first."""
    left, right, pairs = list(mine), list(others), list[Pair]()
    for ours in mine:
        alike = next((one for one in right if one.criterion.is_per_time == ours.criterion.is_per_time), None)
        if alike is not None:
            pairs.append(Pair(ours, alike))
            left.remove(ours)
            right.remove(alike)
    return [*pairs, *(Pair(*pair) for pair in zip_longest(left, right))]


def _thing(part: Part) -> Hashable:
    """What a criterion asks, whatever it is called and whatever it gives."""
    if part.adjustment:
        return "adjustment", part.adjustment.id
    item = part.criterion
    if item.activity_id:
        return "deed", item.activity_id
    return "condition", json.dumps(item.condition, sort_keys=True, ensure_ascii=False)
