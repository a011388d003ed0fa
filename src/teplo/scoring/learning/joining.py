"""Parts that give nearly the same are said as one, parts that give nearly nothing not at all, until few criteria stay.

A table is made to resemble the whole model: what a joining takes away from the likeness (in log-likelihood, by the
curvature of the model) is known exactly beforehand, and the cheapest is done.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from teplo.scoring.learning.fitting import Model, ones_of, weighted_squares, weights_of
from teplo.scoring.learning.frames import Floats, Ints, sums
from teplo.scoring.learning.parts import Cut, Rows
from teplo.scoring.learning.refining import Likeness, Refining

MOST_OF_ONE = 7
HARDLY = 0.02
_SAMPLE = 30_000


@dataclass(frozen=True)
class Group:
    """Parts of one cut that get the same points."""

    cut: int
    parts: tuple[int, ...]


@dataclass
class Joined:
    """The groups that stay, and how many log-odds each of them gives."""

    groups: list[Group]
    values: Floats
    constant: float
    spread: Floats
    """The weighted covariance of the groups."""


def join_parts(model: Model, rows: Rows, places: Sequence[Ints], *, most: int, strictness: float) -> Joined:
    """At most `most` groups, each worth more than `strictness` of log-likelihood."""
    shares = model.shares(rows)
    odds = model.coefficients[0] + sum(shares, np.zeros(rows.size))
    weights = weights_of(odds)
    groups: list[Group] = []
    for at, (cut, share) in enumerate(zip(model.cuts, shares, strict=True)):
        groups += [Group(at, parts) for parts in _alone(cut, *_mean_share(cut, share, weights, places[at]))]
    state = _state_of(model.cuts, groups, places, weights, odds)
    state.settle(most, strictness)
    if state.groups:
        better = _refined(model.cuts, state.groups, places, weights, shares, odds)
        state = _state_of(model.cuts, better, places, weights, odds)
        state.settle(most, strictness)
    return state.joined()


def _state_of(
    cuts: Sequence[Cut], groups: list[Group], places: Sequence[Ints], weights: Floats, odds: Floats
) -> _State:
    """These groups with the values by which they resemble the model best."""
    matrix = ones_of([(group.cut, group.parts) for group in groups], places, odds.size)
    squares = weighted_squares(matrix, weights)
    likeness = np.concatenate([[(weights * odds).sum()], matrix.T @ (weights * odds)])
    squares[np.arange(1, len(groups) + 1), np.arange(1, len(groups) + 1)] += 1e-3
    return _State(cuts, groups, squares, np.linalg.solve(squares, likeness))


def _refined(
    cuts: Sequence[Cut], groups: Sequence[Group], places: Sequence[Ints], weights: Floats, shares: Sequence[Floats],
    odds: Floats,
) -> list[Group]:  # fmt: skip
    """The groups after all single steps that make them better."""
    some = np.arange(odds.size)
    if odds.size > _SAMPLE:
        some = np.sort(np.random.default_rng(3).permutation(odds.size)[:_SAMPLE])
    used = sorted({group.cut for group in groups})
    among = [places[at][some] for at in used]
    likeness = Likeness.of([cuts[at] for at in used], among, weights[some], odds[some])
    value = np.zeros(likeness.wanted.size)
    for at, begin, place in zip(used, likeness.start, among, strict=True):
        mean, _ = _mean_share(cuts[at], shares[at][some], weights[some], place)
        value[begin : begin + mean.size] = mean
    begun = [(used.index(group.cut), group.parts) for group in groups]
    refining = Refining([cuts[at] for at in used], likeness, value, begun)
    refining.refine()
    return [Group(used[at], parts) for at, parts in refining.groups]


def _mean_share(cut: Cut, share: Floats, weights: Floats, places: Ints) -> tuple[Floats, Floats]:
    """What a feature adds to the log-odds in each of its parts on average, and how much is known of each."""
    mass = sums(places, weights, len(cut.parts))
    given = sums(places, weights * share, len(cut.parts))
    return np.divide(given, mass, out=np.zeros_like(given), where=mass > 0), mass


# one feature alone


def _alone(cut: Cut, value: Floats, mass: Floats) -> list[tuple[int, ...]]:
    """The parts of a feature joined as far as can be said of it alone; those with the resting part are left out."""
    bands = [part for part in range(cut.bands) if mass[part] > 0]
    levels = [part for part, kind in enumerate(cut.kinds) if kind == "level" and mass[part] > 0]
    if cut.trend:
        bands_value = _ordered(value[bands], mass[bands], cut.trend)
        value[bands] = bands_value
    levels.sort(key=lambda part: value[part])
    found = [_neighbours(several, value, mass) for several in (bands, levels)]
    joined = [group for several in found for group in several]
    # Bands nobody is in belong to the one below them.
    empty = [part for part in range(cut.bands) if mass[part] <= 0]
    for part in empty:
        joined = [(*group, part) if part - 1 in group else group for group in joined]
    if "missing" in cut.kinds and mass[cut.kinds.index("missing")] > 0:
        joined.append((cut.kinds.index("missing"),))
    return [tuple(sorted(group)) for group in joined if cut.resting not in group]


def _ordered(value: Floats, mass: Floats, trend: int) -> Floats:
    """The nearest values that only rise (or fall): neighbours out of order are levelled."""
    blocks: list[list[float]] = []
    for one, weight in zip(value * trend, mass, strict=True):
        blocks.append([one, weight, 1])
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            above, below = blocks.pop(), blocks.pop()
            heavy = above[1] + below[1]
            blocks.append([(above[0] * above[1] + below[0] * below[1]) / heavy, heavy, above[2] + below[2]])
    return np.concatenate([np.full(int(count), one) for one, _, count in blocks] or [np.zeros(0)]) * trend


def _neighbours(order: Sequence[int], value: Floats, mass: Floats) -> list[tuple[int, ...]]:
    """Neighbours joined, the most alike first, until few stay and none are alike."""
    groups: list[tuple[int, ...]] = [(part,) for part in order]
    means = [float(value[part]) for part in order]
    masses = [float(mass[part]) for part in order]
    while len(groups) > 1:
        costs = [
            masses[at] * masses[at + 1] / (masses[at] + masses[at + 1]) * (means[at] - means[at + 1]) ** 2 / 2
            for at in range(len(groups) - 1)
        ]
        at = int(np.argmin(costs))
        if len(groups) <= MOST_OF_ONE and costs[at] > HARDLY:
            break
        together = masses[at] + masses[at + 1]
        means[at] = (means[at] * masses[at] + means[at + 1] * masses[at + 1]) / together
        masses[at] = together
        groups[at] = (*groups[at], *groups[at + 1])
        del groups[at + 1], means[at + 1], masses[at + 1]
    return groups


# all together


class _State:
    """Groups with the values that resemble the model best; `squares` is exact, so every step is."""

    def __init__(self, cuts: Sequence[Cut], groups: list[Group], squares: Floats, values: Floats) -> None:
        self.cuts, self.groups, self.squares, self.values = cuts, groups, squares, values

    def joined(self) -> Joined:
        """The groups as they stand."""
        beside = self.squares[1:, 0]
        spread = self.squares[1:, 1:] - np.outer(beside, beside) / self.squares[0, 0]
        return Joined(self.groups, self.values[1:], float(self.values[0]), spread)

    def settle(self, most: int, strictness: float) -> None:
        """Join until at most `most` groups stay, each worth `strictness`, and every trend is kept."""
        while self.groups:
            cost, one, two = self._cheapest()
            if len(self.groups) <= most and cost > strictness:
                pair = self._out_of_order()
                if pair is None:
                    return
                one, two = pair
            self._join(one, two)

    def _cheapest(self) -> tuple[float, int, int]:
        """The cheapest joining: its cost and the two groups; the second is -1 where the first goes to rest."""
        variance = self._inverse[1:, 1:]
        value = self.values[1:]
        spread = np.maximum(np.diag(variance), 1e-12)
        alone = value**2 / (2 * spread)
        best = int(np.argmin(alone))
        found = (float(alone[best]), best, -1)
        ones, twos = self._pairs()
        if ones.size:
            apart = np.maximum(spread[ones] + spread[twos] - 2 * variance[ones, twos], 1e-12)
            costs = (value[ones] - value[twos]) ** 2 / (2 * apart)
            at = int(np.argmin(costs))
            if costs[at] < found[0]:
                found = (float(costs[at]), int(ones[at]), int(twos[at]))
        return found

    @property
    def _inverse(self) -> Floats:
        return np.asarray(np.linalg.inv(self.squares))

    def _pairs(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        pairs = [
            (one, two)
            for one, group in enumerate(self.groups)
            for two in range(one + 1, len(self.groups))
            if self.groups[two].cut == group.cut and self._may_join(group, self.groups[two])
        ]
        both = np.array(pairs, dtype=np.int64).reshape(-1, 2)
        return both[:, 0], both[:, 1]

    def _may_join(self, one: Group, two: Group) -> bool:
        cut = self.cuts[one.cut]
        kinds = {cut.parts[part].kind for part in (*one.parts, *two.parts)}
        if kinds == {"band"}:
            together = sorted((*one.parts, *two.parts))
            return together[-1] - together[0] == len(together) - 1
        return kinds == {"level"}

    def _join(self, one: int, two: int) -> None:
        """Two groups become one (or the first gets nothing); the others are adjusted as the curvature says."""
        size = len(self.groups) + 1
        wish = np.zeros(size)
        turn = np.eye(size)
        wish[one + 1] = 1
        if two >= 0:
            wish[two + 1] = -1
            turn[two + 1, one + 1] = 1
        gone = one if two < 0 else two
        turn = np.delete(turn, gone + 1, axis=1)
        step = np.linalg.solve(self.squares, wish)
        moved = self.values - step * (wish @ self.values) / max(float(wish @ step), 1e-12)
        self.values = np.delete(moved, gone + 1)
        self.squares = turn.T @ self.squares @ turn
        if two >= 0:
            parts = tuple(sorted((*self.groups[one].parts, *self.groups[two].parts)))
            self.groups[one] = Group(self.groups[one].cut, parts)
        del self.groups[gone]

    def _out_of_order(self) -> tuple[int, int] | None:
        """Two neighbouring groups that break the trend of their cut; (one, -1) where the other has no points."""
        for at in {group.cut for group in self.groups}:
            cut = self.cuts[at]
            if not cut.trend:
                continue
            row = self._bands_in_order(at)
            for (one, value), (two, following) in zip(row, row[1:], strict=False):
                if (following - value) * cut.trend < -1e-9:
                    return (two, -1) if one < 0 else (one, -1) if two < 0 else (min(one, two), max(one, two))
        return None

    def _bands_in_order(self, at: int) -> list[tuple[int, float]]:
        """Groups of bands from low to high with their values; -1 is the one without points."""
        of_part = {part: index for index, group in enumerate(self.groups) if group.cut == at for part in group.parts}
        row: list[tuple[int, float]] = []
        for part in range(self.cuts[at].bands):
            index = of_part.get(part, -1)
            if not row or row[-1][0] != index:
                row.append((index, float(self.values[index + 1]) if index >= 0 else 0.0))
        return row
