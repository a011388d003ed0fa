"""Segments: the list, defining one with its count beside it, who is in it, the file of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from teplo.accounts.access import Right, requires
from teplo.conditions import registry
from teplo.conditions.reading import ConditionError
from teplo.conditions.sentences import say_stored
from teplo.insights.people_export import csv_of
from teplo.insights.people_list import Page, list_people
from teplo.kit.clock import now
from teplo.kit.uses import InUse
from teplo.people.choosing import EVERYBODY, KNOWN, Chosen
from teplo.people.counting import Count
from teplo.people.keeping import begin_keeping
from teplo.people.models import Segment
from teplo.people.segments import (
    change_segment,
    count_segment,
    create_segment,
    delete_segment,
    members_of,
)
from teplo.web.answers import page, redirect, refused, saved
from teplo.web.conditions import PREVIEW, needed_condition, posted_condition
from teplo.web.templatetags.teplo import url_if_any
from teplo.web.used import still_used


class SegmentForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=200)
    description = forms.CharField(
        label=gettext_lazy("What it is for"), required=False, widget=forms.Textarea(attrs={"rows": 2})
    )


@requires(Right.SEE)
def segment_list(request: HttpRequest) -> HttpResponse:
    vocabulary = registry.people()
    segments = list(Segment.objects.order_by("name"))
    rows = [(segment, say_stored(segment.condition, vocabulary)) for segment in segments]
    return page(request, "segments/list.html", {"rows": rows, "total": len(segments)})


@requires(Right.EDIT_MARKETING)
def segment_new(request: HttpRequest) -> HttpResponse:
    """A new segment; `?condition=` fills the builder, as the list of people does with its filter."""
    form = SegmentForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            condition = needed_condition(request.POST, "condition")
            segment = create_segment(**form.cleaned_data, condition=condition, by=request.user.pk)
        except ConditionError as error:
            form.add_error(None, str(error))
        else:
            return redirect(request, "segment", segment.pk)
    proposed: Any
    try:
        proposed = posted_condition(request.GET, "condition")
    except ConditionError as error:
        refused(request, str(error))
        proposed = request.GET.get("condition", "{}")  # the builder marks the row to mend; only what is sent is kept
    return _editor(request, form, proposed)


@requires(Right.EDIT_MARKETING)
def segment_edit(request: HttpRequest, segment_id: int) -> HttpResponse:
    segment = get_object_or_404(Segment, pk=segment_id)
    form = SegmentForm(request.POST or None, initial={"name": segment.name, "description": segment.description})
    if request.method == "POST" and form.is_valid():
        try:
            change_segment(segment, **form.cleaned_data, condition=needed_condition(request.POST, "condition"))
        except ConditionError as error:
            form.add_error(None, str(error))
        else:
            saved(request, _("Saved"))
            return redirect(request, "segment", segment.pk)
    return _editor(request, form, segment.condition, segment)


def _editor(request: HttpRequest, form: SegmentForm, condition: Any, segment: Segment | None = None) -> HttpResponse:
    value = request.POST.get("condition") or condition
    context = {"form": form, "condition": value, "segment": segment}
    return page(request, "segments/edit.html", context, status=422 if form.errors else 200)


@requires(Right.SEE)
def segment_page(request: HttpRequest, segment_id: int) -> HttpResponse:
    """Who is in it now. The number is counted while the page is made, within two seconds; else it is estimated."""
    segment = get_object_or_404(Segment, pk=segment_id)
    broken = ""
    found: Count | None = None
    members = Page([], "")
    try:
        found = count_segment(segment, limit=PREVIEW)
        members = list_people(chosen=_chosen(segment), after=request.GET.get("after", ""))
    except ConditionError as error:
        broken = error.reason
    context = {
        "segment": segment,
        "count": found,
        "page": members,
        "broken": broken,
        "people_url": f"{url_if_any('people')}?segment={segment.pk}",
        "further_url": f"?after={members.further}" if members.further else "",
        "back_url": reverse("segment", args=[segment.pk]) if request.GET.get("after") else "",
    }
    return page(request, "segments/segment.html", context)


def _chosen(segment: Segment) -> Chosen:
    who = EVERYBODY if "anonymous" in str(segment.condition) else KNOWN
    return Chosen(condition=segment.condition, who=who)


@requires(Right.EDIT_MARKETING)
@require_POST
def segment_delete(request: HttpRequest, segment_id: int) -> HttpResponse:
    segment = get_object_or_404(Segment, pk=segment_id)
    try:
        delete_segment(segment)
    except InUse as refusal:
        return still_used(request, refusal, back=reverse("segment", args=[segment.pk]))
    saved(request, _("The segment is gone; the people stay."))
    return redirect(request, "segments")


@requires(Right.EDIT_MARKETING)
@require_POST
def segment_keep(request: HttpRequest, segment_id: int) -> HttpResponse:
    segment = get_object_or_404(Segment, pk=segment_id)
    try:
        job = begin_keeping(segment, by=request.user.pk, at=now())
    except ConditionError as error:
        refused(request, error.reason)
    else:
        at_once = _("From now on the moment a person enters is kept, and can start a journey.")
        later = _("Many people are in it. Entries are kept as soon as all of them are noted, in a minute or so.")
        saved(request, later if job else at_once)
    return redirect(request, "segment", segment.pk)


@requires(Right.EXPORT)
def segment_export(request: HttpRequest, segment_id: int) -> HttpResponseBase:
    segment = get_object_or_404(Segment, pk=segment_id)
    try:
        members = members_of(segment)
    except ConditionError as error:
        refused(request, error.reason)
        return redirect(request, "segment", segment.pk)
    name = slugify(segment.name) or "segment"
    response = StreamingHttpResponse(csv_of(members), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


@requires(Right.EDIT_MARKETING)
@require_POST
def segment_count(request: HttpRequest, segment_id: int) -> HttpResponse:
    """Count exactly now, however many there are, within a minute."""
    segment = get_object_or_404(Segment, pk=segment_id)
    try:
        count_segment(segment, limit=timedelta(minutes=1))
    except ConditionError as error:
        refused(request, error.reason)
    return redirect(request, "segment", segment.pk)


urlpatterns = [
    path("people/segments/", segment_list, name="segments"),
    path("people/segments/new/", segment_new, name="segment-new"),
    path("people/segments/<int:segment_id>/", segment_page, name="segment"),
    path("people/segments/<int:segment_id>/edit/", segment_edit, name="segment-edit"),
    path("people/segments/<int:segment_id>/delete/", segment_delete, name="segment-delete"),
    path("people/segments/<int:segment_id>/keep/", segment_keep, name="segment-keep"),
    path("people/segments/<int:segment_id>/count/", segment_count, name="segment-count"),
    path("people/segments/<int:segment_id>/export/", segment_export, name="segment-export"),
]
