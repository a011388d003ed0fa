"""What conditions can speak of: typed fields and deeds, lent by the apps that own the tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, tzinfo
from enum import StrEnum
from functools import cached_property
from typing import Any, TypeVar

from django.db.models import Q
from django.utils.functional import Promise

from teplo.conditions.condition import Operator
from teplo.conditions.condition import Operator as Op

Text = str | Promise
Kept = TypeVar("Kept")


class Type(StrEnum):
    """What kind of value a field holds; it decides the operators."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    MOMENT = "moment"
    CHOICE = "choice"
    LIST = "list"
    ANY = "any"


_ORDER = (Op.GREATER, Op.LESS, Op.AT_LEAST, Op.AT_MOST, Op.BETWEEN)
_TIME = (Op.WITHIN, Op.OLDER_THAN, Op.WITHIN_NEXT, Op.BEFORE, Op.AFTER, Op.ON, Op.BETWEEN, Op.IS_SET)
_TEXT = (Op.IS, Op.IS_NOT, Op.IN, Op.NOT_IN, Op.CONTAINS, Op.NOT_CONTAINS, Op.STARTS_WITH, Op.ENDS_WITH)
OPERATORS: Mapping[Type, tuple[Operator, ...]] = {
    Type.TEXT: (*_TEXT, Op.IS_SET),
    Type.NUMBER: (
        Op.AT_LEAST,
        Op.AT_MOST,
        Op.IS,
        Op.IS_NOT,
        Op.IN,
        Op.NOT_IN,
        Op.GREATER,
        Op.LESS,
        Op.BETWEEN,
        Op.IS_SET,
    ),
    Type.BOOLEAN: (Op.IS, Op.IS_NOT, Op.IS_SET),
    Type.DATE: _TIME,
    Type.MOMENT: _TIME,
    Type.CHOICE: (Op.IS, Op.IS_NOT, Op.IN, Op.NOT_IN, Op.IS_SET),
    Type.LIST: (Op.HAS, Op.HAS_NOT, Op.IS_SET),
    Type.ANY: (*_TEXT, *_ORDER, Op.IS_SET),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the values a field may have: the key as stored and the name as shown."""

    key: str
    name: Text


@dataclass(frozen=True, slots=True)
class Test:
    """What a field is asked: an operator without its complements (no is_not, no not_in) and its value, typed.

    IS arrives as IN with one value; HAS with a tuple; dates as dates; spans as Span.
    """

    __test__ = False  # not a pytest class

    operator: Operator
    value: Any


@dataclass(frozen=True)
class Asking:
    """How a condition is asked: of which moment, of whom, by which calendar.

    `of_past` tells fields to look into their history instead of at the present row. `among`: the ids asked where they
    are few, so that looking up each of them beats grouping a table.
    """

    vocabulary: Vocabulary
    at: datetime
    of_past: bool = False
    among: Sequence[int] | None = None
    trail: tuple[str, ...] = ()

    @property
    def is_of_everybody(self) -> bool:
        """Whether most people are asked."""
        return self.among is None

    @property
    def zone(self) -> tzinfo:
        return self.vocabulary.zone

    @cached_property
    def today(self) -> date:
        """The day of the question in the workspace's time zone."""
        return self.at.astimezone(self.zone).date()

    def inside(self, segment: str) -> Asking:
        """The same question asked within a segment's own condition."""
        return replace(self, trail=(*self.trail, segment))


Holds = Callable[[Test, Asking], Q]


@dataclass(frozen=True)
class Field:
    """Something known of a person (or event) that can be compared.

    `holds` gives the Q of a test; the Q must be true or false for every row, never NULL. `is_short`: it has a JSON leaf
    of its own, {"stage": "lead"} for {"field": "stage", "is": "lead"}. `is_open`: values beside the known choices may
    be written. `said`: its own wording of an operator, with %(value)s. `answers`: a yes and a no said
    as words of their own. `suggest` answers what values begin with a text.
    `is_definition`: a value names a definition (a segment) and means nothing once that is gone.
    """

    key: str
    type: Type
    name: Text
    holds: Holds
    group: Text = ""
    choices: Callable[[], Sequence[Choice]] | None = None
    suggest: Callable[[str], Sequence[str]] | None = None
    is_short: bool = False
    is_open: bool = False
    is_definition: bool = False
    leaf: str = ""
    said: Mapping[Operator, Text] = field(default_factory=dict)
    answers: tuple[Text, Text] | None = None
    extra: tuple[Operator, ...] = ()
    without: tuple[Operator, ...] = ()

    @property
    def operators(self) -> tuple[Operator, ...]:
        """What may be asked of it, the most usual first."""
        return tuple(op for op in (*OPERATORS[self.type], *self.extra) if op not in self.without)

    @property
    def json_key(self) -> str:
        """The key of its short JSON leaf, empty when it has none."""
        return (self.leaf or self.key) if self.is_short else ""


@dataclass(frozen=True)
class Deeds:
    """What people do: the known activities, and the Q of having done one so often within days.

    `holds(did, asking)` gets the activity's key, at_least ≥ 0, at_most and the window as days (`since` ≤ day ≤ until).
    """

    choices: Callable[[], Sequence[Choice]]
    holds: Callable[[Deed, Asking], Q]


@dataclass(frozen=True, slots=True)
class Deed:
    """A deed counted over calendar days, both ends included; `since` None: from the beginning."""

    activity: str
    at_least: int
    at_most: int | None
    since: date | None
    until: date


@dataclass(frozen=True)
class Family:
    """Fields whose keys are not known before, such as an event's properties: `property.<anything>`."""

    prefix: str
    make: Callable[[str], Field]
    name: Text
    suggest: Callable[[str], Sequence[str]] | None = None


@dataclass(frozen=True)
class Vocabulary:
    """All that conditions over one kind of row can speak of, as it stands now; made afresh per page or batch."""

    fields: Mapping[str, Field]
    zone: tzinfo
    deeds: Deeds | None = None
    families: tuple[Family, ...] = ()
    _choices: dict[str, Mapping[str, Text]] = field(default_factory=dict, repr=False, compare=False)
    _kept: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    def find(self, key: str) -> Field | None:
        """The field of this key, or None."""
        if found := self.fields.get(key):
            return found
        for family in self.families:
            if key.startswith(family.prefix) and key != family.prefix:
                return family.make(key)
        return None

    @cached_property
    def leaves(self) -> Mapping[str, Field]:
        """Short JSON leaves by key: {"stage": field, …}."""
        return {entry.json_key: entry for entry in self.fields.values() if entry.is_short}

    def choices_of(self, entry: Field) -> Mapping[str, Text]:
        """Known values of a choice or list field by key, asked of its owner once."""
        if entry.choices is None:
            return {}
        if entry.key not in self._choices:
            self._choices[entry.key] = {choice.key: choice.name for choice in entry.choices()}
        return self._choices[entry.key]

    def ids(self, what: str, load: Callable[[], Mapping[str, int]]) -> Mapping[str, int]:
        """Ids by key, loaded once: a planner knows far more of `activity_id = 5` than of a subquery by key."""
        return self.keep(what, load)

    def keep(self, what: str, load: Callable[[], Kept]) -> Kept:
        """What a field needs of its owner's definitions to make its SQL, loaded once."""
        if what not in self._kept:
            self._kept[what] = load()
        kept: Kept = self._kept[what]
        return kept

    @cached_property
    def activities(self) -> Mapping[str, Text]:
        """Known deeds by key."""
        return {choice.key: choice.name for choice in self.deeds.choices()} if self.deeds else {}


def by_key(fields: Iterable[Field]) -> dict[str, Field]:
    """Fields as a vocabulary wants them."""
    return {entry.key: entry for entry in fields}
