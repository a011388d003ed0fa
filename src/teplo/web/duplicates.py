"""People who seem to stand twice: looked for on demand, compared side by side, answered by a human."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from teplo.accounts.access import Right, requires
from teplo.accounts.models import User
from teplo.insights.people_list import rows_of
from teplo.jobs.models import Job
from teplo.jobs.starting import live_job, start_job
from teplo.kit.clock import now
from teplo.kit.wording import in_language
from teplo.people import duplicates
from teplo.people.attributes import definitions
from teplo.people.choosing import find_by_text
from teplo.people.duplicates import AlreadyAnswered, answer_pair
from teplo.people.merging import CannotMerge, FieldChoice, MergePreview, merge_people, preview_merge, suggest_winner
from teplo.people.models import Company, DuplicatePair, Person
from teplo.people.owning import not_yours
from teplo.people.places import NAMED
from teplo.people.sharing import Likeness, likeness_of, shared_by
from teplo.stages.merging import is_taken_over
from teplo.web.answers import page, redirect, refused, saved
from teplo.web.owned import acts_on
from teplo.web.person import shown_value
from teplo.web.reading import whole
from teplo.web.telling import COLUMN_NAMES

PAGE = 30
_SUBJECT = "duplicates"


@requires(Right.EDIT_PEOPLE)
def duplicate_list(request: HttpRequest) -> HttpResponse:
    open_pairs = DuplicatePair.objects.filter(answer="")
    pairs = list(open_pairs.order_by(F("put_off_at").asc(nulls_first=True), "-likeness", "id")[:PAGE])
    people = [person for pair in pairs for person in (pair.first_id, pair.second_id)]
    others = not_yours(request.user, people)
    rows = {row.person.pk: row for row in rows_of([person for person in people if person not in others])}
    alike = likeness_of([(pair.first_id, pair.second_id) for pair in pairs])
    context = {
        "pairs": [
            (pair, rows[pair.first_id], rows[pair.second_id], _why(pair.reason, alike[pair.first_id, pair.second_id]))
            for pair in pairs
            if pair.first_id in rows and pair.second_id in rows
        ],
        "total": open_pairs.count(),
        "job": live_job(subject=_SUBJECT),
        "last": Job.objects.filter(kind=duplicates.JOB, state="done").order_by("-finished_at").first(),
    }
    return page(request, "duplicates/list.html", context)


@requires(Right.EDIT_PEOPLE)
@require_POST
def duplicate_search(request: HttpRequest) -> HttpResponse:
    start_job(kind=duplicates.JOB, args={}, subject=_SUBJECT, by=request.user.pk)
    return redirect(request, "duplicates")


def _people_of_pair(pair_id: int) -> list[int]:
    pair = DuplicatePair.objects.filter(pk=pair_id).values_list("first_id", "second_id").first()
    return list(pair or ())


@requires(Right.EDIT_PEOPLE)
@acts_on("pair_id", people=_people_of_pair)
def duplicate(request: HttpRequest, pair_id: int) -> HttpResponse:
    """The two cards side by side; POST is the human's word: one person, two people, or later."""
    pair = DuplicatePair.objects.filter(pk=pair_id).first()
    if pair is None:
        raise Http404
    if request.method == "POST":
        return _answer(request, pair)
    if pair.answer:
        return redirect(request, "duplicates")
    winner, loser = _suggested(pair.first_id, pair.second_id)
    return _compare(request, winner, loser, pair)


def _suggested(first_id: int, second_id: int) -> tuple[int, int]:
    people = list(Person.objects.filter(pk__in=(first_id, second_id)))
    if len(people) < 2:
        raise Http404
    winner, loser = suggest_winner(*people)
    return winner.pk, loser.pk


def _answer(request: HttpRequest, pair: DuplicatePair) -> HttpResponse:
    if request.POST.get("answer") == "later":
        DuplicatePair.objects.filter(pk=pair.pk, answer="").update(put_off_at=now())
        return redirect(request, "duplicates")
    is_same = request.POST.get("answer") == "same"
    winner = request.POST.get("winner", "")
    try:
        merge = answer_pair(
            pair_id=pair.pk,
            is_same=is_same,
            by=request.user.pk or 0,
            winner_id=whole(winner),
            take_from_loser=request.POST.getlist("take"),
        )
    except AlreadyAnswered:
        refused(request, _("Somebody has answered this already."))
        return redirect(request, "duplicates")
    except CannotMerge as refusal:
        refused(request, str(refusal))
        return redirect(request, "duplicates")
    said = (
        _("One card now. The merge can be undone on it.")
        if merge
        else _("Two people, then. They will not be asked about again.")
    )
    saved(request, said)
    return redirect(request, "duplicates")


# merging by hand


@requires(Right.EDIT_PEOPLE)
@acts_on("person_id")
def merge_with(request: HttpRequest, person_id: int) -> HttpResponse:
    """Choose the other card."""
    person = Person.objects.filter(pk=person_id, erased_at=None).first()
    if person is None:
        raise Http404
    search = request.GET.get("q", "").strip()
    found = [other for other in find_by_text(search) if other != person_id]
    others = not_yours(request.user, found)
    ids = [other for other in found if other not in others][:10]
    context = {"person": person, "search": search, "rows": rows_of(ids)}
    return page(request, "duplicates/choose.html", context, fragment="duplicates/_choose.html")


@requires(Right.EDIT_PEOPLE)
@acts_on("winner_id", "loser_id")
def merge(request: HttpRequest, winner_id: int, loser_id: int) -> HttpResponse:
    """Compare two cards chosen by hand; POST merges them."""
    if request.method != "POST":
        return _compare(request, winner_id, loser_id, None)
    try:
        merge_people(
            winner_id=winner_id,
            loser_id=loser_id,
            reason="hand",
            by=f"user:{request.user.pk}",
            take_from_loser=request.POST.getlist("take"),
        )
    except CannotMerge as refusal:
        refused(request, str(refusal))
        return redirect(request, "people")
    saved(request, _("One card now. The merge can be undone on it."))
    return redirect(request, "person", winner_id)


def _compare(request: HttpRequest, winner_id: int, loser_id: int, pair: DuplicatePair | None) -> HttpResponse:
    try:
        preview = preview_merge(winner_id=winner_id, loser_id=loser_id)
    except CannotMerge as refusal:
        refused(request, str(refusal))
        return redirect(request, "duplicates")
    rows = {row.person.pk: row for row in rows_of([winner_id, loser_id])}
    likeness = likeness_of([(winner_id, loser_id)])[winner_id, loser_id]
    context = {
        "preview": preview,
        "is_stage_taken": is_taken_over(winner_id=winner_id, loser_id=loser_id),
        "winner": rows[winner_id],
        "loser": rows[loser_id],
        "fields": _said_fields(preview),
        "pair": pair,
        "reason": _why(pair.reason, likeness) if pair else "",
        "shared": {value for _kind, value in likeness.contacts},
        "their_shared": [_shared_besides(preview).get(person, []) for person in (winner_id, loser_id)],
    }
    return page(request, "duplicates/compare.html", context)


def _why(reason: str, likeness: Likeness) -> str:
    """Why the two are asked about: what both have, and what speaks for two people."""
    told = [str(duplicates.REASONS.get(reason, reason))]
    if likeness.contacts:
        both = " · ".join(value for _kind, value in likeness.contacts[:2])
        told = [_("Both have %(contact)s") % {"contact": both}]
    told += [_("the names differ")] if likeness.names_differ else []
    told += [_("each has an e-mail of their own")] if likeness.emails_differ else []
    return ", ".join(told)


def _shared_besides(preview: MergePreview) -> dict[int, list[str]]:
    """person → contacts of others that they share."""
    held = [preview.winner_identities, preview.loser_identities]
    own = {(row.person_id, row.kind, row.value) for rows in held for row in rows}
    shared = shared_by([preview.winner.pk, preview.loser.pk])
    return {
        person: [value for kind, value in contacts if (person, kind, value) not in own]
        for person, contacts in shared.items()
    }


def _said_fields(preview: MergePreview) -> list[tuple[FieldChoice, str, str, str]]:
    """(choice, name, the winner's value, the loser's) as a reader understands them."""
    own = definitions()
    ids = [
        value
        for choice in preview.fields
        for value in (choice.winner, choice.loser)
        if choice.key.endswith("_id") and value
    ]
    known: dict[int, str] = {
        **dict(Company.objects.filter(pk__in=ids).values_list("pk", "name")),
        **dict(User.objects.filter(pk__in=ids).values_list("pk", "name")),
    }
    return [(choice, *_said(choice, own, known)) for choice in preview.fields]


def _said(choice: FieldChoice, own: Mapping[str, Any], known: Mapping[int, str]) -> tuple[str, str, str]:
    key = choice.key.removeprefix("attributes.")
    if key in own:
        name = in_language(own[key].names) or key
        return name, shown_value(own[key], choice.winner), shown_value(own[key], choice.loser)
    name = str(COLUMN_NAMES.get(key, key))
    say = NAMED.get(key, lambda value: str(known.get(value, value)))
    mine, his = (say(value) if value else "" for value in (choice.winner, choice.loser))
    return name, mine, his


urlpatterns = [
    path("duplicates/", duplicate_list, name="duplicates"),
    path("duplicates/search/", duplicate_search, name="duplicates-search"),
    path("duplicates/<int:pair_id>/", duplicate, name="duplicate"),
    path("people/<int:person_id>/merge/", merge_with, name="merge-with"),
    path("people/<int:winner_id>/merge/<int:loser_id>/", merge, name="merge"),
]
