"""A mapping made ready: from cells to a person or a deed, row after row, without a look into the database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from teplo.kit.clock import now
from teplo.people.importing import values
from teplo.people.importing.bounds import UnreadableRow
from teplo.people.importing.cells import READERS, Reader, event_name
from teplo.people.importing.columns import Column, ColumnMapping
from teplo.people.importing.full_names import is_organisation, split_full_name
from teplo.people.importing.options import Options
from teplo.people.importing.refusals import Refusal
from teplo.people.importing.rows import EventRow, PersonRow, RowRefused
from teplo.people.importing.surroundings import Surroundings
from teplo.people.importing.tables import Looked
from teplo.people.models import AttributeDefinition, AttributeType
from teplo.people.names import name_key

DATED = ("created_at", "outcome_at", "deed", "event_time", "consent", "unsubscribed", "bounced")
_MONTH_FIRST = ("US", "PH")
"""Countries where 03/04 is the fourth of March."""


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
        self.orders = ["dmy"] * self.width
        self.take_orders({
            place: Counter(values.day_month(row[place]) for row in samples if place < len(row))
            for place in range(self.width)
        })  # fmt: skip
        readers: list[tuple[int, Column, Reader]] = [
            (place, column, READERS[column.target])
            for place, column in enumerate(mapping.columns)
            if column.target in READERS
        ]
        self._grown: dict[int, AttributeDefinition] = {}
        self._choices: dict[int, dict[str, str]] = {}
        self._repeats: tuple[Counter[int], Counter[int]] = (Counter(), Counter())
        # Parts of a name beat the whole one, so that they are read after it.
        self.readers = sorted(readers, key=lambda item: item[1].target != "full_name")

    @classmethod
    def of(
        cls, *, looked: Looked, mapping: ColumnMapping, options: Options, around: Surroundings | None = None
    ) -> Plan:
        """The plan for a file: the first rows are looked at for the order of day and month."""
        return cls(
            mapping=mapping, options=options, headers=looked.headers, samples=[cells for _, cells in looked.rows],
            around=around or Surroundings.here(),
        )  # fmt: skip

    def take_orders(self, orders: Mapping[Any, Mapping[str, int]]) -> None:
        """How the whole file writes day and month, where that has been counted: the more there are of one, the others
        are read so too."""
        counted = {int(place): found for place, found in orders.items()}
        told = Counter[str]()
        for found in counted.values():
            told.update(found)
        is_american = (self.options.phone_region or self.around.region) in _MONTH_FIRST
        usual = "mdy" if told["mdy"] > told["dmy"] or (is_american and not told["dmy"]) else "dmy"
        for place, found in counted.items():
            if place >= self.width:
                continue
            dmy, mdy = found.get("dmy", 0), found.get("mdy", 0)
            self.orders[place] = usual if dmy == mdy else ("mdy" if mdy > dmy else "dmy")

    def read_person(self, number: int, cells: Sequence[str]) -> PersonRow:
        """The person of a row; raises RowRefused."""
        row = PersonRow(number, cells)
        self._fill(row, cells)
        if row.full_name:
            first, middle, last = split_full_name(row.full_name)
            if not (first or last) and is_organisation(row.full_name):
                row.company.setdefault("company", row.full_name[:300])
            row.card = {"first_name": first, "middle_name": middle, "last_name": last} | row.card
        if row.created_at is None and row.consented_at:
            row.created_at = min(row.consented_at.values())  # known since then at the latest
        row.tags += self.options.tags
        row.source = row.source or self.options.source
        for channel in self.options.consent_channels:
            if channel not in row.unasked:
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
        if isinstance(cells, UnreadableRow):
            raise RowRefused(cells.reason, **cells.params)
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


def dated_columns(mapping: ColumnMapping) -> list[int]:
    """The columns whose cells may be dates."""
    return [
        place
        for place, column in enumerate(mapping.columns)
        if column.target in DATED or column.type == AttributeType.DATE
    ]
