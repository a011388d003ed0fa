"""Of two cards that become one the further stage stands: nobody falls back down the ladder by a merge (R2, R11)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from teplo.people.leaf_moves import Pair
from teplo.stages import queries
from teplo.stages.models import Stage, StageMove, Standing
from teplo.stages.moving import Ladder, load_ladder, moves_of, record

MERGE = "merge"


def is_taken_over(*, winner_id: int, loser_id: int) -> bool:
    """Whether the stage of the card that joins would be the kept one's after the merge."""
    standings = Standing.objects.in_bulk([winner_id, loser_id])
    theirs, own = standings.get(loser_id), standings.get(winner_id)
    return theirs is not None and (own is None or _is_further(theirs, own, load_ladder()))


def _is_further(theirs: Standing, own: Standing, ladder: Ladder) -> bool:
    """Further up the ladder, and nobody pinned the kept card.

    A place beside the ladder (cold, lost) is never taken over, and given up only for a customer's stage.
    """
    here, there = (ladder.ranks.get(standing.stage_id, 0) for standing in (own, theirs))
    if own.pinned_by is not None or not there:
        return False
    return there > here if here else ladder.step(there).is_customer


class FurtherStage:
    """The carrier of stages (people/carrying.py); who stands nowhere takes the other row as it is."""

    def take(self, pairs: Sequence[Pair], *, at: datetime, by: str) -> Mapping[int, dict[str, Any]]:
        """One statement that asks, and a few more only if somebody stands further than the card he joins."""
        ladder = load_ladder()
        standings = Standing.objects.in_bulk({person for pair in pairs for person in pair})
        groups: dict[tuple[int, int, int | None], dict[int, int]] = defaultdict(dict)
        for loser, winner in pairs:
            theirs, own = standings.get(loser), standings.get(winner)
            if theirs and own and _is_further(theirs, own, ladder):
                groups[own.stage_id, theirs.stage_id, theirs.pinned_by][winner] = loser
        taken: dict[int, dict[str, Any]] = {}
        for (from_id, to_id, pin), loser_of in sorted(groups.items(), key=str):
            before, after = Stage(id=from_id), ladder.step(ladder.ranks[to_id])
            moved = queries.put(from_stage=before, to_stage=after, person_ids=list(loser_of), at=at, pin_by=pin)
            why = {"stage": after.key}
            for move in record(moves_of(moved, before, after, cause=MERGE, by=by, why=why, at=at)):
                since = standings[move.person_id].since.isoformat()
                taken[loser_of[move.person_id]] = {"move": move.id, "stage": to_id, "before": [from_id, since]}
        return taken

    def give_back(self, *, winner_id: int, taken: Mapping[str, Any]) -> None:
        """He stands where he stood, if he still stands where the merge put him."""
        move = StageMove.objects.filter(person_id=winner_id, id=taken["move"])
        stage_id, since = taken["before"]
        held = Standing.objects.filter(person_id=winner_id, stage_id=taken["stage"], since__in=move.values("at"))
        if held.update(stage_id=stage_id, since=datetime.fromisoformat(since), pinned_by=None):
            move.delete()


FURTHER_STAGE = FurtherStage()
