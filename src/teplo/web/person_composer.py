"""The composer of a person's card: a note, a letter, a call or a task, written where the person is looked at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from teplo.accounts.access import Right, RightLacking, can, requires
from teplo.accounts.models import User
from teplo.channels.personal_letters import LetterRefused, PersonalLetter, send_letter, senders
from teplo.channels.queries import Change
from teplo.channels.reasons import say
from teplo.channels.renderers import TemplateFlawed, TemplateGone
from teplo.content.models import Template
from teplo.kit.clock import now
from teplo.people import notes
from teplo.people.models import Note, Person
from teplo.people.notes import NoteEmpty, add_note, forget_note
from teplo.sales.assigning import working_colleagues
from teplo.sales.calls import CALL_OUTCOMES, DIRECTIONS, CallToCome, forget_call, log_call
from teplo.sales.models import Call
from teplo.sales.tasks import KINDS, NewTask, create_tasks
from teplo.tracking.incoming import EARLIEST_MS
from teplo.web.answers import page, redirect, saved
from teplo.web.found_person import find_person
from teplo.web.moments import Moment, too_far_off
from teplo.web.owned import acts_on

WAYS: Mapping[str, tuple[Any, str]] = {
    "note": (gettext_lazy("Note"), "note"),
    "letter": (gettext_lazy("Letter"), "mail"),
    "call": (gettext_lazy("Phone call"), "phone"),
    "task": (gettext_lazy("Task"), "checkbox"),
}
_LOCAL = "%Y-%m-%dT%H:%M"
MOST_NAMES = 8


def _clock() -> forms.DateTimeInput:
    return forms.DateTimeInput(attrs={"type": "datetime-local"}, format=_LOCAL)


class NoteForm(forms.Form):
    text = forms.CharField(
        label=gettext_lazy("What to remember"),
        max_length=notes.LONGEST,
        widget=forms.Textarea(attrs={"rows": 3, "data-mentions": ""}),
        help_text=gettext_lazy("@ and a name: the colleague is told."),
    )


class LetterForm(forms.Form):
    template = forms.TypedChoiceField(
        label=gettext_lazy("Template"), coerce=int, required=False, empty_value=None,
        help_text=gettext_lazy("With a template the words below are not needed."),
    )  # fmt: skip
    subject = forms.CharField(label=gettext_lazy("Subject"), max_length=300, required=False)
    text = forms.CharField(
        label=gettext_lazy("Letter"), max_length=20_000, required=False, widget=forms.Textarea(attrs={"rows": 7})
    )
    sender = forms.TypedChoiceField(label=gettext_lazy("Sender"), coerce=int, required=False, empty_value=None)
    is_service = forms.BooleanField(
        label=gettext_lazy("About a question, an order or a contract of theirs"),
        required=False,
        help_text=gettext_lazy("Such a letter goes without permission to write and does not wait for the morning."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        letters = Template.objects.filter(channel="email", is_archived=False).order_by("name")
        templates = [(row.pk, row.name) for row in letters.only("pk", "name", "ready")]
        self.fields["template"].choices = [("", _("My own words")), *templates]  # type: ignore[attr-defined]
        found = [(sender.pk, f"{sender.name} <{sender.address}>") for sender in senders()]
        self.fields["sender"].choices = found or [("", _("No sender yet"))]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not cleaned.get("template"):
            for name in ("subject", "text"):
                if name not in self.errors and not str(cleaned.get(name, "")).strip():
                    self.add_error(name, _("Write it, or choose a template."))
        return cleaned


class CallForm(forms.Form):
    direction = forms.ChoiceField(label=gettext_lazy("Who called"), choices=list(DIRECTIONS.items()))
    outcome = forms.ChoiceField(label=gettext_lazy("What came of it"), choices=list(CALL_OUTCOMES.items()))
    note = forms.CharField(
        label=gettext_lazy("In their words: pains, needs, objections"), required=False, max_length=notes.LONGEST,
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip
    at = Moment(label=gettext_lazy("When"), widget=_clock())

    def clean_at(self) -> datetime:
        at: datetime = self.cleaned_data["at"]
        if at > now():
            raise forms.ValidationError(_("It has not taken place yet: make it a task."))
        if at.timestamp() * 1000 < EARLIEST_MS:
            raise too_far_off(first=2000)
        return at


class TaskForm(forms.Form):
    kind = forms.ChoiceField(
        label=gettext_lazy("What to do"), choices=[(key, name) for key, name in KINDS.items() if key != "answer-hot"]
    )
    title = forms.CharField(label=gettext_lazy("What for"), max_length=300)
    due_at = Moment(label=gettext_lazy("By when"), widget=_clock())
    assignee = forms.TypedChoiceField(label=gettext_lazy("Who"), coerce=int, required=False, empty_value=None)
    note = forms.CharField(label=gettext_lazy("Note"), required=False, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rule = ("", _("By rule: the owner, else whoever has least to do"))
        self.fields["assignee"].choices = [rule, *working_colleagues().items()]  # type: ignore[attr-defined]


FORMS: Mapping[str, type[forms.Form]] = {"note": NoteForm, "letter": LetterForm, "call": CallForm, "task": TaskForm}


@requires(Right.EDIT_PEOPLE)
@acts_on("person_id")
def person_compose(request: HttpRequest, person_id: int, way: str) -> HttpResponse:
    """One form of the composer; what is sent is done at once."""
    person = find_person(person_id)
    if way not in FORMS:
        raise Http404
    form = FORMS[way](request.POST if request.method == "POST" else None, initial=_initial(request, way))
    if request.method == "POST" and form.is_valid():
        said = _ACTS[way](request, person, form)
        if said:
            saved(request, said)
            return redirect(request, "person", person_id)
    context = composer_context(person, way, form)
    status = 422 if form.errors else 200
    return page(request, "person/compose.html", context, fragment="person/_composer.html", status=status)


def composer_context(person: Person, way: str = "note", form: forms.Form | None = None) -> dict[str, Any]:
    """What the composer shows."""
    shown = form if form is not None else FORMS[way]()
    colleagues = User.objects.filter(is_active=True).exclude(name="").order_by("name") if way == "note" else None
    return {
        "person": person,
        "way": way,
        "form": shown,
        "ways": [(key, name, icon, key == way) for key, (name, icon) in WAYS.items()],
        "colleagues": [user.name for user in colleagues[:MOST_NAMES]] if colleagues is not None else [],
    }


def _initial(request: HttpRequest, way: str) -> dict[str, Any]:
    local = timezone.localtime(now()).replace(second=0, microsecond=0)
    if way == "call":
        return {"at": local}
    if way == "task":
        return {"due_at": local + timedelta(hours=1), "assignee": _myself(request)}
    return {}


def _myself(request: HttpRequest) -> int | None:
    return request.user.pk if can(request.user, Right.SELL) else None


# what each form does; answers what is said of it, empty when it was refused


def _note(request: HttpRequest, person: Person, form: forms.Form) -> str:
    try:
        add_note(person_id=person.pk, text=form.cleaned_data["text"], by=request.user.pk or 0)
    except NoteEmpty:
        form.add_error("text", _("Write something first."))
        return ""
    return _("Noted.")


def _letter(request: HttpRequest, person: Person, form: forms.Form) -> str:
    given = form.cleaned_data
    letter = PersonalLetter(
        person_id=person.pk, by=request.user.pk or 0, subject=given["subject"].strip(), text=given["text"],
        template_id=given["template"], sender_id=given["sender"], is_service=given["is_service"],
    )  # fmt: skip
    try:
        waits = send_letter(letter)
    except LetterRefused as refusal:
        form.add_error(None, _why(refusal.change, person))
        return ""
    except (TemplateGone, TemplateFlawed) as error:
        form.add_error("template" if given["template"] else "text", str(error) or str(type(error).__doc__))
        return ""
    return _why(waits, person) if waits else _("The letter is on its way.")


def _why(change: Change, person: Person) -> str:
    return say(change.reason, change.params, name=person.first_name, zone=timezone.get_current_timezone())


def _call(request: HttpRequest, person: Person, form: forms.Form) -> str:
    given = form.cleaned_data
    try:
        log_call(
            person_id=person.pk, direction=given["direction"], outcome=given["outcome"], note=given["note"],
            at=given["at"], by=request.user.pk or 0,
        )  # fmt: skip
    except CallToCome:
        form.add_error("at", _("It has not taken place yet: make it a task."))
        return ""
    return _("The call is noted.")


def _task(request: HttpRequest, person: Person, form: forms.Form) -> str:
    given = form.cleaned_data
    task = NewTask(
        person_id=person.pk, kind=given["kind"], title=given["title"], note=given["note"], due_at=given["due_at"],
        assignee_id=given["assignee"], created_by=f"user:{request.user.pk}",
    )  # fmt: skip
    create_tasks([task])
    return _("The task is noted")


_ACTS: Mapping[str, Callable[[HttpRequest, Person, forms.Form], str]] = {
    "note": _note, "letter": _letter, "call": _call, "task": _task,
}  # fmt: skip


# taken back by whoever wrote it


@requires(Right.EDIT_PEOPLE)
@acts_on("person_id")
@require_POST
def note_forget(request: HttpRequest, person_id: int, note_id: int) -> HttpResponse:
    find_person(person_id)
    _refuse_strangers_words(request, get_object_or_404(Note, person_id=person_id, id=note_id).by)
    forget_note(person_id=person_id, note_id=note_id)
    saved(request, _("The note is gone."))
    return redirect(request, "person", person_id)


@requires(Right.EDIT_PEOPLE)
@acts_on("person_id")
@require_POST
def call_forget(request: HttpRequest, person_id: int, call_id: int) -> HttpResponse:
    find_person(person_id)
    _refuse_strangers_words(request, get_object_or_404(Call, person_id=person_id, id=call_id).by)
    forget_call(person_id=person_id, call_id=call_id)
    saved(request, _("The call is off the card; what it counted for stays counted."))
    return redirect(request, "person", person_id)


def _refuse_strangers_words(request: HttpRequest, by: str) -> None:
    """One's own words can be taken back; those of others only by an administrator."""
    if by != f"user:{request.user.pk}" and not can(request.user, Right.MANAGE):
        raise RightLacking


urlpatterns = [
    path("people/<int:person_id>/write/<slug:way>/", person_compose, name="person-compose"),
    path("people/<int:person_id>/notes/<int:note_id>/forget/", note_forget, name="note-forget"),
    path("people/<int:person_id>/calls/<int:call_id>/forget/", call_forget, name="call-forget"),
]
