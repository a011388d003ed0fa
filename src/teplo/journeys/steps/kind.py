"""The interface of a kind of step, and what passes between it and the engine."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Any, ClassVar, Generic, TypeVar

S = TypeVar("S")


class SettingWrong(Exception):
    """A setting of a step is missing or cannot be understood."""

    def __init__(self, name: str, code: str, **params: Any) -> None:
        super().__init__(name, code, params)
        self.name = name
        self.code = code
        self.params = params


@dataclass(slots=True)
class Walker:
    """A person on his way, as the engine moves him in memory; `row_id` is his enrolment's id.

    `planned_at` is when he was to go on, if the engine came in time: a worker late by seconds moves nobody to another
    day. None: the moment of the walk.
    """

    person_id: int
    row_id: int
    step: str
    pass_number: int
    step_since: datetime
    due_at: datetime | None = None
    waiting_for: int | None = None
    state: str = "active"
    end_reason: str = ""
    planned_at: datetime | None = None
    is_changed: bool = False  # something about the person will change when this walk is written


@dataclass(frozen=True, slots=True)
class Rest:
    """Where a walker stays for now: until a moment, until a deed, or until whichever comes first."""

    due_at: datetime | None
    waiting_for: int | None = None


@dataclass(frozen=True)
class Group(Generic[S]):
    """All walkers that stand at one step of one version at a moment."""

    journey_id: int
    version_id: int
    step: str
    settings: S
    walkers: Sequence[Walker]
    at: datetime
    response: float | None = None  # of a simulation: the share of people believed to react

    @property
    def person_ids(self) -> list[int]:
        return [walker.person_id for walker in self.walkers]


def is_drawn(share: float, *what: object) -> bool:
    """A chance that falls the same way whenever it is asked about the same: so a simulation repeats itself."""
    digest = blake2b("|".join(map(str, what)).encode(), digest_size=8).digest()
    return int.from_bytes(digest) / 2**64 < share


Write = Callable[[Sequence[Any], datetime], None]


@dataclass
class Outcome:
    """What a step decided: the way out of each walker (absent: `default`), and what shall be written for whom.

    `rows` go to `write` all together, once, when the progress of their walkers has been written in the same
    transaction; rows of a walker whom somebody else moved meanwhile are dropped.
    """

    default: str = "next"
    exits: dict[int, str] = field(default_factory=dict)
    write: Write | None = None
    rows: Mapping[int, Any] = field(default_factory=dict)
    notes: Mapping[int, dict[str, Any]] = field(default_factory=dict)
    ends_with: str = ""


class StepKind(ABC, Generic[S]):
    """One kind of step. All methods see the whole group and run a constant number of statements."""

    key: ClassVar[str]
    exits: ClassVar[tuple[str, ...]] = ("next",)
    is_instant: ClassVar[bool] = True
    reads_people: ClassVar[bool] = False
    changes_people: ClassVar[bool] = False

    @abstractmethod
    def read(self, raw: Mapping[str, Any]) -> S:
        """Settings from the stored step; raises SettingWrong at the first that is wrong."""

    def check(self, settings: S) -> None:
        """Look up what the settings refer to (editor, publishing); raises SettingWrong when it is not there."""

    @abstractmethod
    def act(self, group: Group[S]) -> Outcome:
        """Decide for the whole group; write nothing."""

    @abstractmethod
    def say(self, settings: S) -> str:
        """The step as a sentence in the active language."""

    def arrive(self, group: Group[S]) -> Mapping[int, Rest]:
        """Rests of those who must wait before the step acts, by enrolment; the others act at once."""
        return {}

    def may_be_instant(self, settings: S) -> bool:
        """Whether somebody may pass without waiting: a circle of such steps would run for ever."""
        return self.is_instant

    def exits_of(self, settings: S) -> tuple[str, ...]:
        """The ways out that these settings have."""
        return self.exits
