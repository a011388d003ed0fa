"""What buyers have in common, compared with the others: values, bands, deeds and every pair of them (R19).

A frame in, findings out; nothing but the standard library, run as a process of its own:

    python -m teplo.scoring.commonness REQUEST.json

A trait is a set of people, kept as the bits of one large number, so that the people of a pair are one "and". Each trait
is compared by its shares among buyers and others (Fisher's exact test where few are expected, else chi-squared). A pair
counts only where it says more than both of its parts, which is tested too. Of all these questions some would look like
findings by chance: Benjamini and Hochberg keep the share of false ones among those shown at 5 %.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import exp, log, sqrt
from pathlib import Path
from typing import Any

from teplo.scoring.chances import adjusted, p_value
from teplo.scoring.traits import Trait, read_traits

Report = Callable[[int, int, str], None]

FALSE_AMONG_SHOWN = 0.05
LEAST_PEOPLE = 20
"""A trait of fewer people is not looked at; with fewer buyers or others nothing is."""
MOST_IN_PAIRS = 400
MOST_SHOWN = 200
BEYOND = 1.1
"""A pair is worth showing when its lift exceeds that of each part by so much."""
Z = 1.959964


@dataclass(frozen=True, slots=True)
class Finding:
    """A trait or pair: how many buyers and how many others have it, and how sure that is."""

    traits: tuple[Trait, ...]
    won: int
    others: int
    p: float


@dataclass(frozen=True, slots=True)
class Everybody:
    """All who were compared: the bits of the buyers, and how many there are of both."""

    buyers: int
    won: int
    others: int

    def count(self, people: int) -> tuple[int, int]:
        """How many buyers and how many others are among these."""
        won = (people & self.buyers).bit_count()
        return won, people.bit_count() - won

    def lift(self, won: int, others: int) -> tuple[float, float, float]:
        """How many times as frequent among buyers as among others, with the 95 % interval of Katz.

        Where nobody or everybody of one side has it, half a person is added to every count.
        """
        half = 0.5 if 0 in (won, others) or won == self.won or others == self.others else 0.0
        a, b = won + half, others + half
        n, m = self.won + 2 * half, self.others + 2 * half
        ratio = (a / n) / (b / m)
        spread = Z * sqrt(1 / a - 1 / n + 1 / b - 1 / m)
        return ratio, exp(log(ratio) - spread), exp(log(ratio) + spread)


def find_common(*, frame: Path, options: dict[str, Any], report: Report | None = None) -> dict[str, Any]:
    """What the people of a frame who bought have in common.

    `options`: without (keys of columns left out), least (people a trait must have), pairs (default true), sidecar.
    """
    tell = report or (lambda _done, _total, _what: None)
    least = int(options.get("least") or LEAST_PEOPLE)
    sidecar = options.get("sidecar") or json.loads(frame.with_suffix(".json").read_text(encoding="utf-8"))
    traits, people, buyers = read_traits(frame, sidecar, without=options.get("without", ()), least=least, report=tell)
    won = buyers.bit_count()
    everybody = Everybody(buyers, won, people - won)
    about: dict[str, Any] = {"people": people, "won": won, "others": people - won, "tests": 0, "findings": []}
    if min(won, people - won) < LEAST_PEOPLE:
        return {"verdict": "too-little", **about}
    found = list(_singles(traits, everybody))
    about["traits"] = len(found)
    if options.get("pairs", True):
        found += _pairs(traits, everybody, least, tell)
    about["tests"] = len(found)
    about["findings"] = _shown(found, everybody)
    return {"verdict": "found" if about["findings"] else "nothing", **about}


def _singles(traits: Iterable[Trait], everybody: Everybody) -> Iterator[Finding]:
    for trait in traits:
        won, others = everybody.count(trait.people)
        yield Finding((trait,), won, others, p_value(won, everybody.won, others, everybody.others))


def _pairs(traits: Sequence[Trait], everybody: Everybody, least: int, tell: Report) -> Iterator[Finding]:
    """Every pair of traits of different fields that enough people share."""
    chosen = sorted((trait for trait in traits if trait.pairs), key=lambda trait: -trait.people.bit_count())
    chosen = chosen[:MOST_IN_PAIRS]
    counted = [everybody.count(trait.people) for trait in chosen]
    total, done = len(chosen) * (len(chosen) - 1) // 2, 0
    for (one, of_one), (other, of_other) in combinations(zip(chosen, counted, strict=True), 2):
        done += 1
        if done % 2000 == 0:
            tell(done, total, "pairs")
        if one.family == other.family:
            continue
        both = one.people & other.people
        size = both.bit_count()
        if size < least or size in (sum(of_one), sum(of_other)):
            continue
        won, others = everybody.count(both)
        yield Finding((one, other), won, others, _p_of_pair(won, others, of_one, of_other, everybody))


def _p_of_pair(
    won: int, others: int, of_one: tuple[int, int], of_other: tuple[int, int], everybody: Everybody
) -> float:
    """The weakest of three: against everybody, and within each of its parts; 1 where a part says as much alone."""
    lift = everybody.lift(won, others)[0]
    parts = [everybody.lift(*part)[0] for part in (of_one, of_other)]
    more = lift > BEYOND * max(*parts, 1.0)
    less = lift * BEYOND < min(*parts, 1.0)
    if not (more or less):
        return 1.0
    within = [p_value(won, part[0], others, part[1]) for part in (of_one, of_other)]
    return max(p_value(won, everybody.won, others, everybody.others), *within)


def _shown(found: Sequence[Finding], everybody: Everybody) -> list[dict[str, Any]]:
    """Those that chance does not explain, the surest difference first; of one deed's windows the two best."""
    sure = [
        (finding, q)
        for finding, q in zip(found, adjusted([finding.p for finding in found]), strict=True)
        if q <= FALSE_AMONG_SHOWN
    ]
    said = sorted((_said(finding, q, everybody) for finding, q in sure), key=lambda one: -_strength(one))
    return list(_not_repeating(said))[:MOST_SHOWN]


def _strength(said: dict[str, Any]) -> float:
    """The end of the interval nearer to no difference."""
    return max(log(said["low"]), -log(said["high"]))


def _not_repeating(said: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Bands of one number and windows of one deed say nearly the same: two of each, either way, are enough."""
    seen: dict[tuple[Any, ...], int] = {}
    for one in said:
        families, is_more = tuple(one.pop("families")), one["lift"] > 1
        key = (families, is_more)
        if one.pop("repeats"):
            seen[key] = seen.get(key, 0) + 1
            if seen[key] > 2:
                continue
        yield one


def _said(finding: Finding, q: float, everybody: Everybody) -> dict[str, Any]:
    lift, low, high = everybody.lift(finding.won, finding.others)
    people = finding.won + finding.others
    return {
        "conditions": [trait.condition for trait in finding.traits],
        "columns": [trait.column for trait in finding.traits],
        "sides": [trait.side for trait in finding.traits],
        "families": [trait.family for trait in finding.traits],
        "repeats": any(trait.repeats for trait in finding.traits),
        "people": people, "won": finding.won, "others": finding.others,
        "share_won": finding.won / everybody.won, "share_others": finding.others / everybody.others,
        "conversion": finding.won / people, "lift": lift, "low": low, "high": high, "p": finding.p, "q": q,
    }  # fmt: skip


def main(request: str) -> None:
    """Answer a request file of learning_process: {"frame": …, "sidecar": …, "options": {…, "answer": …}}."""
    asked = json.loads(Path(request).read_text(encoding="utf-8"))
    options = {**asked["options"], "sidecar": asked["sidecar"]}

    def tell(done: int, total: int, what: str) -> None:
        sys.stdout.write(json.dumps([done, total, what]) + "\n")
        sys.stdout.flush()

    found = find_common(frame=Path(asked["frame"]), options=options, report=tell)
    Path(options["answer"]).write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
