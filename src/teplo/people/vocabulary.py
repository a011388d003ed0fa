"""What conditions can say of a person and his company: columns, own attributes, consent, channels, segments (R31)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from datetime import UTC, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db.models import (
    BigIntegerField,
    BooleanField,
    Case,
    CharField,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextField,
    When,
)
from django.db.models.lookups import In
from django.utils.translation import gettext_lazy as _

from teplo.accounts.models import User, Workspace
from teplo.conditions.comparing import (
    FALSE,
    column,
    id_holds,
    json_holds,
    known,
    text_holds,
    through,
    typed,
    value_holds,
)
from teplo.conditions.compiling import ask
from teplo.conditions.condition import Operator
from teplo.conditions.json_values import JsonId, JsonText
from teplo.conditions.reading import ConditionError, read_json
from teplo.conditions.vocabulary import Asking, Choice, Field, Holds, Test, Type
from teplo.kit.remembering import Remembered
from teplo.kit.wording import in_language
from teplo.people.company_history import as_it_was
from teplo.people.models import (
    AttributeChange,
    AttributeDefinition,
    Company,
    Consent,
    ConsentState,
    Identity,
    IdentityKind,
    Person,
    PersonTag,
    Segment,
    SharedContact,
    Tag,
    TagChange,
)
from teplo.people.places import country_names

WHO = _("Who he is")
COMPANY = _("Company")
REACH = _("How to reach him")
OWN = _("Own attributes")
FEW = 20
"""People of whom it is looked up first which of their values were changed after the moment asked of."""

CHANNELS = (
    Choice("email", _("e-mail")),
    Choice("phone", _("phone")),
    Choice("sms", _("SMS")),
    Choice("telegram", _("Telegram")),
    Choice("whatsapp", _("WhatsApp")),
    Choice("viber", _("Viber")),
    Choice("vk", _("VK")),
)

IN_SEGMENT = {
    Operator.HAS: _("in the segment %(value)s"),
    Operator.HAS_NOT: _("not in the segment %(value)s"),
}
TAGGED = {
    Operator.HAS: _("has the tag %(value)s"),
    Operator.HAS_NOT: _("does not have the tag %(value)s"),
}
REACHABLE = {
    Operator.HAS: _("can be reached by %(value)s"),
    Operator.HAS_NOT: _("cannot be reached by %(value)s"),
}
STRANGER = (_("still a stranger"), _("known by name or contact"))
ALLOWED = {
    Operator.HAS: _("consent to %(value)s was given"),
    Operator.HAS_NOT: _("there is no consent to %(value)s"),
}


def fields() -> Iterator[Field]:
    """All fields of this app as they stand now; one query, for the custom attributes."""
    yield from _person_fields()
    yield from _reach_fields()
    yield from _company_fields()
    yield from _own_fields()


def zone() -> tzinfo:
    """The workspace's time zone; UTC when its name is not known to this machine."""
    try:
        return ZoneInfo(_timezone())
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


_timezone = Remembered(
    lambda: Workspace.objects.filter(pk=1).values_list("timezone"),
    lambda rows: str(rows[0][0]) if rows else Workspace().timezone,
)

# people


def _person_fields() -> Iterator[Field]:
    texts = (
        ("first_name", _("First name")),
        ("middle_name", _("Middle name")),
        ("last_name", _("Last name")),
        ("position", _("Position")),
        ("city", _("City")),
    )
    for key, name in texts:
        yield Field(key, Type.TEXT, name, _remembered(key, Type.TEXT), WHO, suggest=_suggest(key))
    yield Field("country", Type.CHOICE, _("Country"), _remembered("country", Type.CHOICE), WHO, _countries)
    for key, name in (("language", _("Language")), ("timezone", _("Time zone"))):
        yield Field(key, Type.CHOICE, name, _remembered(key, Type.CHOICE), WHO, suggest=_suggest(key), is_open=True)
    yield Field("owner", Type.CHOICE, _("Whose person"), _owner_holds, WHO, _users)
    yield Field("created", Type.MOMENT, _("First met"), column("created_at", Type.MOMENT), WHO)
    yield Field("anonymous", Type.BOOLEAN, _("Still a stranger"), _stranger_holds, WHO, answers=STRANGER)
    yield Field(
        "segment",
        Type.LIST,
        _("Segment"),
        _segment_holds,
        WHO,
        _segments,
        is_short=True,
        is_definition=True,
        leaf="in",
        said=IN_SEGMENT,
        without=(Operator.IS_SET,),
    )
    yield Field("tag", Type.LIST, _("Tag"), _tag_holds, WHO, _tags, is_short=True, said=TAGGED)


_stranger_now = column("is_anonymous", Type.BOOLEAN)


def _stranger_holds(test: Test, asking: Asking) -> Q:
    """Of the past: who was known by a browser alone. Whoever came with no browser was known from the first."""
    if not asking.of_past:
        return _stranger_now(test, asking)
    mine = _identities(asking).filter(person=OuterRef("pk"))
    by_contact = Exists(mine.exclude(kind=IdentityKind.VISITOR))
    by_browser = Exists(mine.filter(kind=IdentityKind.VISITOR))
    told = (When(by_contact, then=False), When(by_browser, then=True))
    was = Case(*told, default=F("is_anonymous"), output_field=BooleanField())
    return value_holds(was, Type.BOOLEAN, test, asking)


def _remembered(key: str, kind: Type) -> Holds:
    """A column whose earlier values are kept in AttributeChange, so that the past can be asked (R21)."""
    present = column(key, kind)

    def holds(test: Test, asking: Asking) -> Q:
        if _stands_as_now(key, asking):
            return present(test, asking)
        value = Case(
            When(Exists(_later_changes(key, asking)), then=JsonText(_value_before(key, asking))),
            default=F(key),
            output_field=CharField(),
        )
        return value_holds(value, kind, test, asking)

    return holds


def _stands_as_now(key: str, asking: Asking) -> bool:
    """Whether the present row says it: of now, or of few people of whom nobody's value was changed after the moment.

    Looking that up once for all fields takes a millisecond; a history in each of thirty conditions takes fifty.
    """
    if not asking.of_past:
        return True
    if not asking.among or len(asking.among) > FEW:
        return False
    changed = AttributeChange.objects.filter(person_id__in=asking.among, at__gt=asking.at, is_brought=False)
    what = f"changed after {asking.at.isoformat()} of {asking.among}"
    return key not in asking.vocabulary.keep(what, lambda: frozenset(changed.order_by().values_list("key", flat=True)))


def _later_changes(key: str, asking: Asking) -> QuerySet[AttributeChange]:
    return AttributeChange.objects.filter(person=OuterRef("pk"), key=key, at__gt=asking.at, is_brought=False)


def _value_before(key: str, asking: Asking) -> Subquery:
    """The value at the moment asked: what the first change after it replaced."""
    return Subquery(_later_changes(key, asking).order_by("at", "id").values("old")[:1])


def _owner_holds(test: Test, asking: Asking) -> Q:
    if _stands_as_now("owner_id", asking):
        return id_holds(typed("owner_id", BigIntegerField()), test)
    return id_holds(_id_then("owner_id", asking), test)


def _id_then(key: str, asking: Asking) -> Case:
    """An id column as it was at the moment asked."""
    changed = When(Exists(_later_changes(key, asking)), then=JsonId(_value_before(key, asking)))
    return Case(changed, default=F(key), output_field=BigIntegerField())


def _countries() -> Sequence[Choice]:
    return [Choice(code, name) for code, name in country_names().items()]


def _users() -> Sequence[Choice]:
    return [
        Choice(str(pk), name or email)
        for pk, name, email in User.objects.order_by("name").values_list("pk", "name", "email")
    ]


def _segments() -> Sequence[Choice]:
    return [Choice(str(row.pk), row.name) for row in Segment.objects.order_by("name").only("pk", "name", "ready")]


def _tags() -> Sequence[Choice]:
    return [Choice(key, name) for key, name in Tag.objects.order_by("name_key").values_list("key", "name")]


def _tag_holds(test: Test, asking: Asking) -> Q:
    """Has one of the tags; of the past: had it by the last word on it until then."""
    named = {} if test.operator is Operator.IS_SET else {"tag__key__in": [str(key) for key in test.value]}
    if asking.of_past:
        words = TagChange.objects.filter(at__lte=asking.at, **named)
        later = TagChange.objects.filter(person=OuterRef("person"), tag=OuterRef("tag"), at__lte=asking.at)
        newer = later.filter(Q(at__gt=OuterRef("at")) | Q(at=OuterRef("at"), id__gt=OuterRef("id")))
        return Q(Exists(words.filter(~Exists(newer), person=OuterRef("pk"), is_added=True)))
    rows = PersonTag.objects.filter(**named)
    if asking.is_of_everybody:
        return Q(pk__in=rows.values("person_id"))  # few have a tag: whoever looks for them begins with them
    return Q(Exists(rows.filter(person=OuterRef("pk"))))


def _segment_holds(test: Test, asking: Asking) -> Q:
    """In one of the segments: their own conditions, asked of the same moment."""
    wanted = [str(key) for key in test.value]
    if set(wanted) & set(asking.trail):
        raise ConditionError("segment-cycle", ("in",))
    found = Segment.objects.filter(pk__in=[int(key) for key in wanted if key.isdigit()]).values_list("pk", "condition")
    if asking.trail and len(found) < len(set(wanted)):  # whoever asks for this segment may ask who is *not* in it
        known = {str(pk) for pk, _condition in found}
        gone = next(key for key in wanted if key not in known)
        raise ConditionError("unknown-value", ("in",), field="segment", value=gone)
    q = FALSE
    for pk, data in found:
        inside = read_json(data, asking.vocabulary, of_known_values=False, is_inside=True)
        q |= ask(inside, asking.inside(str(pk)))
    return q


def _suggest(key: str, model: type[Person] | type[Company] = Person) -> Callable[[str], Sequence[str]]:
    """The most frequent values that begin so, among the first thousand rows found."""

    def suggest(beginning: str) -> Sequence[str]:
        rows: QuerySet[Any] = model.objects.exclude(**{key: ""})
        if beginning:
            rows = rows.filter(text_holds(typed(key, TextField()), Test(Operator.STARTS_WITH, beginning)))
        found = Counter(rows.values_list(key, flat=True)[:1000])
        return [value for value, _times in found.most_common(10)]

    return suggest


# how to reach him


def _reach_fields() -> Iterator[Field]:
    yield Field("email", Type.TEXT, _("E-mail"), _identity_holds(IdentityKind.EMAIL), REACH)
    yield Field("phone", Type.TEXT, _("Phone"), _identity_holds(IdentityKind.PHONE), REACH)
    yield Field(
        "channel", Type.LIST, _("Reachable by"), _channel_holds, REACH, lambda: CHANNELS, is_short=True, said=REACHABLE
    )
    yield Field(
        "consent", Type.LIST, _("Consent"), _consent_holds, REACH, lambda: CHANNELS, is_short=True, said=ALLOWED
    )


def _identities(asking: Asking) -> QuerySet[Identity]:
    identities = Identity.objects.all()
    return identities.filter(created_at__lte=asking.at) if asking.of_past else identities


def _shared(asking: Asking) -> QuerySet[SharedContact]:
    """Contacts of others that are a person's too."""
    shared = SharedContact.objects.all()
    return shared.filter(since__lte=asking.at) if asking.of_past else shared


def _identity_holds(kind: str) -> Holds:
    value = column("value", Type.TEXT)
    own = through(lambda asking: _identities(asking).filter(kind=kind), {"person": "pk"}, value)
    shared = through(lambda asking: _shared(asking).filter(kind=kind), {"person": "pk"}, value)
    return lambda test, asking: own(test, asking) | shared(test, asking)


def _channel_holds(test: Test, asking: Asking) -> Q:
    kinds = [choice.key for choice in CHANNELS] if test.operator is Operator.IS_SET else list(test.value)
    kinds = [IdentityKind.PHONE.value if kind == "sms" else kind for kind in kinds]
    own, shared = (
        rows.filter(person=OuterRef("pk"), kind__in=kinds) for rows in (_identities(asking), _shared(asking))
    )
    return Q(Exists(own)) | Q(Exists(shared))


def _consent_holds(test: Test, asking: Asking) -> Q:
    """The newest word on the channel, as it stood at the moment asked, is yes; of two of one moment the no counts."""
    channels = {} if test.operator is Operator.IS_SET else {"channel__in": list(test.value)}
    rows = Consent.objects.filter(person=OuterRef("pk"), state=ConsentState.GIVEN, **channels)
    if not asking.of_past:
        return Q(Exists(rows.filter(is_current=True)))
    newer = Consent.objects.filter(
        Q(at__gt=OuterRef("at")) | Q(at=OuterRef("at"), state=ConsentState.WITHDRAWN),
        person=OuterRef("person"), channel=OuterRef("channel"), at__lte=asking.at,
    )  # fmt: skip
    return Q(Exists(rows.filter(~Exists(newer), at__lte=asking.at)))


# companies


def _company_fields() -> Iterator[Field]:
    columns = (
        ("name", Type.TEXT, _("Company’s name")),
        ("industry", Type.TEXT, _("Company’s industry")),
        ("size", Type.NUMBER, _("Company’s size, people")),
        ("city", Type.TEXT, _("Company’s city")),
        ("domain", Type.TEXT, _("Company’s domain")),
    )
    for key, kind, name in columns:
        suggest = None if kind is Type.NUMBER else _suggest(key, Company)
        holds = _of_company(as_it_was(key, kind, column(key, kind)))
        yield Field(f"company.{key}", kind, name, holds, COMPANY, suggest=suggest, is_open=True)
    holds = _of_company(as_it_was("country", Type.CHOICE, column("country", Type.CHOICE)))
    yield Field("company.country", Type.CHOICE, _("Company’s country"), holds, COMPANY, _countries)


def _of_company(holds: Holds) -> Holds:
    """A field of the person's company; of the past: of the company he was in then, as it was."""
    present = through(lambda asking: Company.objects.all(), {"pk": "company_id"}, holds)

    def then(test: Test, asking: Asking) -> Q:
        if not asking.of_past:
            return present(test, asking)
        company = _id_then("company_id", asking)
        return known(company, In(company, Company.objects.filter(holds(test, asking)).values("pk")))

    return then


# own attributes


def _own_fields() -> Iterator[Field]:
    for definition in AttributeDefinition.objects.all():
        kind, name = Type(definition.type), in_language(definition.names) or definition.key
        choices = _choices_of(definition) if definition.choices else None
        if definition.of_company:
            then = as_it_was(f"attr.{definition.key}", kind, _inside(definition.key, kind))
            holds = _of_company(then)
            yield Field(f"company.attr.{definition.key}", kind, name, holds, COMPANY, choices)
        else:
            yield Field(f"attr.{definition.key}", kind, name, _own(definition.key, kind), OWN, choices)


def _choices_of(definition: AttributeDefinition) -> Callable[[], Sequence[Choice]]:
    def choices() -> Sequence[Choice]:
        return [
            Choice(str(entry["key"]), in_language(entry.get("names", {})) or entry["key"])
            for entry in definition.choices
        ]

    return choices


def _inside(key: str, kind: Type) -> Holds:
    return lambda test, asking: json_holds("attributes", key, kind, test, asking)


def _own(key: str, kind: Type) -> Holds:
    """A custom attribute; of the past, what the first later change replaced, else what it is."""
    present = _inside(key, kind)

    def holds(test: Test, asking: Asking) -> Q:
        if _stands_as_now(key, asking):
            return present(test, asking)
        changed = Q(Exists(_later_changes(key, asking)))
        before = json_holds(_value_before(key, asking), None, kind, test, asking)
        return (changed & before) | (~changed & present(test, asking))

    return holds


def state() -> Hashable:
    """The definitions that conditions over people are compiled from."""
    return _attribute_types(), _segment_conditions()


_attribute_types = Remembered(
    lambda: AttributeDefinition.objects.order_by("id").values_list("of_company", "key", "type"), tuple
)
_segment_conditions = Remembered(
    lambda: Segment.objects.order_by("id").values_list("id", "condition"),
    lambda rows: tuple((pk, str(condition)) for pk, condition in rows),
)
