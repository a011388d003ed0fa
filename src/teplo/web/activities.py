"""Activities: named deeds with a meaning for the business, defined over events (R8)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Any, NamedTuple

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from teplo.accounts.access import Right, requires
from teplo.conditions import registry
from teplo.conditions.reading import ConditionError
from teplo.conditions.sentences import say_stored
from teplo.jobs.models import LIVE, Job
from teplo.jobs.starting import live_job
from teplo.kit.uses import InUse, used_in
from teplo.kit.wording import in_language
from teplo.tracking import activities as deeds
from teplo.tracking.figures import Figures, figures_of, refresh_if_quick
from teplo.tracking.models import Activity
from teplo.web.answers import page, redirect, refused, saved
from teplo.web.conditions import needed_condition
from teplo.web.icons import IconField
from teplo.web.used import places, still_used

_CYRILLIC = "абвгґдеёєжзиіїйклмнопрстуфхцчшщыэюя"
_SPELT = "a b v h g d e e ie zh z i i i i k l m n o p r s t u f kh ts ch sh shch y e iu ia"
_LATIN = dict(zip(_CYRILLIC, _SPELT.split(), strict=True))


class Row(NamedTuple):
    """One activity in the list."""

    activity: Activity
    sentence: str
    figures: Figures
    job: Job | None


class ActivityForm(forms.Form):
    """Names in three languages; the one of the reader is asked first and must be there."""

    icon = IconField(label=_("Icon"), required=False)
    is_active = forms.BooleanField(label=_("It counts"), required=False, initial=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        spoken = get_language() or "en"
        languages = sorted(settings.LANGUAGES, key=lambda language: language[0] != spoken)
        names = {}
        for place, (code, name) in enumerate(languages):
            label = gettext("What it is called") if place == 0 else gettext("In %(language)s") % {"language": name}
            names[f"name_{code}"] = forms.CharField(label=label, max_length=120, required=place == 0)
        self.fields = {**names, **self.fields}
        self.first_name = f"name_{languages[0][0]}"

    @property
    def names(self) -> dict[str, str]:
        """The names that were given, by language."""
        given = {code: self.cleaned_data[f"name_{code}"].strip() for code, _name in settings.LANGUAGES}
        return {code: name for code, name in given.items() if name}


@requires(Right.SEE)
def activity_list(request: HttpRequest) -> HttpResponse:
    refresh_if_quick()
    found = list(Activity.objects.all())
    counting = _counting(found)
    known = registry.events()
    rows = [
        Row(activity, say_stored(activity.condition, known), figures_of(activity), counting.get(activity.pk))
        for activity in found
    ]
    rows.sort(key=lambda row: (not row.activity.is_active, -row.figures.people, row.activity.key))
    happened = [row for row in rows if row.figures.times]
    context = {"rows": rows, "total": len(rows), "happened": len(happened), "chart": _chart(happened[:12])}
    return page(request, "activities/list.html", context)


def _counting(found: list[Activity]) -> dict[int, Job]:
    """Which activities are just being counted over the past."""
    subjects = {f"activity:{activity.pk}": activity.pk for activity in found}
    jobs = Job.objects.filter(state__in=LIVE, subject__in=subjects)
    return {subjects[job.subject]: job for job in jobs}


def _chart(rows: Sequence[Row]) -> dict[str, Any]:
    return {
        "columns": [gettext("Activity"), gettext("People")],
        "rows": [[in_language(row.activity.names) or row.activity.key, row.figures.people] for row in rows],
        "height": max(160, 30 * len(rows)),
        "label": gettext("People who did each activity in the last 30 days"),
    }


@requires(Right.EDIT_MARKETING)
def activity_new(request: HttpRequest) -> HttpResponse:
    form = ActivityForm(request.POST or None, initial={"icon": "activity"})
    problem = ""
    if request.method == "POST" and form.is_valid():
        try:
            activity = deeds.create_activity(
                key=_free_key(form.cleaned_data[form.first_name]), names=form.names, icon=form.cleaned_data["icon"],
                condition=needed_condition(request.POST, "condition", of="events"), by=request.user.pk,
            )  # fmt: skip
        except ConditionError as error:
            problem = str(error)
        else:
            saved(request, gettext("It counts from now on; the past is being counted too."))
            return redirect(request, "activity", activity.pk)
    context = {"form": form, "problem": problem, "condition": request.POST.get("condition", '{"event": "page-viewed"}')}
    return page(request, "activities/edit.html", context, status=422 if form.errors or problem else 200)


@requires(Right.SEE)
def activity_one(request: HttpRequest, activity_id: int) -> HttpResponse:
    """Reading for all; changing for those who may (checked in `_change`)."""
    activity = get_object_or_404(Activity, pk=activity_id)
    return _show(request, activity, ActivityForm(initial=_initial(activity)), activity.condition)


@requires(Right.EDIT_MARKETING)
@require_POST
def activity_change(request: HttpRequest, activity_id: int) -> HttpResponse:
    activity = get_object_or_404(Activity, pk=activity_id)
    form = ActivityForm(request.POST)
    if not form.is_valid():
        return _show(request, activity, form, request.POST.get("condition", ""), status=422)
    try:
        job = deeds.change_activity(
            activity=activity,
            names=form.names,
            is_active=form.cleaned_data["is_active"],
            icon=form.cleaned_data["icon"],
            condition=needed_condition(request.POST, "condition", of="events"),
            by=request.user.pk,
        )
    except ConditionError as error:
        return _show(request, activity, form, request.POST.get("condition", ""), problem=str(error), status=422)
    saved(request, gettext("Saved; the past is being counted anew.") if job else gettext("Saved."))
    return redirect(request, "activity", activity.pk)


@requires(Right.EDIT_MARKETING)
@require_POST
def activity_recount(request: HttpRequest, activity_id: int) -> HttpResponse:
    deeds.recount_past(activity=get_object_or_404(Activity, pk=activity_id), by=request.user.pk)
    return redirect(request, "activity", activity_id)


@requires(Right.EDIT_MARKETING)
@require_POST
def activity_delete(request: HttpRequest, activity_id: int) -> HttpResponse:
    activity = get_object_or_404(Activity, pk=activity_id)
    try:
        deeds.delete_activity(activity=activity)
    except InUse as refusal:
        return still_used(request, refusal, back=reverse("activity", args=[activity_id]))
    except deeds.ActivityBuiltIn as error:
        refused(request, str(error))
        return redirect(request, "activity", activity_id)
    saved(request, gettext("The activity and its counts are gone; the events stay."))
    return redirect(request, "activities")


def _show(
    request: HttpRequest,
    activity: Activity,
    form: ActivityForm,
    condition: Any,
    *,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    refresh_if_quick()
    activity.refresh_from_db(fields=["figures"])
    context = {
        "activity": activity,
        "form": form,
        "condition": condition,
        "problem": problem,
        "places": places(used_in(deeds.thing_of(activity))),
        "figures": figures_of(activity),
        "job": live_job(subject=f"activity:{activity.pk}"),
    }
    return page(request, "activities/edit.html", context, status=status)


def _initial(activity: Activity) -> dict[str, Any]:
    names = {f"name_{code}": activity.names.get(code, "") for code, _name in settings.LANGUAGES}
    return {**names, "icon": activity.icon, "is_active": activity.is_active}


def _free_key(name: str) -> str:
    """A key from the name: Latin letters and hyphens, with a number where it is taken."""
    letters = unicodedata.normalize("NFC", name.lower())
    latin = "".join(_LATIN.get(letter, letter) for letter in letters if letter not in "ъь'’")
    key = re.sub(r"[^a-z0-9]+", "-", latin).strip("-")[:50].strip("-") or "activity"
    taken = set(Activity.objects.filter(key__startswith=key).values_list("key", flat=True))
    return next(free for free in (key, *(f"{key}-{n}" for n in range(2, 10_000))) if free not in taken)


urlpatterns = [
    path("activities/", activity_list, name="activities"),
    path("activities/new/", activity_new, name="activity-new"),
    path("activities/<int:activity_id>/", activity_one, name="activity"),
    path("activities/<int:activity_id>/change/", activity_change, name="activity-change"),
    path("activities/<int:activity_id>/recount/", activity_recount, name="activity-recount"),
    path("activities/<int:activity_id>/delete/", activity_delete, name="activity-delete"),
]
