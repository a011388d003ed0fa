"""How much of each activity there was lately: counted in the background when it is long, kept with the activity."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from teplo.conditions import registry
from teplo.kit.clock import now
from teplo.tracking import queries
from teplo.tracking.models import Activity

DAYS = 30
FRESH_SECONDS = 60
QUICK_SECONDS = 0.3
"""Counting that was quicker than this last time is done while the page is made."""


@dataclass(frozen=True, slots=True)
class Figures:
    """One activity over the last 30 days: how often, by how many people, and how often on each day."""

    times: int
    people: int
    days: tuple[int, ...]


def figures_of(activity: Activity) -> Figures:
    """As last counted."""
    kept = activity.figures
    return Figures(kept.get("times", 0), kept.get("people", 0), tuple(kept.get("days", ())))


def refresh_if_quick() -> None:
    """Count anew when the last counting is a minute old and took no time."""
    newest = Activity.objects.order_by("-is_builtin", "id").values_list("figures", flat=True).first() or {}
    is_stale = now().timestamp() - newest.get("at", 0) > FRESH_SECONDS
    if is_stale and newest.get("took", 0) < QUICK_SECONDS:
        refresh()


def refresh() -> None:
    """Count all activities; two statements over the tallies of the last 30 days, one for what changed."""
    began = time.monotonic()
    at = now()
    last = at.astimezone(registry.zone()).date()
    first = last - timedelta(days=DAYS - 1)
    daily = queries.tallies_by_day(first=first)
    people = queries.people_by_activity(first=first)
    took = round(time.monotonic() - began, 3)
    activities = list(Activity.objects.all())
    for activity in activities:
        activity.figures = {
            **_figures(daily.get(activity.pk, {}), people.get(activity.pk, 0), first),
            "at": int(at.timestamp()),
            "took": took,
        }
    Activity.objects.bulk_update(activities, ["figures"])


def _figures(counts: dict[date, int], people: int, first: date) -> dict[str, Any]:
    days = [counts.get(first + timedelta(days=n), 0) for n in range(DAYS)]
    return {"times": sum(days), "people": people, "days": days}
