"""What people like him often do: the yardstick of what is realistic to expect of a person.

Like him are people at the same stage with the same profile, as far as there are enough of them; else at the same stage;
else anybody known by name or contact. The newest few thousand are looked at, so that the answer costs the same among a
thousand and a million.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.cache import cache
from django.db.models import Count, Q, QuerySet, Sum

from teplo.conditions import registry
from teplo.conditions.compiling import ask
from teplo.conditions.condition import Compare, Condition, Operator
from teplo.conditions.vocabulary import Asking
from teplo.kit.among import among
from teplo.people.models import Person
from teplo.scoring.models import Score
from teplo.tracking.models import Presence, Tally

DAYS = 30
LOOKED_AT = 2_000
ENOUGH = 30
_KEPT = timedelta(minutes=10)


@dataclass(frozen=True)
class Alike:
    """Some people like him: `kin` says in what ("stage and profile", "stage", "anybody"); `did`: activity → how often
    each of those who did it at all did it within the last DAYS days, rising."""

    kin: str
    ids: tuple[int, ...]
    did: Mapping[int, Sequence[int]]

    def share(self, activity: int, times: int) -> float:
        """Which share of them did it at least so many times within the days."""
        counts = self.did.get(activity, ())
        return (len(counts) - bisect_left(counts, times)) / len(self.ids) if self.ids else 0.0


def people_like(*, stage_of: QuerySet[Person] | None, grade: str, key: str, at: datetime) -> Alike:
    """People of `stage_of` (None: of no stage) with this grade, and what they did lately.

    `key` names the stage: the answer is kept for some minutes, for all cards at that stage.
    """
    today = at.astimezone(registry.zone()).date()
    name = f"alike:{key}:{grade}:{today.isoformat()}"
    found: Alike | None = cache.get(name)
    if found is None:
        kin, ids = _whom(stage_of, grade)
        found = Alike(kin, ids, _did(ids, at))
        cache.set(name, found, _KEPT.total_seconds())
    return found


def _whom(stage_of: QuerySet[Person] | None, grade: str) -> tuple[str, tuple[int, ...]]:
    if stage_of is not None:
        at_stage = tuple(stage_of.values_list("id", flat=True)[:LOOKED_AT])
        same = tuple(
            Score.objects.filter(grade=grade, person_id__in=among(at_stage)).values_list("person_id", flat=True)
        )
        if len(same) >= ENOUGH:
            return "stage and profile", same
        if len(at_stage) >= ENOUGH:
            return "stage", at_stage
    seen = Presence.objects.exclude(last_seen_at=None).filter(person__is_anonymous=False).order_by("-last_seen_at")
    return "anybody", tuple(seen.values_list("person_id", flat=True)[:LOOKED_AT])


def _did(ids: Sequence[int], at: datetime) -> dict[int, list[int]]:
    today = at.astimezone(registry.zone()).date()
    days = Q(day__lte=today, day__gt=today - timedelta(days=DAYS))
    tallies = Tally.objects.filter(days, person_id__in=among(ids)).order_by()
    counts: dict[int, list[int]] = defaultdict(list)
    for activity, times in (
        tallies.values("person_id", "activity_id").annotate(times=Sum("count")).values_list("activity_id", "times")
    ):
        counts[activity].append(times)
    return {activity: sorted(times) for activity, times in counts.items()}


def shares_holding(questions: Sequence[tuple[Condition, str]], *, ids: Sequence[int], at: datetime) -> list[float]:
    """Of each (condition, field): the share it holds for among people of whom the field is known at all.

    An empty field: among all of them. One statement.
    """
    if not questions or not ids:
        return [0.0] * len(questions)
    asking = Asking(registry.people(), at, among=tuple(ids))
    counts: dict[str, Count] = {}
    for number, (condition, name) in enumerate(questions):
        counts[f"h{number}"] = Count("id", filter=ask(condition, asking))
        known = ask(Compare(name, Operator.IS_SET, True), asking) if name else None
        counts[f"k{number}"] = Count("id", filter=known)
    found = Person.objects.filter(id__in=among(ids)).aggregate(**counts)
    return [found[f"h{n}"] / found[f"k{n}"] if found[f"k{n}"] else 0.0 for n in range(len(questions))]
