"""Of two cards that become one the paths become one, in which repeats fall together; taken back, they come apart (R2).

Repeats fold into each other across the two cards (`paths.retrace`), so moving rows back is not enough: what each card's
path was is kept with the record of the merge.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from teplo.kit.among import among
from teplo.people.leaf_moves import Pair
from teplo.people.models import Merge
from teplo.tracking import paths
from teplo.tracking.models import Touch
from teplo.tracking.paths import Coming, Run
from teplo.tracking.sources import Arrival


class Paths:
    """The carrier of touches (people/carrying.py)."""

    def take(self, pairs: Sequence[Pair], *, at: datetime, by: str) -> Mapping[int, dict[str, Any]]:
        """The paths of both; of a stranger who never came, nothing."""
        theirs = paths.read_paths(loser for loser, _ in pairs)
        joined = [pair for pair in pairs if pair[0] in theirs]
        if not joined:
            return {}
        own = paths.read_paths(winner for _, winner in joined)
        return {
            loser: {
                "loser": loser,
                "theirs": [_plain(run) for run in theirs[loser]],
                "own": [_plain(run) for run in own.get(winner, ())],
            }
            for loser, winner in joined
        }

    def give_back(self, *, winner_id: int, taken: Mapping[str, Any]) -> None:
        """Theirs as it was; the winner's as it was, with what came later and without what has left since."""
        loser_id = int(taken["loser"])
        theirs = [_run(row) for row in taken["theirs"]]
        gone = _taken_back(winner_id) | _events_of(theirs)
        now = [run for runs in paths.read_paths((winner_id, loser_id)).values() for run in runs]
        points = {coming.event_id: coming for run in now for coming in _comings(winner_id, run)}
        own = [_without(_run(row), gone) for row in taken["own"]]
        own = [run for run in own if not points.keys().isdisjoint(_events_of([run]))]
        known = gone | _events_of(own)
        later = [coming for event, coming in points.items() if event not in known]
        Touch.objects.filter(person_id__in=among((winner_id, loser_id))).delete()
        paths.write_paths({loser_id: theirs, winner_id: paths.path_of(own, later)})


def _taken_back(winner_id: int) -> set[int]:
    """Visits of cards that were part of the winner's and are apart again."""
    found: dict[bool, set[int]] = {True: set(), False: set()}
    merges = Merge.objects.filter(winner_id=winner_id).values_list("undone_at", "snapshot__carried__touches__theirs")
    for undone_at, theirs in merges:
        found[undone_at is not None] |= _events_of(_run(row) for row in theirs or ())
    return found[True] - found[False]


def _without(run: Run, gone: set[int]) -> Run:
    """The run of those visits that are left; one all of whose visits are gone has none."""
    left = [(at, event) for at, event in ((run.at, run.id), *run.again) if event not in gone]
    (at, event), *again = left or [(run.at, 0)]
    return Run(at, event, run.arrival, again)


def _comings(person_id: int, run: Run) -> list[Coming]:
    return [Coming(person_id, event, at, run.arrival) for at, event in ((run.at, run.id), *run.again)]


PATHS = Paths()


def _events_of(runs: Iterable[Run]) -> set[int]:
    return {event for run in runs for event in (run.id, *(event for _, event in run.again))}


def _plain(run: Run) -> list[Any]:
    """As JSON keeps it."""
    source, host, utm, landing = run.arrival
    return [run.at.astimezone(UTC).isoformat(), run.id, source, host, list(utm), landing, paths.as_json(run.again)]


def _run(row: Sequence[Any]) -> Run:
    at, event, source, host, utm, landing, again = row
    repeats = [(datetime.fromisoformat(when), int(other)) for when, other in again or ()]
    return Run(datetime.fromisoformat(at), int(event), Arrival(source, host, tuple(utm), landing), repeats)
