"""What customers have in common compared with those who did not buy, and a profile or criteria made of it (R19)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from math import log2
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from teplo.accounts.access import Right, requires
from teplo.conditions import registry
from teplo.conditions.reading import ConditionError, read_json
from teplo.conditions.sentences import say_stored
from teplo.kit.clock import now
from teplo.people.counting import Count, count_people
from teplo.scoring import jobs_learning, proposing, tables
from teplo.scoring.models import ProfileKind, ProfileSearch, ScoreTable, TableState
from teplo.scoring.tables import TableRefused
from teplo.web.answers import page, part_of, redirect, refused, saved
from teplo.web.grades import grade_name
from teplo.web.interviews import recent_interviews
from teplo.web.learned_pictures import bars, interval
from teplo.web.learned_words import Asked
from teplo.web.learnings import fields_to_leave_out, job_of
from teplo.web.past_question import PastQuestionForm
from teplo.web.people_query import ListQuery
from teplo.web.reading import whole, wholes
from teplo.web.scoring_tabs import scoring_tabs

SHOWN = 30
FINDINGS_SHOWN = 60
COUNTING = timedelta(seconds=2)
ABOUT = ("", "people", "companies")


@requires(Right.SEE)
@require_GET
def search_list(request: HttpRequest) -> HttpResponse:
    return _list(request, PastQuestionForm())


def _list(request: HttpRequest, form: PastQuestionForm, *, status: int = 200) -> HttpResponse:
    found = ProfileSearch.objects.order_by("-created_at")[:SHOWN]
    context = {
        "form": form,
        "abouts": [(key, name, key == request.POST.get("about", "")) for key, name in _abouts()],
        "fields": fields_to_leave_out(request.POST.getlist("exclude")),
        "rows": [(one, Asked.of(one.question, one.options), _about_name(one)) for one in found],
        "interviews": recent_interviews(),
        "tabs": scoring_tabs(request),
    }
    return page(request, "profile_finder/list.html", context, status=status)


def _abouts() -> list[tuple[str, str]]:
    return [
        ("", _("everything known")),
        ("people", _("people only (we sell to private persons)")),
        ("companies", _("companies, each counts once (we sell to businesses)")),
    ]


def _about_name(search: ProfileSearch) -> str:
    return dict(_abouts()).get(search.options.get("about", ""), "")


@requires(Right.EDIT_MARKETING)
@require_POST
def search_start(request: HttpRequest) -> HttpResponse:
    form = PastQuestionForm(request.POST)
    if not form.is_valid():
        return _list(request, form, status=422)
    about = request.POST.get("about", "")
    options = {
        "versus": form.cleaned_data["versus"], "exclude": request.POST.getlist("exclude")[:500],
        "about": about if about in ABOUT else "",
    }  # fmt: skip
    search = jobs_learning.start_search(question=form.question, options=options, by=request.user.pk, at=now())
    return redirect(request, "profile-search", search.pk)


@requires(Right.SEE)
@require_GET
def search(request: HttpRequest, search_id: int) -> HttpResponse:
    """How far it is, or the findings, with what customers said themselves beside them."""
    found = get_object_or_404(ProfileSearch, pk=search_id)
    findings = _findings(found)
    context = {
        "search": found,
        "asked": Asked.of(found.question, found.options),
        "about": _about_name(found),
        "job": job_of(found),
        "result": found.result,
        "more": [one for one in findings if one["lift"] > 1][:FINDINGS_SHOWN],
        "less": [one for one in findings if one["lift"] < 1][:FINDINGS_SHOWN],
        "kinds": [(kind.value, grade_name(kind.value)) for kind in ProfileKind],
        "drafts": ScoreTable.objects.filter(state=TableState.DRAFT).order_by("-created_at"),
        "interviews": recent_interviews(),
        "tabs": scoring_tabs(request),
    }
    return page(request, "profile_finder/search.html", context)


def _findings(search: ProfileSearch) -> list[dict[str, Any]]:
    """Findings in the reader's words, with their pictures and the way to the people."""
    found = search.result.get("findings") or []
    vocabulary = registry.people()
    reach = max((max(one["high"], 1 / one["low"]) for one in found), default=2.0)
    reach = min(reach, 20.0)
    lengths = bars((one["share_won"], one["share_others"]) for one in found)
    return [
        {
            **one,
            "number": number,
            "sentences": [say_stored(condition, vocabulary) for condition in one["conditions"]],
            "picture": interval(
                _log(one["lift"]), _log(one["low"]), _log(one["high"]), least=-_log(reach), most=_log(reach), middle=0
            ),
            "bars": length,
            "url": ListQuery(condition=proposing.condition_of(one)).url(),
        }
        for number, (one, length) in enumerate(zip(found, lengths, strict=True))
    ]


def _log(ratio: float) -> float:
    return log2(max(ratio, 1e-6))


def _chosen(request: HttpRequest, search: ProfileSearch) -> list[dict[str, Any]]:
    """The findings ticked."""
    found = search.result.get("findings") or []
    data = request.POST or request.GET
    numbers = set(wholes(data.getlist("finding")))
    return [one for number, one in enumerate(found) if number in numbers]


def _joined(request: HttpRequest, chosen: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    data = request.POST or request.GET
    by = "any" if data.get("by") == "any" else "all"
    return proposing.joined([proposing.condition_of(one) for one in chosen], by=by)


@requires(Right.SEE)
@require_GET
@part_of("profile-search", "search_id")
def search_match(request: HttpRequest, search_id: int) -> HttpResponse:
    """The portrait that the ticked findings make, and how many people now match it."""
    chosen = _chosen(request, get_object_or_404(ProfileSearch, pk=search_id))
    context: dict[str, Any] = {"chosen": chosen}
    if chosen:
        condition = _joined(request, chosen)
        context |= {
            "sentence": say_stored(condition, registry.people()),
            "count": _count(condition),
            "url": ListQuery(condition=condition).url(),
        }
    return page(request, "profile_finder/_match.html", context)


def _count(condition: Mapping[str, Any]) -> Count | None:
    vocabulary = registry.people()
    try:
        return count_people(read_json(condition, vocabulary, of_known_values=False), vocabulary, limit=COUNTING)
    except ConditionError:
        return None


@requires(Right.EDIT_MARKETING)
@require_POST
def search_profile(request: HttpRequest, search_id: int) -> HttpResponse:
    """The ticked findings as a profile of clients."""
    found = get_object_or_404(ProfileSearch, pk=search_id)
    chosen = _chosen(request, found)
    if not chosen:
        refused(request, _("Tick at least one finding."))
        return redirect(request, "profile-search", found.pk)
    kind = request.POST.get("kind", "")
    condition = _joined(request, chosen)
    try:
        tables.save_profile(
            kind=kind if kind in ProfileKind.values else ProfileKind.IDEAL.value, condition=condition, is_active=True,
            name=request.POST.get("name", "").strip() or say_stored(condition, registry.people())[:200],
            by=request.user.pk,
        )  # fmt: skip
    except TableRefused as refusal:
        refused(request, str(refusal).capitalize())
        return redirect(request, "profile-search", found.pk)
    saved(request, _("A new profile. Everybody is being compared with it."))
    return redirect(request, "scoring")


@requires(Right.EDIT_MARKETING)
@require_POST
def search_criteria(request: HttpRequest, search_id: int) -> HttpResponse:
    """The ticked findings as criteria of a draft, with points proposed."""
    found = get_object_or_404(ProfileSearch, pk=search_id)
    chosen = _chosen(request, found)
    if not chosen:
        refused(request, _("Tick at least one finding."))
        return redirect(request, "profile-search", found.pk)
    table = _draft(request)
    try:
        proposing.add_criteria(table=table, findings=chosen)
    except TableRefused as refusal:
        refused(request, str(refusal).capitalize())
        return redirect(request, "profile-search", found.pk)
    saved(request, _("Written into the draft with the points proposed. Change them as you see fit."))
    return redirect(request, "score-table", table.pk)


def _draft(request: HttpRequest) -> ScoreTable:
    """The draft chosen, else a new one of the live table, else an empty one."""
    number = whole(request.POST.get("table"))
    if number is not None:
        found = ScoreTable.objects.filter(pk=number, state=TableState.DRAFT).first()
        if found is None:
            raise Http404
        return found
    live = ScoreTable.objects.filter(state=TableState.LIVE).first()
    name = _("What customers have in common")
    if live is not None:
        return tables.make_draft(of=live, name=name, by=request.user.pk, at=now())
    return ScoreTable.objects.create(name=name, created_by=request.user.pk, created_at=now())


urlpatterns = [
    path("scoring/common/", search_list, name="profile-searches"),
    path("scoring/common/new/", search_start, name="profile-search-new"),
    path("scoring/common/<int:search_id>/", search, name="profile-search"),
    path("scoring/common/<int:search_id>/match/", search_match, name="profile-search-match"),
    path("scoring/common/<int:search_id>/profile/", search_profile, name="profile-search-profile"),
    path("scoring/common/<int:search_id>/criteria/", search_criteria, name="profile-search-criteria"),
]
