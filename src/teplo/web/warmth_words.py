"""Steps that would warm a person, as they are said on his card."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from teplo.conditions import registry
from teplo.conditions.sentences import say_stored
from teplo.kit.wording import in_language
from teplo.scoring.lacking import Need, ToDo, ToLearn
from teplo.scoring.warming import Step, Warming, Way
from teplo.tracking.models import Activity
from teplo.web.telling import channel_name


@dataclass(frozen=True)
class SaidStep:
    """A step in words. `wish`: what would have to come out, of a fact to be found out."""

    text: str
    share: float
    wish: str = ""
    is_to_learn: bool = False


@dataclass(frozen=True)
class SaidWay:
    """Steps in words, and the score they lead to."""

    steps: tuple[SaidStep, ...]
    points: int
    total: int


def say_ways(warming: Warming) -> list[SaidWay]:
    """The ways of one person; one query, for the names of activities."""
    names = _names(step for way in warming.ways for step in way.steps)
    return [_way(way, names) for way in warming.ways]


def say_steps(steps: Iterable[Step]) -> list[SaidStep]:
    """Single steps in words."""
    listed = list(steps)
    names = _names(listed)
    return [_step(step, names) for step in listed]


def _names(steps: Iterable[Step]) -> dict[int, str]:
    wanted = {step.need.activity for step in steps if isinstance(step.need, ToDo)}
    found = Activity.objects.filter(pk__in=wanted).values_list("pk", "names", "key") if wanted else []
    return {pk: in_language(names) or key for pk, names, key in found}


def _way(way: Way, names: Mapping[int, str]) -> SaidWay:
    return SaidWay(tuple(_step(step, names) for step in way.steps), way.points, way.total)


def _step(step: Step, names: Mapping[int, str]) -> SaidStep:
    is_to_learn = isinstance(step.need, ToLearn)
    wish = say_stored(step.criteria[0].condition, registry.people()) if is_to_learn and step.criteria else ""
    return SaidStep(_need(step.need, names), step.share, wish, is_to_learn)


def _need(need: Need, names: Mapping[int, str]) -> str:
    if isinstance(need, ToDo):
        text = ngettext("“%(deed)s” once", "“%(deed)s” %(n)s times", need.times)
        return text % {"deed": names.get(need.activity, ""), "n": need.times}
    if isinstance(need, ToLearn):
        entry = registry.people().find(need.field)
        return _("Find out: %(field)s") % {"field": entry.name if entry else need.field}
    if need.field == "consent":
        return _("His consent to %(channel)s") % {"channel": channel_name(need.value)}
    return _("His contact: %(channel)s") % {"channel": channel_name(need.value or need.field)}
