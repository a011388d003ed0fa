"""People and their warmth: who is it, how warm is he, and why, today or on any day (R16, R22)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Path, Query, Router, Schema
from pydantic import Field, StringConstraints

from teplo.accounts.access import Right
from teplo.accounts.workspace import get_workspace
from teplo.api.access import Token
from teplo.api.problems import NotThere, Problem
from teplo.api.shapes import Asked, Id, Moment, Text
from teplo.api.tables import TableShort, find_table, table_short
from teplo.insights import figures
from teplo.kit.clock import now
from teplo.people.changing import note_changed
from teplo.people.identities import ContactUnreadable, normalise
from teplo.people.models import Identity, Person
from teplo.people.owning import refuse_not_yours
from teplo.people.sharing import everybody_with
from teplo.people.tagging import LONGEST as LONGEST_TAG
from teplo.people.tagging import add_tags, remove_tags, tags_of
from teplo.scoring.explaining import Explanation, Part, explain, table_at
from teplo.scoring.hand_scoring import last_by_hand
from teplo.scoring.models import HandScore, Score, ScoreTable, TableState

router = Router(tags=["people"])
MOST_SCORES = 1000
THEN = "then"
"""The table people were scored by at the moment asked of."""
MOST_TAGS = 50
TagName = Annotated[Text, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_TAG)]
WhichTable = Annotated[str, StringConstraints(pattern=r"^(then|live|[0-9]{1,19})$")]


class PersonShort(Schema):
    id: Id
    first_name: str
    last_name: str
    is_anonymous: bool


class PersonFound(PersonShort):
    """Who holds the contact; `shared_with`: other people who have it too, such as colleagues with one office phone."""

    shared_with: list[Id] = Field(default_factory=list)


class TagsChanged(Asked):
    """Tags to put on and to take off; unknown ones are made."""

    add: list[TagName] = Field(default_factory=list, max_length=MOST_TAGS, examples=[["VIP"]])
    remove: list[TagName] = Field(default_factory=list, max_length=MOST_TAGS)


class TagsShown(Schema):
    """A person's tags by name."""

    person: Id
    tags: list[str]


class ContactAsked(Asked):
    kind: Literal["email", "phone", "telegram", "whatsapp", "viber", "vk", "external", "visitor"]
    value: Text = Field(min_length=1, max_length=500)


class ScoreShown(Schema):
    """How warm a person is by the live table, as it was last counted."""

    person: Id
    fit: int
    behaviour: int
    total: int
    grade: Literal["", "ideal", "near-ideal", "unacceptable"]
    temperature: Literal["cold", "warm", "hot"]
    changed_at: datetime


class ScoresAsked(Asked):
    who: Literal["known", "everybody"] = Field("known", description="`everybody`: strangers too.")
    temperature: Literal["", "cold", "warm", "hot"] = ""
    grade: Literal["", "ideal", "near-ideal", "unacceptable"] = ""
    changed_since: Moment | None = None
    after: Id | None = Field(None, description="`next` of the page before.")
    limit: int = Field(100, ge=1, le=MOST_SCORES)


class ScoresPage(Schema):
    """By rising id of people; `next` is empty on the last page."""

    scores: list[ScoreShown]
    next: str = ""


class PartShown(Schema):
    """What one criterion gives."""

    name: str
    group: str
    side: str = Field(examples=["fit", "behaviour"])
    points: int
    since: datetime | None = Field(description="Since when it counts.")
    until: Any = Field(None, description="Day on which its window lets go of the oldest deed.")
    times: int | None = Field(None, description="Of a deed: how often, in its window.")
    last_at: datetime | None = None
    by_hand: bool = Field(False, description="Given by a colleague.")


class HandShown(Schema):
    """A colleague's own word on how warm he is."""

    temperature: Literal["cold", "warm", "hot"]
    points: int | None
    words: str
    at: datetime


class ExplanationShown(Schema):
    """A score taken apart; `total` is the sum of the points of `parts`.

    `was_live`: people were scored by this table at that moment. `hand`: the last word of a colleague by then; before
    any table was live it was the score.
    """

    person: Id
    table: TableShort
    at: datetime
    total: int
    fit: int
    behaviour: int
    grade: str
    temperature: str
    parts: list[PartShown]
    was_live: bool
    hand: HandShown | None


class ExplainAsked(Asked):
    as_of: Moment | None = Field(None, description="A moment of the past; default: now.")
    table: WhichTable = Field(
        THEN,
        description="`then`: the table live at `as_of` (before the first one: today's); `live`: today's; or an id.",
    )


@router.get("/find", auth=Token(Right.SEE), response=PersonFound, summary="Who has this contact")
def find_person(request: HttpRequest, asked: Query[ContactAsked]) -> PersonFound:
    try:
        value = normalise(kind=asked.kind, text=asked.value, region=get_workspace().phone_region)
    except ContactUnreadable as error:
        raise Problem(422, "contact-unreadable", str(error)) from error
    found = Identity.objects.filter(kind=asked.kind, value=value).select_related("person").first()
    if found is None:
        raise NotThere(_("Nobody has this contact."))
    person = found.person
    having = everybody_with([(str(asked.kind), value)]).get((asked.kind, value), [])
    return PersonFound(
        id=str(person.pk), first_name=person.first_name, last_name=person.last_name, is_anonymous=person.is_anonymous,
        shared_with=[str(other) for other in having if other != person.pk],
    )  # fmt: skip


@router.get("/{person_id}/tags", auth=Token(Right.SEE), response=TagsShown, summary="Tags of a person")
def read_tags(request: HttpRequest, person_id: Path[Id]) -> TagsShown:
    return _tags_shown(_person_there(person_id))


@router.post("/{person_id}/tags", auth=Token(Right.EDIT_PEOPLE), response=TagsShown, summary="Put tags on or take off")
def change_tags(request: HttpRequest, person_id: Path[Id], asked: TagsChanged) -> TagsShown:
    """Idempotent: a tag that is there already, or is not there, changes nothing."""
    person = _person_there(person_id)
    refuse_not_yours(request.auth, [person])  # type: ignore[attr-defined]
    gone = remove_tags([(person, name) for name in asked.remove], by="api")
    note_changed({*gone, *add_tags([(person, name) for name in asked.add], by="api")}, "tag")
    return _tags_shown(person)


def _person_there(person_id: str) -> int:
    if not Person.objects.filter(pk=person_id, erased_at=None).exists():
        raise NotThere(_("There is no such person."))
    return int(person_id)


def _tags_shown(person_id: int) -> TagsShown:
    return TagsShown(person=str(person_id), tags=[tag.name for tag in tags_of([person_id]).get(person_id, [])])


@router.get("/scores", auth=Token(Right.SEE), response=ScoresPage, summary="Scores of everybody, page by page")
def list_scores(request: HttpRequest, asked: Query[ScoresAsked]) -> ScoresPage:
    here = figures.known("person__") if asked.who == "known" else figures.present("person__")
    scores = Score.objects.filter(here, person_id__gt=int(asked.after or 0)).order_by("person_id")
    if asked.temperature:
        scores = scores.filter(temperature=asked.temperature)
    if asked.grade:
        scores = scores.filter(grade=asked.grade)
    if asked.changed_since:
        scores = scores.filter(changed_at__gte=asked.changed_since)
    found = [score_shown(score) for score in scores[: asked.limit + 1]]
    page = found[: asked.limit]
    return ScoresPage(scores=page, next=page[-1].person if len(found) > asked.limit else "")


@router.get("/{person_id}/score", auth=Token(Right.SEE), response=ScoreShown, summary="How warm he is")
def read_score(request: HttpRequest, person_id: Path[Id]) -> ScoreShown:
    score = Score.objects.filter(person_id=person_id).first()
    if score is None:
        raise NotThere(_("There is no such person, or nobody has scored him yet."))
    return score_shown(score)


@router.get("/{person_id}/explanation", auth=Token(Right.SEE), response=ExplanationShown, summary="Why he is so warm")
def explain_person(request: HttpRequest, person_id: Path[Id], asked: Query[ExplainAsked]) -> ExplanationShown:
    """By any table and as of any moment; nothing that happened after it speaks."""
    return explained(int(person_id), asked.table, as_of=asked.as_of)


def score_shown(score: Score) -> ScoreShown:
    """As JSON."""
    names = ("fit", "behaviour", "total", "grade", "temperature", "changed_at")
    return ScoreShown(person=str(score.person_id), **{name: getattr(score, name) for name in names})


def explained(person_id: int, table: str | ScoreTable, *, as_of: datetime | None) -> ExplanationShown:
    """As JSON, by a table, its id, `live` or `then`; raises Problem."""
    if as_of and as_of > now():
        raise Problem(422, "future", _("Nobody knows the future: say a moment that has passed."))
    asked = table if isinstance(table, ScoreTable) else _table_meant(table, as_of)
    person = Person.objects.filter(pk=person_id).exists()
    found = explain(person_id=person_id, table=asked, as_of=as_of) if person else None
    if found is None:
        raise NotThere(_("There is no such person."))
    was_live = found.table.state == TableState.LIVE if as_of is None else found.table == table_at(as_of)
    return _explanation_shown(person_id, found, was_live=was_live)


def _table_meant(name: str, as_of: datetime | None) -> ScoreTable:
    """Before any table was live there is none of that day: today's is asked then."""
    if name == THEN:
        return (table_at(as_of) if as_of else None) or find_table("live")
    return find_table(name)


def _explanation_shown(person_id: int, found: Explanation, *, was_live: bool) -> ExplanationShown:
    word = last_by_hand(person_id=person_id, at=found.at)
    return ExplanationShown(
        person=str(person_id),
        table=table_short(found.table),
        at=found.at,
        total=found.total,
        fit=found.fit,
        behaviour=found.behaviour,
        grade=found.grade,
        temperature=str(found.temperature),
        parts=[_part_shown(part) for part in found.given],
        was_live=was_live,
        hand=_hand_shown(word) if word else None,
    )


def _hand_shown(word: HandScore) -> HandShown:
    return HandShown(temperature=word.temperature, points=word.points, words=word.words, at=word.at)  # type: ignore[arg-type]


def _part_shown(part: Part) -> PartShown:
    return PartShown(
        name=part.criterion.name,
        group=part.criterion.group,
        side=part.criterion.side,
        points=part.points,
        since=part.since,
        until=part.until,
        times=part.basis.times if part.basis else None,
        last_at=part.basis.last_at if part.basis else None,
        by_hand=part.adjustment is not None,
    )
