"""A journey run over real people for weeks in a second, on a virtual clock, without writing or sending anything.

The same plan in memory that the engine writes down is only counted here. What people will do cannot be known: branches
ask what is true of them now, and of those from whom a reaction is awaited a share (`response`) is believed to react.
"""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from teplo.journeys.graph import Plan, read_plan
from teplo.journeys.models import EnrolmentState, JourneyVersion
from teplo.journeys.queries import with_zones_of
from teplo.journeys.steps.kind import Walker, is_drawn
from teplo.journeys.walking import settle, walk
from teplo.kit.clock import at_moment, now
from teplo.people.vocabulary import zone

LONGEST = timedelta(days=400)
OPEN_RATE = 0.21  # of letters (S4)


@dataclass
class Rehearsal:
    """What would happen: how often each step acts, by which way people leave it, and on which day (of the calendar)."""

    people: int
    days: int
    passed: Counter[str] = field(default_factory=Counter)
    ways: Counter[tuple[str, str]] = field(default_factory=Counter)
    waiting: Counter[str] = field(default_factory=Counter)
    ended: Counter[str] = field(default_factory=Counter)
    by_day: defaultdict[int, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))


def rehearse(
    *, version: JourneyVersion, person_ids: Sequence[int], days: int = 60, response: float = OPEN_RATE
) -> Rehearsal:
    """Let people walk a version, a draft too, for so many days from now. The same question gives the same answer.

    Raises GraphBroken.
    """
    plan, start = read_plan(version), now()
    walkers = [
        Walker(person_id=person, row_id=number, step=plan.graph.first or "", pass_number=1, step_since=start)
        for number, person in enumerate(person_ids)
    ]
    rehearsal = Rehearsal(people=len(walkers), days=days)
    with with_zones_of(person_ids):
        with at_moment(start):
            settle(plan=plan, walkers=walkers, at=start, response=response)
        _run(_Calendar(walkers, start, response), plan, start, start + min(timedelta(days=days), LONGEST), rehearsal)
    for walker in walkers:
        if walker.state == EnrolmentState.ACTIVE:
            rehearsal.waiting[walker.step] += 1
        else:
            rehearsal.ended[walker.end_reason] += 1
    return rehearsal


class _Calendar:
    """Who is due when."""

    def __init__(self, walkers: Iterable[Walker], at: datetime, response: float) -> None:
        self.response = response
        self._moments: list[datetime] = []
        self._due: dict[datetime, list[Walker]] = {}
        self.note(walkers, at)

    def note(self, walkers: Iterable[Walker], at: datetime) -> None:
        """Put down when walkers act next; half of the waiting time passes before those who react do."""
        for walker in walkers:
            if walker.state != EnrolmentState.ACTIVE or walker.due_at is None:
                continue
            if walker.waiting_for is not None and is_drawn(
                self.response, walker.person_id, walker.step, walker.pass_number
            ):
                walker.due_at, walker.waiting_for = at + (walker.due_at - at) / 2, None
            if walker.due_at not in self._due:
                heapq.heappush(self._moments, walker.due_at)
            self._due.setdefault(walker.due_at, []).append(walker)

    def next_until(self, until: datetime) -> tuple[datetime, list[Walker]] | None:
        """The next moment and who is due at it."""
        if not self._moments or self._moments[0] > until:
            return None
        moment = heapq.heappop(self._moments)
        return moment, self._due.pop(moment)


def _run(calendar: _Calendar, plan: Plan, start: datetime, until: datetime, rehearsal: Rehearsal) -> None:
    here = zone()
    first_day = start.astimezone(here).date()
    while due := calendar.next_until(until):
        at, group = due
        for walker in group:
            walker.is_changed = False
        with at_moment(at):
            result = walk(plan=plan, walkers=group, at=at, response=calendar.response)
        day = (at.astimezone(here).date() - first_day).days
        for done in result.passes:
            rehearsal.passed[done.step] += 1
            rehearsal.ways[done.step, done.exit] += 1
            rehearsal.by_day[day][done.step] += 1
        calendar.note(group, at)
