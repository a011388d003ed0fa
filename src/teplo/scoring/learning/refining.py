"""Groups of parts made better a step at a time: an edge moves, a level changes over, a weak group is given up for a
finer one elsewhere. Their number stays; each step brings the table nearer to the whole model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from teplo.scoring.learning.frames import Floats, Ints, sums
from teplo.scoring.learning.parts import Cut

LEAST_GAIN = 0.05
"""Log-likelihood a step must bring."""
SWEEPS, SWAPS = 12, 40
REST, NEW = 0, -1
Groups = list[tuple[int, tuple[int, ...]]]
"""Of which cut, and which of its parts."""


@dataclass(frozen=True)
class Move:
    """These parts go from one group to another (or to rest, or make a new one)."""

    parts: tuple[int, ...]
    donor: int
    taker: int


@dataclass(frozen=True)
class Likeness:
    """Weighted counts of people: in each part, in each two parts, and times what the model says of them. The first
    place stands for everybody; then come the parts of each cut."""

    squares: Floats
    wanted: Floats
    start: list[int]

    @classmethod
    def of(cls, cuts: Sequence[Cut], places: Sequence[Ints], weights: Floats, odds: Floats) -> Likeness:
        """Of the people in these places of the cuts."""
        sizes = [len(cut.parts) for cut in cuts]
        ends = np.cumsum([1, *sizes]).tolist()
        squares, wanted = np.zeros((ends[-1], ends[-1])), np.zeros(ends[-1])
        squares[0, 0], wanted[0] = weights.sum(), (weights * odds).sum()
        for one, (begin, end) in enumerate(zip(ends, ends[1:], strict=False)):
            mass = sums(places[one], weights, sizes[one])
            wanted[begin:end] = sums(places[one], weights * odds, sizes[one])
            squares[0, begin:end] = squares[begin:end, 0] = mass
            squares[range(begin, end), range(begin, end)] = mass
            for two in range(one):
                both = sums(places[one].astype(np.int64) * sizes[two] + places[two], weights, sizes[one] * sizes[two])
                block = both.reshape(sizes[one], sizes[two])
                squares[begin:end, ends[two] : ends[two + 1]] = block
                squares[ends[two] : ends[two + 1], begin:end] = block.T
        return cls(squares, wanted, ends[:-1])


class Refining:
    """Groups over the parts of some cuts; `value`: of each part, what the model gives for it."""

    def __init__(self, cuts: Sequence[Cut], likeness: Likeness, value: Floats, groups: Groups) -> None:
        self.cuts, self.likeness, self.value = cuts, likeness, value
        self.owner = np.zeros(likeness.wanted.size, dtype=np.int64)
        for number, (cut, parts) in enumerate(groups, start=1):
            self.owner[[likeness.start[cut] + part for part in parts]] = number
        self.count = len(groups)
        self._weigh()

    @property
    def groups(self) -> Groups:
        """The groups as they stand, in the order of their cuts."""
        found: dict[int, tuple[int, list[int]]] = {}
        for at, cut in enumerate(self.cuts):
            for part in range(len(cut.parts)):
                number = int(self.owner[self.likeness.start[at] + part])
                if number:
                    found.setdefault(number, (at, []))[1].append(part)
        return [(at, tuple(parts)) for at, parts in found.values()]

    def refine(self) -> None:
        """Steps while they bring something."""
        self._sweep()
        for _ in range(SWAPS):
            if not self._swap():
                return
            self._sweep()

    # steps

    def _sweep(self) -> None:
        """Edges and levels moved between neighbours, until nothing moves."""
        for _ in range(SWEEPS):
            moved = False
            for move in list(self._shifts()):
                if self._still(move) and self._gain(move) > LEAST_GAIN and self._keeps_trend(move):
                    self._do(move)
                    moved = True
            if not moved:
                return

    def _swap(self) -> bool:
        """The best new group for the one least missed; False, and all as before, where that brings nothing."""
        before, worth, count = self.owner.copy(), self.worth, self.count
        options = sorted(((self._gain(move), move.parts, move) for move in self._splits()), reverse=True)
        if not options:
            return False
        self._do(options[0][2])
        self._drop_cheapest()
        if self.worth - worth > LEAST_GAIN and self._is_in_order():
            return True
        self.owner, self.count = before, count
        self._weigh()
        return False

    def _drop_cheapest(self) -> None:
        inverse = np.linalg.inv(self.squares)
        costs = [
            (float(self.values[number] ** 2 / (2 * max(inverse[number, number], 1e-12))), number, REST)
            for number in range(1, self.count + 1)
        ]
        for one, two in self._neighbours():
            apart = max(inverse[one, one] + inverse[two, two] - 2 * inverse[one, two], 1e-12)
            costs.append((float((self.values[one] - self.values[two]) ** 2 / (2 * apart)), one, two))
        _, gone, taker = min(costs)
        self.owner[self.owner == gone] = taker
        self.owner[self.owner == self.count] = gone if gone != self.count else REST
        self.count -= 1
        self._weigh()

    # which steps there are

    def _shifts(self) -> Iterator[Move]:
        for at, cut in enumerate(self.cuts):
            begin = self.likeness.start[at]
            for part in range(cut.bands - 1):
                low, high = begin + part, begin + part + 1
                if self.owner[low] != self.owner[high]:
                    yield from self._over_edge(low, high, begin + cut.resting)
            levels = [begin + part for part, kind in enumerate(cut.kinds) if kind == "level" and part != cut.resting]
            takers = sorted({int(self.owner[part]) for part in levels} | {REST})
            for part in levels:
                yield from (Move((part,), int(self.owner[part]), to) for to in takers if to != self.owner[part])

    def _over_edge(self, low: int, high: int, resting: int) -> Iterator[Move]:
        for part, other in ((low, high), (high, low)):
            if part != resting:
                yield Move((part,), int(self.owner[part]), int(self.owner[other]))

    def _splits(self) -> Iterator[Move]:
        for at, cut in enumerate(self.cuts):
            begin = self.likeness.start[at]
            for run in self._runs(begin, cut):
                owner = int(self.owner[run[0]])
                ends = range(1, len(run)) if owner else range(1, len(run) + 1)
                for end in ends:
                    yield Move(tuple(run[:end]), owner, NEW)
                    if not owner and end < len(run):
                        yield Move(tuple(run[end:]), owner, NEW)

    def _runs(self, begin: int, cut: Cut) -> Iterator[list[int]]:
        """Neighbours in one group, or in none, that a new group could be made of."""
        bands = [begin + part for part in range(cut.bands)]
        levels = [begin + part for part, kind in enumerate(cut.kinds) if kind == "level"]
        levels.sort(key=lambda part: (self.owner[part], self.value[part]))
        missing = [begin + part for part, kind in enumerate(cut.kinds) if kind == "missing"]
        for row in (bands, levels, missing):
            run: list[int] = []
            for part in row:
                if part == begin + cut.resting or run and self.owner[part] != self.owner[run[0]]:
                    if run:
                        yield run
                    run = []
                if part != begin + cut.resting:
                    run.append(part)
            if run:
                yield run

    def _neighbours(self) -> Iterator[tuple[int, int]]:
        """Groups of one cut that may become one."""
        for at, cut in enumerate(self.cuts):
            begin = self.likeness.start[at]
            row = [int(self.owner[begin + part]) for part in range(cut.bands)]
            yield from {(one, two) for one, two in zip(row, row[1:], strict=False) if one and two and one != two}
            named = {int(self.owner[begin + part]) for part, kind in enumerate(cut.kinds) if kind == "level"} - {REST}
            yield from ((one, two) for one in named for two in named if one < two)

    # what a step brings

    def _weigh(self) -> None:
        """All sums anew for the groups as they stand."""
        size = self.likeness.wanted.size
        turn = np.zeros((self.count + 1, size))
        turn[self.owner, np.arange(size)] = 1
        turn[0] = 0
        turn[0, 0] = 1
        self.across = turn @ self.likeness.squares
        self.squares = self.across @ turn.T
        self.squares[range(1, self.count + 1), range(1, self.count + 1)] += 1e-3
        self.wanted = turn @ self.likeness.wanted
        self.values = np.asarray(np.linalg.solve(self.squares, self.wanted), dtype=np.float64)
        self.worth = float(self.wanted @ self.values) / 2

    def _gain(self, move: Move) -> float:
        worth, _ = self._after(move)
        return worth - self.worth

    def _after(self, move: Move) -> tuple[float, Floats]:
        """The worth and the values after a move; a new group is the last."""
        parts = list(move.parts)
        with_groups = self.across[:, parts].sum(axis=1)
        itself = float(self.likeness.squares[np.ix_(parts, parts)].sum())
        brought = float(self.likeness.wanted[parts].sum())
        size = self.count + 1 + (move.taker == NEW)
        squares, wanted = np.zeros((size, size)), np.zeros(size)
        squares[: self.count + 1, : self.count + 1] = self.squares
        wanted[: self.count + 1] = self.wanted
        change = np.zeros(size)
        change[: self.count + 1] = with_groups
        if move.donor:
            change[move.donor] -= itself
            squares[move.donor] -= change
            squares[:, move.donor] -= change
            squares[move.donor, move.donor] -= itself
            wanted[move.donor] -= brought
        if move.taker:
            taker = size - 1 if move.taker == NEW else move.taker
            squares[taker] += change
            squares[:, taker] += change
            squares[taker, taker] += itself + (1e-3 if move.taker == NEW else 0.0)
            wanted[taker] += brought
        values = np.linalg.solve(squares, wanted)
        return float(wanted @ values) / 2, np.asarray(values)

    def _still(self, move: Move) -> bool:
        """Whether the move can be made as things stand now: nobody moved those parts, no group is left empty."""
        owners = self.owner[list(move.parts)]
        if (owners != move.donor).any():
            return False
        if move.donor and np.count_nonzero(self.owner == move.donor) <= len(move.parts):
            return False
        return self._touches(move)

    def _touches(self, move: Move) -> bool:
        """Bands stay in a row."""
        at = int(np.searchsorted(self.likeness.start, move.parts[0], side="right")) - 1
        begin = self.likeness.start[at]
        if move.parts[0] - begin >= self.cuts[at].bands:
            return True
        around = (move.parts[0] - 1, move.parts[-1] + 1)
        return any(begin <= part < begin + self.cuts[at].bands and self.owner[part] == move.taker for part in around)

    def _do(self, move: Move) -> None:
        if move.taker == NEW:
            self.count += 1
        self.owner[list(move.parts)] = self.count if move.taker == NEW else move.taker
        self._weigh()

    # trends

    def _keeps_trend(self, move: Move) -> bool:
        at = int(np.searchsorted(self.likeness.start, move.parts[0], side="right")) - 1
        if not self.cuts[at].trend:
            return True
        values = self._after(move)[1]
        owner = self.owner.copy()
        owner[list(move.parts)] = move.taker
        return self._in_order(at, owner, values)

    def _is_in_order(self) -> bool:
        return all(self._in_order(at, self.owner, self.values) for at, cut in enumerate(self.cuts) if cut.trend)

    def _in_order(self, at: int, owner: npt.NDArray[np.int64], values: Floats) -> bool:
        begin = self.likeness.start[at]
        given = np.concatenate([[0.0, 0.0], values[1:]])[1:]
        row = given[owner[begin : begin + self.cuts[at].bands]]
        return bool((np.diff(row) * self.cuts[at].trend >= -1e-9).all())
