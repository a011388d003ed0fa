"""The mapping that most likely is meant: from the headings first, then from what stands below them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC

from teplo.people.identities import guess_kind
from teplo.people.importing.columns import CONTACTS, TITLES, Column, ColumnMapping
from teplo.people.importing.full_names import are_names, are_titles, is_organisation
from teplo.people.importing.headings import (
    channel_of,
    is_standard,
    is_technical,
    meaning_of,
    plain_heading,
    says_date,
    says_number,
    says_region,
)  # fmt: skip
from teplo.people.importing.values import (
    guess_type,
    is_permission,
    read_flag,
    read_list,
    read_moment,
    read_permission,
)  # fmt: skip
from teplo.people.models import AttributeDefinition

_VENDORS: tuple[tuple[str, frozenset[str]], ...] = (
    ("bitrix24-lead", frozenset({"название лида", "переименование лида"})),
    ("bitrix24-lead", frozenset({"название лида", "дополнительно об источнике"})),
    ("bitrix24-lead", frozenset({"название лида", "рабочий телефон"})),
    ("bitrix24-contact", frozenset({"id", "тип контакта", "рабочий телефон"})),
    ("amocrm-deal", frozenset({"название сделки", "этап сделки", "воронка"})),
    ("amocrm-contact", frozenset({"id", "наименование", "полное имя контакта"})),
    ("amocrm-contact", frozenset({"id", "кем создан контакт"})),
    ("amocrm-contact", frozenset({"id", "рабочий email", "кем создан"})),
    ("zoho", frozenset({"leadid", "lead owner"})),
    ("zoho", frozenset({"record id", "email opt out"})),
    ("zoho", frozenset({"contact owner", "email opt out"})),
    ("hubspot", frozenset({"record id", "create date"})),
    ("hubspot", frozenset({"record id", "email"})),
    ("meta", frozenset({"ad id", "form id"})),
    ("pipedrive", frozenset({"lead title"})),
    ("pipedrive", frozenset({"person name"})),
    ("linkedin", frozenset({"lead id", "form name", "campaign name"})),
    ("bitrix24-deal", frozenset({"stage id", "assigned by id"})),
    ("salesforce", frozenset({"lead source", "owner id"})),
    ("salesforce", frozenset({"has opted out of email"})),
    ("salesforce", frozenset({"account id", "created date"})),
    ("mailchimp", frozenset({"email address", "leid", "euid"})),
    ("unisender", frozenset({"email status", "email availability"})),
    ("retailcrm", frozenset({"внешний идентификатор", "ltv"})),
    ("retailcrm", frozenset({"внешний id", "подписан на рассылку"})),
    ("creatio", frozenset({"do not use email"})),
    ("creatio", frozenset({"не использовать email"})),
    ("google-contacts", frozenset({"email 1 value"})),
    ("outlook-contacts", frozenset({"business phone", "home phone"})),
    ("klaviyo", frozenset({"klaviyo id"})),
)
_TAKEN = frozenset({
    *TITLES, "name", "score", "fit", "behaviour", "grade", "temperature", "segment", "created", "updated", "id",
    "status", "in", "did", "all", "any", "not", "and", "or", "is", "has",
})  # fmt: skip
"""Words of the condition language and of the card, which a field of one's own may not be called."""
_IN_WORDS = frozenset({"full_name", "first_name", "last_name", "middle_name", "company", "position", "city", "country"})
_MANY = {
    *CONTACTS,
    "tags",
    "note",
    "deed",
    "attribute",
    "event_property",
    "consent",
    "unsubscribed",
    "bounced",
    "skip",
}
_WEAK = ("title", "account", "контрагент", "source", "country code")
"""Headings that give way to a plainer one: Outlook's title is Mr or Mrs, where there is a job title too."""
_NAMING = frozenset(("наименование", "название", "найменування", "назва"))
"""Headings over names of whatever a list is of: of firms, if most are."""
_ALLOWING = ("consent", "unsubscribed", "bounced")
_NAMES = ("full_name", "first_name", "last_name")
_EMAIL = re.compile(r"[^\s@<>,;]+@[^\s@<>,;]+\.[^\s@<>,;]{2,}")
_NICK = re.compile(r"@[A-Za-z]\w{3,31}|(?:https?://)?t\.me/\w+")
_PHONE = re.compile(
    r"\+\s*\d[\d\s().-]{8,18}|(?:8|7|38)?[\s-]?\(\d{3,5}\)[\d\s-]{5,12}|[78]9\d{9}|8[\s-]\d{3}[\d\s-]{7,11}|3?8?0\d{2}[\s-]\d{3}[\d\s-]{4,7}"
)
_CYRILLIC = (
    "аa бb вv гg дd еe зz иi кk лl мm нn оo пp рr сs тt уu фf ыy эe іi їyi єye ґg "
    "жzh хkh цts чch шsh щshch юyu яya йy ёyo ъ ь '"
)
_LATIN = {pair[0]: pair[1:] for pair in _CYRILLIC.split(" ")}


def guess_mapping(
    headers: Sequence[str],
    samples: Sequence[Sequence[str]],
    *,
    rows_are: str = "people",
    definitions: Collection[AttributeDefinition] = (),
    owners: Collection[str] = (),
    stages: Collection[str] = (),
) -> ColumnMapping:
    """A target for every column.

    `samples` are the first rows; `definitions` the own fields that exist; `owners` names and e-mails of colleagues and
    `stages` names of stages in lower case: a column is theirs only if its values are.
    """
    vendor = vendor_of(headers)
    by_name = _definitions_by_name(definitions)
    sets = {"owner": set(owners), "stage": set(stages)}
    values = [
        [row[place].strip() for row in samples if place < len(row) and row[place].strip()]
        for place in range(len(headers))
    ]
    found = [
        _guess(heading, below, rows_are, by_name, sets, vendor) for heading, below in zip(headers, values, strict=True)
    ]
    _let_one_have_it(found, headers, values, rows_are)
    keys: set[str] = set()
    for place, column in enumerate(found):
        if column.target in ("attribute", "event_property"):
            found[place] = replace(column, key=_free_key(column.key or f"column_{place + 1}", keys))
            keys.add(found[place].key)
    return ColumnMapping(tuple(found), vendor)


def _let_one_have_it(
    found: list[Column], headers: Sequence[str], values: Sequence[Sequence[str]], rows_are: str
) -> None:
    """What can stand once only goes to the first column with values; the others become fields of their own."""
    for target in {column.target for column in found} - _MANY:
        places = [place for place, column in enumerate(found) if column.target == target]
        filled = [place for place in places if values[place]] or places
        best = next((place for place in filled if plain_heading(headers[place]) not in _WEAK), filled[0])
        for place in places:
            if place != best:
                make = _own_field if rows_are == "people" else _property_of
                found[place] = make(headers[place], values[place])
    if rows_are == "people" and not any(column.target in _NAMES for column in found):
        for place, column in enumerate(found):
            if column.target == "attribute" and not is_standard(headers[place]) and are_names(values[place]):
                found[place] = Column("full_name")
                break
    targets = {column.target for column in found}
    if targets & {"first_name", "last_name"}:
        for place, column in enumerate(found):
            if column.target == "full_name":
                is_first = "first_name" not in targets and all(" " not in value for value in values[place])
                found[place] = Column("first_name") if is_first else _own_field(headers[place], values[place])


def vendor_of(headers: Sequence[str]) -> str:
    """Which system wrote a file with these headings; empty where it is unknown."""
    plain = {plain_heading(heading) for heading in headers}
    return next((vendor for vendor, marks in _VENDORS if marks <= plain), "")


def key_of(heading: str) -> str:
    """A key for a new field: `Годовой оборот, ₽` → `godovoy_oborot`."""
    latin = "".join(_LATIN.get(char, char) for char in plain_heading(heading))
    key = re.sub(r"[^a-z0-9]+", "_", latin).strip("_")[:50]
    return f"own_{key}" if key in _TAKEN or key[:1].isdigit() else key


def _guess(
    heading: str,
    values: Sequence[str],
    rows_are: str,
    by_name: Mapping[tuple[bool, str], AttributeDefinition],
    sets: Mapping[str, set[str]],
    vendor: str,
) -> Column:
    if rows_are == "events":
        return _guess_of_event(heading, values)
    meaning = _meaning(heading, values, sets, vendor)
    if not (meaning and is_standard(heading)):
        own = by_name.get((False, plain_heading(heading))) or by_name.get((True, plain_heading(heading)))
        if own is not None and (own.of_company or own.key != "tags"):
            return Column("attribute", own.key, own.type, heading, own.of_company)
    if meaning in _ALLOWING:
        return Column(meaning, channel_of(heading) if meaning != "bounced" else "")
    if meaning and not meaning.startswith("event_") and meaning not in ("url", "referrer"):
        return Column(meaning)
    return _own_field(heading, values)


def _meaning(heading: str, values: Sequence[str], sets: Mapping[str, set[str]], vendor: str) -> str | None:
    """What a heading means, if what stands below it agrees; else what the values are by themselves."""
    meaning = meaning_of(heading) if heading else _kind_of_values(values)
    if meaning in ("email", "phone") and not is_standard(heading) and not _may_be(meaning, values):
        meaning = None  # «Email невалиден», `SMS` = yes
    if meaning is None and heading and not is_technical(heading):
        meaning = _kind_under_unknown(heading, values)
    if meaning and meaning in sets and not {value.lower() for value in values} & sets[meaning]:
        return None
    if meaning == "external" and not (vendor or _are_ids(values)):
        return None
    if meaning in _ALLOWING and not _are_permissions(meaning, values):
        return None
    if meaning == "created_at":
        parts = [part for value in values for part in (read_list(value) or [value])[:1]]
        strange = sum(_day(part) is None for part in parts)
        if strange > max(1, 0.2 * len(parts)) or 2 * strange > len(parts):
            return None
    if meaning == "position" and are_titles(values):
        return None
    if meaning in _IN_WORDS and values and guess_type(values) in ("boolean", "number", "date"):
        return None
    return meaning


def _may_be(kind: str, values: Sequence[str]) -> bool:
    """Whether any value, where there are some, has what a contact of this kind cannot be without."""
    if kind == "email":
        return not values or any("@" in value for value in values)
    return not values or any(sum(map(str.isdigit, value)) >= 5 for value in values)


def _are_permissions(meaning: str, values: Sequence[str]) -> bool:
    """Most values say yes or no, a date, or what mailing services say; a reason for bouncing may be in any words."""
    if meaning == "bounced":
        return True
    read = sum(read_permission(value, target=meaning, order="dmy", zone=UTC) is not None for value in values)
    return read >= 0.8 * len(values)


def _kind_under_unknown(heading: str, values: Sequence[str]) -> str | None:
    """What values under a heading of unknown words are, if they can hardly be anything else."""
    looked = [value[:200] for value in values[:100]]
    are_words = all(is_permission(value) for value in looked) and any(map(_forbids, looked))
    if are_words and (len(set(looked)) > 1 or plain_heading(heading) in ("status", "статус", "state", "стан")):
        return "consent"
    if plain_heading(heading) in _NAMING and looked and 2 * sum(map(is_organisation, looked)) > len(looked):
        return "company"
    if len(looked) < 2:
        return None
    needed = 0.8 * len(looked)
    if sum(bool(_EMAIL.fullmatch(value)) for value in looked) >= needed:
        return "email"
    if sum(bool(_NICK.fullmatch(value)) for value in looked) >= needed:
        return "telegram"
    if not says_number(heading) and sum(bool(_PHONE.fullmatch(value)) for value in looked) >= needed:
        return "phone"
    return None


def _forbids(value: str) -> bool:
    said = read_permission(value, target="consent", order="dmy", zone=UTC)
    return said is not None and read_flag(value) is None and said.state in ("withdrawn", "bounced", "complained")


def _guess_of_event(heading: str, values: Sequence[str]) -> Column:
    meaning = meaning_of(heading) if heading else _kind_of_values(values)
    if meaning in ("created_at", "event_time") and any(_day(value) for value in values[:20]):
        return Column("event_time")
    if meaning == "event_id" and not _are_ids(values):
        meaning = None
    if meaning in (*CONTACTS, "external", "event_name", "event_id", "url", "referrer"):
        return Column(meaning)
    if meaning and meaning.startswith("utm_"):
        return Column(meaning)
    return _property_of(heading, values)


def _own_field(heading: str, values: Sequence[str]) -> Column:
    if not heading or not values or is_technical(heading) or _counts_rows(heading):
        return Column()
    kind = guess_type(values, is_dated=says_date(heading), is_region=says_region(heading))
    return Column("attribute", key_of(heading), kind, heading)


def _counts_rows(heading: str) -> bool:
    """Whether a column only numbers the rows of a report."""
    return "".join(heading.lower().split()).strip(".") in ("№", "№п/п", "п/п", "#", "nп/п", "№з/п", "з/п№")


def _property_of(heading: str, values: Sequence[str]) -> Column:
    return Column("event_property", key_of(heading), name=heading) if heading and values else Column()


def _kind_of_values(values: Sequence[str]) -> str | None:
    """The kind of contact that most values of a column without heading are."""
    kinds = [guess_kind(value) for value in values]
    best = max(set(kinds), key=kinds.count, default=None)
    return best if best and kinds.count(best) >= 0.8 * len(kinds) else None


def _are_ids(values: Sequence[str]) -> bool:
    return bool(values) and len(set(values)) == len(values) and max(map(len, values)) <= 64


def _day(text: str) -> object:
    return read_moment(text, order="dmy", zone=UTC)


def _definitions_by_name(
    definitions: Collection[AttributeDefinition],
) -> dict[tuple[bool, str], AttributeDefinition]:
    known: dict[tuple[bool, str], AttributeDefinition] = {}
    for definition in definitions:
        for text in (definition.key, *definition.names.values()):
            known.setdefault((definition.of_company, plain_heading(text)), definition)
    return known


def _free_key(key: str, taken: set[str]) -> str:
    return next(name for name in (key, *(f"{key}_{n}" for n in range(2, 1000))) if name not in taken)
