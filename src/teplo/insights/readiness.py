"""Who comes and how ready he is: shares of profiles and temperatures among the newcomers of a period (R18)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import CharField, Count, Value
from django.db.models.functions import Coalesce

from teplo.insights.figures import came, known, known_scores
from teplo.scoring.models import ProfileKind, Temperature

NO_PROFILE = ""
GRADES = (ProfileKind.IDEAL.value, ProfileKind.NEAR_IDEAL.value, NO_PROFILE, ProfileKind.UNACCEPTABLE.value)
HEATS = (Temperature.COLD.value, Temperature.WARM.value, Temperature.HOT.value)


@dataclass(frozen=True)
class Readiness:
    """People of a period by grade and temperature; a grade is a ProfileKind or empty for everybody else."""

    people: int
    cells: Mapping[tuple[str, str], int]

    def of_grade(self, grade: str) -> int:
        return sum(self.cells.get((grade, heat), 0) for heat in HEATS)

    def of_heat(self, heat: str) -> int:
        return sum(self.cells.get((grade, heat), 0) for grade in GRADES)

    def share(self, grade: str) -> float | None:
        """Share of the profile among all who came."""
        return self.of_grade(grade) / self.people if self.people else None

    @property
    def ready(self) -> int:
        """Hot people: ready to buy now."""
        return self.of_heat(Temperature.HOT)

    @property
    def ready_and_fitting(self) -> int:
        """Hot people of the ideal or near-ideal profile."""
        return sum(self.cells.get((grade, Temperature.HOT.value), 0) for grade in GRADES[:2])


def readiness(*, at: datetime, days: int | None) -> Readiness:
    """The known people who came in the last `days` (None: ever) by profile and temperature, in one statement."""
    rows = (
        came(at=at, days=days)
        .filter(known())
        .order_by()
        .annotate(
            grade=Coalesce("score__grade", _text(NO_PROFILE)), heat=Coalesce("score__temperature", _text(HEATS[0]))
        )
        .values_list("grade", "heat")
        .annotate(Count("id"))
    )
    cells = {(grade, heat): count for grade, heat, count in rows}
    return Readiness(sum(cells.values()), cells)


def ready_now() -> int:
    """All known people who are hot now, whenever they came."""
    return known_scores(Temperature.HOT).count()


def _text(value: str) -> Value:
    return Value(value, output_field=CharField())
