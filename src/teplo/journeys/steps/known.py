"""All kinds of steps by key. A new kind is one file beside this one and one line here."""

from __future__ import annotations

from typing import Any

from teplo.journeys.steps.add_task import AddTask
from teplo.journeys.steps.branch import Branch
from teplo.journeys.steps.end import End
from teplo.journeys.steps.hand_off import HandOffStep
from teplo.journeys.steps.kind import StepKind
from teplo.journeys.steps.send_email import SendEmail
from teplo.journeys.steps.set_attribute import SetAttribute
from teplo.journeys.steps.set_stage import SetStage
from teplo.journeys.steps.set_tag import AddTag, RemoveTag
from teplo.journeys.steps.wait import Wait

KINDS: dict[str, StepKind[Any]] = {
    kind.key: kind
    for kind in (
        SendEmail(),
        Wait(),
        Branch(),
        AddTask(),
        SetAttribute(),
        SetStage(),
        AddTag(),
        RemoveTag(),
        HandOffStep(),
        End(),
    )
}
