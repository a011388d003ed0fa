"""The state of the play: who there is, and what will happen when."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count

from teplo.demo.behaviour import Event
from teplo.demo.founding import Founded
from teplo.demo.judging import Judgement
from teplo.demo.strangers import Stranger

Act = Callable[[datetime], Iterable[Event]]
"""Something that happens at a moment; it answers the events it gives rise to."""


@dataclass(slots=True)
class World:
    """Strangers and what they and the sellers will do when: a heap of acts in time order."""

    seed: int
    begins_at: datetime
    ends_at: datetime
    strangers: list[Stranger]
    company: Founded
    acts: list[tuple[datetime, int, Act]] = field(default_factory=list)
    numbers: count[int] = field(default_factory=count)
    by_person: dict[int, Stranger] = field(default_factory=dict)
    letters_until: datetime = datetime.min.replace(tzinfo=UTC)
    judgements: list[Judgement] = field(default_factory=list)
    faded_at: datetime | None = None
    handed: set[int] = field(default_factory=set)

    def plan(self, at: datetime, act: Act) -> None:
        """Let `act` happen at `at`, if the world lasts so long."""
        if at < self.ends_at:
            heapq.heappush(self.acts, (at, next(self.numbers), act))
