"""Where a tag is used: criteria, profiles, stages, segments, journeys, views that colleagues kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from teplo.accounts.models import SavedView
from teplo.insights.usage import Use
from teplo.journeys.models import Journey, JourneyState, JourneyVersion
from teplo.kit.wording import in_language
from teplo.people.models import Segment, Tag
from teplo.people.names import name_key
from teplo.scoring.models import Criterion, Profile, TableState
from teplo.stages.models import Stage

_TAG_STEPS = ("add-tag", "remove-tag")


def uses_of_tag(tag: Tag) -> list[Use]:
    """Everything that would stop making sense without this tag; only definitions are read."""
    return [*_scoring(tag), *_stages(tag), *_segments(tag), *_journeys(tag), *_views(tag)]


def asks_for(part: Any, tag: Tag) -> bool:
    """Whether a stored condition, or anything it stands in, asks for the tag or puts it on."""
    if isinstance(part, Mapping):
        if _is_leaf_of(part, tag) or _is_step_of(part, tag):
            return True
        return any(asks_for(inside, tag) for inside in part.values())
    if isinstance(part, list):
        return any(asks_for(inside, tag) for inside in part)
    return False


def _is_leaf_of(part: Mapping[str, Any], tag: Tag) -> bool:
    """{"tag": "VIP"}, {"tag": {"has_not": ["VIP"]}} or {"field": "tag", "has": "VIP"}."""
    asked = part.get("tag")
    if part.get("field") == "tag":
        asked = {name: value for name, value in part.items() if name != "field"}
    values = list(asked.values()) if isinstance(asked, Mapping) else [asked]
    flat = [item for value in values for item in (value if isinstance(value, list) else [value])]
    return tag.key in flat


def _is_step_of(part: Mapping[str, Any], tag: Tag) -> bool:
    named = part.get("tag")
    if part.get("kind") not in _TAG_STEPS or not isinstance(named, str):
        return False
    return named == tag.key or name_key(named) == tag.name_key


def _scoring(tag: Tag) -> Iterator[Use]:
    for criterion in Criterion.objects.exclude(table__state=TableState.RETIRED).select_related("table"):
        if asks_for(criterion.condition, tag):
            yield Use("criterion", f"{criterion.table.name}: {criterion.name}", criterion.table_id)
    for profile in Profile.objects.filter(is_active=True):
        if asks_for(profile.condition, tag):
            yield Use("profile", profile.name, profile.pk)


def _stages(tag: Tag) -> Iterator[Use]:
    for stage in Stage.objects.filter(is_active=True):
        if asks_for(stage.sign, tag):
            yield Use("stage", in_language(stage.names) or stage.key, stage.pk)


def _segments(tag: Tag) -> Iterator[Use]:
    for segment in Segment.objects.all():
        if asks_for(segment.condition, tag):
            yield Use("segment", segment.name, segment.pk)


def _journeys(tag: Tag) -> Iterator[Use]:
    versions = JourneyVersion.objects.exclude(journey__state=JourneyState.STOPPED)
    rows = versions.only("journey_id", "trigger", "exits", "goal", "steps")
    used = {v.journey_id for v in rows if asks_for([v.trigger, v.exits, v.goal, v.steps], tag)}
    for journey in Journey.objects.filter(pk__in=used).order_by("name"):
        yield Use("journey", journey.name, journey.pk)


def _views(tag: Tag) -> Iterator[Use]:
    for view in SavedView.objects.filter(page="people"):
        if asks_for(view.query, tag):
            yield Use("view", view.name, view.pk)
