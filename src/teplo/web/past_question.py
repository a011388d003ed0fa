"""The form of a question about the past: whom it asks about, at which moment of each, compared with whom."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from teplo.conditions import registry
from teplo.kit.clock import now
from teplo.scoring.sampling import DATE, FIRST_CONTACT, HAND_OFF, MOST_DAYS, Question, QuestionUnclear, usual_horizon
from teplo.web.moments import Day

MOMENTS = (
    (FIRST_CONTACT, _("so many days after first contact")),
    (HAND_OFF, _("when he was handed to sales")),
    (DATE, _("on one date, the same for all")),
)
VERSUS = (
    ("everybody", _("everybody who did not buy in time")),
    ("lost", _("only those who refused")),
)
UNCLEAR = {
    "no-date": _("Say which date."),
    "no-period": _("Say from when to when."),
    "period-backwards": _("The period ends before it begins."),
    "bad-days": _("Days go from 0 to 3650."),
    "bad-horizon": _("Days go from 1 to 3650."),
    "future": _("This moment has not come yet."),
}


def _day_input() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class PastQuestionForm(forms.Form):
    """Reads a `sampling.Question` and whom to compare with."""

    moment = forms.ChoiceField(
        label=_("Each person as he stood"), choices=MOMENTS, initial=FIRST_CONTACT,
        help_text=_("Only what was known by that moment may speak, so the points will be as good tomorrow."),
    )  # fmt: skip
    days = forms.IntegerField(
        label=_("Days after first contact"), min_value=0, max_value=MOST_DAYS, initial=14, required=False
    )
    on = Day(label=_("The date"), required=False, widget=_day_input())
    since = Day(label=_("Met or handed over from"), required=False, widget=_day_input())
    until = Day(label=_("until"), required=False, widget=_day_input())
    horizon_days = forms.IntegerField(
        label=_("Days he had to buy"), min_value=1, max_value=MOST_DAYS, required=False,
        help_text=_("Whose time is not over yet is left out. Empty: until today."),
    )  # fmt: skip
    versus = forms.ChoiceField(label=_("Buyers are compared with"), choices=VERSUS, initial="everybody")
    only_known = forms.BooleanField(label=_("Only people who had left a contact by then"), required=False, initial=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        today = now().astimezone(registry.zone()).date()
        self.fields["since"].initial = today - timedelta(days=365)
        self.fields["until"].initial = today
        self.fields["horizon_days"].initial = usual_horizon(at=now())

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors:
            try:
                cleaned["question"] = _question(cleaned)
            except QuestionUnclear as unclear:
                self.add_error(unclear.field, UNCLEAR.get(unclear.code, unclear.code))
        return cleaned

    @property
    def question(self) -> Question:
        """What was asked; only of a valid form."""
        question: Question = self.cleaned_data["question"]
        return question


def _question(cleaned: dict[str, Any]) -> Question:
    return Question(
        moment=cleaned["moment"],
        as_of=now(),
        since=cleaned.get("since"),
        until=cleaned.get("until"),
        days=cleaned["days"] if cleaned.get("days") is not None else 14,
        on=cleaned.get("on"),
        horizon_days=cleaned.get("horizon_days"),
        only_known=bool(cleaned.get("only_known")),
    )
