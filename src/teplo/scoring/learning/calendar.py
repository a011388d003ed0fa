"""Days of the calendar: a range of them is gone for good, weekdays and months come again."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np

from teplo.scoring.learning.features import Feature
from teplo.scoring.learning.frames import Floats, Ints

WEEKDAY, MONTH = "weekday of ", "month of "
DAYS_OF_EACH = 6
"""On so many days a weekday must have been seen, or it is a name for a few days."""
YEARS_OF_EACH = 2


def returning(feature: Feature) -> list[Feature]:
    """The weekday of a day, and its month if there are two years of each, as levels; none if they say nothing."""
    days = feature.numbers
    if days is None or feature.told.kind != "auto":
        return []
    known = ~np.isnan(days)
    moments = [date.fromordinal(int(day)) for day in np.unique(days[known])]
    found = []
    weekdays = [moment.isoweekday() for moment in moments]
    if len(set(weekdays)) > 1 and all(weekdays.count(day) >= DAYS_OF_EACH for day in set(weekdays)):
        found.append(_levels(feature, WEEKDAY, [date.isoweekday(m) for m in moments], known))
    years: dict[int, set[int]] = {}
    for moment in moments:
        years.setdefault(moment.month, set()).add(moment.year)
    if len(years) > 1 and all(len(seen) >= YEARS_OF_EACH for seen in years.values()):
        found.append(_levels(feature, MONTH, [moment.month for moment in moments], known))
    return found


def _levels(feature: Feature, prefix: str, numbers: list[int], known: np.ndarray) -> Feature:
    """A feature whose levels are these numbers of the days, in the order of the days."""
    assert feature.numbers is not None
    names = ["", *(str(number) for number in sorted(set(numbers)))]
    _days, places = np.unique(feature.numbers[known], return_inverse=True)
    of_day: Ints = np.array([names.index(str(number)) for number in numbers], dtype=np.int32)
    levels = np.zeros(feature.size, dtype=np.int32)
    levels[known] = of_day[places]
    key = prefix + feature.told.key
    told = replace(feature.told, label=prefix + feature.told.label, condition={"field": key})
    nothing: Floats | None = None
    return replace(feature, told=told, numbers=nothing, levels=levels, names=names, kind="level")
