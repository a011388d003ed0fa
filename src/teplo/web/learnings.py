"""Learned points: what became of people, as a table a human can read, or why there is none (R20)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import NoReverseMatch, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from teplo.accounts.access import Right, requires
from teplo.conditions import registry
from teplo.conditions.sentences import say_stored
from teplo.conditions.vocabulary import Vocabulary
from teplo.jobs.models import Job
from teplo.kit.clock import now
from teplo.kit.wording import in_language
from teplo.scoring import jobs_learning, proposing
from teplo.scoring.frame_columns import LATER, field_keys
from teplo.scoring.models import Learning, ProfileSearch, ScoreTable, TableState
from teplo.scoring.proposing import NothingProposed
from teplo.scoring.sampling import Question
from teplo.scoring.tables import TableRefused
from teplo.tracking.models import Activity
from teplo.web.answers import page, redirect, refused, saved
from teplo.web.formatting import as_day
from teplo.web.learned_pictures import area, effects
from teplo.web.learned_words import Asked, beside_live, of_two, said_leaks, said_verdict
from teplo.web.past_question import PastQuestionForm
from teplo.web.people_query import ListQuery
from teplo.web.scoring_tabs import scoring_tabs

SHOWN = 30


@requires(Right.SEE)
@require_GET
def learning_list(request: HttpRequest) -> HttpResponse:
    return _list(request, PastQuestionForm())


def _list(request: HttpRequest, form: PastQuestionForm, *, status: int = 200) -> HttpResponse:
    found = Learning.objects.order_by("-created_at")[:SHOWN]
    context = {
        "form": form,
        "fields": fields_to_leave_out(request.POST.getlist("exclude")),
        "rows": [(one, Asked.of(one.question, one.options), said_verdict(one.result)) for one in found],
        "live": ScoreTable.objects.filter(state=TableState.LIVE).first(),
        "tabs": scoring_tabs(request),
    }
    return page(request, "learnings/list.html", context, status=status)


def fields_to_leave_out(chosen: Sequence[str]) -> list[tuple[str, str, bool]]:
    """Every field and activity that may be used: key, name, whether it is left out."""
    vocabulary = registry.people()
    fields = [(key, str(vocabulary.fields[key].name)) for key in field_keys(vocabulary)]
    deeds = [
        (activity.key, in_language(activity.names) or activity.key)
        for activity in Activity.objects.filter(is_active=True).order_by("id")
    ]
    return [(key, name, key in chosen) for key, name in (*fields, *deeds)]


@requires(Right.EDIT_MARKETING)
@require_POST
def learning_start(request: HttpRequest) -> HttpResponse:
    form = PastQuestionForm(request.POST)
    if not form.is_valid():
        return _list(request, form, status=422)
    options = {"versus": form.cleaned_data["versus"], "exclude": request.POST.getlist("exclude")[:500]}
    learning = jobs_learning.start_learning(question=form.question, options=options, by=request.user.pk, at=now())
    return redirect(request, "learning", learning.pk)


@requires(Right.SEE)
@require_GET
def learning(request: HttpRequest, learning_id: int) -> HttpResponse:
    """How far it is, or what came out."""
    found = get_object_or_404(Learning, pk=learning_id)
    result = found.result
    criteria = _criteria(result)
    unsure = sum(one["may_be_chance"] for one in criteria)
    context = {
        "learning": found,
        "asked": Asked.of(found.question, found.options),
        "job": job_of(found),
        "result": result,
        "verdict": said_verdict(result),
        "areas": _areas(found),
        "beside": beside_live(result.get("auc") or {}) if result.get("criteria") else "",
        "pairs": of_two(result["auc"]["table"][0]) if result.get("auc", {}).get("table") else "",
        "criteria": criteria,
        "unsure": unsure,
        "sure": len(criteria) - unsure,
        "undated": any(one["column"] in result.get("undated", ()) for one in result.get("criteria") or ()),
        "bands": bands_of(result),
        "bands_picture": _bands(result),
        "leaks": said_leaks(result, insisted=found.options.get("insist", ())),
        "table": found.table,
        "backtest_url": _backtest_url(found.table),
        "tabs": scoring_tabs(request),
    }
    return page(request, "learnings/learning.html", context)


def job_of(asked: Learning | ProfileSearch) -> Job | None:
    """The work that has not answered yet."""
    return Job.objects.filter(pk=asked.job_id).first() if asked.job_id and not asked.result else None


def _areas(learning: Learning) -> list[dict[str, Any]]:
    """How well each tells buyers from others: the table with whole points, the exact model, the live table."""
    found = learning.result.get("auc") or {}
    names = {"table": _("The table, in whole points"), "model": _("The same without rounding"),
             "live": _("The live table")}  # fmt: skip
    return [
        {"name": name, "value": found[key][0], "low": found[key][1], "high": found[key][2], "picture": area(found[key])}
        for key, name in names.items()
        if found.get(key)
    ]


def _criteria(result: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The table as proposed, each criterion in the reader's words with its effect drawn."""
    criteria = result.get("criteria") or []
    vocabulary, undated = registry.people(), frozenset(result.get("undated", ()))
    return [
        {
            **one,
            "sentence": say_stored(proposing.fitting(one["condition"], vocabulary), vocabulary),
            "url": ListQuery(condition=proposing.fitting(one["condition"], vocabulary)).url(),
            "heading": _heading(one, vocabulary),
            "may_be_chance": one["low"] <= 0 <= one["high"],
            "is_undated": one["column"] in undated,
            "picture": picture,
        }
        for one, picture in zip(criteria, effects(criteria), strict=True)
    ]


def _heading(criterion: Mapping[str, Any], vocabulary: Vocabulary) -> str:
    """Under what it would stand in a table: the run kept it in the language of the company, here it is the reader's."""
    leaf = next(leaves_of(criterion["condition"]), {})
    if leaf.keys() & {"did", "did_not", "last_did"}:
        return _("What he does")
    entry = vocabulary.find(str(leaf.get("field", "")))
    return str(entry.group) if entry else str(criterion["group"])


def leaves_of(condition: Any) -> Iterator[Mapping[str, Any]]:
    """The single statements of a stored condition."""
    for group in ("all", "any"):
        for part in condition.get(group, ()):
            yield from leaves_of(part)
    if "not" in condition:
        yield from leaves_of(condition["not"])
    elif not condition.keys() & {"all", "any"}:
        yield condition


def _bands(result: Mapping[str, Any]) -> dict[str, Any] | None:
    """Conversion by points, as a picture."""
    bands = bands_of(result)
    if not bands:
        return None
    return {
        "columns": [_("Points"), _("Bought, %"), _("Expected, %")],
        "rows": [
            [_band_name(band), round(100 * band["conversion"], 1), round(100 * (band.get("expected") or 0), 1)]
            for band in bands
        ],
        "height": 240,
        "label": _("How many of a hundred bought, by points"),
    }


def bands_of(result: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Bands of points that somebody is in, each with the share that bought."""
    found = [dict(band) for band in result.get("bands") or () if band["people"]]
    return [{**band, "name": _band_name(band), "conversion": band["won"] / band["people"]} for band in found]


def _band_name(band: Mapping[str, Any]) -> str:
    low, high = (None if end is None else str(end).replace("-", "−") for end in (band.get("from"), band.get("to")))
    if low is None:
        return _("up to %(n)s") % {"n": high}
    if high is None:
        return _("from %(n)s") % {"n": low}
    return f"{low}…{high}" if low != high else low


def _backtest_url(table: ScoreTable | None) -> str:
    if table is None:
        return ""
    try:
        return f"{reverse('backtest-new')}?table={table.pk}"
    except NoReverseMatch:
        return ""


@requires(Right.EDIT_MARKETING)
@require_POST
def learning_again(request: HttpRequest, learning_id: int) -> HttpResponse:
    """The same question once more, with a field used although it looks like the answer, or with one left out."""
    found = get_object_or_404(Learning, pk=learning_id)
    options = dict(found.options)
    for name in ("insist", "exclude"):
        if key := request.POST.get(name, ""):
            options[name] = sorted({*options.get(name, ()), key if name == "insist" else key.removesuffix(LATER)})
    started = jobs_learning.start_learning(
        question=Question.from_json(found.question), options=options, by=request.user.pk, at=now()
    )
    return redirect(request, "learning", started.pk)


@requires(Right.EDIT_MARKETING)
@require_POST
def learning_draft(request: HttpRequest, learning_id: int) -> HttpResponse:
    """The proposal as a draft in the editor of tables."""
    found = get_object_or_404(Learning, pk=learning_id)
    name = _("Learned points, %(day)s") % {"day": as_day(found.created_at)}
    try:
        draft = proposing.make_draft(learning=found, name=name, by=request.user.pk, at=now())
    except NothingProposed:
        refused(request, _("This run has proposed no table."))
        return redirect(request, "learning", found.pk)
    except TableRefused as refusal:
        refused(request, str(refusal).capitalize())
        return redirect(request, "learning", found.pk)
    saved(request, _("A draft with the learned points. Change what you know better, and test it on the past."))
    return redirect(request, "score-table", draft.pk)


urlpatterns = [
    path("scoring/learned/", learning_list, name="learnings"),
    path("scoring/learned/new/", learning_start, name="learning-new"),
    path("scoring/learned/<int:learning_id>/", learning, name="learning"),
    path("scoring/learned/<int:learning_id>/again/", learning_again, name="learning-again"),
    path("scoring/learned/<int:learning_id>/draft/", learning_draft, name="learning-draft"),
]
