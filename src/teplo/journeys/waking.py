"""What just happened to people wakes, exits and enrols them: called by the pipeline after every batch."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from teplo.conditions.reading import ConditionError
from teplo.journeys.asking import who_match
from teplo.journeys.enrolling import enrol_people
from teplo.journeys.graph import GraphBroken
from teplo.journeys.models import Enrolment, EnrolmentState, Journey, JourneyState, JourneyVersion
from teplo.journeys.queries import activity_ids, end_enrolments, wake_waiting
from teplo.journeys.running import pause_itself
from teplo.kit.among import among
from teplo.kit.remembering import Remembered
from teplo.people.segments import Entry
from teplo.stages.models import Stage, StageMove


class Deed(NamedTuple):
    person_id: int
    activity_id: int
    at: datetime


class Submission(NamedTuple):
    person_id: int
    form: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Happened:
    """Everything a batch brought about. Plain tuples of the same shape are as good as the named ones."""

    at: datetime
    touched: Sequence[int] = ()
    deeds: Sequence[tuple[int, int, datetime]] = ()
    stage_moves: Sequence[StageMove] = ()
    segment_entries: Sequence[Entry | tuple[int, int]] = ()
    score_changes: Sequence[Any] = ()
    submissions: Sequence[tuple[int, str, datetime]] = ()

    def person_ids(self) -> set[int]:
        """Everybody something happened to."""
        return (
            set(self.touched)
            | {person_id for rows in (self.deeds, self.submissions) for person_id, *_rest in rows}
            | {person_id for person_id, _segment in self.entries()}
            | {move.person_id for move in self.stage_moves}
            | {change.person_id for change in self.score_changes}
        )

    def entries(self) -> list[tuple[int, int]]:
        """Who entered which segment."""
        return [
            (entry.person_id, entry.segment_id) if isinstance(entry, Entry) else entry for entry in self.segment_entries
        ]


def react(happened: Happened) -> None:
    """Wake those who waited for what they did, let out those at an exit or goal, enrol those whom a trigger calls.

    A number of statements that depends on the journeys concerned, never on the people. Run in the caller's transaction.
    """
    people = sorted(happened.person_ids())
    if not people:
        return
    wake_waiting(happened.deeds, at=happened.at)
    let_out(person_ids=people, at=happened.at)
    _enrol_the_called(happened)


def let_out(*, person_ids: Sequence[int], at: datetime) -> None:
    """End the walks of those who reached the goal or meet an exit of the journey they are in."""
    with_ways = _with_ways_out()
    if not with_ways:
        return
    active = Enrolment.objects.filter(
        person_id__in=among(person_ids), state=EnrolmentState.ACTIVE, version_id__in=list(with_ways)
    )
    inside: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    for person_id, row_id, version_id in active.values_list("person_id", "id", "version_id"):
        inside[version_id].append((person_id, row_id))
    for version_id, rows in sorted(inside.items()):
        version = with_ways[version_id]
        try:
            _let_out_of(version, rows, at)
        except ConditionError as error:  # a journey that cannot ask must not stop the pipeline
            pause_itself(journey_id=version.journey_id, step="", error=str(error))


def _let_out_of(version: JourneyVersion, rows: Sequence[tuple[int, int]], at: datetime) -> None:
    ways = [(EnrolmentState.GOAL, "goal", version.goal)]
    ways += [(EnrolmentState.EXITED, f"exit:{n}", condition) for n, condition in enumerate(version.exits)]
    left = list(rows)
    for state, reason, condition in ways:
        if left and condition:
            met = who_match(condition, person_ids=[person_id for person_id, _ in left])
            end_enrolments([row for row in left if row[0] in met], state=state, reason=reason, at=at)
            left = [row for row in left if row[0] not in met]


def _enrol_the_called(happened: Happened) -> None:
    called = _Called(happened)
    for journey_id, trigger in _triggers().items():
        people = called.by(trigger)
        if people:
            try:
                chosen = who_match(_asked_of(trigger), person_ids=sorted(people))
                journey = Journey.objects.filter(pk=journey_id, state=JourneyState.LIVE).first()
                if chosen and journey is not None:  # it may have been paused this moment
                    enrol_people(journey=journey, person_ids=sorted(chosen), at=happened.at)
            except (ConditionError, GraphBroken) as error:
                pause_itself(journey_id=journey_id, step="", error=str(error))


_with_ways_out: Remembered[dict[int, JourneyVersion]] = Remembered(
    lambda: JourneyVersion.objects.filter(published_at__isnull=False).exclude(goal={}, exits=[]).defer("steps"),
    lambda versions: {version.pk: version for version in versions},
)
"""Published versions with a goal or exits, by id."""

_triggers: Remembered[dict[int, Mapping[str, Any]]] = Remembered(
    lambda: (
        JourneyVersion.objects.filter(journey__state=JourneyState.LIVE, published_at__isnull=False)
        .order_by("number")
        .values_list("journey_id", "trigger")
    ),
    dict,
)
"""What starts each live journey, by its newest published version."""


def _asked_of(trigger: Mapping[str, Any]) -> Mapping[str, Any]:
    condition = trigger.get("condition")
    return {} if condition is None else condition


class _Called:
    """Whom each kind of trigger calls, looked up in what happened."""

    def __init__(self, happened: Happened) -> None:
        self._happened = happened
        self._names: dict[str, Mapping[str, int]] = {}

    def by(self, trigger: Mapping[str, Any]) -> set[int]:
        kind = trigger.get("kind")
        if kind == "segment":
            segment = str(trigger.get("segment"))
            return {person for person, entered in self._happened.entries() if str(entered) == segment}
        if kind == "activity" and self._happened.deeds:
            activity = self._ids("activity").get(str(trigger.get("activity")))
            return {person for person, did, _ in self._happened.deeds if did == activity}
        if kind == "stage" and self._happened.stage_moves:
            stage = self._ids("stage").get(str(trigger.get("stage")))
            return {move.person_id for move in self._happened.stage_moves if move.to_stage_id == stage}
        if kind == "form":
            form = trigger.get("form") or ""
            return {person for person, sent, _ in self._happened.submissions if not form or sent == form}
        return set()

    def _ids(self, what: str) -> Mapping[str, int]:
        if what not in self._names:
            stages = Stage.objects.values_list("key", "pk") if what == "stage" else ()
            self._names[what] = activity_ids() if what == "activity" else dict(stages)
        return self._names[what]
