"""Parts of a person's card: how warm he is and why, and at which stage he stands."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from teplo.accounts.access import Right, may_edit_person, requires
from teplo.accounts.models import User
from teplo.conditions import registry
from teplo.conditions.windows import start_of
from teplo.kit.clock import now, read_moment
from teplo.kit.wording import in_language
from teplo.people.models import Person
from teplo.scoring.contrasting import contrast
from teplo.scoring.cooling import coolings
from teplo.scoring.explaining import Explanation, explain, table_at
from teplo.scoring.hand_scoring import last_by_hand
from teplo.scoring.models import HandScore, ScoreChange, ScoreTable
from teplo.scoring.warming import what_would_warm
from teplo.stages.models import Stage, StageMove, Standing
from teplo.stages.moving import move_person, set_pin
from teplo.web.answers import page, part_of, redirect, saved, wants_fragment
from teplo.web.grades import grade_name
from teplo.web.owned import acts_on
from teplo.web.reading import whole
from teplo.web.stage_words import why_moved
from teplo.web.warmth_words import say_steps, say_ways

GIVEN_SHOWN = 6
MISSING_SHOWN = 3
HISTORY = 200
MOVES_SHOWN = 30
TABLES_SHOWN = 20
FIRST_YEAR = 1970


def _page_of(request: HttpRequest) -> str:
    """The path of the page that asks for a fragment."""
    return urlsplit(request.headers.get("HX-Current-URL", "")).path


@requires(Right.SEE)
@require_GET
@part_of("person", "person_id")
def person_score(request: HttpRequest, person_id: int) -> HttpResponse:
    """The score as it is at this moment, taken apart; not the stored one, so it can never lag behind."""
    person = get_object_or_404(Person, pk=person_id)
    with registry.sharing():
        explanation = explain(person_id=person.pk)
    word = last_by_hand(person_id=person.pk)
    context = {
        "person": person,
        "word": word,
        "may_edit": may_edit_person(request.user, owner_id=person.owner_id),
        "is_on_card": wants_fragment(request) and _page_of(request) == reverse("person", args=[person.pk]),
        "authors": _authors(explanation, word),
        **_explained(explanation),
    }
    return page(request, "scoring/_explanation.html", context)


def _explained(explanation: Explanation | None) -> dict[str, Any]:
    if explanation is None:
        return {"explanation": None}
    return {
        "explanation": explanation,
        "grade": grade_name(explanation.grade),
        "given": explanation.given[:GIVEN_SHOWN],
        "given_more": explanation.given[GIVEN_SHOWN:],
        "missing": explanation.missing[:MISSING_SHOWN],
        "to_next": _to_next(explanation),
    }


def _to_next(explanation: Explanation) -> int:
    """Points to the next temperature; 0 when he is hot."""
    table = explanation.table
    steps = [limit - explanation.total for limit in (table.warm_from, table.hot_from) if limit > explanation.total]
    return min(steps, default=0)


def _authors(explanation: Explanation | None, word: HandScore | None = None) -> dict[int, str]:
    """Names of the colleagues who gave points or said how warm he is."""
    ids = {part.adjustment.by for part in explanation.parts if part.adjustment} if explanation else set()
    ids |= {word.by} if word else set()
    return dict(User.objects.filter(pk__in=ids).values_list("pk", "name")) if ids else {}


@requires(Right.SEE)
@require_GET
@part_of("person", "person_id")
def person_warming(request: HttpRequest, person_id: int) -> HttpResponse:
    """What would make him hot, and when he cools if he does nothing."""
    person = get_object_or_404(Person, pk=person_id)
    with registry.sharing():
        explanation = explain(person_id=person.pk)
        if explanation is None:
            return HttpResponse("")
        stage = Standing.objects.filter(person=person).values_list("stage_id", flat=True).first()
        alike = Person.objects.filter(standing__stage_id=stage).order_by("-standing__since") if stage else None
        warming = what_would_warm(
            explanation=explanation, person_id=person.pk, stage_of=alike, stage_key=str(stage or "")
        )
        context = {
            "warming": warming,
            "ways": say_ways(warming),
            "steps": say_steps(warming.steps),
            "coolings": coolings(explanation=explanation, person_id=person.pk),
            "short_of": warming.goal - explanation.total,
        }
    return page(request, "scoring/_warming.html", context)


@requires(Right.SEE)
@require_GET
def person_why(request: HttpRequest, person_id: int) -> HttpResponse:
    """The score point by point as of any day, by the table of that day, with another table beside it where asked."""
    person = get_object_or_404(Person, pk=person_id)
    at, is_now = _moment_asked(request)
    with registry.sharing():
        table = _table_asked(request, "table") or (None if is_now else table_at(at))
        explanation = explain(person_id=person.pk, table=table, as_of=None if is_now else at)
        other = _table_asked(request, "with")
        beside = explain(person_id=person.pk, table=other, as_of=None if is_now else at) if other else None
    word = last_by_hand(person_id=person.pk, at=at)
    context = {
        "person": person,
        "at": at,
        "is_now": is_now,
        "day": at.astimezone(registry.zone()).date(),
        "today": now().astimezone(registry.zone()).date(),
        "tables": ScoreTable.objects.order_by("-state", "-live_at", "-created_at")[:TABLES_SHOWN],
        "was_live": is_now or (explanation is not None and explanation.table == table_at(at)),
        "word": word,
        "other": other,
        "beside": beside,
        "pairs": contrast(ours=explanation, theirs=beside) if explanation and beside else [],
        "authors": _authors(explanation, word),
        **_explained(explanation),
    }
    return page(request, "scoring/why.html", context, fragment="scoring/_why.html")


def _moment_asked(request: HttpRequest) -> tuple[datetime, bool]:
    """The moment meant by `at` (exact) or `on` (the end of a day), and whether it is now, as anything unreadable is."""
    moment = now()
    try:
        if exact := request.GET.get("at"):
            asked = read_moment(exact)
            asked = asked if asked.tzinfo else asked.replace(tzinfo=registry.zone())
        else:
            day = date.fromisoformat(request.GET.get("on", ""))
            asked = start_of(day + timedelta(days=1), registry.zone()) - timedelta(microseconds=1)
    except (ValueError, OverflowError):
        return moment, True
    return (asked, False) if asked.year >= FIRST_YEAR and asked < moment else (moment, True)


def _table_asked(request: HttpRequest, name: str) -> ScoreTable | None:
    number = whole(request.GET.get(name))
    return ScoreTable.objects.filter(pk=number).first() if number else None


@requires(Right.SEE)
@require_GET
def person_score_history(request: HttpRequest, person_id: int) -> HttpResponse:
    """How the score came to be what it is: a line, and every change with its cause."""
    person = get_object_or_404(Person, pk=person_id)
    changes = list(ScoreChange.objects.filter(person_id=person_id, is_brought=False).order_by("-at")[:HISTORY])
    context = {
        "person": person,
        "changes": [(change, change.total - change.total_before, cause_name(change.cause)) for change in changes],
        "picture": _history(person, changes) if len(changes) > 1 else None,
    }
    return page(request, "scoring/history.html", context, fragment="scoring/_history.html")


def _history(person: Person, changes: list[ScoreChange]) -> dict[str, Any]:
    """The last score of each day; days without a change keep the one before. A click explains that day."""
    zone = registry.zone()
    by_day = {change.at.astimezone(zone).date(): change.total for change in reversed(changes)}
    first, last = min(by_day), max(by_day)
    rows, links, total = [], [], 0
    why = reverse("person-why", args=[person.pk])
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        total = by_day.get(day, total)
        rows.append([day, total])
        links.append(f"{why}?on={day.isoformat()}")
    label = _("Points day by day")
    return {"columns": [_("Day"), _("Points")], "rows": rows, "links": links, "height": 180, "label": label}


def cause_name(cause: str) -> str:
    """Why a score changed, in words."""
    return {
        "activity": _("he did something"),
        "attribute": _("something was learnt of him"),
        "time": _("time has passed"),
        "table": _("the score table changed"),
        "merge": _("two cards became one"),
        "import": _("an import"),
        "company": _("his company changed"),
        "consent": _("his consent changed"),
        "stage": _("his stage changed"),
        "hand": _("changed by hand"),
        "adjustment": _("points given by a colleague"),
    }.get(cause, cause)


@requires(Right.SEE)
@require_GET
@part_of("person", "person_id")
def person_stage(request: HttpRequest, person_id: int) -> HttpResponse:
    """The ladder with his place on it, since when and why."""
    person = get_object_or_404(Person, pk=person_id)
    return page(request, "stages/_standing.html", _standing(request, person))


def _standing(request: HttpRequest, person: Person) -> dict[str, Any]:
    standing = Standing.objects.filter(person=person).select_related("stage").first()
    last = StageMove.objects.filter(person=person, is_brought=False).order_by("-at", "-id").first()
    stages = list(Stage.objects.filter(is_active=True))
    ladder = [stage for stage in stages if not stage.is_beside]
    return {
        "person": person,
        "standing": standing,
        "why": why_moved(last) if last and standing and last.to_stage_id == standing.stage_id else "",
        "ladder": [(stage, _place(stage, standing)) for stage in ladder],
        "may_move": may_edit_person(request.user, owner_id=person.owner_id),
    }


def _place(stage: Stage, standing: Standing | None) -> str:
    """passed, here or ahead; beside the ladder everything is ahead."""
    if standing is None or standing.stage.is_beside:
        return "ahead"
    if stage.pk == standing.stage_id:
        return "here"
    return "passed" if stage.position < standing.stage.position else "ahead"


@requires(Right.SEE)
@require_GET
def person_stage_history(request: HttpRequest, person_id: int) -> HttpResponse:
    person = get_object_or_404(Person, pk=person_id)
    moves = StageMove.objects.filter(person=person).select_related("from_stage", "to_stage").order_by("-at", "-id")
    shown = [(move, why_moved(move)) for move in moves[:MOVES_SHOWN]]
    return page(request, "stages/history.html", {"person": person, "moves": shown}, fragment="stages/_history.html")


@requires(Right.EDIT_PEOPLE)
@acts_on("person_id")
@require_http_methods(["GET", "POST"])
def person_stage_move(request: HttpRequest, person_id: int) -> HttpResponse:
    """Put him at a stage by hand, saying why; a pin keeps him there."""
    person = get_object_or_404(Person, pk=person_id)
    if request.method == "POST":
        return _move(request, person)
    return _move_form(request, person)


def _move_form(request: HttpRequest, person: Person, *, error: str = "") -> HttpResponse:
    standing = Standing.objects.filter(person=person).first()
    context = {
        "person": person,
        "stages": Stage.objects.filter(is_active=True),
        "chosen": request.POST.get("stage") or request.GET.get("stage") or str(standing.stage_id if standing else ""),
        "words": request.POST.get("words", ""),
        "error": error,
    }
    status = 422 if error else 200
    return page(request, "stages/move.html", context, fragment="stages/_move.html", status=status)


def _move(request: HttpRequest, person: Person) -> HttpResponse:
    number = whole(request.POST.get("stage"))
    stage = Stage.objects.filter(pk=number, is_active=True).first() if number else None
    words = request.POST.get("words", "").strip()
    if stage is None:
        return _move_form(request, person, error=_("Choose a stage."))
    if not words:
        return _move_form(request, person, error=_("Say in a few words why, so that colleagues understand it later."))
    by, pin = f"user:{request.user.pk}", request.POST.get("pin") == "on"
    move_person(person_id=person.pk, stage=stage, cause="hand", by=by, why={"words": words[:500]}, at=now(), pin=pin)
    if pin:
        set_pin(person_id=person.pk, by=by, pinned=True)
    saved(request, _("Now at the stage “%(stage)s”.") % {"stage": in_language(stage.names) or stage.key})
    return redirect(request, _card(person))


@requires(Right.EDIT_PEOPLE)
@acts_on("person_id")
@require_POST
def person_stage_unpin(request: HttpRequest, person_id: int) -> HttpResponse:
    person = get_object_or_404(Person, pk=person_id)
    set_pin(person_id=person.pk, by=f"user:{request.user.pk}", pinned=False)
    saved(request, _("His signs move him again."))
    return redirect(request, _card(person))


def _card(person: Person) -> str:
    return f"/people/{person.pk}/"


urlpatterns = [
    path("people/<int:person_id>/score/", person_score, name="person-score"),
    path("people/<int:person_id>/score/warming/", person_warming, name="person-warming"),
    path("people/<int:person_id>/score/why/", person_why, name="person-why"),
    path("people/<int:person_id>/score/history/", person_score_history, name="person-score-history"),
    path("people/<int:person_id>/stage/", person_stage, name="person-stage"),
    path("people/<int:person_id>/stage/history/", person_stage_history, name="person-stage-history"),
    path("people/<int:person_id>/stage/move/", person_stage_move, name="person-stage-move"),
    path("people/<int:person_id>/stage/unpin/", person_stage_unpin, name="person-stage-unpin"),
]
