"""Which tables hang on a person, and what becomes of their rows when cards merge or are erased (people/leaves.py)."""

from __future__ import annotations

from teplo.channels.models import Delivery
from teplo.journeys.models import Enrolment, StepPass
from teplo.people import leaves
from teplo.people.leaves import Combine, Erasing, Keep, Leaf, Move, OneEach, own_past
from teplo.people.own_leaves import OWN_LEAVES
from teplo.sales.models import Call, Deal, DealChange, HandOff, Task
from teplo.scoring.models import Adjustment, HandScore, Interview, Outcome, Score, ScoreChange, ShadowScore, Tested
from teplo.stages.models import StageMove, Standing
from teplo.tracking.models import Acquisition, Event, Presence, Tally, Touch

LEAVES = (
    *OWN_LEAVES,
    Leaf(
        Presence,
        Combine(add=("events",), least=("first_seen_at",), greatest=("last_seen_at",)),
        Erasing.KEEP,
    ),
    Leaf(Event, Move(), Erasing.BLANK, blank={"properties": {}, "url": "", "referrer": ""}),
    Leaf(
        Tally,
        Combine(key=("activity_id", "day"), add=("count",), least=("first_at",), greatest=("last_at",)),
        Erasing.KEEP,
    ),
    Leaf(Touch, Move(), Erasing.BLANK, blank={"landing": ""}),
    Leaf(
        Acquisition,
        Combine(
            earliest={"first_at": ("first_source", "first_detail")}, latest={"last_at": ("last_source", "last_detail")}
        ),
        Erasing.KEEP,
    ),
    Leaf(Standing, Keep(), Erasing.KEEP),
    Leaf(StageMove, Move(own_past()), Erasing.BLANK, blank={"why": {}}),
    Leaf(Score, Keep(), Erasing.KEEP),
    Leaf(ScoreChange, Move(own_past()), Erasing.KEEP),
    Leaf(Adjustment, Move(), Erasing.BLANK, blank={"reason": ""}),
    Leaf(HandScore, Move(), Erasing.BLANK, blank={"words": ""}),
    Leaf(Outcome, Move(), Erasing.BLANK, blank={"reason": ""}),
    Leaf(Interview, Move(), Erasing.BLANK, blank={"text": "", "reasons": []}),
    Leaf(Tested, Move(), Erasing.KEEP),
    Leaf(ShadowScore, Move(), Erasing.KEEP),
    Leaf(
        Delivery,
        Move(),
        Erasing.BLANK,
        blank={"address": "", "context": {}, "reason_params": {}, "provider_answer": ""},
        ending=({"state": "queued"}, {"state": "skipped", "reason": "erased"}),
    ),
    Leaf(
        Task,
        Move(),
        Erasing.BLANK,
        blank={"title": "", "note": "", "outcome_note": ""},
        ending=({"state": "open"}, {"state": "cancelled", "outcome": "erased"}),
    ),
    Leaf(Call, Move(), Erasing.BLANK, blank={"note": ""}),
    Leaf(
        HandOff,
        Move(OneEach(when={"state": "offered"}, otherwise={"state": "expired"})),
        Erasing.BLANK,
        blank={"snapshot": {}, "return_note": ""},
        ending=({"state": "offered"}, {"state": "expired"}),
    ),
    Leaf(Deal, Move(), Erasing.BLANK, blank={"title": ""}),
    Leaf(DealChange, Move(), Erasing.KEEP),
    Leaf(
        Enrolment,
        Move(
            OneEach(when={"state": "active"}, otherwise={"state": "stopped", "end_reason": "merged"}, key="journey_id")
        ),
        Erasing.KEEP,
        ending=({"state": "active"}, {"state": "stopped", "end_reason": "erased", "due_at": None}),
    ),
    Leaf(StepPass, Move(), Erasing.BLANK, blank={"note": {}}),
)


def lend() -> None:
    """Hand all tables over to people/."""
    leaves.register(*LEAVES)
