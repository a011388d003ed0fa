"""The rules of one score table as plain values: what the statement is compiled from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from teplo.scoring.models import Criterion, Profile, ProfileKind, ScoreTable, TableState

# Unacceptable wins over ideal: whoever wears the sellers out does so however well the rest of the portrait fits.
GRADE_ORDER = (ProfileKind.UNACCEPTABLE, ProfileKind.IDEAL, ProfileKind.NEAR_IDEAL)

MOST_POINTS = 1_000_000
"""No criterion gives more than this, whatever the count: keeps totals far inside an integer column."""


class NoLiveTable(Exception):
    """No score table is live, so nobody can be scored."""


@dataclass(frozen=True)
class Rules:
    """A score table with its criteria in order and the active profiles in the order of grading."""

    table: ScoreTable
    criteria: tuple[Criterion, ...]
    profiles: tuple[Profile, ...]

    @property
    def horizon_days(self) -> int | None:
        """How many days back an activity can count, or None when one counts for ever."""
        spans = [reach(criterion) for criterion in self.criteria if criterion.activity_id]
        return None if None in spans else max((span for span in spans if span), default=0)


HALF_LIVES_KEPT = 10
"""Past ten half-lives less than a thousandth is left; it counts as nothing."""


def reach(criterion: Criterion) -> int | None:
    """How many days back deeds count for this criterion; None: for ever."""
    spans = [criterion.window_days or None, (criterion.half_life_days or 0) * HALF_LIVES_KEPT or None]
    return min((span for span in spans if span), default=None)


def bounds(criterion: Criterion) -> tuple[int, int]:
    """Least and most this criterion may give: its cap, taken to the side of its points."""
    limit = min(abs(criterion.cap), MOST_POINTS) if criterion.cap is not None else MOST_POINTS
    return (0, limit) if criterion.points >= 0 else (-limit, 0)


def rules_of(table: ScoreTable) -> Rules:
    """The rules of any table, live or not."""
    return Rules(table, tuple(table.criteria.all()), active_profiles())


def live_rules() -> Rules:
    """The rules that score people now; raises NoLiveTable."""
    table = ScoreTable.objects.filter(state=TableState.LIVE).first()
    if table is None:
        raise NoLiveTable
    return rules_of(table)


def active_profiles() -> tuple[Profile, ...]:
    """Profiles that grade people, first match wins."""
    return in_grading_order(Profile.objects.filter(is_active=True))


def in_grading_order(profiles: Iterable[Profile]) -> tuple[Profile, ...]:
    """Unacceptable first, then ideal, then near-ideal; within a kind by position."""
    order = {kind.value: rank for rank, kind in enumerate(GRADE_ORDER)}
    return tuple(sorted(profiles, key=lambda profile: (order[profile.kind], profile.position, profile.id)))
