"""Forms of the steps of a journey: what is asked for each kind, and how it is stored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from teplo.accounts.models import User
from teplo.channels.models import Sender
from teplo.conditions.reading import ConditionError
from teplo.content.models import Template
from teplo.journeys.problems import Problem
from teplo.journeys.steps.branch import REACTIONS
from teplo.journeys.steps.durations import UNITS
from teplo.journeys.steps.kind import SettingWrong
from teplo.journeys.steps.known import KINDS
from teplo.journeys.steps.wait import WEEKDAY_NAMES
from teplo.kit.wording import in_language
from teplo.people.attributes import TEXT_COLUMNS, definitions
from teplo.sales.tasks import KINDS as TASK_KINDS
from teplo.stages.models import Stage
from teplo.tracking.models import Activity
from teplo.web.conditions import needed_condition
from teplo.web.tag_input import TagInput

UNIT_NAMES = {"minutes": _("minutes"), "hours": _("hours"), "days": _("days"), "weeks": _("weeks")}
COLUMN_NAMES = {
    "first_name": _("First name"),
    "middle_name": _("Middle name"),
    "last_name": _("Last name"),
    "position": _("Position"),
    "city": _("City"),
    "country": _("Country"),
    "language": _("Language"),
    "timezone": _("Time zone"),
}


class LengthWidget(forms.MultiWidget):
    """A number and its unit side by side."""

    template_name = "journeys/length.html"

    def __init__(self) -> None:
        units = list(UNIT_NAMES.items())
        number = forms.NumberInput(attrs={"class": "form-control", "min": 0, "aria-label": _("How many")})
        unit = forms.Select(choices=units, attrs={"class": "form-select", "aria-label": _("Unit of time")})
        super().__init__([number, unit])

    def decompress(self, value: Any) -> list[Any]:
        for unit in UNITS:
            if isinstance(value, Mapping) and value.get(unit):
                return [value[unit], unit]
        return [None, "days"]


class LengthField(forms.MultiValueField):
    """{"days": 2}; empty when nothing is given."""

    widget = LengthWidget

    def __init__(self, **given: Any) -> None:
        units = list(UNIT_NAMES.items())
        parts = (forms.IntegerField(min_value=0, required=False), forms.ChoiceField(choices=units, required=False))
        super().__init__(parts, require_all_fields=False, **given)

    def compress(self, data_list: list[Any]) -> dict[str, int]:
        number, unit = [*data_list, None, None][:2]
        return {unit or "days": number} if number else {}


class StepForm(forms.Form):
    """Base: `settings()` is what is stored beside key and kind; `problem` puts a refused setting at its field."""

    kind = ""
    fields_of: Mapping[str, str] = {}
    """Setting → field, where the names differ."""

    def settings(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if value not in (None, "", [], {})}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors:
            try:
                kind = KINDS[self.kind]
                kind.check(kind.read(self.settings()))
            except SettingWrong as wrong:
                field = self.fields_of.get(wrong.name, wrong.name)
                text = str(Problem("", wrong.name, wrong.code, wrong.params))
                self.add_error(field if field in self.fields else None, text)
        return cleaned


class LetterForm(StepForm):
    kind = "send-email"
    template = forms.TypedChoiceField(label=_("Letter"), coerce=int)
    sender = forms.TypedChoiceField(label=_("Sender"), coerce=int, required=False, empty_value=None)
    expires = LengthField(
        label=_("Not later than"),
        required=False,
        help_text=_("A letter held back longer (quiet hours, too many touches) is not sent at all."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        templates = Template.objects.filter(channel="email", is_archived=False).order_by("name")
        senders = Sender.objects.filter(channel="email", is_active=True).order_by("name")
        _choices(self, "template", [(row.pk, row.name) for row in templates.only("pk", "name", "ready")], _("Choose…"))
        _choices(self, "sender", [(row.pk, f"{row.name} <{row.address}>") for row in senders], _("As usual"))


class WaitForm(StepForm):
    kind = "wait"
    length = LengthField(label=_("How long"), required=False)
    at = forms.TimeField(
        label=_("Then until"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        help_text=_("By the clock where the person lives. “1 day until 10:00” is tomorrow at 10:00."),
    )
    on = forms.MultipleChoiceField(
        label=_("Only on"),
        required=False,
        choices=list(WEEKDAY_NAMES.items()),
        widget=forms.CheckboxSelectMultiple,
    )
    fields_of = {"for": "length"}

    def settings(self) -> dict[str, Any]:
        given = self.cleaned_data
        at = given.get("at")
        stored = {"for": given.get("length"), "at": f"{at:%H:%M}" if at else "", "on": given.get("on")}
        return {name: value for name, value in stored.items() if value}


class DeedForm(StepForm):
    kind = "wait"
    activity = forms.ChoiceField(label=_("Until he does"))
    at_most = LengthField(label=_("At most"), help_text=_("Who has not done it by then goes the other way."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choices(self, "activity", activity_choices(), _("Choose…"))


class ConditionForm(StepForm):
    kind = "branch"

    def settings(self) -> dict[str, Any]:
        return {"condition": self.condition}

    def clean(self) -> dict[str, Any]:
        self.condition: Any = {}
        try:
            self.condition = needed_condition(self.data, "condition")
        except (ConditionError, ValueError) as error:
            self.add_error(None, str(error))
        return super().clean()


class ReactionForm(StepForm):
    kind = "branch"
    letter = forms.ChoiceField(label=_("Letter"))
    was = forms.ChoiceField(label=_("What became of it"), choices=list(REACTIONS.items()))


class SilenceForm(StepForm):
    kind = "branch"
    unopened = forms.IntegerField(label=_("Letters left unopened in a row"), min_value=1, max_value=20, initial=3)


class TaskForm(StepForm):
    kind = "add-task"
    task = forms.ChoiceField(
        label=_("What to do"), choices=[(key, name) for key, name in TASK_KINDS.items() if key != "answer-hot"]
    )
    title = forms.CharField(label=_("What for"), max_length=300)
    note = forms.CharField(label=_("Script, or what to mind"), required=False, widget=forms.Textarea(attrs={"rows": 4}))
    due = LengthField(label=_("Within"), required=False, initial={"days": 1})
    assign = forms.ChoiceField(
        label=_("Who"),
        choices=[
            ("owner", _("The owner, else whoever has least to do")),
            ("least-busy", _("Whoever has least to do")),
            ("user", _("Always the same colleague:")),
        ],
    )
    user = forms.TypedChoiceField(label=_("Colleague"), coerce=int, required=False, empty_value=None)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        users = [(user.pk, user.name or user.email) for user in User.objects.filter(is_active=True).order_by("name")]
        _choices(self, "user", users, "—")


class AttributeForm(StepForm):
    kind = "set-attribute"
    attribute = forms.ChoiceField(label=_("Attribute"))
    value = forms.CharField(label=_("Value"), required=False, max_length=2000)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = [(key, in_language(found.names) or key) for key, found in definitions().items()]
        columns = [(key, COLUMN_NAMES.get(key, key)) for key in TEXT_COLUMNS]
        _choices(self, "attribute", [*own, *columns], _("Choose…"))

    def settings(self) -> dict[str, Any]:
        return {"attribute": self.cleaned_data["attribute"], "value": self.cleaned_data["value"] or None}


class AddTagForm(StepForm):
    kind = "add-tag"
    tag = forms.CharField(label=_("Tag"), max_length=60, widget=TagInput)


class RemoveTagForm(AddTagForm):
    kind = "remove-tag"


class StageForm(StepForm):
    kind = "set-stage"
    stage = forms.ChoiceField(label=_("Stage"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choices(self, "stage", stage_choices(), _("Choose…"))


class HandOffForm(StepForm):
    kind = "hand-off"


class EndForm(StepForm):
    kind = "end"
    reason = forms.CharField(label=_("Called"), required=False, max_length=60)


FORMS: dict[str, tuple[Any, str, type[StepForm]]] = {
    "letter": (_("Send a letter"), "mail", LetterForm),
    "wait": (_("Wait for a time"), "clock", WaitForm),
    "deed": (_("Wait until he does something"), "hourglass", DeedForm),
    "condition": (_("Fork by a condition"), "arrows-split-2", ConditionForm),
    "reaction": (_("Fork by what became of a letter"), "mail-question", ReactionForm),
    "silence": (_("Fork by letters left unopened"), "mail-off", SilenceForm),
    "task": (_("Task for sales"), "checkbox", TaskForm),
    "hand-off": (_("Hand to sales"), "flame", HandOffForm),
    "stage": (_("Move to a stage"), "stairs-up", StageForm),
    "attribute": (_("Set an attribute"), "pencil", AttributeForm),
    "add-tag": (_("Put a tag on"), "tag", AddTagForm),
    "remove-tag": (_("Take a tag off"), "tag-off", RemoveTagForm),
    "end": (_("End here"), "flag", EndForm),
}
"""Variant of a step → its name in the menu, icon, form."""


def variant_of(step: Mapping[str, Any]) -> str:
    """Which form a stored step is edited with."""
    kind = str(step.get("kind"))
    if kind == "wait":
        return "deed" if step.get("activity") else "wait"
    if kind == "branch":
        return "reaction" if step.get("letter") else "silence" if step.get("unopened") else "condition"
    return next((name for name, (_name, _icon, form) in FORMS.items() if form.kind == kind), "end")


def initial_of(step: Mapping[str, Any]) -> dict[str, Any]:
    """A stored step as the initial values of its form."""
    initial = dict(step)
    initial["length"] = initial.pop("for", None)
    return initial


def letters_of(steps: list[dict[str, Any]], names: Mapping[str, str]) -> list[tuple[str, str]]:
    """The letters of a journey as choices."""
    return [(step["key"], names.get(step["key"], step["key"])) for step in steps if step.get("kind") == "send-email"]


def activity_choices() -> list[tuple[str, str]]:
    """Active activities by key and name."""
    found = Activity.objects.filter(is_active=True)
    return sorted(((row.key, in_language(row.names) or row.key) for row in found), key=lambda choice: choice[1])


def stage_choices() -> list[tuple[str, str]]:
    """Active stages by key and name."""
    return [(row.key, in_language(row.names) or row.key) for row in Stage.objects.filter(is_active=True)]


def _choices(form: forms.Form, name: str, choices: list[tuple[Any, Any]], empty: Any) -> None:
    form.fields[name].choices = [("", empty), *choices]  # type: ignore[attr-defined]
