"""How far the hand and a table agree: the same people, cold, warm or hot by each, at the moment the hand spoke (R16).

Of each person the newest word counts. The table is asked of the moment of that word, so a table made later is held to
what was known then; points given by hand are left out, for they are the hand again.
"""

# ruff: noqa: S608 - the text is made of our own names and of compiled queries; values are parameters

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet

from teplo.scoring.each_moment import EachMoment
from teplo.scoring.explaining import temperature_of
from teplo.scoring.measuring import Interval, proportion
from teplo.scoring.models import HandScore, ScoreTable, Temperature
from teplo.scoring.rules import rules_of
from teplo.scoring.statement import Scope, Sql

SHOWN = 50
EVERYBODY = Scope(first=-(2**63), last=2**63 - 1)
HEATS: tuple[str, ...] = (Temperature.COLD.value, Temperature.WARM.value, Temperature.HOT.value)
_Z = 1.959964


@dataclass(frozen=True)
class Disagreement:
    """A person whom the hand and the table see apart: `steps` > 0, the hand sees him warmer."""

    word: HandScore
    total: int
    temperature: str
    steps: int


@dataclass(frozen=True)
class Agreement:
    """Hand against table: `cells` (hand, table) → people; `share` and `kappa` with 95 % intervals.

    Kappa is the share of agreement beyond what chance alone would give: 1 full, 0 none. None where it cannot be told:
    nobody was scored by hand, or both call everybody the same.
    """

    table: ScoreTable
    cells: Mapping[tuple[str, str], int]
    share: Interval | None
    kappa: Interval | None
    apart: tuple[Disagreement, ...]

    @property
    def people(self) -> int:
        return sum(self.cells.values())

    @property
    def hand_warmer(self) -> int:
        return sum(n for (hand, table), n in self.cells.items() if HEATS.index(hand) > HEATS.index(table))

    @property
    def table_warmer(self) -> int:
        return sum(n for (hand, table), n in self.cells.items() if HEATS.index(hand) < HEATS.index(table))


def agree(*, table: ScoreTable, by: int | None = None) -> Agreement:
    """The words of all colleagues, or of one, against `table`: two statements. May raise MomentTangled."""
    rows = _totals(table, newest_words(by=by))
    cells = Counter((hand, temperature_of(total, table)) for _person, hand, total in rows)
    same = sum(count for (hand, told), count in cells.items() if hand == told)
    return Agreement(
        table=table,
        cells=dict(cells),
        share=proportion(same, len(rows)) if rows else None,
        kappa=kappa(cells),
        apart=_apart(rows, table, by),
    )


def newest_words(*, by: int | None = None) -> QuerySet[HandScore]:
    """The newest word about each person, of one colleague or of all."""
    words = HandScore.objects.all() if by is None else HandScore.objects.filter(by=by)
    later = words.filter(Q(at__gt=OuterRef("at")) | Q(at=OuterRef("at"), id__gt=OuterRef("id")))
    return words.filter(~Exists(later.filter(person_id=OuterRef("person_id"))), person__erased_at=None)


def kappa(cells: Mapping[tuple[str, str], int]) -> Interval | None:
    """Cohen's kappa with its large-sample interval (Fleiss, Cohen and Everitt 1969)."""
    people = sum(cells.values())
    shares = {pair: count / people for pair, count in cells.items()} if people else {}
    hand = {heat: sum(share for (one, _), share in shares.items() if one == heat) for heat in HEATS}
    table = {heat: sum(share for (_, other), share in shares.items() if other == heat) for heat in HEATS}
    agreed = sum(shares.get((heat, heat), 0.0) for heat in HEATS)
    by_chance = sum(hand[heat] * table[heat] for heat in HEATS)
    if not people or by_chance >= 1:
        return None
    value = (agreed - by_chance) / (1 - by_chance)
    same = sum(shares.get((heat, heat), 0.0) * (1 - (hand[heat] + table[heat]) * (1 - value)) ** 2 for heat in HEATS)
    other = (1 - value) ** 2 * sum(
        share * (table[one] + hand[two]) ** 2 for (one, two), share in shares.items() if one != two
    )
    variance = (same + other - (value - by_chance * (1 - value)) ** 2) / (people * (1 - by_chance) ** 2)
    half = _Z * sqrt(max(variance, 0.0))
    return value, max(value - half, -1.0), min(value + half, 1.0)


def _totals(table: ScoreTable, words: QuerySet[HandScore]) -> list[tuple[int, str, int]]:
    """(person, the hand's temperature, the table's total at that moment)."""
    asked = words.order_by().values("person_id", "at", "temperature")
    text, params = asked.query.get_compiler(connection=connection).as_sql()
    sample = Sql(f"SELECT person_id, at, temperature FROM ({text}) words", tuple(params))
    sql = EachMoment(tables=[rules_of(table)], sample=sample, scope=EVERYBODY).totals(("temperature",))
    with connection.cursor() as cursor:
        cursor.execute(sql.text, sql.params)
        return [(row[0], row[1], int(row[2])) for row in cursor.fetchall()]


def _apart(rows: list[tuple[int, str, int]], table: ScoreTable, by: int | None) -> tuple[Disagreement, ...]:
    """The widest apart, those first whom the hand sees hotter: they wait for somebody."""
    found = {person: (total, _steps(hand, temperature_of(total, table))) for person, hand, total in rows}
    widest = sorted((one for one in found if found[one][1]), key=lambda one: _closeness(*found[one], one))
    words = {word.person_id: word for word in newest_words(by=by).filter(person_id__in=widest[:SHOWN])}
    return tuple(
        Disagreement(words[one], found[one][0], temperature_of(found[one][0], table), found[one][1])
        for one in widest[:SHOWN]
        if one in words
    )


def _closeness(total: int, steps: int, person_id: int) -> tuple[int, int, int, int]:
    """Orders from the widest apart: by steps, those first whom the hand sees hotter, then by the table's points."""
    return -abs(steps), -steps, total if steps > 0 else -total, person_id


def _steps(hand: str, table: str) -> int:
    return HEATS.index(hand) - HEATS.index(table)
