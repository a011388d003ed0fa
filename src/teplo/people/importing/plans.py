"""A mapping made ready: from cells to a person or a deed, row after row, without a look into the database."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from teplo.accounts.models import User
from teplo.accounts.workspace import get_workspace
from teplo.kit.clock import now
from teplo.people.attributes import TEXT_COLUMNS, AttributeUnreadable, read_value
from teplo.people.importing import lending, values
from teplo.people.importing.columns import COMPANY, CONSENT_CHANNELS, CONTACTS, UTM, Column, ColumnMapping
from teplo.people.importing.contacts import clean_cell, read_contacts
from teplo.people.importing.full_names import split_full_name
from teplo.people.importing.places import read_country
from teplo.people.importing.refusals import Refusal
from teplo.people.importing.rows import EventRow, PersonRow, RowRefused
from teplo.people.importing.shapes import Shape
from teplo.people.importing.tables import first_rows, read_headers
from teplo.people.models import AttributeDefinition, AttributeType
from teplo.people.names import name_key

_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_NOT_IN_NAME = re.compile(r"[^\w]+")
MAX_CHOICES = 200
LONGEST_PROPERTIES = 7000  # characters of all of an event's details together: 32 KB is the tracking's limit


@dataclass(slots=True)
class Options:
    """What a human chose for a whole run; stored as JSON."""

    known: str = "fill"
    """What happens to people who are known: fill (only what is empty), overwrite or skip."""
    id_space: str = ""
    """To which system the column of numbers belongs: one number in two systems is not one person."""
    number_rows: bool = False
    """Rows without any contact or number are taken too, numbered by their place in the file."""
    consent_channels: list[str] = field(default_factory=list)
    consent_source: str = ""
    consent_text: str = ""
    source: str = ""
    tags: list[str] = field(default_factory=list)
    owner_id: int | None = None
    event_name: str = ""
    """Of all rows of a table of deeds that has no column for it."""

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Options:
        """The stored options; unknown ones are left out."""
        return cls(**{name: data[name] for name in cls.__slots__ if name in data})

    def as_json(self) -> dict[str, Any]:
        """As stored with the run."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(slots=True)
class Surroundings:
    """What reading a row needs to know of this installation."""

    zone: tzinfo
    region: str
    owners: Mapping[str, int]
    stages: Mapping[str, str]
    definitions: Mapping[tuple[bool, str], AttributeDefinition]

    @classmethod
    def here(cls) -> Surroundings:
        """As it is now: five small queries."""
        workspace = get_workspace()
        owners: dict[str, int] = {}
        for user_id, email, name in User.objects.filter(is_active=True).values_list("id", "email", "name"):
            owners |= {email.lower(): user_id, name.strip().lower(): user_id}
        return cls(
            zone=ZoneInfo(workspace.timezone),
            region=workspace.phone_region,
            owners=owners,
            stages=lending.known_stages(),
            definitions={(found.of_company, found.key): found for found in AttributeDefinition.objects.all()},
        )


Reader = Callable[["Plan", Any, Column, int, str], None]


class Plan:
    """A run's mapping with its readers."""

    def __init__(
        self,
        *,
        mapping: ColumnMapping,
        options: Options,
        headers: Sequence[str],
        samples: Collection[Sequence[str]],
        around: Surroundings,
    ) -> None:
        self.mapping, self.options, self.headers, self.around = mapping, options, headers, around
        self.width = max(len(headers), len(mapping.columns))
        self.latest = now() + timedelta(days=1)
        self.orders = [
            values.date_order(row[place] for row in samples if place < len(row)) for place in range(self.width)
        ]
        readers: list[tuple[int, Column, Reader]] = [
            (place, column, _READERS[column.target])
            for place, column in enumerate(mapping.columns)
            if column.target in _READERS
        ]
        self._grown: dict[int, AttributeDefinition] = {}
        self._choices: dict[int, dict[str, str]] = {}
        self._repeats: tuple[Counter[int], Counter[int]] = (Counter(), Counter())
        # Parts of a name beat the whole one, so that they are read after it.
        self.readers = sorted(readers, key=lambda item: item[1].target != "full_name")

    @classmethod
    def of(
        cls, *, path: Path, shape: Shape, mapping: ColumnMapping, options: Options, around: Surroundings | None = None
    ) -> Plan:
        """The plan for a file: the first rows are looked at for the order of day and month."""
        samples = [cells for _, cells in first_rows(path, shape, limit=300)]
        return cls(
            mapping=mapping, options=options, headers=read_headers(path, shape), samples=samples,
            around=around or Surroundings.here(),
        )  # fmt: skip

    def read_person(self, number: int, cells: Sequence[str]) -> PersonRow:
        """The person of a row; raises RowRefused."""
        row = PersonRow(number, cells)
        self._fill(row, cells)
        if row.full_name:
            first, middle, last = split_full_name(row.full_name)
            row.card = {"first_name": first, "middle_name": middle, "last_name": last} | row.card
        row.tags += self.options.tags
        row.source = row.source or self.options.source
        for channel in self.options.consent_channels:
            row.consents.setdefault(channel, True)
        if self.options.owner_id:
            row.card.setdefault("owner", self.options.owner_id)
        self._must_have_identity(row)
        return row

    def read_event(self, number: int, cells: Sequence[str]) -> EventRow:
        """The deed of a row; raises RowRefused."""
        row = EventRow(number, cells, name=event_name(self.options.event_name))
        self._fill(row, cells)
        self._must_have_identity(row)
        if not row.name:
            raise RowRefused("no-deed")
        if row.at is None:
            raise RowRefused("no-time")
        row.repeat = self.count_repeat(cells)
        return row

    def begin_chunk(self) -> None:
        """Forget the rows of the chunk before the last one."""
        self._repeats = (self._repeats[1], Counter())

    def count_repeat(self, cells: Sequence[str]) -> int:
        """How often these very cells stood in this chunk and the one before: two page views in one second are two."""
        key = hash(tuple(cells))
        self._repeats[1][key] += 1
        return self._repeats[0][key] + self._repeats[1][key] - 1

    def _fill(self, row: PersonRow | EventRow, cells: Sequence[str]) -> None:
        if not cells:
            raise RowRefused("row-unreadable")
        if len(cells) > self.width and any(cell.strip() for cell in cells[self.width :]):
            raise RowRefused("too-many-cells", cells=len(cells), headers=self.width)
        count = len(cells)
        for place, column, read in self.readers:
            if place < count and (text := cells[place].strip()):
                read(self, row, column, place, text)

    def _must_have_identity(self, row: PersonRow | EventRow) -> None:
        if row.identities:
            if row.unread_contact:
                row.remarks.append(Refusal("part-contact", {"text": row.unread_contact}))
            return
        if self.options.number_rows:
            space = self.options.id_space or "row"
            row.identities.append(("external", f"{space}:{row.number}"))
        elif row.unread_contact:
            raise RowRefused("contact-unreadable", text=row.unread_contact)
        else:
            raise RowRefused("no-contact")

    def choices_of(self, definition: AttributeDefinition) -> dict[str, str]:
        """Every name of a choice, made comparable, → its key."""
        if definition.pk not in self._choices:
            self._choices[definition.pk] = {
                name_key(str(word)): str(choice["key"])
                for choice in definition.choices
                for word in (*choice.get("names", {}).values(), choice["key"])
            }
        return self._choices[definition.pk]

    def note_grown(self, definition: AttributeDefinition) -> None:
        """A row has brought a new choice along."""
        self._grown[definition.pk] = definition

    def take_new_choices(self) -> dict[int, list[dict[str, Any]]]:
        """Definition → all its choices, of those that have grown since the last time; to be written with the rows."""
        grown = {pk: list(definition.choices) for pk, definition in self._grown.items()}
        self._grown.clear()
        return grown

    def moment(self, place: int, text: str) -> datetime | None:
        """A date of the column at `place`."""
        return values.read_moment(text, order=self.orders[place], zone=self.around.zone)

    def heading(self, place: int) -> str:
        """The column's name for messages."""
        return (self.headers[place] if place < len(self.headers) else "") or str(place + 1)


def event_name(text: str) -> str:
    """A deed's name in kebab-case, as events have it: `Qualification_Date` → `qualification-date`."""
    return _NOT_IN_NAME.sub("-", text.replace("_", "-")).strip("-").lower()[:80]


def _read_contact(plan: Plan, row: PersonRow | EventRow, column: Column, place: int, text: str) -> None:
    good, bad = read_contacts(column.target, text, plan.around.region)
    for value in good:
        if (column.target, value) not in row.identities:
            row.identities.append((column.target, value))
    if bad and not row.unread_contact:
        row.unread_contact = bad[0]


def _read_external(plan: Plan, row: PersonRow | EventRow, column: Column, place: int, text: str) -> None:
    number = clean_cell(text)
    row.identities.append(
        ("external", (f"{plan.options.id_space}:{number}" if plan.options.id_space else number)[:254])
    )


def _read_card(plan: Plan, row: PersonRow, column: Column, place: int, text: str) -> None:
    row.card[column.target] = " ".join(clean_cell(text).split())[: TEXT_COLUMNS[column.target]]


def _read_full_name(plan: Plan, row: PersonRow, column: Column, place: int, text: str) -> None:
    row.full_name = clean_cell(text)[:360]


def _read_country(plan: Plan, row: PersonRow, column: Column, place: int, text: str) -> None:
    code = read_country(text)
    if not code:
        row.remarks.append(Refusal("part-country", {"text": text[:80]}))
    elif column.target == "country":
        row.card["country"] = code
    else:
        row.company["country"] = code


def _read_company(plan: Plan, row: PersonRow, column: Column, place: int, text: str) -> None:
    row.company[column.target.removeprefix("company_")] = clean_cell(text)[:300]


def _read_domain(plan: Plan, row: PersonRow, column: Column, place: int, text: str) -> None:
    plain = text.split(",")[0].split(" ")[0].strip().lower()
    try:
        host = urlsplit(plain if "//" in plain else f"//{plain}").hostname or ""
    except ValueError:
        host = ""
    if "." in host:
        row.company["domain"] = host.removeprefix("www.")[:253]


def _read_size(plan: Plan, row: PersonRow, column: Column, place: int, text: str) -> None:
    """`120`, or the middle of a band such as `11-50` or `500+`."""
    found = [int(part) for part in re.findall(r"\d+", re.sub(r"(?<=\d)[\s,.](?=\d{3}\b)", "", text))]
    if not found or max(found) > 10_000_000:
        row.remarks.append(Refusal("part-number", {"text": text[:80], "column": plan.heading(place)}))
    else:
        row.company["size"] = sum(found[:2]) // len(found[:2])


def _read_owner(plan: Plan, row: PersonRow, column: Column, place: int, text: str) -> None:
    owner = plan.around.owners.get(text.lower())
    if owner is None:
        row.remarks.append(Refusal("part-owner", {"text": text[:80]}))
    else:
        row.card["owner"] = owner


def _read_created(plan: Plan, row: PersonRow, column: Column, place: int, text: str) -> None:
    moment = plan.moment(place, text)
    if moment is None or moment > plan.latest:
        row.remarks.append(Refusal("part-date", {"text": text[:80], "column": plan.heading(place)}))
    else:
        row.created_at = moment


def _read_source(plan: Plan, row: PersonRow, column: Column, place: int, text: str) -> None:
    row.source = text[:200]


def _read_utm(plan: Plan, row: PersonRow | EventRow, column: Column, place: int, text: str) -> None:
    row.utm[column.target.removeprefix("utm_")] = text[:200]


def _read_consent(plan: Plan, row: PersonRow, column: Column, place: int, text: str) -> None:
    flag = values.read_flag(text)
    if flag is None:
        row.remarks.append(Refusal("part-flag", {"text": text[:80], "column": plan.heading(place)}))
        return
    is_given = flag if column.target == "consent" else not flag
    channels = [column.key] if column.key in CONSENT_CHANNELS else plan.options.consent_channels or ["email"]
    for channel in channels:
        row.consents[channel] = is_given and row.consents.get(channel, True)


def _read_tags(plan: Plan, row: PersonRow, column: Column, place: int, text: str) -> None:
    row.tags += values.read_list(text)


def _read_stage(plan: Plan, row: PersonRow, column: Column, place: int, text: str) -> None:
    row.stage = plan.around.stages.get(text.lower(), "")
    if not row.stage:
        row.remarks.append(Refusal("part-stage", {"text": text[:80]}))


def _read_note(plan: Plan, row: PersonRow, column: Column, place: int, text: str) -> None:
    row.notes.append(text[:5000])


def _read_deed(plan: Plan, row: PersonRow, column: Column, place: int, text: str) -> None:
    moment = plan.moment(place, text)
    if moment is None or not _EARLIEST <= moment <= plan.latest:
        row.remarks.append(Refusal("part-date", {"text": text[:80], "column": plan.heading(place)}))
    else:
        row.deeds.append((event_name(column.key or plan.heading(place)), moment))


def _read_attribute(plan: Plan, row: PersonRow, column: Column, place: int, text: str) -> None:
    definition = plan.around.definitions.get((column.of_company, column.key))
    if definition is None:
        return
    try:
        value = _attribute_value(plan, definition, place, clean_cell(text))
    except AttributeUnreadable as error:
        reason = {"number": "part-number", "date": "part-date", "boolean": "part-flag"}.get(error.code, "part-choice")
        row.remarks.append(Refusal(reason, {"text": text[:80], "column": plan.heading(place)}))
        return
    if value is None:
        return
    if column.of_company:
        row.company.setdefault("attributes", {})[column.key] = value
    else:
        row.attributes[column.key] = value


def _attribute_value(plan: Plan, definition: AttributeDefinition, place: int, text: str) -> Any:
    kind = definition.type
    if kind == AttributeType.TEXT:
        return " ".join(text.split())[:2000]
    reader: Callable[[str], Any] | None = {
        AttributeType.NUMBER: values.read_number,
        AttributeType.BOOLEAN: values.read_flag,
        AttributeType.DATE: lambda said: values.read_day(said, order=plan.orders[place], zone=plan.around.zone),
    }.get(AttributeType(kind))
    if reader is not None:
        value = reader(text)
        if value is None:
            raise AttributeUnreadable(kind, definition.key, text)
        return value
    if kind == AttributeType.CHOICE:
        return _choice(plan, definition, text)
    return read_value(definition, values.read_list(text)) if definition.choices else values.read_list(text)


def _choice(plan: Plan, definition: AttributeDefinition, text: str) -> str:
    """The key of a choice; a value that is new becomes a choice too (written with the rows), up to a limit."""
    known = plan.choices_of(definition)
    wanted = name_key(text)
    if wanted not in known:
        if len(definition.choices) >= MAX_CHOICES or len(text) > 120:
            raise AttributeUnreadable("choice", definition.key, text)
        definition.choices.append({"key": text, "names": {"ru": text}})
        plan.note_grown(definition)
        known[wanted] = text
    return known[wanted]


def _read_event_name(plan: Plan, row: EventRow, column: Column, place: int, text: str) -> None:
    row.name = event_name(text)
    if not row.name:
        raise RowRefused("deed-unreadable", text=text[:80])


def _read_event_time(plan: Plan, row: EventRow, column: Column, place: int, text: str) -> None:
    row.at = plan.moment(place, text)
    if row.at is None:
        raise RowRefused("time-unreadable", text=text[:80])
    if not _EARLIEST <= row.at <= plan.latest:
        raise RowRefused("time-impossible", text=text[:80])


def _read_event_id(plan: Plan, row: EventRow, column: Column, place: int, text: str) -> None:
    row.own_id = text[:120]


def _read_property(plan: Plan, row: EventRow, column: Column, place: int, text: str) -> None:
    if column.type == "number" and (number := values.read_number(text)) is not None:
        row.properties[column.key] = number
    elif (room := LONGEST_PROPERTIES - sum(len(str(value)) for value in row.properties.values())) > 0:
        row.properties[column.key] = text[: min(room, 2000)]


def _read_address(plan: Plan, row: EventRow, column: Column, place: int, text: str) -> None:
    setattr(row, column.target, text[:2000])


_READERS: dict[str, Reader] = {
    **dict.fromkeys(CONTACTS, _read_contact),
    **dict.fromkeys((name for name in TEXT_COLUMNS if name != "country"), _read_card),
    **dict.fromkeys((name for name in COMPANY if name.endswith(("company", "industry", "city"))), _read_company),
    **dict.fromkeys(UTM, _read_utm),
    "external": _read_external,
    "full_name": _read_full_name,
    "country": _read_country,
    "company_country": _read_country,
    "company_domain": _read_domain,
    "company_size": _read_size,
    "owner": _read_owner,
    "created_at": _read_created,
    "source": _read_source,
    "consent": _read_consent,
    "unsubscribed": _read_consent,
    "tags": _read_tags,
    "stage": _read_stage,
    "note": _read_note,
    "deed": _read_deed,
    "attribute": _read_attribute,
    "event_name": _read_event_name,
    "event_time": _read_event_time,
    "event_id": _read_event_id,
    "event_property": _read_property,
    "url": _read_address,
    "referrer": _read_address,
}
