"""The few numbers by which one review is compared with another, and how sure each of them is (R20)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from teplo.scoring.chances import p_value
from teplo.scoring.measuring import auc, histogram, proportion

Counts = Sequence[Sequence[int]]
"""[points, people] …"""


@dataclass(frozen=True)
class Share:
    """A part of a whole with its interval of 95 % (Wilson); `value` is None of nobody."""

    part: int
    whole: int

    @property
    def value(self) -> float | None:
        return self.part / self.whole if self.whole else None

    @property
    def ends(self) -> tuple[float, float]:
        """Low and high; 0 and 1 of nobody."""
        return proportion(self.part, self.whole)[1:]


@dataclass(frozen=True)
class Figure:
    """One number of a review. `better`: 1 where more is better, −1 where less is."""

    key: str
    kind: str
    better: int
    value: float | None
    share: Share | None = None
    ends: tuple[float, float] | None = None


KEYS: tuple[tuple[str, str, int], ...] = (
    ("won", "people", 1),
    ("amount", "money", 1),
    ("repeats", "people", 1),
    ("hot_sales", "share", 1),
    ("hot_bought", "share", 1),
    ("never", "people", -1),
    ("low", "people", -1),
    ("auc", "auc", 1),
    ("days", "days", -1),
    ("returned", "share", -1),
    ("fitting", "share", 1),
    ("unacceptable", "share", -1),
)


def figures(agenda: Mapping[str, Any]) -> list[Figure]:
    """The figures of a counted agenda, in the order of KEYS."""
    outcomes, hot, newcomers = agenda["outcomes"], agenda["hot"], agenda["newcomers"]
    low, grades, hand_offs = sum(agenda["low_count"].values()), newcomers["grades"], agenda["hand_offs"]
    scored = outcomes["won"] - _unscored_sales(outcomes)
    separation = separates(agenda["spread"])
    values: dict[str, Any] = {
        "won": outcomes["won"],
        "amount": outcomes["amount"],
        "repeats": outcomes["repeats"],
        "hot_sales": Share(scored - low, scored),
        "hot_bought": Share(hot["bought"], hot["people"]),
        "never": hot["never"],
        "low": low,
        "auc": separation[0] if separation else None,
        "days": outcomes["days"],
        "returned": Share(hand_offs["returned"], hand_offs["offered"]),
        "fitting": Share(grades.get("ideal", 0) + grades.get("near-ideal", 0), newcomers["people"]),
        "unacceptable": Share(grades.get("unacceptable", 0), newcomers["people"]),
    }
    shares = {key: value for key, value in values.items() if isinstance(value, Share)}
    return [
        Figure(
            key, kind, better,
            value=shares[key].value if key in shares else values[key],
            share=shares.get(key),
            ends=separation[1:] if key == "auc" and separation else None,
        )
        for key, kind, better in KEYS
    ]  # fmt: skip


def verdict(now: Figure, before: Figure | None) -> str:
    """better or worse where that is more than chance, chance where it is not; empty where nobody can say."""
    if before is None or now.value is None or before.value is None:
        return ""
    if now.share and before.share:
        chance = p_value(now.share.part, now.share.whole, before.share.part, before.share.whole)
        is_sure = chance < 0.05
    elif now.ends and before.ends:
        is_sure = now.ends[0] > before.ends[1] or now.ends[1] < before.ends[0]
    else:
        return ""
    if not is_sure:
        return "chance"
    return "better" if (now.value - before.value) * now.better > 0 else "worse"


def _unscored_sales(outcomes: Mapping[str, Any]) -> int:
    """Sales from before any table was live."""
    return int(outcomes["won"] - sum(won for _known, won in outcomes["by_heat"].values()))


def separates(spread: Mapping[str, Counts]) -> tuple[float, float, float] | None:
    """How well the points tell those who bought from those who were lost: the chance that of one of each the buyer has
    more (AUC, ties count half), with its interval of 95 %. None where one side is empty."""
    bought = [(points, people, people) for points, people in spread["won"]]
    lost = [(points, people, 0) for points, people in spread["lost"]]
    return auc(histogram([*bought, *lost]))
