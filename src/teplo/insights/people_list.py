"""A page of people in some order, at a price that does not depend on how many there are.

Pages follow one another by key, never by a number of rows to skip. An order by something that not everybody has (a
score, a visit, a last name) has two phases: those who have it, along its index; then the others, newest first.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, F, Q, QuerySet

from teplo.accounts.models import User
from teplo.kit.among import among
from teplo.kit.clock import read_moment
from teplo.people import counting
from teplo.people.choosing import EVERYBODY, STRANGERS, Chosen, people_of
from teplo.people.identities import CONTACT_KINDS
from teplo.people.models import Identity, Person, Tag
from teplo.people.seeking import Sought, seek
from teplo.people.sharing import shared_by
from teplo.people.tagging import tags_of
from teplo.scoring.models import Temperature
from teplo.stages.models import Stage

PAGE = 50
AHEAD = 1000
"""So many people are looked at along the order first: what most conditions ask is found among them."""
READ_ALONG = timedelta(milliseconds=250)
"""So long people are read along the order for one of many whom a search means."""
COUNTED_AT_ONCE = 2000
"""Up to so many people are counted while the page is made; more are counted by the page's own second question."""


class SortUnknown(LookupError):
    """The list cannot be sorted so."""


@dataclass(frozen=True)
class Phase:
    """People who share an order: which ones, and the columns with their directions; the last one is unique."""

    who: Q
    order: tuple[str, ...]


_NEWEST = ("-created_at", "-id")

SORTS: Mapping[str, tuple[Phase, ...]] = {
    "seen": (
        Phase(Q(presence__last_seen_at__isnull=False), ("-presence__last_seen_at", "presence__person_id")),
        Phase(Q(presence__last_seen_at__isnull=True), _NEWEST),  # without a row, and imported ones nobody has seen
    ),
    "score": (
        Phase(Q(score__total__isnull=False), ("-score__total", "score__person_id")),
        Phase(Q(score__isnull=True), _NEWEST),
    ),
    "name": (Phase(Q(last_key__gt=""), ("last_key", "first_key", "id")), Phase(Q(last_key=""), _NEWEST)),
    "created": (Phase(Q(), _NEWEST),),
}

BY_STAGE = "stage"
"""The furthest stage first, and within a stage who came there last; one phase per stage."""

ORDERS = (*SORTS, BY_STAGE)


@dataclass(frozen=True)
class Row:
    """A person as a list shows him."""

    person: Person
    contacts: Mapping[str, str]
    owner: str
    tags: Sequence[Tag] = ()


@dataclass(frozen=True)
class Page:
    """Rows and where the next ones begin (empty: these are the last)."""

    rows: list[Row]
    further: str


@dataclass(frozen=True)
class Numbers:
    """How many people are meant, how many of them are warm and hot; `is_more`: counting stopped there.

    Without a number when counting took too long.
    """

    people: int | None
    warm: int = 0
    hot: int = 0
    is_more: bool = False


@dataclass(frozen=True)
class _Place:
    """Where a page begins: the phase and the values of the last row shown."""

    phase: int = 0
    values: tuple[Any, ...] = field(default_factory=tuple)


def list_people(
    *, chosen: Chosen, sort: str = "seen", after: str = "", limit: int = PAGE, sought: Sought | None = None
) -> Page:
    """The page after `after`; a place that cannot be read is the start. Raises SortUnknown, ConditionError.

    `sought`: whom the search means, if that was looked up already.
    """
    phases = _phases(sort, chosen)
    place = _read_place(after, phases)
    if chosen.search:
        ids, further = _sought_ids(chosen, sought or seek(chosen.search), phases, place, limit)
    else:
        along = people_of(Chosen(who=chosen.who)) if _looks_ahead(chosen) else None
        ids, further = _ids(people_of(chosen), phases, place, limit, who=chosen.who, along=along)
    return Page(rows_of(ids), further)


def _sought_ids(
    chosen: Chosen, sought: Sought, phases: Sequence[Phase], place: _Place, limit: int
) -> tuple[list[int], str]:
    """A few are sorted; among many a page is soon full along the order, unless they all stand at its end."""
    people = people_of(chosen, sought=sought)
    with _in_one_process() if connection.vendor == "postgresql" else nullcontext():
        if sought.is_few:
            return _ids(people, phases, place, limit, who=chosen.who)
        try:
            with counting.at_most(READ_ALONG):
                return _ids(people, phases, place, limit, who=chosen.who)
        except counting.OutOfTime:
            everybody = people_of(replace(chosen, search="")).filter(sought.all_at_once)
            return _ids(everybody, phases, place, limit, who=chosen.who)


@contextmanager
def _in_one_process() -> Iterator[None]:
    """Several processes of PostgreSQL would read far beyond the fifty people of a page before they end."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL max_parallel_workers_per_gather = 0")
        yield


def _looks_ahead(chosen: Chosen) -> bool:
    """Whether people are looked for along the order before the planner chooses.

    PostgreSQL guesses that hardly anybody passes a condition on a text or an attribute, and would rather read everybody
    than follow an index that gives fifty of them at once. SQLite follows the order by itself.
    """
    return connection.vendor == "postgresql" and bool(chosen.condition) and not chosen.ids


def _phases(sort: str, chosen: Chosen) -> Sequence[Phase]:
    warmth = _asked_warmth(chosen.condition)
    if sort == "score" and warmth:
        return (Phase(Q(score__temperature=warmth), SORTS["score"][0].order),)
    if sort == BY_STAGE:
        stages = Stage.objects.order_by("is_beside", "-position").values_list("id", flat=True)
        order = ("-standing__since", "standing__person_id")
        return [*(Phase(Q(standing__stage_id=stage), order) for stage in stages), Phase(Q(standing=None), _NEWEST)]
    if sort not in SORTS:
        raise SortUnknown(sort)
    return SORTS[sort]


def _asked_warmth(condition: Mapping[str, Any]) -> str:
    """The one temperature all of them have, if the condition says so: it has an index of its own, in order of score.

    Without it the warm would be looked for behind all who are hot. The cold may be people without a score.
    """
    parts = condition.get("all", [condition])
    asked = [_listed(part["temperature"]) for part in parts if isinstance(part, Mapping) and "temperature" in part]
    one = next((values[0] for values in asked if len(values) == 1), "")
    return one if one in (Temperature.WARM, Temperature.HOT) else ""


def _listed(value: Any) -> list[Any]:
    """The values of a short leaf; of one that is said otherwise, none."""
    return value if isinstance(value, list) else [value] if isinstance(value, str) else []


def list_of_company(*, company_id: int, limit: int = PAGE) -> Page:
    """People of a company, the warmest first; strangers too."""
    people = Person.objects.filter(company_id=company_id, erased_at=None)
    ids, further = _ids(people, SORTS["score"], _Place(), limit)
    return Page(rows_of(ids), further)


def count_people(
    *,
    chosen: Chosen,
    at_most: int | None = COUNTED_AT_ONCE,
    limit: timedelta | None = None,
    sought: Sought | None = None,
) -> Numbers:
    """How many, warm, hot; counting ends past `at_most` (None: counts them all) and after the time `limit`.

    `sought`: whom the search means, if that was looked up already.
    """
    if chosen.search and at_most is not None:
        sought = sought or seek(chosen.search)
        if sought.is_few:
            return _numbers(people_of(chosen, sought=sought), at_most, limit)
        numbers = _numbers(_of_those_found(chosen, sought), at_most, limit)
        if numbers.is_more:
            return numbers
    return _numbers(people_of(chosen), at_most, limit)


def _of_those_found(chosen: Chosen, sought: Sought) -> QuerySet[Person]:
    """Of many the first that were found: mostly more than a page counts."""
    return people_of(replace(chosen, search="")).filter(id__in=among(sought.ids))


def _numbers(people: QuerySet[Person], at_most: int | None, limit: timedelta | None) -> Numbers:
    people = people.annotate(heat=F("score__temperature")).order_by()
    counted = people if at_most is None else people[: at_most + 1]
    try:
        with counting.at_most(limit) if limit else nullcontext():
            numbers = counted.aggregate(
                people=Count("id"),
                warm=Count("id", filter=Q(heat=Temperature.WARM)),
                hot=Count("id", filter=Q(heat=Temperature.HOT)),
            )
    except counting.OutOfTime:
        return Numbers(None, is_more=True)
    is_more = at_most is not None and numbers["people"] > at_most
    return Numbers(at_most if is_more else numbers["people"], numbers["warm"], numbers["hot"], is_more)


def rows_of(ids: Sequence[int]) -> list[Row]:
    """People with what a list shows of them, in the order of the ids: four statements."""
    people = Person.objects.select_related("company", "score", "presence", "acquisition", "standing__stage").in_bulk(
        ids
    )
    contacts, tags = _contacts(ids), tags_of(ids)
    owners = dict(
        User.objects.filter(id__in={p.owner_id for p in people.values() if p.owner_id}).values_list("id", "name")
    )
    return [
        Row(people[key], contacts.get(key, {}), owners.get(people[key].owner_id or 0, ""), tags.get(key, ()))
        for key in ids
        if key in people
    ]


def _ids(
    people: QuerySet[Person],
    phases: Sequence[Phase],
    place: _Place,
    limit: int,
    *,
    who: str = EVERYBODY,
    along: QuerySet[Person] | None = None,
) -> tuple[list[int], str]:
    """The ids of a page and where the next one begins. `along` are all people in whose order `people` are looked for
    first, if that may be quicker."""
    ids: list[int] = []
    for number in range(place.phase, len(phases)):
        phase = phases[number]
        asked = phase.who
        if phase.order is _NEWEST and who != EVERYBODY:
            # SQLite uses the index (is_anonymous, created_at) only for "= 0", which Django writes for IN alone.
            asked &= Q(is_anonymous__in=[who == STRANGERS])
        if number == place.phase and place.values:
            asked &= _after(phase.order, place.values)
        way = along.filter(asked) if along is not None else None
        found = _first(people.filter(asked), way, phase.order, limit + 1 - len(ids))
        if len(ids) + len(found) > limit:
            shown = found[: limit - len(ids)]
            last = _place_text(number, shown[-1][1:]) if shown else _place_text(number, ())
            return ids + [row[0] for row in shown], last
        ids += [row[0] for row in found]
    return ids, ""


def _first(
    people: QuerySet[Person], along: QuerySet[Person] | None, order: Sequence[str], limit: int
) -> list[tuple[Any, ...]]:
    """The first of these people with the values of the order; among the next `AHEAD` of `along` if enough are there."""
    rows = people.order_by(*order).values_list("id", *(column.lstrip("-") for column in order))
    if along is not None:
        found = list(rows.filter(id__in=along.order_by(*order).values("id")[:AHEAD])[:limit])
        if len(found) == limit:
            return found
    return list(rows[:limit])


def _after(order: Sequence[str], values: Sequence[Any]) -> Q:
    """Rows behind these values; the first column alone is repeated as a plain bound, for the planner's sake."""
    behind = Q()
    same = Q()
    for column, value in zip(order, values, strict=True):
        behind |= same & Q(**{_further(column): value})
        same &= Q(**{column.lstrip("-"): value})
    return Q(**{_further(order[0]) + "e": values[0]}) & behind


def _further(column: str) -> str:
    return f"{column[1:]}__lt" if column.startswith("-") else f"{column}__gt"


def _place_text(phase: int, values: Sequence[Any]) -> str:
    plain = [value.isoformat() if isinstance(value, datetime) else str(value) for value in values]
    return json.dumps([phase, *plain], ensure_ascii=False, separators=(",", ":"))


def _read_place(text: str, phases: Sequence[Phase]) -> _Place:
    try:
        number, *values = json.loads(text)
        order = phases[number].order
        typed = tuple(_typed(column, value) for column, value in zip(order, values, strict=True)) if values else ()
    except (ValueError, TypeError, LookupError):
        return _Place()
    return _Place(number, typed)


def _typed(column: str, value: str) -> Any:
    name = column.lstrip("-")
    if name.endswith("_at") or name.endswith("since"):
        return read_moment(value)
    return value if name.endswith("_key") else int(value)


def _contacts(ids: Sequence[int]) -> dict[int, dict[str, str]]:
    """person → kind → the main contact of the kind.

    Visitors are left out here rather than in SQL: SQLite would walk all contacts of a kind instead of the person's.
    """
    rows = Identity.objects.filter(person_id__in=ids).order_by("-is_main", "created_at")
    found: dict[int, dict[str, str]] = {}
    for person, kind, value, shown in rows.values_list("person_id", "kind", "value", "shown"):
        if kind in CONTACT_KINDS:
            found.setdefault(person, {}).setdefault(kind, shown or value)
    for person, contacts in shared_by(ids).items():
        for kind, value in contacts:
            found.setdefault(person, {}).setdefault(kind, value)
    return found
