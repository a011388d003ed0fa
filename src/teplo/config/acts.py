"""Acts on many people that upper packages lend to people/acting.py: moving to a stage, entering a journey."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from teplo.conditions.reading import ConditionError
from teplo.journeys.enrolling import JourneyNotLive, enrol_people
from teplo.journeys.models import Journey
from teplo.kit.clock import now
from teplo.people import acting
from teplo.people.acting import Act, ActImpossible
from teplo.stages.models import Stage
from teplo.stages.moving import move_people


def lend() -> None:
    """Hand the acts over."""
    acting.register(Act("set-stage", _("Move to a stage"), _set_stage))
    acting.register(Act("enrol", _("Into a journey"), _enrol))


def _set_stage(people: Sequence[int], args: Mapping[str, Any], by: str) -> int:
    stage = Stage.objects.filter(key=args["stage"]).first()
    if stage is None:
        raise ActImpossible(gettext("There is no such stage."))
    why = {"words": args["why"]} if args.get("why") else {}
    return len(move_people(person_ids=people, stage=stage, cause="hand", by=by, why=why, at=now()))


def _enrol(people: Sequence[int], args: Mapping[str, Any], by: str) -> int:
    number = str(args["journey"])
    journey = Journey.objects.filter(pk=number).first() if re.fullmatch(r"[0-9]{1,18}", number) else None
    if journey is None:
        raise ActImpossible(gettext("There is no such journey."))
    try:
        return enrol_people(journey=journey, person_ids=people, at=now())
    except JourneyNotLive as refusal:
        raise ActImpossible(gettext("The journey is not live.")) from refusal
    except ConditionError as error:
        raise ActImpossible(str(error)) from error
