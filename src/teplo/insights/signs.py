"""Which attributes and activities mattered: who has a sign, how much oftener buyers have it, how sure that is (R20).

Read from a frame (scoring/extracting.py), where everybody stands as he stood at his own moment, so that nothing that
was learnt after it speaks. The same traits and tests as in the search for the ideal client (scoring/commonness.py);
here all that were looked at are shown, also those that chance may explain, since a meeting asks "and the city?" too.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from teplo.scoring.chances import adjusted, p_value
from teplo.scoring.commonness import Everybody
from teplo.scoring.frame import sidecar_of
from teplo.scoring.traits import Trait, read_traits

LEAST_PEOPLE = 8
"""A sign that fewer have, or fewer lack, says nothing."""
FALSE_SHARE = 0.1
"""Of the signs called certain about so many may be chance."""


@dataclass(frozen=True)
class Sign:
    """Something people have in common. `lift`: how many times as frequent among buyers as among those who were lost,
    `low` and `high` its interval of 95 %. `is_certain`: more than chance, counting how many signs were tried."""

    condition: Mapping[str, Any]
    side: str
    family: str
    won: int
    others: int
    lift: float
    low: float
    high: float
    chance: float
    is_certain: bool = False

    def as_json(self) -> dict[str, Any]:
        return {
            "condition": dict(self.condition), "side": self.side, "won": self.won, "others": self.others,
            "lift": round(self.lift, 3), "low": round(self.low, 3), "high": round(self.high, 3),
            "is_certain": self.is_certain,
        }  # fmt: skip


def signs_of(path: Path) -> list[Sign]:
    """The signs in a frame, the surest first; none where only one of both sides is there."""
    sidecar = json.loads(sidecar_of(path).read_text(encoding="utf-8"))
    traits, people, buyers = read_traits(path, sidecar, without=(), least=LEAST_PEOPLE, report=lambda *_told: None)
    won = buyers.bit_count()
    everybody = Everybody(buyers, won, people - won)
    if not everybody.won or not everybody.others:
        return []
    asked = [trait for trait in traits if "is_set" not in trait.condition]
    chances = [p_value(*_sides(trait, everybody)) for trait in asked]
    sure = [q <= FALSE_SHARE for q in adjusted(chances)]
    found = [_sign(*one, everybody) for one in zip(asked, chances, sure, strict=True)]
    return list(_one_of_each(sorted(found, key=lambda sign: (sign.chance, -sign.won))))


def _sides(trait: Trait, everybody: Everybody) -> tuple[int, int, int, int]:
    won, others = everybody.count(trait.people)
    return won, everybody.won, others, everybody.others


def _sign(trait: Trait, chance: float, is_certain: bool, everybody: Everybody) -> Sign:
    won, others = everybody.count(trait.people)
    lift, low, high = everybody.lift(won, others)
    return Sign(trait.condition, trait.side, trait.family, won, others, lift, low, high, chance, is_certain)


def _one_of_each(signs: Iterable[Sign]) -> Iterable[Sign]:
    """Of the windows and counts of a deed, and of the bands of a number, only the one that tells most."""
    seen = set()
    for sign in signs:
        repeats = sign.side == "behaviour" or "between" in sign.condition or "at_least" in sign.condition
        if not repeats or sign.family not in seen:
            yield sign
        if repeats:
            seen.add(sign.family)
