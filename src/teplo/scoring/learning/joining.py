"""Parts that give nearly the same are said as one, parts that give nearly nothing not at all, until few criteria stay.

What each joining costs in likelihood is known beforehand from the curvature of the fit (a Wald test); the cheapest is
done, the rest adjusted, and from time to time everything is fitted anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from teplo.scoring.learning.fitting import Fit, fit_ridge
from teplo.scoring.learning.frames import Bools, Floats
from teplo.scoring.learning.parts import Cut


@dataclass
class Group:
    """Parts of one cut that get the same points."""

    cut: int
    parts: tuple[int, ...]


@dataclass
class Joined:
    """The groups that stay and the fit over them (the intercept first)."""

    groups: list[Group]
    fit: Fit


def join_parts(
    matrix: Floats, names: Sequence[tuple[int, int]], cuts: Sequence[Cut], won: Bools, *,
    strength: float, most: int, strictness: float, first: Fit,
) -> Joined:  # fmt: skip
    """At most `most` groups, each worth more than `strictness` of log-likelihood."""
    state = _State(matrix, cuts, won, strength, [Group(cut, (part,)) for cut, part in names], first)
    since = 0
    while state.groups:
        cost, one, two = state.cheapest()
        if cost > strictness and len(state.groups) <= most:
            if not since:
                break
            state.refit()
            since = 0
            continue
        state.join(one, two)
        since += 1
        if since >= max(4, len(state.groups) // 8):
            state.refit()
            since = 0
    state.refit()
    while (pair := state.out_of_order()) is not None:
        state.join(*pair)
        state.refit()
    return Joined(state.groups, state.fit)


class _State:
    def __init__(
        self, matrix: Floats, cuts: Sequence[Cut], won: Bools, strength: float, groups: list[Group], fit: Fit
    ) -> None:
        self.matrix, self.cuts, self.won, self.strength = matrix, cuts, won, strength
        self.groups, self.fit = groups, fit

    def cheapest(self) -> tuple[float, int, int]:
        """The cheapest joining: its cost and the two groups; the second is -1 where the first goes to rest."""
        variance = np.linalg.pinv(self.fit.curvature, hermitian=True)[1:, 1:]
        value = self.fit.coefficients[1:]
        spread = np.maximum(np.diag(variance), 1e-12)
        alone = value**2 / (2 * spread)
        best = int(np.argmin(alone))
        found = (float(alone[best]), best, -1)
        for one, two in self._pairs():
            apart = max(spread[one] + spread[two] - 2 * variance[one, two], 1e-12)
            cost = float((value[one] - value[two]) ** 2 / (2 * apart))
            if cost < found[0]:
                found = (cost, one, two)
        return found

    def _pairs(self) -> list[tuple[int, int]]:
        pairs = []
        for one, group in enumerate(self.groups):
            for two in range(one + 1, len(self.groups)):
                other = self.groups[two]
                if other.cut != group.cut:
                    break
                if self._may_join(group, other):
                    pairs.append((one, two))
        return pairs

    def _may_join(self, one: Group, two: Group) -> bool:
        cut = self.cuts[one.cut]
        kinds = {cut.parts[part].kind for part in (*one.parts, *two.parts)}
        if kinds == {"band"}:
            together = sorted((*one.parts, *two.parts))
            return together[-1] - together[0] == len(together) - 1
        return kinds == {"level"}

    def join(self, one: int, two: int) -> None:
        """Two groups become one (or the first gets nothing); the others are adjusted as the curvature says."""
        size = len(self.groups) + 1
        if two < 0:
            turn = np.delete(np.eye(size), one + 1, axis=1)
            wish = np.zeros(size)
            wish[one + 1] = 1
        else:
            turn = np.eye(size)
            turn[two + 1, one + 1] = 1
            turn = np.delete(turn, two + 1, axis=1)
            wish = np.zeros(size)
            wish[one + 1], wish[two + 1] = 1, -1
        variance = np.linalg.pinv(self.fit.curvature, hermitian=True)
        step = variance @ wish
        moved = self.fit.coefficients - step * (wish @ self.fit.coefficients) / max(wish @ step, 1e-12)
        places = [0, *(index + 1 for index in range(size - 1) if index != (one if two < 0 else two))]
        self.fit = Fit(moved[places], turn.T @ self.fit.curvature @ turn)
        if two < 0:
            self.matrix = np.delete(self.matrix, one, axis=1)
            del self.groups[one]
            return
        self.matrix[:, one] += self.matrix[:, two]
        self.matrix = np.delete(self.matrix, two, axis=1)
        merged = Group(self.groups[one].cut, tuple(sorted((*self.groups[one].parts, *self.groups[two].parts))))
        self.groups[one] = merged
        del self.groups[two]

    def refit(self) -> None:
        self.fit = fit_ridge(self.matrix, self.won, self.strength)

    def out_of_order(self) -> tuple[int, int] | None:
        """Two neighbouring groups that break the trend of their cut; (one, -1) where the other has no points."""
        for at, cut in enumerate(self.cuts):
            if not cut.trend:
                continue
            row = self._bands_in_order(at)
            for (one, value), (two, following) in zip(row, row[1:], strict=False):
                if (following - value) * cut.trend < -1e-9:
                    return (two, -1) if one < 0 else (one, -1) if two < 0 else (min(one, two), max(one, two))
        return None

    def _bands_in_order(self, at: int) -> list[tuple[int, float]]:
        """Groups of bands from low to high with their coefficients; -1 is the one without points."""
        of_part = {part: index for index, group in enumerate(self.groups) if group.cut == at for part in group.parts}
        row: list[tuple[int, float]] = []
        for part, described in enumerate(self.cuts[at].parts):
            if described.kind == "band":
                index = of_part.get(part, -1)
                if not row or row[-1][0] != index:
                    row.append((index, float(self.fit.coefficients[index + 1]) if index >= 0 else 0.0))
        return row
