"""What was known of people at the moment of their hand-off: score, grade, temperature, stage (R37)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from teplo.kit.among import among
from teplo.scoring.models import Score
from teplo.stages.models import Standing


def take_snapshots(*, person_ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """A snapshot per person, in two queries; what is not known is absent."""
    snapshots: dict[int, dict[str, Any]] = {person_id: {} for person_id in person_ids}
    scores = Score.objects.filter(person_id__in=among(person_ids))
    names = ("total", "fit", "behaviour", "grade", "temperature")
    for person_id, *values in scores.values_list("person_id", *names):
        snapshots[person_id] |= dict(zip(("score", *names[1:]), values, strict=True))
    standings = Standing.objects.filter(person_id__in=among(person_ids))
    for person_id, stage, since in standings.values_list("person_id", "stage__key", "since"):
        snapshots[person_id] |= {"stage": stage, "stage_since": since.isoformat()}
    return snapshots
