"""Acts on many people that upper packages lend to people/acting.py: moving to a stage, entering a journey."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from teplo.journeys.enrolling import enrol_people
from teplo.journeys.models import Journey
from teplo.kit.clock import now
from teplo.people import acting
from teplo.people.acting import Act
from teplo.stages.models import Stage
from teplo.stages.moving import move_people


def lend() -> None:
    """Hand the acts over."""
    acting.register(Act("set-stage", _("Move to a stage"), _set_stage))
    acting.register(Act("enrol", _("Into a journey"), _enrol))


def _set_stage(people: Sequence[int], args: Mapping[str, Any], by: str) -> int:
    stage = Stage.objects.get(key=args["stage"])
    why = {"words": args["why"]} if args.get("why") else {}
    return len(move_people(person_ids=people, stage=stage, cause="hand", by=by, why=why, at=now()))


def _enrol(people: Sequence[int], args: Mapping[str, Any], by: str) -> int:
    return enrol_people(journey=Journey.objects.get(pk=args["journey"]), person_ids=people, at=now())
