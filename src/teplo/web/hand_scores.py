"""Scoring by hand from a person's card, and the page on how far the hand and a table agree (R16)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from teplo.accounts.access import Right, requires
from teplo.accounts.models import User
from teplo.conditions import registry
from teplo.people.models import Person
from teplo.scoring.agreeing import HEATS, Agreement, Disagreement, agree
from teplo.scoring.each_moment import MomentTangled
from teplo.scoring.hand_scoring import HandScoreRefused, score_by_hand
from teplo.scoring.models import HandScore, ScoreTable, TableState
from teplo.web.answers import page, redirect, saved
from teplo.web.formatting import temperature_name
from teplo.web.owned import acts_on
from teplo.web.person_adjustments import living_person
from teplo.web.score_lines import posted_number
from teplo.web.scoring_tabs import scoring_tabs

TABLES_SHOWN = 8
ORDER = (TableState.LIVE.value, TableState.DRAFT.value, TableState.RETIRED.value)
GRADES = (
    (0.8, "almost-full"),
    (0.6, "good"),
    (0.4, "moderate"),
    (0.2, "weak"),
    (-2.0, "hardly-any"),
)
"""Landis and Koch's words for kappa, from where on each is said."""


@requires(Right.EDIT_PEOPLE)
@acts_on("person_id")
@require_http_methods(["GET", "POST"])
def person_hand_score(request: HttpRequest, person_id: int) -> HttpResponse:
    """Say how warm he is by one's own judgement."""
    person = living_person(person_id)
    if request.method == "GET":
        return _form(request, person)
    written = request.POST.get("points", "").strip()
    points = posted_number(written)
    try:
        if written and points is None:
            raise HandScoreRefused("bad-points", "points")
        word = score_by_hand(
            person_id=person.pk, temperature=request.POST.get("temperature", ""), points=points,
            words=request.POST.get("words", ""), by=request.user.pk or 0,
        )  # fmt: skip
    except HandScoreRefused as refusal:
        return _form(request, person, refusal)
    saved(request, _("By your judgement: %(temperature)s.") % {"temperature": temperature_name(word.temperature)})
    return redirect(request, "person", person.pk)


def _form(request: HttpRequest, person: Person, refusal: HandScoreRefused | None = None) -> HttpResponse:
    context = {
        "person": person,
        "refusal": refusal,
        "heats": [(heat, temperature_name(heat)) for heat in reversed(HEATS)],
        "chosen": request.POST.get("temperature", ""),
        "points": request.POST.get("points", ""),
        "words": request.POST.get("words", ""),
        "is_live": ScoreTable.objects.filter(state=TableState.LIVE).exists(),
    }
    status = 422 if refusal else 200
    return page(request, "scoring/hand_score.html", context, fragment="scoring/_hand_score.html", status=status)


@requires(Right.SEE)
@require_GET
def hand_scores(request: HttpRequest) -> HttpResponse:
    """The hand beside a table: nine cells, how far they agree beyond chance, and who is seen apart."""
    newest = ScoreTable.objects.order_by("-live_at", "-created_at")
    tables = sorted(newest, key=lambda table: ORDER.index(table.state))
    table = next((one for one in tables if str(one.pk) == request.GET.get("table")), tables[0] if tables else None)
    colleagues = dict(User.objects.filter(pk__in=HandScore.objects.values("by").distinct()).values_list("pk", "name"))
    by = next((pk for pk in colleagues if str(pk) == request.GET.get("by")), None)
    agreement, is_tangled = _agreement(table, by)
    context: dict[str, Any] = {
        "tabs": scoring_tabs(request),
        "table": table,
        "tables": _chips([(str(one.pk), one.name) for one in tables[:TABLES_SHOWN]], "table", table and table.pk, by),
        "colleagues": _chips([("", _("everybody")), *((str(pk), name) for pk, name in sorted(colleagues.items()))],
                             "by", by or "", table and table.pk) if len(colleagues) > 1 else [],
        "agreement": agreement,
        "is_tangled": is_tangled,
        "lines": _matrix(agreement) if agreement and agreement.people else [],
        "heats": [(heat, temperature_name(heat)) for heat in HEATS],
        "words": _in_words(agreement) if agreement else "",
        "rows": _rows(agreement.apart) if agreement else [],
        "colleague_names": colleagues,
    }  # fmt: skip
    return page(request, "scoring/hand.html", context)


def _agreement(table: ScoreTable | None, by: int | None) -> tuple[Agreement | None, bool]:
    if table is None:
        return None, False
    try:
        with registry.sharing():
            return agree(table=table, by=by), False
    except MomentTangled:
        return None, True


def _chips(choices: Sequence[tuple[str, str]], name: str, chosen: Any, other: Any) -> list[tuple[str, str, bool]]:
    """Label, address and whether it is chosen; the other filter stays."""
    rest = {"table": "by", "by": "table"}[name]
    kept = f"&{rest}={other}" if other else ""
    return [(label, f"?{name}={value}{kept}", str(chosen) == value) for value, label in choices]


def _matrix(agreement: Agreement) -> list[tuple[str, str, list[tuple[int, float, int]], int]]:
    """One line per word of the hand, the hottest first: key, name, cells (people, share of all, steps apart), sum."""
    lines = []
    for row, hand in reversed(list(enumerate(HEATS))):
        counts = [agreement.cells.get((hand, table), 0) for table in HEATS]
        cells = [(count, count / agreement.people, abs(row - column)) for column, count in enumerate(counts)]
        lines.append((hand, str(temperature_name(hand)), cells, sum(counts)))
    return lines


def _in_words(agreement: Agreement) -> str:
    """What kappa means; the interval decides where there is too little to say."""
    if agreement.kappa is None:
        same = _("Both call everybody the same, so chance cannot be told from agreement yet.")
        return same if agreement.people else ""
    value, low, _high = agreement.kappa
    if low <= 0:
        return _("This could still be chance: score more people by hand.")
    grade = next(name for least, name in GRADES if value >= least)
    return {
        "almost-full": _("They agree almost fully: the table can be trusted with what you judge by eye."),
        "good": _("They agree well."),
        "moderate": _("They agree moderately: look at whom they see apart."),
        "weak": _("They agree weakly: the table misses something that people see, or people see what is not there."),
        "hardly-any": _("They hardly agree: talk it over before the table decides anything."),
    }[grade]


def _rows(apart: Sequence[Disagreement]) -> list[tuple[Disagreement, Person]]:
    people = Person.objects.in_bulk([one.word.person_id for one in apart])
    return [(one, people[one.word.person_id]) for one in apart if one.word.person_id in people]


urlpatterns = [
    path("people/<int:person_id>/score/hand/", person_hand_score, name="person-hand-score"),
    path("scoring/hand/", hand_scores, name="hand-scores"),
]
