"""From one cell to its place in the row: a reader per target of a column."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from teplo.people.attributes import CODED, TEXT_COLUMNS, AttributeUnreadable, read_value
from teplo.people.importing import values
from teplo.people.importing.columns import COMPANY, CONSENT_CHANNELS, CONTACTS, UTM, Column
from teplo.people.importing.contacts import clean_cell, read_contacts
from teplo.people.importing.full_names import is_first_name
from teplo.people.importing.refusals import Refusal
from teplo.people.importing.rows import EventRow, Outcome, PersonRow, RowRefused
from teplo.people.models import AttributeDefinition, AttributeType
from teplo.people.names import name_key
from teplo.people.placeholders import is_placeholder_id

if TYPE_CHECKING:
    from teplo.people.importing.plans import Plan

MAX_CHOICES = 200
LONGEST_PROPERTIES = 7000  # characters of all of an event's details together: 32 KB is the tracking's limit

_TEXT, _NUMBER = AttributeType.TEXT.value, AttributeType.NUMBER.value
_BOOLEAN, _DATE = AttributeType.BOOLEAN.value, AttributeType.DATE.value
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_NO_AMOUNT = 10**12
"""No deal brings so much, and no column of amounts holds it."""
_NOT_IN_NAME = re.compile(r"[^\w]+")

Reader = Callable[["Plan", Any, Column, int, str], None]
"""Puts the text of the cell at a place into the row."""


def event_name(text: str) -> str:
    """A deed's name in kebab-case, as events have it: `Qualification_Date` → `qualification-date`."""
    return _NOT_IN_NAME.sub("-", text.replace("_", "-")).strip("-").lower()[:80]


def _read_contact(plan: Plan, row: PersonRow | EventRow, column: Column, place: int, text: str) -> None:
    good, bad = read_contacts(column.target, text, plan.options.phone_region or plan.around.region)
    for value in good:
        if (column.target, value) not in row.identities:
            row.identities.append((column.target, value))
    if bad and not row.unread_contact:
        row.unread_contact = bad[0]
    if isinstance(row, PersonRow):
        row.notes += [f"{plan.heading(place)}: {part}" for part in bad if sum(map(str.isdigit, part)) >= 5]


def _read_external(plan: Plan, row: PersonRow | EventRow, column: Column, place: int, text: str) -> None:
    number = clean_cell(text)
    if is_placeholder_id(number):
        return
    row.identities.append(
        ("external", (f"{plan.options.id_space}:{number}" if plan.options.id_space else number)[:254])
    )


def _read_card(plan: Plan, row: PersonRow, column: Column, place: int, text: str) -> None:
    plain = _card_text(column.target, text)
    if plain is None:
        row.remarks.append(Refusal("part-name", {"text": text[:80]}))
        return
    row.card[column.target] = plain


@lru_cache(maxsize=16_384)
def _card_text(target: str, text: str) -> str | None:
    """None: no first name. Names, positions and cities stand in a list many times."""
    plain = " ".join(clean_cell(text).split())[: TEXT_COLUMNS[target]]
    return None if target == "first_name" and not is_first_name(plain) else plain


def _read_full_name(plan: Plan, row: PersonRow, column: Column, place: int, text: str) -> None:
    row.full_name = clean_cell(text)[:360]


def _read_coded(plan: Plan, row: PersonRow, column: Column, place: int, text: str) -> None:
    what = column.target.removeprefix("company_")
    code = CODED[what](text.strip())
    if not code:
        row.remarks.append(Refusal(f"part-{what}", {"text": text[:80]}))
    elif column.target == what:
        row.card[what] = code
    else:
        row.company[what] = code


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
    found = [int(part) for part in re.findall(r"\d+", re.sub(r"(?<=\d)[\s,.](?=\d{3}\b)", "", text[:200]))]
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
    """Since when somebody is known: of several dates in a cell the first in time."""
    moments = [moment for part in (text, *values.read_list(text)) if (moment := plan.moment(place, part)) is not None]
    if not moments or min(moments) > plan.latest:
        row.remarks.append(Refusal("part-date", {"text": text[:80], "column": plan.heading(place)}))
    else:
        row.created_at = min(moments)


def _read_source(plan: Plan, row: PersonRow, column: Column, place: int, text: str) -> None:
    row.source = text[:200]


def _read_utm(plan: Plan, row: PersonRow | EventRow, column: Column, place: int, text: str) -> None:
    row.utm[column.target.removeprefix("utm_")] = text[:200]


def _read_consent(plan: Plan, row: PersonRow, column: Column, place: int, text: str) -> None:
    """A column that allows or forbids. A "no" to forbidding allows nothing; of two words in a row the "no" counts."""
    said = values.read_permission(text, target=column.target, order=plan.orders[place], zone=plan.around.zone)
    if said is None:
        row.remarks.append(Refusal("part-flag", {"text": text[:80], "column": plan.heading(place)}))
        return
    chosen = plan.options.consent_channels
    if said.state in ("bounced", "complained"):
        row.suppressed = row.suppressed or said.state
        row.consents["email"] = False
        return
    if said.state in ("none", "fine"):
        if said.state == "none" and column.target == "consent":
            row.unasked.add(column.key if column.key in CONSENT_CHANNELS else "email")
        return
    is_given = said.state == "given"
    if column.key in CONSENT_CHANNELS:
        channels = {column.key}
    else:
        channels = set(chosen or ["email"]) if is_given else {"email", *chosen}
    for channel in sorted(channels):
        if is_given and not row.consents.get(channel, True):
            continue
        row.consents[channel] = is_given
        row.consented_at.pop(channel, None)
        if said.at is not None and said.at <= plan.latest:
            row.consented_at[channel] = said.at


def _read_tags(plan: Plan, row: PersonRow, column: Column, place: int, text: str) -> None:
    """Google's groups stand as `* myContacts ::: Friends`: those with a star are its own."""
    row.tags += [tag for tag in values.read_list(text) if not tag.startswith("* ")]


def _read_stage(plan: Plan, row: PersonRow, column: Column, place: int, text: str) -> None:
    row.stage = plan.around.stages.get(text.lower(), "")
    if not row.stage:
        row.remarks.append(Refusal("part-stage", {"text": text[:80]}))


def _read_outcome(plan: Plan, row: PersonRow, column: Column, place: int, text: str) -> None:
    row.outcome = row.outcome or Outcome()
    if column.target == "outcome":
        row.outcome.state = values.read_outcome(text)
    elif column.target == "outcome_reason":
        row.outcome.reason = text[:200]
    elif column.target == "outcome_value":
        row.outcome.value = _amount(plan, row, place, text)
    elif (moment := plan.moment(place, text)) is not None and moment <= plan.latest:
        # A day without a time: it is known to have ended by the end of that day.
        row.outcome.at = moment if ":" in text else moment + timedelta(days=1, seconds=-1)
    else:
        row.remarks.append(Refusal("part-date", {"text": text[:80], "column": plan.heading(place)}))


def _amount(plan: Plan, row: PersonRow, place: int, text: str) -> float | None:
    """What a deal brought; a sum that nobody pays is a remark, as is no number at all."""
    amount = values.read_number(text)
    if amount is not None and abs(amount) < _NO_AMOUNT:
        return amount
    row.remarks.append(Refusal("part-number", {"text": text[:80], "column": plan.heading(place)}))
    return None


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
    if kind == _TEXT:
        return " ".join(text.split())[:2000]
    if kind == _NUMBER:
        value: Any = values.read_number(text)
    elif kind == _BOOLEAN:
        value = values.read_flag(text)
    elif kind == _DATE:
        value = values.read_day(text, order=plan.orders[place], zone=plan.around.zone)
    else:
        return _chosen(plan, definition, text)
    if value is None:
        raise AttributeUnreadable(kind, definition.key, text)
    return value


def _chosen(plan: Plan, definition: AttributeDefinition, text: str) -> Any:
    if definition.type == AttributeType.CHOICE:
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


READERS: dict[str, Reader] = {
    **dict.fromkeys(CONTACTS, _read_contact),
    **dict.fromkeys((name for name in TEXT_COLUMNS if name not in CODED), _read_card),
    **dict.fromkeys((name for name in COMPANY if name.endswith(("company", "industry", "city"))), _read_company),
    **dict.fromkeys(UTM, _read_utm),
    "external": _read_external,
    "full_name": _read_full_name,
    **dict.fromkeys((*CODED, "company_country"), _read_coded),
    "company_domain": _read_domain,
    "company_size": _read_size,
    "owner": _read_owner,
    "created_at": _read_created,
    "source": _read_source,
    "consent": _read_consent,
    "unsubscribed": _read_consent,
    "bounced": _read_consent,
    "tags": _read_tags,
    "stage": _read_stage,
    "note": _read_note,
    **dict.fromkeys(("outcome", "outcome_at", "outcome_reason", "outcome_value"), _read_outcome),
    "deed": _read_deed,
    "attribute": _read_attribute,
    "event_name": _read_event_name,
    "event_time": _read_event_time,
    "event_id": _read_event_id,
    "event_property": _read_property,
    "url": _read_address,
    "referrer": _read_address,
}
