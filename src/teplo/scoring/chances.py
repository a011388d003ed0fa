"""Is a difference of two shares more than chance? Two tests for one question, and the price of asking many."""

from __future__ import annotations

from collections.abc import Sequence
from math import erfc, exp, lgamma, sqrt

FEW = 5
"""With fewer expected in a cell the exact test is used."""


def p_value(won: int, all_won: int, others: int, all_others: int) -> float:
    """Two-sided p of `won` of `all_won` against `others` of `all_others`; 1 where there is nothing to compare."""
    people, whole = won + others, all_won + all_others
    if not all_won or not all_others or not people or people == whole:
        return 1.0
    expected = people * all_won / whole
    least = min(expected, people - expected, all_won - expected, whole - people - all_won + expected)
    if least < FEW:
        return _fisher(won, people, all_won, whole)
    difference = won - expected
    variance = people * (whole - people) / whole * all_won * all_others / whole / (whole - 1)
    return erfc(abs(difference) / sqrt(2 * variance))


def _fisher(won: int, people: int, all_won: int, whole: int) -> float:
    """The chance of a table at most as likely as this one, the margins being what they are."""
    low, high = max(0, people + all_won - whole), min(people, all_won)
    mode = min(max((people + 1) * (all_won + 1) // (whole + 2), low), high)
    here = _log_chance(won, people, all_won, whole)
    total = 0.0
    for side in (range(mode, high + 1), range(mode - 1, low - 1, -1)):
        for count in side:
            chance = _log_chance(count, people, all_won, whole)
            if chance <= here + 1e-9:
                total += exp(chance)
                if chance < here - 40:  # what is further out adds nothing any more
                    break
    return min(total, 1.0)


def _log_chance(count: int, people: int, all_won: int, whole: int) -> float:
    return _choose(all_won, count) + _choose(whole - all_won, people - count) - _choose(whole, people)


def _choose(whole: int, part: int) -> float:
    return lgamma(whole + 1) - lgamma(part + 1) - lgamma(whole - part + 1)


def adjusted(values: Sequence[float]) -> list[float]:
    """Benjamini–Hochberg: for each p the share of false findings among all that are at least as sure."""
    order = sorted(range(len(values)), key=lambda place: -values[place])
    found = [1.0] * len(values)
    least = 1.0
    for rank, place in enumerate(order):
        least = min(least, values[place] * len(values) / (len(values) - rank))
        found[place] = least
    return found
