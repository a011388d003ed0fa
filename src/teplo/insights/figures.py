"""What each figure of the screens means, once: every page, export and command that counts asks here.

The words stand in docs/glossary.md. A stock is how it is now; a cohort follows those who came in a period.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from teplo.conditions import registry
from teplo.conditions.condition import Span, SpanUnit
from teplo.conditions.windows import first_moment
from teplo.people.models import Person
from teplo.scoring.models import Score, Temperature
from teplo.stages.models import Stage, StageMove


@dataclass(frozen=True)
class Warmth:
    """Known people now, and how many of them are warm and hot; the others are cold."""

    people: int
    warm: int
    hot: int

    @property
    def cold(self) -> int:
        """Who has no score yet has nothing: he is cold."""
        return self.people - self.warm - self.hot


@dataclass(frozen=True)
class Came:
    """People who came in a period, and how many of them are known by now."""

    people: int
    known: int


def present(person: str = "") -> Q:
    """People who are here: nobody erased. `person` is the way to them, as `person__`."""
    return Q(**{f"{person}erased_at": None})


def known(person: str = "") -> Q:
    """People, as lists and figures mean the word: strangers and erased people are not among them."""
    return Q(**{f"{person}is_anonymous": False, f"{person}erased_at": None})


def known_scores(*temperatures: Temperature) -> QuerySet[Score]:
    """Scores of known people, of these temperatures where some are named."""
    scores = Score.objects.filter(known("person__"))
    return scores.filter(temperature__in=temperatures) if temperatures else scores


def warmth() -> Warmth:
    """How many people there are, warm and hot. Two statements."""
    counted = known_scores(Temperature.WARM, Temperature.HOT).order_by().values_list("temperature")
    by_temperature = dict(counted.annotate(people=Count("person_id")))
    people = Person.objects.filter(known()).count()
    return Warmth(people, by_temperature.get(Temperature.WARM, 0), by_temperature.get(Temperature.HOT, 0))


def beginning(*, at: datetime, days: int) -> datetime:
    """When a window of so many days began: with a day of the company, today being the last one (as in conditions)."""
    return first_moment(Span(days, SpanUnit.DAY), at, registry.zone())


def came(*, at: datetime, days: int | None) -> QuerySet[Person]:
    """Who came in the last `days` (None: ever), strangers too: the day of his card, or of an older move he brought."""
    moves = StageMove.objects.filter(person=OuterRef("pk"))
    until = Q(created_at__lte=at) | Q(Exists(moves.filter(at__lte=at)))
    people = Person.objects.filter(present()).filter(until)
    if days is None:
        return people
    since = beginning(at=at, days=days)
    return people.filter(~Exists(moves.filter(at__lt=since)), created_at__gte=since)


def count_came(*, at: datetime, days: int | None) -> Came:
    """How many came, and how many of them are known. One statement."""
    counted = came(at=at, days=days).aggregate(people=Count("id"), known=Count("id", filter=known()))
    return Came(counted["people"], counted["known"])


def stuck(stages: Iterable[Stage], *, at: datetime) -> Q | None:
    """Standings of people who are stuck: known, no customers yet, longer at a step than it allows, and still coming.

    Who has fallen silent is not stuck but gone quiet; strangers have not said yet who they are. None: no step has a
    limit.
    """
    steps = [stage for stage in stages if stage.stuck_after_days and not (stage.is_customer or stage.is_beside)]
    if not steps:
        return None
    whoever, zone = Q(), registry.zone()
    for stage in steps:
        limit = first_moment(Span(stage.stuck_after_days, SpanUnit.DAY), at, zone)
        whoever |= Q(stage_id=stage.pk, since__lt=limit, person__presence__last_seen_at__gte=limit)
    return whoever & known("person__")
