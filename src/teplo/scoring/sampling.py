"""Whom a question about the past is asked of, at which moment of each, and what became of him (R19–R21).

One row per person: the moment that matters (his first hand-off in a period, so many days after first contact, or one
date for all) and his outcome as it stood at the end of the horizon. Nothing after that end speaks, so a question with
a fixed `as_of` answers the same for ever.
"""

# ruff: noqa: S608, S611 - the text is made of our own names; values are parameters

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Case, DateTimeField, ExpressionWrapper, F, Min, Q, QuerySet, Value, When

from teplo.conditions import registry
from teplo.conditions.windows import start_of
from teplo.people.models import Identity, IdentityKind, Person
from teplo.scoring.models import OutcomeState
from teplo.scoring.outcomes import COLUMNS, facts_sql, people_between
from teplo.scoring.statement import Sql

HAND_OFF, FIRST_CONTACT, DATE = MOMENTS = ("hand-off", "first-contact", "date")
MOST_DAYS = 3650
USUAL_HORIZON = 90
_FLAGS = ("with_customers", "with_unripe", "only_known", "only_ended")

Moments = Callable[[Q], QuerySet[Any, Any]]
"""Given which people (a Q over `person_id`), rows with `person_id` and `happened_at`; a person may have several."""

_lenders: dict[str, Moments] = {}


def lend_moments(name: str, moments: Moments) -> None:
    """Let an app's table say when something happened to people, e.g. a hand-off."""
    _lenders[name] = moments


class QuestionUnclear(ValueError):
    """The question cannot be asked so: `code` says why, `field` where."""

    def __init__(self, code: str, field: str) -> None:
        super().__init__(code, field)
        self.code, self.field = code, field


@dataclass(frozen=True)
class Question:
    """Whom to ask and of when. Days are of the workspace's time zone, both ends of the period count.

    `moment`: the first hand-off within the period, `days` after a first contact within the period, or the beginning of
    `on` for everybody met before it. `horizon_days`: how long he had to buy after his moment; None: until `as_of`.
    Left out are those who had bought before their moment (unless `with_customers`), those whose horizon is not over at
    `as_of` (unless `with_unripe`), with `only_known` those who had left no contact by their moment, and with
    `only_ended` those who are neither won nor lost.
    """

    moment: str
    as_of: datetime
    since: date | None = None
    until: date | None = None
    days: int = 14
    on: date | None = None
    horizon_days: int | None = USUAL_HORIZON
    with_customers: bool = False
    with_unripe: bool = False
    only_known: bool = False
    only_ended: bool = False

    def __post_init__(self) -> None:
        if self.moment not in MOMENTS:
            raise QuestionUnclear("unknown-moment", "moment")
        if self.moment == DATE and self.on is None:
            raise QuestionUnclear("no-date", "on")
        if self.moment != DATE and (self.since is None or self.until is None):
            raise QuestionUnclear("no-period", "since")
        if self.since and self.until and self.since > self.until:
            raise QuestionUnclear("period-backwards", "until")
        if not 0 <= self.days <= MOST_DAYS:
            raise QuestionUnclear("bad-days", "days")
        if self.horizon_days is not None and not 1 <= self.horizon_days <= MOST_DAYS:
            raise QuestionUnclear("bad-horizon", "horizon_days")
        begins = "on" if self.moment == DATE else "since"
        if getattr(self, begins) > self.as_of.astimezone(registry.zone()).date():
            raise QuestionUnclear("future", begins)

    @property
    def period(self) -> tuple[datetime, datetime]:
        """From the beginning of the first day to the end of the last."""
        assert self.since is not None and self.until is not None
        zone = registry.zone()
        return start_of(self.since, zone), start_of(self.until + timedelta(days=1), zone)

    def only_of_ended(self) -> Question:
        """The same of people who are won or lost."""
        return replace(self, only_ended=True)

    def as_json(self) -> dict[str, Any]:
        """As it is stored and shared."""
        days = {name: value.isoformat() for name in ("since", "until", "on") if (value := getattr(self, name))}
        flags = {name: True for name in _FLAGS if getattr(self, name)}
        return {
            "moment": self.moment,
            "as_of": self.as_of.astimezone(UTC).isoformat(),
            "days": self.days,
            "horizon_days": self.horizon_days,
            **days,
            **flags,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Question:
        """The same from its stored form; raises QuestionUnclear, ValueError for a malformed date."""
        days: dict[str, Any] = {
            name: date.fromisoformat(data[name]) for name in ("since", "until", "on") if data.get(name)
        }
        flags: dict[str, Any] = {name: bool(data.get(name)) for name in _FLAGS}
        return cls(
            moment=data["moment"],
            as_of=datetime.fromisoformat(data["as_of"]),
            days=int(data.get("days", 14)),
            horizon_days=data.get("horizon_days"),
            **days,
            **flags,
        )


def usual_horizon(*, at: datetime) -> int | None:
    """Days that people are given to buy when nobody says otherwise.

    None, until the day asked, where the oldest acquaintance is younger than a year: to leave out those whose time is
    not over would leave hardly anybody.
    """
    known = Person.objects.filter(is_anonymous=False).order_by("created_at").values_list("created_at", flat=True)
    oldest = known.first()
    return USUAL_HORIZON if oldest is not None and at - oldest >= timedelta(days=365) else None


def sample_sql(question: Question, *, first: int | None = None, last: int | None = None) -> Sql:
    """Rows (person_id, at, state, reason, value, ended_at) of the sample, of people with ids in a closed range.

    `at` is his moment; `state` what became of him by the end of his horizon: won where he bought after the moment (with
    value and when), else lost where the last word on him was that (with the reason), else open. May stand as a
    subquery or a CTE. Constant size, whatever the number of people.
    """
    moments = moments_sql(question, first=first, last=last)
    facts = facts_sql(people_between(first, last))
    won, open_ = OutcomeState.WON, OutcomeState.OPEN
    bought_after = f"(f.state = '{won}' AND f.at > m.at)"
    bought_before = f"(f.state = '{won}' AND f.at <= m.at)"
    lost = OutcomeState.LOST
    text = (
        f"WITH moments(person_id, at, until) AS ({moments.text}), facts({COLUMNS}) AS ({facts.text}), "
        f"told AS (SELECT m.person_id, m.at AS moment, f.at, f.state, f.reason, f.value, {bought_after} AS is_bought, "
        f"MAX(CASE WHEN {bought_before} THEN 1 ELSE 0 END) OVER (PARTITION BY m.person_id) AS had_bought, "
        f"ROW_NUMBER() OVER (PARTITION BY m.person_id ORDER BY CASE WHEN {bought_after} THEN 0 ELSE 1 END, "
        f"CASE WHEN {bought_after} THEN f.at END, f.at DESC, f.state, f.reason, f.value, f.source) AS place "
        f"FROM moments m LEFT JOIN facts f ON f.person_id = m.person_id AND f.at <= m.until "
        f"AND (f.until IS NULL OR f.until > m.until)) "
        f"SELECT t.person_id, t.moment AS at, "
        f"CASE WHEN t.is_bought THEN '{won}' WHEN t.state = '{lost}' THEN '{lost}' ELSE '{open_}' END AS state, "
        f"CASE WHEN t.state = '{lost}' THEN t.reason ELSE '' END AS reason, "
        f"CASE WHEN t.is_bought THEN t.value END AS value, "
        f"CASE WHEN t.is_bought OR t.state = '{lost}' THEN t.at END AS ended_at FROM told t WHERE t.place = 1"
        + ("" if question.with_customers else " AND t.had_bought = 0")
    )
    ended = f" WHERE sample.state <> '{open_}'" if question.only_ended else ""
    return Sql(f"SELECT * FROM ({text}) sample{ended}", (*moments.params, *facts.params))


def moments_sql(question: Question, *, first: int | None = None, last: int | None = None) -> Sql:
    """Rows (person_id, at, until): everybody's moment, and the end of his horizon. Customers are still among them."""
    rows = _moments(question, people_between(first, last))
    if question.horizon_days is not None and not question.with_unripe:
        rows = rows.filter(moment__lte=question.as_of - timedelta(days=question.horizon_days))
    rows = rows.filter(moment__lte=question.as_of).annotate(end=_end(question))
    named = rows.order_by().values_list("person_id", "moment", "end")
    text, params = named.query.get_compiler(connection=connection).as_sql()
    return _known_by_then(Sql(text, tuple(params))) if question.only_known else Sql(text, tuple(params))


def _known_by_then(moments: Sql) -> Sql:
    """Only people who had left a contact by their moment."""
    text = (
        f"WITH all_moments(person_id, at, until) AS ({moments.text}) SELECT * FROM all_moments m WHERE EXISTS "
        f"(SELECT 1 FROM {Identity._meta.db_table} i WHERE i.person_id = m.person_id "
        f"AND i.kind <> '{IdentityKind.VISITOR}' AND i.created_at <= m.at)"
    )
    return Sql(text, moments.params)


def _moments(question: Question, people: Q) -> Any:
    """A queryset with `person_id` and `moment`."""
    if question.moment == HAND_OFF:
        since, until = question.period
        lent = _lenders[HAND_OFF](people).filter(happened_at__gte=since, happened_at__lt=until)
        return lent.order_by().values("person_id").annotate(moment=Min("happened_at"))
    met = _first_contacts(people)
    if question.moment == FIRST_CONTACT:
        since, until = question.period
        later = ExpressionWrapper(F("first_contact") + timedelta(days=question.days), output_field=DateTimeField())
        return met.filter(first_contact__gte=since, first_contact__lt=until).annotate(moment=later)
    assert question.on is not None
    moment = start_of(question.on, registry.zone())
    return met.filter(first_contact__lt=moment).annotate(moment=Value(moment, output_field=DateTimeField()))


def _first_contacts(people: Q) -> QuerySet[Any, Any]:
    """When each person was first seen or first known, whichever was earlier; erased people are not asked."""
    seen = F("presence__first_seen_at")
    first = Case(When(presence__first_seen_at__lt=F("created_at"), then=seen), default=F("created_at"))
    named = Person.objects.annotate(person_id=F("id")).filter(people, erased_at=None)
    return named.annotate(first_contact=first)


def _end(question: Question) -> Any:
    """The last moment that may speak of him."""
    moments = DateTimeField()
    asked = Value(question.as_of, output_field=moments)
    if question.horizon_days is None:
        return asked
    horizon = timedelta(days=question.horizon_days)
    over = ExpressionWrapper(F("moment") + horizon, output_field=moments)
    if not question.with_unripe:
        return over
    return Case(When(moment__gt=question.as_of - horizon, then=asked), default=over, output_field=moments)
