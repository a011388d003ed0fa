"""A question about the past, as back-tests and learnings are asked: whom, at which moment of each, until when (R21)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from pydantic import Field

from teplo.api.problems import Flaw, Problem
from teplo.api.shapes import Asked, Moment
from teplo.kit.clock import now
from teplo.scoring.sampling import MOST_DAYS, Question, QuestionUnclear

UNCLEAR: Mapping[str, Promise] = {
    "unknown-moment": _("The moment is one of hand-off, first-contact, date."),
    "no-date": _("Say which date."),
    "no-period": _("Say from when to when."),
    "period-backwards": _("The period ends before it begins."),
    "bad-days": _("Days go from 0 to 3650."),
    "bad-horizon": _("Days go from 1 to 3650."),
    "future": _("This moment has not come yet."),
}


class QuestionAsked(Asked):
    """Each person as he stood at his moment, and what became of him within the horizon."""

    moment: Literal["hand-off", "first-contact", "date"] = "hand-off"
    since: date | None = Field(None, description="First day of the period of hand-offs or first contacts.")
    until: date | None = Field(None, description="Last day of it.")
    days: int = Field(14, ge=0, le=MOST_DAYS, description="Of first-contact: so many days after it.")
    on: date | None = Field(None, description="Of date: the day, the same for everybody.")
    horizon_days: int | None = Field(90, ge=1, le=MOST_DAYS, description="How long he had to buy; null: until as_of.")
    as_of: Moment | None = Field(None, description="Nothing later than this speaks; default: now.")
    with_customers: bool = Field(False, description="Also those who had bought before their moment.")
    with_unripe: bool = Field(False, description="Also those whose horizon is not over.")
    only_known: bool = Field(False, description="Only those who had left a contact by their moment.")
    only_ended: bool = Field(False, description="Only those who were won or lost in the end.")


def question_of(asked: QuestionAsked) -> Question:
    """As scoring takes it; raises Problem."""
    moment = now()
    values: dict[str, Any] = {**asked.model_dump(exclude={"as_of"}), "as_of": asked.as_of or moment}
    try:
        if values["as_of"] > moment:
            raise QuestionUnclear("future", "as_of")
        return Question(**values)
    except QuestionUnclear as unclear:
        raise unclear_question(unclear) from unclear


def say_unclear(unclear: QuestionUnclear) -> str:
    """What is wrong with a question, in words."""
    return str(UNCLEAR.get(unclear.code, unclear.code))


def unclear_question(unclear: QuestionUnclear) -> Problem:
    """The same as an answer of the API."""
    said = say_unclear(unclear)
    return Problem(422, "question-unclear", said, errors=[_flaw(unclear, said)])


def _flaw(unclear: QuestionUnclear, said: str) -> Flaw:
    return Flaw(place=f"question.{unclear.field}", code=unclear.code, message=said)
