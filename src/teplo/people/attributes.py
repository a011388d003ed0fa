"""What is known of people: columns such as the city and typed custom values, changed in bulk, with their past (R5)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from django.db import transaction
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from teplo.kit import bulk
from teplo.kit.clock import known_zones, now
from teplo.kit.ids import new_ids
from teplo.people import queries, searching
from teplo.people.companies import find_known_companies, find_or_create_companies
from teplo.people.models import AttributeChange, AttributeDefinition, AttributeType, Person
from teplo.people.names import name_key, plain
from teplo.people.places import read_country, read_language
from teplo.people.public_words import is_public_source, is_unfit
from teplo.people.timelines import Fitted, Kept, Said, Start, as_texts, fit

TEXT_COLUMNS = {
    "first_name": 120, "middle_name": 120, "last_name": 120, "position": 200, "city": 120, "country": 2, "language": 5,
    "timezone": 64,
}  # fmt: skip
"""Columns of a person that hold text, and how long it may be."""

CODED: Mapping[str, Callable[[str], str]] = {
    "country": read_country,
    "language": read_language,
    "timezone": lambda text: text if text in known_zones() else "",
}
"""Columns that hold a code, and how it is read of what people write; empty: unknown."""

COLUMNS = (*TEXT_COLUMNS, "company", "owner")
"""Keys that are columns: `company` takes a name, `company_id` or `owner` an id."""

_KEYS_OF = {"first_name": "first_key", "last_name": "last_key"}
_TRUE = frozenset(["1", "true", "yes", "y", "on", "да", "так", "д", "+"])
_FALSE = frozenset(["0", "false", "no", "n", "off", "нет", "ні", "не", "н", "-"])
_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?")
_DIGITS = 60
"""More of them are no number of anything: it would overflow."""
_DAY_FIRST = re.compile(r"(\d{1,2})[./](\d{1,2})[./](\d{4})")


class AttributeUnreadable(Exception):
    """The value is not of the attribute's type."""

    def __init__(self, code: str, key: str, value: Any) -> None:
        super().__init__(code, key, value)
        self.code = code
        self.params = {"key": key, "value": str(value)[:80]}

    def __str__(self) -> str:
        texts = {
            "unknown": _("There is no attribute “%(key)s”."),
            "number": _("“%(value)s” is not a number."),
            "boolean": _("“%(value)s” is neither yes nor no."),
            "date": _("“%(value)s” is not a date."),
            "choice": _("“%(value)s” is not among the choices."),
            "owner": _("“%(value)s” is not a colleague."),
            "country": _("“%(text)s” is not a country that is known here."),
            "language": _("“%(text)s” is not a language: write, for example, ru, uk or en."),
            "timezone": _("“%(text)s” is not a time zone: write, for example, Europe/Kyiv."),
            "unfit": _("“%(value)s” holds a link or signs that have no place here."),
            "kept": _("Something is known already; a page fills only what is empty."),
        }
        return texts[self.code] % {**self.params, "text": self.params["value"]}


class Change(NamedTuple):
    """One value of one person, said at a moment (None: that of the call). None or an empty text takes it away."""

    person_id: int
    key: str
    value: Any
    at: datetime | None = None


class Refused(NamedTuple):
    """A change that was not made, and why."""

    change: Change
    error: AttributeUnreadable


class Written(NamedTuple):
    """Who really changed, and what could not be read."""

    people: list[int]
    refused: list[Refused]


def set_attributes(
    changes: Iterable[Change], *, by: str, at: datetime | None = None, is_public: bool = False
) -> Written:
    """Set many values of many people at once and keep what was before (R21).

    Each value holds from the moment it was said for: one that arrives late takes its place in the history, and what is
    known now is the latest by time. Without any moment it is said now and newer than all that is known. Values equal to
    what is known change nothing; of two said for the same moment the one that arrives later counts.
    What cannot be read is answered in `refused`, the rest is written. A constant number of statements. Tell
    `changing.note_changed` of the people in the answer when this happened outside the pipeline.

    `is_public`: a page says so and nobody vouches for it. It fills what is empty, changes only what pages had said of
    somebody nobody else knows, takes nothing away and writes no links.
    """
    moment = at or now()
    readable, refused = _read_all(changes, at, is_public=is_public)
    if not readable:
        return Written([], refused)
    with transaction.atomic():
        _companies_by_id(readable, find_known_companies if is_public else find_or_create_companies)
        people = _known(readable)
        words = {pair: said for pair, said in sorted(readable.items()) if pair[0] in people}
        if is_public:
            words, kept = _publicly(words, people)
            refused += kept
            _make_companies(words)
        history = _fit_all(words, people, by, moment)
        differing = [
            (person, key, fitted.value)
            for (person, key), fitted in history.items()
            if not same_value(people[person].get(key), fitted.value)
        ]
        _write(differing, moment)
        remember(history)
    return Written(sorted({person for person, *_ in differing}), refused)


def definitions(*, of_company: bool = False) -> dict[str, AttributeDefinition]:
    """Custom attributes by key, in their order."""
    return {found.key: found for found in AttributeDefinition.objects.filter(of_company=of_company)}


def read_value(definition: AttributeDefinition, value: Any) -> Any:
    """A value as it is stored: text, number, true/false, ISO date, key of a choice, list; None: nothing.

    Understands what people type: «да», "1 200,5", "31.12.2025", a choice by its name in any language.
    Raises AttributeUnreadable.
    """
    if value is None or value == "" or value == []:
        return None
    return _READERS[AttributeType(definition.type)](definition, value)


Pair = tuple[int, str]
"""A person and one of the fields."""

Word = tuple[datetime | None, Any]
"""When it was said, None: now; and the value."""


def _publicly(
    words: Mapping[Pair, list[Word]], people: Mapping[int, Mapping[str, Any]]
) -> tuple[dict[Pair, list[Word]], list[Refused]]:
    """What a page may say, and what it may not: nothing is taken away, and what is known stays."""
    saying = {pair: [word for word in own if not same_value(word[1], None)] for pair, own in words.items()}
    said = {pair: own for pair, own in saying.items() if own}
    touching = {(person, key) for person, key in words if not same_value(people[person].get(key), None)}
    if not touching:
        return said, []
    rows = AttributeChange.objects.filter(person_id__in={p for p, _ in touching}, key__in={key for _, key in touching})
    last_by = {(person, key): by for person, key, by in rows.order_by("at", "id").values_list("person_id", "key", "by")}
    vouched = queries.vouched_among({person for person, _ in touching})
    kept: list[Refused] = []
    for person, key in sorted(touching):
        if person not in vouched and is_public_source(last_by.get((person, key), "")):
            continue
        dropped = said.pop((person, key), [])
        if any(not same_value(people[person].get(key), value) for _at, value in dropped):
            kept.append(Refused(Change(person, key, None), AttributeUnreadable("kept", key, "")))
    return said, kept


def _read_all(
    changes: Iterable[Change], at: datetime | None, *, is_public: bool = False
) -> tuple[dict[Pair, list[Word]], list[Refused]]:
    known = definitions()
    readable: dict[Pair, list[Word]] = {}
    refused: list[Refused] = []
    for change in changes:
        try:
            if is_public:
                _refuse_unfit(change, known)
            word = (change.at or at, _read(change, known))
        except AttributeUnreadable as error:
            refused.append(Refused(change, error))
        else:
            readable.setdefault((change.person_id, _column_of(change.key)), []).append(word)
    return readable, refused


def _refuse_unfit(change: Change, known: Mapping[str, AttributeDefinition]) -> None:
    """What a page may not write is refused; a key that nobody knows before its value is looked at."""
    if change.key not in known and change.key not in (*COLUMNS, "company_id", "owner_id"):
        raise AttributeUnreadable("unknown", change.key, change.value)
    if is_unfit(change.key, change.value):
        raise AttributeUnreadable("unfit", change.key, change.value)


def why_unreadable(key: str, value: Any) -> AttributeUnreadable | None:
    """What `set_attributes` would refuse this value for, of anybody."""
    try:
        _read(Change(0, key, value), definitions())
    except AttributeUnreadable as error:
        return error
    return None


def _column_of(key: str) -> str:
    return {"owner": "owner_id"}.get(key, key)


def _read(change: Change, known: Mapping[str, AttributeDefinition]) -> Any:
    if change.key in TEXT_COLUMNS:
        return _read_text(change.key, plain(str(change.value if change.value is not None else "")))
    if change.key == "company":
        return plain(str(change.value or ""))[:300]
    if change.key in ("company_id", "owner", "owner_id"):
        return _read_id(change)
    if change.key not in known:
        raise AttributeUnreadable("unknown", change.key, change.value)
    return read_value(known[change.key], change.value)


def _read_text(key: str, text: str) -> str:
    """A column's text; of countries, languages and time zones the code. Raises AttributeUnreadable."""
    if text and key in CODED:
        code = CODED[key](text)
        if not code:
            raise AttributeUnreadable(key, key, text)
        return code
    return text[: TEXT_COLUMNS[key]]


def _read_id(change: Change) -> int | None:
    try:
        return int(change.value) if change.value else None
    except (TypeError, ValueError):
        raise AttributeUnreadable("owner", change.key, change.value) from None


def _companies_by_id(readable: dict[Pair, list[Word]], find: Callable[[Iterable[str]], Mapping[str, int]]) -> None:
    """Names of companies become companies; those that `find` does not answer stay names."""
    named = {pair: words for pair, words in readable.items() if pair[1] == "company"}
    if not named:
        return
    companies = find({name for words in named.values() for _at, name in words if name})
    for (person, _key), words in named.items():
        readable.pop((person, "company"))
        by_id = [(at, companies.get(name, name) if name else None) for at, name in words]
        readable.setdefault((person, "company_id"), []).extend(by_id)


def _make_companies(words: dict[Pair, list[Word]]) -> None:
    """A page's word makes a company only where it is taken."""
    named = {pair: own for pair, own in words.items() if pair[1] == "company_id"}
    names = {value for own in named.values() for _at, value in own if isinstance(value, str)}
    if not names:
        return
    companies = find_or_create_companies(names)
    for pair, own in named.items():
        words[pair] = [(at, companies.get(value, value)) for at, value in own]


def _known(readable: Mapping[Pair, Any]) -> dict[int, dict[str, Any]]:
    """What is known now, locked so that the old value kept is the true one."""
    names = ("id", *TEXT_COLUMNS, "company_id", "owner_id", "attributes")
    people = Person.objects.select_for_update().filter(id__in={person for person, _ in readable}, erased_at=None)
    return {
        row["id"]: {**row["attributes"], **{name: row[name] for name in names if name not in ("id", "attributes")}}
        for row in people.order_by("id").values(*names)
    }


def same_value(old: Any, new: Any) -> bool:
    """Whether two values say the same; nothing and an empty text do."""
    return (old is None or old == "") if (new is None or new == "") else (old == new and type(old) is type(new))


def _fit_all(
    words: Mapping[Pair, list[Word]], people: Mapping[int, Mapping[str, Any]], by: str, moment: datetime
) -> dict[Pair, Fitted]:
    """Each word in the history of its field."""
    kept = _kept_around(words, moment)
    unrecorded = [
        pair for pair, said in words.items()
        if pair not in kept and any(at for at, _ in said) and not same_value(people[pair[0]].get(pair[1]), None)
    ]  # fmt: skip
    imported = queries.moments_of_imports({person for person, _ in unrecorded}) if unrecorded else {}
    fitted = {}
    for pair, said in words.items():
        person, key = pair
        if len(said) == 1 and said[0][0] is None and pair not in kept:
            # Most words are the first on their field, said now.
            before, value = people[person].get(key), said[0][1]
            if not same_value(before, value):
                fitted[pair] = Fitted(new=[Kept(0, moment, before, value, by[:80])], value=value)
            continue
        rows = kept.get(pair, [])
        newest = max((moment, *(at for row in rows for at in (row.at, *row.again))))
        spoken = [
            Said(at or newest, value, by[:80], leaves_trace=at is not None)
            for at, value in said
        ]  # fmt: skip
        start = Start(people[person].get(key), *imported.get(person, ()))
        fitted[pair] = fit(rows, spoken, now=start, same=same_value)
    return fitted


_FOR_EVER = datetime(9999, 12, 31, tzinfo=UTC)


def _kept_around(words: Mapping[Pair, list[Word]], moment: datetime) -> dict[Pair, list[Kept]]:
    spans = []
    changed = queries.ever_changed({person for person, _ in words})
    for (person, key), said in words.items():
        if person not in changed:
            continue
        first = min(at or moment for at, _ in said)
        last = max(at or _FOR_EVER for at, _ in said)
        spans.append((person, key, first, last))
    kept: dict[Pair, list[Kept]] = {}
    for person, key, *row in queries.attribute_changes_around(spans):
        kept.setdefault((person, key), []).append(Kept(*row))
    return kept


def _write(differing: Sequence[tuple[int, str, Any]], at: datetime) -> None:
    patches: dict[int, dict[str, Any]] = {}
    for person, key, new in differing:
        patch = patches.setdefault(person, {"id": person})
        if key in TEXT_COLUMNS:
            patch[key] = new or ""
            if key in _KEYS_OF:
                patch[_KEYS_OF[key]] = name_key(new or "")
        elif key in ("company_id", "owner_id"):
            patch[key] = new or 0
        else:
            patch.setdefault("attributes", {})[key] = new
    queries.patch_people(sorted(patches.values(), key=lambda patch: patch["id"]), at)
    searching.refresh(person for person, key, _new in differing if key in _KEYS_OF)


def remember(history: Mapping[Pair, Fitted]) -> None:
    """Write what the histories of fields have got: new rows, and others whose neighbour is another now."""
    new = [(person, key, row) for (person, key), fitted in history.items() for row in fitted.new]
    rows = [
        (person, row_id, key, row.before, row.value, row.at, row.by, as_texts(row.again) or None)
        for (person, key, row), row_id in zip(new, new_ids(len(new)) if new else [], strict=True)
    ]
    if rows:
        bulk.insert(AttributeChange, ("person_id", "id", "key", "old", "new", "at", "by", "again"), rows)
    changed = [
        (person, row.id, row.before, as_texts(row.again) or None)
        for (person, _key), fitted in history.items()
        for row in fitted.changed
    ]
    queries.repair_attribute_changes(changed)


def _text(definition: AttributeDefinition, value: Any) -> str:
    return plain(str(value))[:2000]


def _number(definition: AttributeDefinition, value: Any) -> int | float:
    is_huge = isinstance(value, int) and value.bit_length() > 64
    if isinstance(value, bool) or is_huge or not isinstance(value, int | float | str):
        raise AttributeUnreadable("number", definition.key, "" if is_huge else value)
    text = str(value).replace("\u00a0", "").replace("\u202f", "").replace(" ", "").replace(",", ".").replace("−", "-")
    if len(text) > _DIGITS or not _NUMBER.fullmatch(text):
        raise AttributeUnreadable("number", definition.key, value)
    number = float(text)
    return int(number) if number.is_integer() and abs(number) < 2**53 else number


def _boolean(definition: AttributeDefinition, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word not in _TRUE | _FALSE:
        raise AttributeUnreadable("boolean", definition.key, value)
    return word in _TRUE


def _date(definition: AttributeDefinition, value: Any) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()[:10]
    text = str(value).strip()
    if found := _DAY_FIRST.match(text):
        text = f"{found[3]}-{found[2]:0>2}-{found[1]:0>2}"
    try:
        read = parse_date(text[:10])
    except ValueError:
        read = None
    if read is None:
        raise AttributeUnreadable("date", definition.key, value)
    return read.isoformat()


def _choice(definition: AttributeDefinition, value: Any) -> str:
    wanted = name_key(str(value))
    for choice in definition.choices:
        if wanted in {name_key(str(word)) for word in (choice["key"], *choice.get("names", {}).values())}:
            return str(choice["key"])
    raise AttributeUnreadable("choice", definition.key, value)


def _list(definition: AttributeDefinition, value: Any) -> list[str]:
    words = [
        plain(str(word)) for word in (value if isinstance(value, list | tuple) else re.split(r"[;,\n]", str(value)))
    ]
    kept = [_choice(definition, word) if definition.choices else word[:200] for word in words if word]
    return list(dict.fromkeys(kept))


_READERS = {
    AttributeType.TEXT: _text,
    AttributeType.NUMBER: _number,
    AttributeType.BOOLEAN: _boolean,
    AttributeType.DATE: _date,
    AttributeType.CHOICE: _choice,
    AttributeType.LIST: _list,
}
