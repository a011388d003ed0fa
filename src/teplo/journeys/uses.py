"""Where journeys are built upon a definition: triggers, goals, exits, and the settings of their steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.db.models import Exists, OuterRef, Q

from teplo.conditions.mentioning import speaks_of
from teplo.journeys.models import Enrolment, EnrolmentState, Journey, JourneyState, JourneyVersion
from teplo.kit.uses import Thing, Use
from teplo.people.tagging import tag_key

_SETTINGS = {"template": "template", "sender": "sender", "activity": "activity", "stage": "stage"}
"""Of the kinds of things that steps and triggers name directly: the setting that does."""


def find(thing: Thing) -> Iterator[Use]:
    """Drafts, what people enter, and older versions that people still walk; not what was stopped for good."""
    using = {version.journey_id for version in _walked() if _is_built_upon(version, thing)}
    for journey in Journey.objects.filter(pk__in=using).order_by("name"):
        yield Use("journey", journey.name, "journey", journey.pk)


def _walked() -> list[JourneyVersion]:
    inside = Enrolment.objects.filter(
        journey_id=OuterRef("journey_id"), version_id=OuterRef("pk"), state=EnrolmentState.ACTIVE
    )
    newer = JourneyVersion.objects.filter(
        journey_id=OuterRef("journey_id"), number__gt=OuterRef("number"), published_at__isnull=False
    )
    versions = JourneyVersion.objects.exclude(journey__state=JourneyState.STOPPED)
    return list(versions.filter(Q(Exists(inside)) | ~Q(Exists(newer))))


def _is_built_upon(version: JourneyVersion, thing: Thing) -> bool:
    conditions = [version.trigger.get("condition"), version.goal, version.exits]
    conditions += [step.get("condition") for step in version.steps]
    if any(speaks_of(condition, thing) for condition in conditions):
        return True
    return any(_names(settings, thing) for settings in (version.trigger, *version.steps))


def _names(settings: Mapping[str, Any], thing: Thing) -> bool:
    """Whether a trigger or a step names the thing itself."""
    if thing.kind == "segment":
        return settings.get("kind") == "segment" and str(settings.get("segment")) == str(thing.id)
    if thing.kind == "attribute":
        return f"attr.{settings.get('attribute')}" == thing.key
    if thing.kind == "choice":
        return f"attr.{settings.get('attribute')}" == thing.key and str(settings.get("value")) == thing.value
    if thing.kind == "tag" and settings.get("kind") in ("add-tag", "remove-tag"):
        named = str(settings.get("tag", ""))
        return named == thing.key or tag_key(named) == thing.value
    setting = _SETTINGS.get(thing.kind)
    said = str(settings.get(setting, "")) if setting else ""
    return bool(said) and said in (thing.key, str(thing.id))
