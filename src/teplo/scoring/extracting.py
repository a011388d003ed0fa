"""Everybody as he stood at his own moment, written out for the learner (R20, §3).

People are read in ranges, with a constant number of statements for each, and written as they come, so that a million of
them take no more memory than one range. What came after a person's moment does not speak:

- a value that changed later is taken back to what it was (AttributeChange keeps what was before);
- deeds, touches, contacts and words of consent count up to the moment;
- companies keep no history: what is known of them is marked as known nobody knows since when.

What was filled only after the outcome is written as a column of its own, as it is now, so that the leak guard can name
it and say what it would have seemed worth.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from teplo.people.models import ConsentState
from teplo.scoring import known_then
from teplo.scoring.deed_cells import DeedCells
from teplo.scoring.frame import Column, Frame, as_cell
from teplo.scoring.frame_columns import COMPANIES, LATER, all_columns, later_column
from teplo.scoring.known_then import Card, Change
from teplo.scoring.models import OutcomeState, Side
from teplo.scoring.moments import RANGE, kept_moments, one_of_each_company, ranges
from teplo.scoring.statement import Sql
from teplo.tracking.models import Activity

Report = Callable[[int, int], None]
"""Told after each range: people done, people in all. May raise to stop."""

LATE_SHARE = 0.5
"""A field is kept as it is now when at least so many of its values came only after the outcome."""
LATE_PEOPLE = 10
FEW = 10
"""What fewer people have is left out."""


@dataclass(frozen=True)
class Versus:
    """Whom those who bought are compared with: those who were lost, or also those who have not decided."""

    states: tuple[str, ...] = (OutcomeState.WON, OutcomeState.LOST)

    @classmethod
    def read(cls, word: str) -> Versus:
        """“everybody”, or “lost” for anything else."""
        return cls(tuple(OutcomeState.values)) if word == "everybody" else cls()


@dataclass(frozen=True)
class Extracted:
    """What a frame holds."""

    path: Path
    people: int
    won: int
    asked: int
    """How many people the question found, those without an answer yet included."""


def extract(
    *,
    sample: Sql,
    path: Path,
    versus: Versus | None = None,
    without: Iterable[str] = (),
    about: str = "",
    least: int = FEW,
    report: Report | None = None,
    range_size: int = RANGE,
) -> Extracted:
    """Write the frame of a sample (rows of person_id, at, state, ended_at) to `path`, with its sidecar.

    `without`: keys of fields and activities to leave out. `about`: “people” leaves out what is known of companies;
    with “companies” each company counts once, by who bought there or else by whoever came first (R19: B2C, B2B).
    What fewer than `least` people have is left out.
    """
    states = (versus or Versus()).states
    with kept_moments(one_of_each_company(sample) if about == COMPANIES else sample) as kept:
        wanted = all_columns(without=without, about=about)
        columns = _with_late([column for column in wanted if column.side == Side.FIT])
        done_columns = [column for column in wanted if column.side == Side.BEHAVIOUR]
        reading = Reading(columns, DeedCells(done_columns, dict(Activity.objects.values_list("id", "key"))))
        with Frame(path, [*columns, *done_columns]) as frame:
            done = 0
            for part in ranges(range_size):
                found = known_then.cards(part, states)
                reading.write(frame, found, part)
                done += len(found)
                if report:
                    report(done, kept.people)
            _settle(columns, least)
            reading.deeds.settle(least)
    return Extracted(path, frame.people, frame.won, kept.people)


def _with_late(columns: list[Column]) -> list[Column]:
    late = known_then.late_fillings(LATE_PEOPLE)
    return [*columns, *(later_column(column) for column in columns if late.get(_changes_key(column.key)))]


def _changes_key(key: str) -> str:
    """How AttributeChange calls a field."""
    return key.removeprefix("attr.")


def _settle(columns: Sequence[Column], least: int) -> None:
    """What few have is not told to the learner, and what is known now only where it came late."""
    for column in columns:
        came_in_time = column.later and (column.filled_after_share or 0) < LATE_SHARE
        if came_in_time or column.filled < least:
            column.filled = 0


@dataclass
class Reading:
    """Reads ranges of people into rows: the cells of the columns, then those of what they did."""

    columns: Sequence[Column]
    deeds: DeedCells
    imports: Mapping[str, datetime] = field(default_factory=known_then.import_moments)

    def write(self, frame: Frame, cards: Sequence[Card], part: known_then.Range) -> None:
        """One range: each kind of thing is one statement."""
        changes, deeds = known_then.changes(part), known_then.deeds(part)
        touches, consents, contacts = known_then.touches(part), known_then.consents(part), known_then.contacts(part)
        employers = {card.person: _company_then(card, changes.get(card.person, ())) for card in cards}
        companies = known_then.companies(filter(None, employers.values())) if any(employers.values()) else {}
        for card in cards:
            own, person = changes.get(card.person, []), card.person
            brought_at = self._brought_at(contacts.get(person, ()))
            came_in_time = card.created_at <= card.at and (brought_at is None or brought_at <= card.at)
            company, company_since = companies.get(employers[person] or 0, ({}, None))
            then = card.values | {_field_key(change.key): change.old for change in own}
            then |= (
                company | _came(touches.get(person, ())) | _reach(consents.get(person, ()), contacts.get(person, ()))
            )
            company_in_time = came_in_time and company_since is not None and company_since <= card.at
            values = [
                as_cell(self._value(column, card, then, own, came_in_time, company_in_time)) for column in self.columns
            ]
            values += self.deeds.cells(deeds.get(person, ()), card.day)
            frame.add(person=person, moment=card.at.isoformat(), won=card.state == OutcomeState.WON, values=values)

    def _value(
        self, column: Column, card: Card, then: Mapping[str, Any], own: Sequence[Change], in_time: bool, company: bool
    ) -> Any:
        """The value of one column, counted for the sidecar."""
        key = column.key.removesuffix(LATER)
        value = fitting(then.get(key), column.kind)
        if column.is_dated:
            now = fitting(card.values.get(key), column.kind)
            _note_changes(column, card, value, now, [change for change in own if _field_key(change.key) == key])
            value = now if column.later else value
        if value is not None:
            column.filled += 1
            column.known += company if key.startswith("company.") else in_time
        return value

    def _brought_at(self, contacts: Iterable[tuple[str, str, bool]]) -> datetime | None:
        """When the import ran that brought this person; None: he came by himself, or by hand."""
        moments = [self.imports.get(source) for _kind, source, _known in contacts]
        return min(moment for moment in moments if moment) if moments and all(moments) else None


def _note_changes(column: Column, card: Card, then: Any, now: Any, own: Sequence[Change]) -> None:
    """Whether the value came only after the outcome can be said of those who have one."""
    if now is not None and card.ended_at is not None:
        column.filled_now += 1
        filled_at = min((c.at for c in own if fitting(c.new, column.kind) is not None), default=None)
        column.filled_after += then is None and filled_at is not None and filled_at >= card.ended_at
    column.changed_after += then is not None and then != now


def _field_key(key: str) -> str:
    """How the condition language calls a changed field."""
    return key if key in (*known_then.CARD, "company_id", "owner_id") else f"attr.{key}"


def _company_then(card: Card, changes: Iterable[Change]) -> int | None:
    company = card.company
    for change in changes:
        if change.key == "company_id":
            company = change.old
    return company


def _came(touches: Sequence[tuple[str, str, str, datetime, datetime]]) -> dict[str, Any]:
    if not touches:
        return {}
    first, last = min(touches, key=lambda touch: touch[3]), max(touches, key=lambda touch: touch[4])
    return {
        "first_source": first[0], "last_source": last[0],
        **{name: sorted({touch[place] for touch in touches if touch[place]})
           for place, name in enumerate(("source", "utm_source", "utm_campaign"))},
    }  # fmt: skip


def _reach(words: Iterable[tuple[str, str]], contacts: Iterable[tuple[str, str, bool]]) -> dict[str, Any]:
    said = dict(words)
    kinds = {kind for kind, _source, known in contacts if known} - {"visitor", "external"}
    return {
        "consent": sorted(channel for channel, state in said.items() if state == ConsentState.GIVEN),
        "channel": sorted(kinds),
    }


_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "number": (int, float), "boolean": bool, "list": list, "text": str, "date": str,
}  # fmt: skip


def fitting(value: Any, kind: str) -> Any:
    """The value if it is there and of the column's kind, as conditions see it, else None."""
    if value in (None, "", []):
        return None
    fits = isinstance(value, _TYPES[kind]) and not (kind == "number" and isinstance(value, bool))
    return value if fits else None
