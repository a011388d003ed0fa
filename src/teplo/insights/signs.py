"""Which attributes and activities mattered: who has a sign, how much oftener he buys, how sure that is (R20).

Read from a frame (scoring/extracting.py), where everybody stands as he stood at his own moment, so that nothing that
was learnt after it speaks.
"""

from __future__ import annotations

import csv
import json
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from teplo.scoring.frame import sidecar_of

LEAST_PEOPLE = 8
"""A sign that fewer have, or fewer lack, says nothing."""
FALSE_SHARE = 0.1
"""Of the signs called certain about so many may be chance (Benjamini and Hochberg)."""
SURE = 1.959964
MOST_LEVELS = 12
MOST_LATE = 0.5
BANDS = 3


@dataclass(frozen=True)
class Sign:
    """People with something in common against those without it, among those whose outcome is known.

    `times`: how many times as often they buy, `low` and `high` its interval of 95 %. `is_certain`: more than chance,
    counting how many signs were tried.
    """

    condition: Mapping[str, Any]
    side: str
    group: str
    people: int
    won: int
    others: int
    others_won: int
    times: float
    low: float
    high: float
    chance: float
    is_certain: bool = False

    def as_json(self) -> dict[str, Any]:
        return {
            "condition": dict(self.condition), "side": self.side, "group": self.group,
            "people": self.people, "won": self.won, "others": self.others, "others_won": self.others_won,
            "times": round(self.times, 3), "low": round(self.low, 3), "high": round(self.high, 3),
            "is_certain": self.is_certain,
        }  # fmt: skip


@dataclass
class _Counting:
    """People by value of one column: [all, won]; numbers are kept to be cut into bands."""

    column: Mapping[str, Any]
    levels: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    numbers: list[tuple[float, bool]] = field(default_factory=list)

    def add(self, text: str, won: bool) -> None:
        kind = self.column["kind"]
        if kind == "number":
            self.numbers.append((float(text), won))
            return
        for level in json.loads(text) if kind == "list" else (text,):
            counts = self.levels[str(level)]
            counts[0] += 1
            counts[1] += won


def signs_of(path: Path) -> list[Sign]:
    """All signs in a frame worth looking at, the surest first."""
    columns = [column for column in json.loads(sidecar_of(path).read_text())["columns"] if _is_asked(column)]
    counting = {column["key"]: _Counting(column) for column in columns}
    people = won = 0
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            is_won = row["y"] == "1"
            people, won = people + 1, won + is_won
            for key, counted in counting.items():
                if row[key] not in ("", "[]"):
                    counted.add(row[key], is_won)
    found = [sign for counted in counting.values() for sign in _signs(counted, people, won)]
    return certain(_one_of_each(found))


def _is_asked(column: Mapping[str, Any]) -> bool:
    """Dates and days since say little in a picture; what comes after the outcome is no sign."""
    late = (column.get("filled_after_share") or 0) > MOST_LATE
    return column["kind"] in ("text", "number", "boolean", "list", "times") and not column.get("later") and not late


def _signs(counted: _Counting, people: int, won: int) -> Iterable[Sign]:
    column = counted.column
    kind = column["kind"]
    if kind == "number":
        yield from _bands(counted, people, won)
    elif kind == "times":
        did = [pair for level, pair in counted.levels.items() if float(level) >= 1]
        yield from _sign(column["condition"], column, [sum(x) for x in zip(*did, strict=True)] or [0, 0], people, won)
    else:
        biggest = sorted(counted.levels.items(), key=lambda level: -level[1][0])[:MOST_LEVELS]
        for level, counts in biggest:
            yield from _sign(_is(column, level), column, counts, people, won)


def _is(column: Mapping[str, Any], level: str) -> dict[str, Any]:
    kind = column["kind"]
    if kind == "boolean":
        return {**column["condition"], "is": level.lower() in ("1", "true")}
    return {**column["condition"], "has" if kind == "list" else "is": [level] if kind == "list" else level}


def _bands(counted: _Counting, people: int, won: int) -> Iterable[Sign]:
    """Numbers in thirds of equal people, cut between different values."""
    values = sorted(value for value, _won in counted.numbers)
    if not values:
        return
    cuts = sorted({values[len(values) * step // BANDS] for step in range(1, BANDS)} - {values[0]})
    for low, high in zip([None, *cuts], [*cuts, None], strict=True):
        inside = [w for v, w in counted.numbers if (low is None or v >= low) and (high is None or v < high)]
        yield from _sign(
            counted.column["condition"] | _between(low, high), counted.column, [len(inside), sum(inside)], people, won
        )


def _between(low: float | None, high: float | None) -> dict[str, Any]:
    if low is None:
        return {"less": _number(high)} if high is not None else {"is_set": True}
    return {"at_least": _number(low)} if high is None else {"between": [_number(low), _below(high)]}


def _number(value: float | None) -> Any:
    return int(value) if value is not None and float(value).is_integer() else value


def _below(value: float) -> Any:
    """Bands end before the next begins; between includes both ends."""
    return int(value) - 1 if float(value).is_integer() else value


def _sign(
    condition: Mapping[str, Any], column: Mapping[str, Any], counts: Sequence[int], people: int, won: int
) -> Iterable[Sign]:
    mine, mine_won = counts
    others, others_won = people - mine, won - mine_won
    if mine < LEAST_PEOPLE or others < LEAST_PEOPLE:
        return
    times, low, high, chance = ratio(mine_won, mine, others_won, others)
    yield Sign(condition, column["side"], column["group"], mine, mine_won, others, others_won, times, low, high, chance)


def ratio(won: int, people: int, others_won: int, others: int) -> tuple[float, float, float, float]:
    """How many times as often the first buy, its interval of 95 % (on the logarithm, after Katz), and the chance of so
    great a difference where there is none. A half is added to each count so that nobody divides by zero."""
    a, b, c, d = won + 0.5, people + 0.5, others_won + 0.5, others + 0.5
    middle = math.log((a / b) / (c / d))
    error = math.sqrt(max(1 / a - 1 / b + 1 / c - 1 / d, 1e-12))
    chance = math.erfc(abs(middle) / error / math.sqrt(2))
    return math.exp(middle), math.exp(middle - SURE * error), math.exp(middle + SURE * error), chance


def _one_of_each(signs: Iterable[Sign]) -> list[Sign]:
    """Of an activity only the window that tells most; of signs of one group that the same people have, the first."""
    best: dict[Any, Sign] = {}
    for sign in signs:
        key = sign.condition.get("did") or (sign.group, sign.people, sign.won)
        if key not in best or sign.chance < best[key].chance:
            best[key] = sign
    return list(best.values())


def certain(signs: Sequence[Sign]) -> list[Sign]:
    """The same by chance, the surest first, with those marked that hold though so many were tried."""
    ordered = sorted(signs, key=lambda sign: sign.chance)
    holds = [rank for rank, sign in enumerate(ordered, 1) if sign.chance <= FALSE_SHARE * rank / len(ordered)]
    last = max(holds, default=0)
    return [replace(sign, is_certain=rank <= last) for rank, sign in enumerate(ordered, 1)]
