"""Where an activity is used: score tables, stages, segments, profiles, journeys."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from teplo.journeys.models import Journey, JourneyState, JourneyVersion
from teplo.people.models import Segment
from teplo.scoring.models import Criterion, Profile, TableState
from teplo.stages.models import Stage
from teplo.tracking.models import Activity


class Use(NamedTuple):
    """One place: criterion, profile, stage, segment or journey, with its name and id."""

    kind: str
    name: Any
    id: int


def uses_of(activity: Activity) -> list[Use]:
    """Everything that stops making sense without this activity. Five queries; only definitions are read."""
    return [*_scoring(activity), *_stages(activity), *_segments(activity), *_journeys(activity)]


def _scoring(activity: Activity) -> Iterator[Use]:
    live = Criterion.objects.exclude(table__state=TableState.RETIRED).select_related("table")
    for criterion in live:
        if criterion.activity_id == activity.pk or _speaks(criterion.condition, activity):
            yield Use("criterion", f"{criterion.table.name}: {criterion.name}", criterion.table_id)
    for profile in Profile.objects.filter(is_active=True):
        if _speaks(profile.condition, activity):
            yield Use("profile", profile.name, profile.pk)


def _stages(activity: Activity) -> Iterator[Use]:
    for stage in Stage.objects.filter(is_active=True):
        if _speaks(stage.sign, activity):
            yield Use("stage", stage.names, stage.pk)


def _segments(activity: Activity) -> Iterator[Use]:
    for segment in Segment.objects.all():
        if _speaks(segment.condition, activity):
            yield Use("segment", segment.name, segment.pk)


def _journeys(activity: Activity) -> Iterator[Use]:
    used: set[int] = set()
    versions = JourneyVersion.objects.exclude(journey__state=JourneyState.STOPPED)
    for version in versions.only("journey_id", "trigger", "exits", "goal", "steps"):
        if any(_speaks(part, activity) for part in (version.trigger, version.exits, version.goal, version.steps)):
            used.add(version.journey_id)
    for journey in Journey.objects.filter(pk__in=used).order_by("name"):
        yield Use("journey", journey.name, journey.pk)


def _speaks(part: Any, activity: Activity) -> bool:
    """Keys of activities are unlike other words, so looking for the quoted key in the JSON is enough."""
    text = json.dumps(part)
    return f'"{activity.key}"' in text or f'"{activity.pk}"' in text or f": {activity.pk}" in text
