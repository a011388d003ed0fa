"""What would happen to the first rows: who is new, who is known and what would change, what is refused and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from teplo.people.attributes import TEXT_COLUMNS
from teplo.people.finding import look_ahead
from teplo.people.importing.columns import ColumnMapping
from teplo.people.importing.noticing import Notice, notices_of
from teplo.people.importing.options import Options
from teplo.people.importing.plans import Plan
from teplo.people.importing.refusals import Refusal
from teplo.people.importing.rows import EventRow, PersonRow, RowRefused
from teplo.people.importing.shaping import Shape
from teplo.people.importing.storing import path_of
from teplo.people.importing.surroundings import Surroundings
from teplo.people.importing.tables import NumberedRow, head
from teplo.people.importing.writing import claim_of
from teplo.people.models import AttributeDefinition, ImportRun, Person


@dataclass(slots=True)
class Preview:
    """The first rows, and what must be known before the start."""

    rows: list[PreviewedRow]
    notices: list[Notice]


@dataclass(slots=True)
class PreviewedRow:
    """One row and what would happen: create, update, join (an earlier row of the file), skip, event or refuse."""

    number: int
    cells: Sequence[str]
    outcome: str
    row: PersonRow | EventRow | None = None
    person_id: int | None = None
    person_name: str = ""
    joins: int | None = None
    changes: list[tuple[str, Any, Any]] = field(default_factory=list)
    refusal: Refusal | None = None
    remarks: list[Refusal] = field(default_factory=list)


def preview(run: ImportRun, *, limit: int = 20) -> list[PreviewedRow]:
    """The first rows as they would be taken by the run as it is set; nothing is written. Raises FileRefused."""
    return preview_all(run, limit=limit).rows


def preview_all(run: ImportRun, *, limit: int = 20) -> Preview:
    """The same, with what must be known: who forbids letters, dates that can be read in two ways, foreign phones."""
    path, shape = path_of(run), Shape.from_json(run.shape)
    mapping, options = ColumnMapping.from_json(run.mapping), Options.from_json(run.options)
    around = Surroundings.here()
    around.definitions = _with_new_fields(around, mapping)
    looked = head(path, shape)
    plan = Plan.of(looked=looked, mapping=mapping, options=options, around=around)
    if run.rows_are == "events":
        return Preview([_event(plan, row) for row in looked.rows[:limit]], notices_of(plan, looked, []))
    people = [_person(plan, row) for row in looked.rows]
    return Preview(_people(people[:limit], options), notices_of(plan, looked, [row.row for row in people]))


def _with_new_fields(around: Surroundings, mapping: ColumnMapping) -> dict[tuple[bool, str], AttributeDefinition]:
    """The definitions that are there and, unsaved, those that the run would make."""
    new = {
        (column.of_company, column.key): AttributeDefinition(
            of_company=column.of_company,
            key=column.key,
            type=column.type or "text",
            names={"ru": column.name},
            choices=[],
        )
        for column in mapping.columns
        if column.target == "attribute"
    }
    return new | dict(around.definitions)


def _event(plan: Plan, numbered: NumberedRow) -> PreviewedRow:
    number, cells = numbered
    try:
        row = plan.read_event(number, cells)
    except RowRefused as error:
        return PreviewedRow(number, cells, "refuse", refusal=error.refusal)
    return PreviewedRow(number, cells, "event", row=row, remarks=row.remarks)


def _person(plan: Plan, numbered: NumberedRow) -> PreviewedRow:
    number, cells = numbered
    try:
        row = plan.read_person(number, cells)
    except RowRefused as error:
        return PreviewedRow(number, cells, "refuse", refusal=error.refusal)
    return PreviewedRow(number, cells, "create", row=row, remarks=row.remarks)


def _people(rows: list[PreviewedRow], options: Options) -> list[PreviewedRow]:
    read = [(row, row.row) for row in rows if isinstance(row.row, PersonRow)]
    found = look_ahead([claim_of(said) for _, said in read])
    known = {person for person, is_new in found if not is_new}
    cards = {person.pk: person for person in Person.objects.filter(pk__in=known).select_related("company")}
    first: dict[int, int] = {}
    for (row, said), (person, _) in zip(read, found, strict=True):
        _decide(row, said, cards.get(person), first.setdefault(person, row.number), options)
    return rows


def _decide(row: PreviewedRow, said: PersonRow, person: Person | None, first: int, options: Options) -> None:
    if person is not None:
        row.person_id, row.person_name = person.pk, person.name
        row.outcome = "skip" if options.known == "skip" else "update"
        row.changes = _changes(person, said, options) if row.outcome == "update" else []
    elif first != row.number:
        row.outcome, row.joins = "join", first


def _changes(person: Person, said: PersonRow, options: Options) -> list[tuple[str, Any, Any]]:
    changes: list[tuple[str, Any, Any]] = []
    for key, new in (said.card | said.attributes).items():
        old = (
            getattr(person, key)
            if key in TEXT_COLUMNS
            else person.owner_id
            if key == "owner"
            else person.attributes.get(key)
        )
        if old != new and (options.known == "overwrite" or old in (None, "", [])):
            changes.append((key, old, new))
    company = said.company.get("company", "")
    if company and (person.company is None or (options.known == "overwrite" and person.company.name != company)):
        changes.append(("company", person.company.name if person.company else "", company))
    return changes
