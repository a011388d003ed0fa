"""What was known of people at the moment of their hand-off: score, grade, temperature, stage (R37)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from teplo.scoring.models import Score
from teplo.stages.models import Standing


def take_snapshots(*, person_ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """A snapshot per person, in two queries; what is not known is absent."""
    snapshots: dict[int, dict[str, Any]] = {person_id: {} for person_id in person_ids}
    for score in Score.objects.filter(pk__in=person_ids):
        snapshots[score.person_id] |= {
            "score": score.total,
            "fit": score.fit,
            "behaviour": score.behaviour,
            "grade": score.grade,
            "temperature": score.temperature,
        }
    for standing in Standing.objects.filter(pk__in=person_ids).select_related("stage"):
        snapshots[standing.person_id] |= {"stage": standing.stage.key, "stage_since": standing.since.isoformat()}
    return snapshots
