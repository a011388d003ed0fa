"""A chunk of rows into the database: companies, people, their cards, consents, events and stages, each at once.

Runs in the transaction of the chunk. The number of statements does not depend on the number of rows.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from teplo.kit.ids import new_id
from teplo.people.attributes import TEXT_COLUMNS, Change, set_attributes
from teplo.people.changing import note_changed
from teplo.people.consent import ConsentWord, record_consents
from teplo.people.finding import Claim, find_or_create_people, look_ahead
from teplo.people.importing import lending
from teplo.people.importing.arrivals import marks_of
from teplo.people.importing.companies import put_companies
from teplo.people.importing.plans import Plan
from teplo.people.importing.refusals import Refusal
from teplo.people.importing.rows import EventRow, PersonRow
from teplo.people.models import Consent, ConsentState, Person
from teplo.people.names import name_key
from teplo.people.suppression import suppress
from teplo.people.tagging import add_tags

_name_key = lru_cache(maxsize=16_384)(name_key)
ORIGIN = "import"
"""Of all imported events: one origin, so that the same file imported again brings the same event ids."""


@dataclass(slots=True)
class Outcome:
    """What a chunk did."""

    created: int = 0
    updated: int = 0
    remarks: list[tuple[int, Refusal, Sequence[str]]] = field(default_factory=list)


def write_people(rows: Sequence[PersonRow], *, plan: Plan, run_id: int, at: datetime) -> Outcome:
    """Write the people of a chunk; a known person's card is filled, overwritten or left alone as the options say."""
    count = len(rows)
    if plan.options.known == "skip":
        rows, left = _parted(rows)
        _obey_noes(left, plan, f"import:{run_id}", at)
    if not rows:
        return Outcome(updated=count)
    by, first_new = f"import:{run_id}", new_id()
    claims = [claim_of(row, source=by) for row in rows]
    companies = put_companies([row.company for row in rows], overwrite=plan.options.known == "overwrite", at=at)
    said = [_said(row, company) for row, company in zip(rows, companies, strict=True)]
    people = find_or_create_people(claims, at=at, source=by, fill=lambda people, new: _new_cards(said, people, new))
    new = {person for person in people if person > first_new}
    known = _by_person((person, values) for person, values in zip(people, said, strict=True) if person not in new)
    changed = _change_known(known, fill_only=plan.options.known == "fill", by=by)
    # Rows are counted, not people: the second row of a new person is one of somebody known.
    outcome = Outcome(created=len(new), updated=count - len(new), remarks=_remarks(rows))
    outcome.remarks += _write_consents(rows, people, plan, by, at)
    _suppress(rows, at)
    events = [event for row, person in zip(rows, people, strict=True) for event in _events_of(row, person)]
    lending.put_events(events, origin=ORIGIN)
    _move(rows, people, by, at)
    _tell_outcomes(rows, people, at)
    tagged = add_tags(((p, tag) for row, p in zip(rows, people, strict=True) for tag in row.tags), by=by, at=at)
    note_changed(new | changed | set(tagged), "import", at=at)
    return outcome


def write_events(rows: Sequence[EventRow], *, plan: Plan, run_id: int, at: datetime) -> Outcome:
    """Put the historic deeds of a chunk in the inbox; the pipeline finds or makes their people."""
    lending.put_events([_event_of(row) for row in rows], origin=ORIGIN)
    return Outcome(created=len(rows), remarks=_remarks(rows))


def claim_of(row: PersonRow, *, source: str = "") -> Claim:
    """Who a row says it is about."""
    name = (row.card.get("first_name", ""), row.card.get("last_name", ""))
    return Claim(row.identities, None, row.created_at, source, name=name)


def _parted(rows: Sequence[PersonRow]) -> tuple[list[PersonRow], list[tuple[PersonRow, int]]]:
    """Rows of nobody known, and those of known people with whose they are."""
    found = look_ahead([claim_of(row) for row in rows])
    fresh = [row for row, (_, is_new) in zip(rows, found, strict=True) if is_new]
    left = [(row, person) for row, (person, is_new) in zip(rows, found, strict=True) if not is_new]
    return fresh, left


def _obey_noes(left: Sequence[tuple[PersonRow, int]], plan: Plan, by: str, at: datetime) -> None:
    """Who is left alone is left alone by letters too: what the file forbids holds for known people as for new ones."""
    rows, people = [], []
    for row, person in left:
        noes = {channel: False for channel, is_given in row.consents.items() if not is_given}
        rows.append(replace(row, consents=noes))
        people.append(person)
    _write_consents(rows, people, plan, by, at)
    _suppress(rows, at)


def _said(row: PersonRow, company: int | None) -> dict[str, Any]:
    """What a row says of its person."""
    values = row.card | row.attributes
    if company is not None:
        values["company_id"] = company
    return values


def _by_person(said: Iterable[tuple[int, dict[str, Any]]]) -> dict[int, dict[str, Any]]:
    """person → all that the chunk's rows say, later rows over earlier ones."""
    told: dict[int, dict[str, Any]] = {}
    for person, values in said:
        if person in told:
            told[person] = told[person] | values
        else:
            told[person] = values
    return told


def _new_cards(
    said: Sequence[dict[str, Any]], people: Sequence[int], new: Collection[int]
) -> dict[int, dict[str, Any]]:
    """The columns of new cards: nothing was there before, so there is no change to remember."""
    told = _by_person((person, values) for person, values in zip(people, said, strict=True) if person in new)
    return {person: _columns_of(values) for person, values in told.items()}


def _columns_of(values: Mapping[str, Any]) -> dict[str, Any]:
    card: dict[str, Any] = {}
    attributes: dict[str, Any] = {}
    for key, value in values.items():
        if key in TEXT_COLUMNS or key == "company_id":
            card[key] = value
        elif key == "owner":
            card["owner_id"] = value
        elif value is not None:
            attributes[key] = value
    for name, key in (("first_name", "first_key"), ("last_name", "last_key")):
        if text := card.get(name):
            card[key] = _name_key(text)
    if attributes:
        card["attributes"] = attributes
    return card


def _change_known(told: dict[int, dict[str, Any]], *, fill_only: bool, by: str) -> set[int]:
    if not any(told.values()):
        return set()
    cards = _cards(told) if fill_only else {}
    changes = []
    for person, values in told.items():
        card = cards.get(person, {})
        for key, value in values.items():
            if not fill_only or card.get(key) in (None, "", []):
                changes.append(Change(person, key, value))
    return set(set_attributes(changes, by=by).people)


def _cards(people: Iterable[int]) -> dict[int, dict[str, Any]]:
    names = ("id", *TEXT_COLUMNS, "company_id", "owner_id", "attributes")
    return {
        row["id"]: {**row["attributes"], **row, "owner": row["owner_id"]}
        for row in Person.objects.filter(id__in=list(people)).values(*names)
    }


def _write_consents(
    rows: Sequence[PersonRow], people: Sequence[int], plan: Plan, by: str, at: datetime
) -> list[tuple[int, Refusal, Sequence[str]]]:
    """Consent is kept with the row as its proof. Who has withdrawn it is not overruled by a list."""
    with_word = [(row, person) for row, person in zip(rows, people, strict=True) if row.consents]
    if not with_word:
        return []
    withdrawn = set(
        Consent.objects.filter(
            person_id__in=[person for _, person in with_word], is_current=True, state=ConsentState.WITHDRAWN
        ).values_list("person_id", "channel")
    )
    words: list[ConsentWord] = []
    remarks: list[tuple[int, Refusal, Sequence[str]]] = []
    said_no = {(person, channel) for row, person in with_word for channel, yes in row.consents.items() if not yes}
    for row, person in with_word:
        for channel, is_given in row.consents.items():
            if is_given and (person, channel) in withdrawn:
                remarks.append((row.number, Refusal("part-consent", {}), row.cells))
                continue
            if is_given and (person, channel) in said_no:
                continue  # another row of the file says no
            state = ConsentState.GIVEN if is_given else ConsentState.WITHDRAWN
            words.append(
                ConsentWord(
                    person, channel, state, at=row.consented_at.get(channel), source=plan.options.consent_source or by,
                    text=plan.options.consent_text if is_given else "",
                    proof={"import": by.partition(":")[2], "row": row.number},
                )
            )  # fmt: skip
    record_consents(words, at=at)
    return remarks


def _suppress(rows: Sequence[PersonRow], at: datetime) -> None:
    """Addresses of which the file says that letters come back, or that somebody complained."""
    by_reason: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for row in rows:
        if row.suppressed:
            by_reason[row.suppressed] += [contact for contact in row.identities if contact[0] == "email"]
    for reason, contacts in sorted(by_reason.items()):
        suppress(contacts, reason=reason, at=at)


def _move(rows: Sequence[PersonRow], people: Sequence[int], by: str, at: datetime) -> None:
    by_stage: dict[str, list[int]] = defaultdict(list)
    for person, stage in {person: row.stage for row, person in zip(rows, people, strict=True) if row.stage}.items():
        by_stage[stage].append(person)
    for stage_key, moved in sorted(by_stage.items()):
        lending.move_people(person_ids=moved, stage=stage_key, by=by, at=at)


def _tell_outcomes(rows: Sequence[PersonRow], people: Sequence[int], at: datetime) -> None:
    """How it ended, dated; the day on which the matter began tells two deals of one person apart."""
    told = []
    for row, person in zip(rows, people, strict=True):
        if row.outcome and row.outcome.state:
            ended = row.outcome.at or row.created_at or at
            key = (row.created_at or ended).isoformat()
            told.append((person, row.outcome.state, ended, key, row.outcome.reason, row.outcome.value))
    lending.tell_outcomes(told)


def _events_of(row: PersonRow, person: int) -> list[dict[str, Any]]:
    """What a row of a person says that happened: how he came, dated deeds, notes. Ids follow from who and what."""
    kind, value = row.identities[0]
    events: list[dict[str, Any]] = []
    if marks := marks_of(row.source, row.utm):
        events.append({"name": "person-imported", "utm": marks, "properties": {"source": row.source}})
    events += [{"name": name, "time": moment.isoformat()} for name, moment in row.deeds]
    events += [{"name": "note-added", "properties": {"text": text}} for text in row.notes]
    for event in events:
        event["id"] = _digest(kind, value, event)
        event["person"] = person
        if "time" not in event and row.created_at is not None and row.created_at.year >= 2000:
            event["time"] = row.created_at.isoformat()
    return events


def _event_of(row: EventRow) -> dict[str, Any]:
    identities: dict[str, str] = {}
    for kind, value in row.identities:
        identities.setdefault(kind, value)
    assert row.at is not None  # read_event has refused it otherwise
    event: dict[str, Any] = {"name": row.name, "time": row.at.isoformat(), "identities": identities}
    said = {"url": row.url, "referrer": row.referrer, "utm": row.utm, "properties": row.properties}
    event |= {name: value for name, value in said.items() if value}
    kind, value = row.identities[0]
    own_id = f"{kind}:{row.name}:{row.own_id}"
    event["id"] = own_id if row.own_id else _digest(kind, f"{value}\0{row.repeat}" if row.repeat else value, event)
    return event


def _digest(kind: str, value: str, event: dict[str, Any]) -> str:
    """An id that follows from who and what, so that the same row in the same or another file counts once."""
    return hashlib.blake2b(repr((kind, value, sorted(event.items(), key=str))).encode(), digest_size=16).hexdigest()


def _remarks(rows: Iterable[PersonRow | EventRow]) -> list[tuple[int, Refusal, Sequence[str]]]:
    return [(row.number, remark, row.cells) for row in rows for remark in row.remarks]
