"""What conditions can say of deeds, of how a person came, and of raw events (R6–R8)."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence

from django.db.models import (
    Case,
    CharField,
    DateTimeField,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
)
from django.db.models.functions import Coalesce, NullIf
from django.utils.translation import gettext_lazy as _

from teplo.conditions.comparing import TRUE, any_holds, column, through, value_holds
from teplo.conditions.condition import Operator
from teplo.conditions.grouping import IsAmong
from teplo.conditions.vocabulary import Asking, Choice, Deed, Deeds, Family, Field, Holds, Test, Type
from teplo.kit.remembering import Remembered
from teplo.kit.wording import in_language
from teplo.tracking.labels import OUR_OWN
from teplo.tracking.models import Acquisition, Activity, Event, EventLabel, Presence, SourceKind, Tally, Touch
from teplo.tracking.recalling import conditions_of_activities, times_by

CAME = _("How he came")
EVENT = _("Event")

SOURCES = (
    Choice(SourceKind.PAID, _("paid advertising")),
    Choice(SourceKind.DIRECT, _("direct")),
    Choice(SourceKind.ORGANIC, _("search")),
    Choice(SourceKind.SOCIAL, _("social networks")),
    Choice(SourceKind.REFERRAL, _("a link from another site")),
    Choice(SourceKind.BLOG, _("blog")),
    Choice(SourceKind.EMAIL, _("a letter")),
    Choice(SourceKind.OFFLINE, _("off-line")),
    Choice(SourceKind.ASSISTANT, _("an AI assistant")),
)
LABELS = (
    Choice(EventLabel.HUMAN, _("human")),
    Choice(EventLabel.SUSPECT, _("suspect")),
    Choice(EventLabel.MACHINE, _("machine")),
)


def fields() -> Iterator[Field]:
    """Fields over people: presence and where they came from."""
    first = through(_presences, {"person": "pk"}, column("first_seen_at", Type.MOMENT))
    yield Field("last_seen", Type.MOMENT, _("Last seen"), _last_seen_holds, CAME)
    yield Field("first_seen", Type.MOMENT, _("First seen"), first, CAME)
    yield Field("source", Type.LIST, _("Ever came from"), _source_holds, CAME, lambda: SOURCES, is_short=True)
    for key, name in (("first_source", _("First came from")), ("last_source", _("Last came from"))):
        yield Field(key, Type.CHOICE, name, _acquired(key, Type.CHOICE), CAME, lambda: SOURCES, is_short=True)
    for key, name in (
        ("first_detail", _("First campaign or referrer")),
        ("last_detail", _("Last campaign or referrer")),
    ):
        yield Field(key, Type.TEXT, name, _acquired(key, Type.TEXT), CAME)
    for key, name in (("utm_source", _("Ever with utm_source")), ("utm_campaign", _("Ever with utm_campaign"))):
        yield Field(key, Type.TEXT, name, through(_touches, {"person": "pk"}, column(key, Type.TEXT)), CAME)


def _presences(asking: Asking) -> QuerySet[Presence]:
    """Of the past, those who had been seen by then: for the first time, which nothing later changes."""
    return Presence.objects.filter(first_seen_at__lte=asking.at) if asking.of_past else Presence.objects.all()


_last_seen_now = through(_presences, {"person": "pk"}, column("last_seen_at", Type.MOMENT))


def _last_seen_holds(test: Test, asking: Asking) -> Q:
    """Of the past, from the journal, where he has been seen again since."""
    if not asking.of_past:
        return _last_seen_now(test, asking)
    mine = {"person_id": OuterRef("pk")}
    presence = Presence.objects.filter(**mine, last_seen_at__lte=asking.at).values("last_seen_at")[:1]
    seen = Event.objects.filter(**mine, at__lte=asking.at, label=EventLabel.HUMAN).exclude(name__in=OUR_OWN)
    value = Coalesce(Subquery(presence), Subquery(seen.order_by("-at").values("at")[:1]), output_field=DateTimeField())
    return value_holds(value, Type.MOMENT, test, asking)


def _touches(asking: Asking) -> QuerySet[Touch]:
    return Touch.objects.filter(at__lte=asking.at) if asking.of_past else Touch.objects.all()


def _source_holds(test: Test, asking: Asking) -> Q:
    kinds = {} if test.operator is Operator.IS_SET else {"source__in": list(test.value)}
    return Q(Exists(_touches(asking).filter(person=OuterRef("pk"), **kinds)))


def _acquired(key: str, kind: Type) -> Holds:
    """First and last touch from the one row kept of them; of the past, from the touches themselves."""
    present = through(lambda asking: Acquisition.objects.all(), {"person": "pk"}, column(key, kind))
    which, what = key.split("_")

    def holds(test: Test, asking: Asking) -> Q:
        if not asking.of_past:
            return present(test, asking)
        touches = _touches(asking)
        if which == "last":  # the last one that says something; a visit without source only where there is no other
            telling = touches.exclude(source=SourceKind.DIRECT)
            touches = touches.filter(~Q(source=SourceKind.DIRECT) | ~Exists(telling.filter(person=OuterRef("person"))))
        side = "lt" if which == "first" else "gt"
        beside = Q(**{f"at__{side}": OuterRef("at")}) | Q(**{"at": OuterRef("at"), f"id__{side}": OuterRef("id")})
        ends = touches.filter(~Exists(touches.filter(beside, person=OuterRef("person"))))
        if what == "source":
            return through(lambda _asking: ends, {"person": "pk"}, column("source", kind))(test, asking)
        told = Coalesce(
            NullIf(F("utm_campaign"), Value("")), NullIf(F("utm_source"), Value("")), F("referrer_host"),
            output_field=CharField(),
        )  # fmt: skip
        ends = ends.annotate(told=told)
        return through(lambda _asking: ends, {"person": "pk"}, column("told", kind))(test, asking)

    return holds


# deeds


def _activities() -> Sequence[Choice]:
    rows = Activity.objects.filter(is_active=True).order_by("key").values_list("key", "names")
    return [Choice(key, in_language(names) or key) for key, names in rows]


def _activity_ids() -> dict[str, int]:
    return dict(Activity.objects.values_list("key", "pk"))


def _deed_holds(deed: Deed, asking: Asking) -> Q:
    """Tallies of the days, grouped only where a count is asked; of the past, those begun by the moment asked."""
    days = {"day__lte": deed.until} | ({"day__gte": deed.since} if deed.since else {})
    activity = asking.vocabulary.ids("activity", _activity_ids).get(deed.activity, 0)
    rows = Tally.objects.filter(activity=activity, **days)
    if asking.of_past:
        rows = rows.filter(first_at__lte=asking.at)
    if deed.at_least == 1 and deed.at_most is None:
        return Q(Exists(rows.filter(person=OuterRef("pk"))))
    if deed.at_least == 0:
        return TRUE if deed.at_most is None else ~_counted(rows, activity, {"times__gt": deed.at_most}, asking)
    least = {"times__gte": deed.at_least}
    most = {"times__lte": deed.at_most} if deed.at_most is not None else {}
    return _counted(rows, activity, least | most, asking)


def _counted(rows: QuerySet[Tally], activity: int, times: dict[str, int], asking: Asking) -> Q:
    """Who did it so many times: grouped once when everybody is asked, else looked up person by person."""
    rows = rows if asking.is_of_everybody else rows.filter(person=OuterRef("pk"))
    counted = rows.values("person_id").annotate(times=Sum(_times(activity, asking))).filter(**times)
    return Q(IsAmong(counted, column="person_id")) if asking.is_of_everybody else Q(Exists(counted))


def _times(activity: int, asking: Asking) -> F | Case:
    """Of the past the journal may be asked, of this activity alone."""
    if not asking.of_past:
        return F("count")
    known = asking.vocabulary.keep("conditions of activities", conditions_of_activities)
    return times_by(asking.at, {activity: known[activity]} if activity in known else {})


deeds = Deeds(choices=_activities, holds=_deed_holds)


# events


def event_fields() -> Iterator[Field]:
    """Fields over Event-shaped rows (the journal or a batch): nothing but columns of the row itself."""
    yield Field(
        "name", Type.CHOICE, _("Event"), column("name", Type.CHOICE), EVENT, is_short=True, leaf="event", is_open=True
    )
    yield Field("label", Type.CHOICE, _("Who acted"), column("label", Type.CHOICE), EVENT, lambda: LABELS)
    for key, name in (("path", _("Page")), ("url", _("Address")), ("referrer", _("Referrer"))):
        yield Field(key, Type.TEXT, name, column(key, Type.TEXT), EVENT)
    yield Field("origin", Type.CHOICE, _("Origin"), column("origin", Type.CHOICE), EVENT, is_open=True)
    yield Field("at", Type.MOMENT, _("When"), column("at", Type.MOMENT), EVENT)


def _property(key: str) -> Field:
    inner = key.removeprefix("property.")
    return Field(key, Type.ANY, inner, lambda test, asking: any_holds("properties", inner, test), _("Properties"))


properties = Family("property.", _property, _("Property"))


def state() -> Hashable:
    """The activities that conditions name."""
    return _state()


_state = Remembered(lambda: Activity.objects.order_by("id").values_list("id", "key", "is_active"), tuple)
