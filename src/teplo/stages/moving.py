"""Moving people between stages: by their own signs, or by hand with a pin (R11, R12, R15)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import eq
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Q

from teplo.conditions import registry
from teplo.conditions.comparing import FALSE
from teplo.conditions.compiling import ask
from teplo.conditions.reading import ConditionError, read_json
from teplo.conditions.reusing import reuse
from teplo.conditions.vocabulary import Asking
from teplo.kit import bulk
from teplo.kit.ids import new_ids
from teplo.kit.remembering import Remembered
from teplo.people.changing import note_changed
from teplo.people.timelines import Kept, Said, Start, as_texts, fit, from_texts
from teplo.stages import queries
from teplo.stages.models import Stage, StageMove, Standing

log = structlog.get_logger(__name__)

SIGN = "sign"
RETURN = "return"
PRESET = "preset"


@dataclass(frozen=True)
class Ladder:
    """The active stages: the steps in order (rank 1 …) and the places beside them (rank from 0)."""

    steps: tuple[Stage, ...]
    places: tuple[Stage, ...]

    @property
    def all(self) -> tuple[Stage, ...]:
        return (*self.steps, *self.places)

    @property
    def ranks(self) -> Mapping[int, int]:
        """Stage id → rank, of steps only."""
        return {stage.id: rank for rank, stage in enumerate(self.steps, start=1)}

    def step(self, rank: int) -> Stage:
        return self.steps[rank - 1]


@dataclass(frozen=True)
class Seen:
    """A person as the signs found him."""

    person_id: int
    stage_id: int | None
    pinned_by: int | None
    furthest: int
    beside: int
    is_awake: bool
    since: datetime | None


_SEEN = ("id", "stage_now", "pinned_by", "furthest", "beside", "is_awake", "since")


def load_ladder() -> Ladder:
    """The active stages as they are now, in one query."""
    return _ladder()


def _make_ladder(stages: Sequence[Stage]) -> Ladder:
    return Ladder(
        steps=tuple(stage for stage in stages if not stage.is_beside),
        places=tuple(stage for stage in stages if stage.is_beside),
    )


_ladder = Remembered(lambda: Stage.objects.filter(is_active=True).order_by("position", "id"), _make_ladder)


def move_by_signs(*, person_ids: Sequence[int], at: datetime) -> list[StageMove]:
    """Move each of these people to the furthest stage whose sign holds; answers the recorded moves.

    New people land at the first stage at least. Backward only where the stage left allows it. Pinned people stay.
    Who stands beside the ladder comes back when the place allows it and he acts again.
    Runs in the transaction of its caller.
    """
    ladder = load_ladder()
    if not person_ids or not ladder.steps:
        return []
    with transaction.atomic():
        seen = [person for person in _see(person_ids, ladder, at) if not _is_pinned(person, ladder)]
        wanted = [(person, *answer) for person in seen if (answer := _where_to(person, ladder))]
        return _carry_out(wanted, ladder, at)


def _is_pinned(person: Seen, ladder: Ladder) -> bool:
    """Pinned at a stage that is in use; a stage out of use keeps nobody."""
    return person.pinned_by is not None and any(person.stage_id == stage.id for stage in ladder.all)


def _see(person_ids: Sequence[int], ladder: Ladder, at: datetime) -> list[Seen]:
    ids = sorted(set(person_ids))

    def build(people: Sequence[int], moment: datetime) -> tuple[str, tuple[Any, ...]]:
        asking = Asking(registry.people(), moment, among=people)
        rows = queries.whether_signs_hold(
            queries.among(people),
            ladder=[(rank, _sign(step, asking)) for rank, step in enumerate(ladder.steps, 1) if step.sign],
            signs=[(rank, _sign(place, asking)) for rank, place in enumerate(ladder.places) if place.sign],
            awake_from=[place.id for place in ladder.places if place.may_go_back],
        )
        return queries.as_statement(rows.values_list(*_SEEN))

    key = ("stages", *((stage.id, stage.is_beside, stage.may_go_back, str(stage.sign)) for stage in ladder.all))
    statement = reuse(key=key, build=build, encode=queries.encoded, ids=ids, at=at)
    return [_seen(*row) for row in queries.rows_of(statement)]


def _seen(
    person_id: int, stage_id: int | None, pinned_by: int | None, furthest: int, beside: int, is_awake: Any, since: Any
) -> Seen:
    """A row as SQLite and PostgreSQL answer it."""
    return Seen(person_id, stage_id, pinned_by, furthest, beside, bool(is_awake), queries.read_moment(since))


def _sign(stage: Stage, asking: Asking) -> Q:
    """A sign that has become senseless (its attribute is gone) holds for nobody: it must not stop the others."""
    try:
        return ask(read_json(stage.sign, asking.vocabulary, of_known_values=False), asking)
    except ConditionError as error:
        log.warning("sign_unreadable", stage=stage.key, code=error.code)
        return FALSE


def _where_to(person: Seen, ladder: Ladder) -> tuple[Stage, str] | None:
    """The stage he should move to and the cause, or None when he stays."""
    place = next((place for place in ladder.places if place.id == person.stage_id), None)
    wanted = ladder.places[person.beside] if person.beside >= 0 else None
    if place is not None:
        return _out_of(place, person, wanted, ladder)
    now_at = ladder.ranks.get(person.stage_id or 0, 0)
    if wanted is not None and not (now_at and ladder.step(now_at).is_customer):
        return wanted, SIGN
    rank = _on_ladder(now_at, person.furthest, ladder)
    cause = SIGN if now_at or person.stage_id is None else PRESET
    return (ladder.step(rank), cause) if rank != now_at else None


def _out_of(place: Stage, person: Seen, wanted: Stage | None, ladder: Ladder) -> tuple[Stage, str] | None:
    """From a place beside: another place claims him, or he comes back to the ladder if the place lets him."""
    if wanted is not None:
        return (wanted, SIGN) if wanted.id != place.id else None
    leaves = place.may_go_back and (bool(place.sign) or person.is_awake)
    return (ladder.step(max(person.furthest, 1)), RETURN) if leaves else None


def _on_ladder(now_at: int, furthest: int, ladder: Ladder) -> int:
    """Forward to the furthest; backward step by step while the stage left allows it and its own sign is gone."""
    rank = max(now_at, furthest, 1)
    while rank > max(furthest, 1) and ladder.step(rank).may_go_back and ladder.step(rank).sign:
        rank -= 1
    return rank


def _carry_out(wanted: Iterable[tuple[Seen, Stage, str]], ladder: Ladder, at: datetime) -> list[StageMove]:
    """Whoever was moved since the batch began moves after that: the order of time is the order of what was done."""
    stages = {stage.id: stage for stage in ladder.all}
    groups: dict[tuple[int | None, int, str, datetime], list[int]] = defaultdict(list)
    for person, to_stage, cause in wanted:
        moment = max(at, person.since or at)
        groups[(person.stage_id, to_stage.id, cause, moment)].append(person.person_id)
    moves: list[StageMove] = []
    for (from_id, to_id, cause, at), people in sorted(groups.items(), key=lambda group: str(group[0])):
        before = stages.get(from_id) or Stage(id=from_id) if from_id else None
        free = cause == PRESET
        moved = queries.put(from_stage=before, to_stage=stages[to_id], person_ids=people, at=at, even_if_pinned=free)
        why = _why(stages[to_id], is_first=stages[to_id] == ladder.steps[0], cause=cause)
        moves += moves_of(moved, before, stages[to_id], cause=cause, by="", why=why, at=at)
    return record(moves)


def _why(stage: Stage, *, is_first: bool, cause: str) -> dict[str, Any]:
    """What a sentence can be made of later: the sign as it was then, even if it is edited afterwards."""
    if stage.sign:
        return {"sign": stage.sign, "stage": stage.key}
    return {"first": True} if is_first and cause == SIGN else {"stage": stage.key}


def moves_of(
    people: Iterable[int], before: Stage | None, after: Stage, *, cause: str, by: str, why: dict[str, Any], at: datetime
) -> list[StageMove]:
    """One move of each of them, not written yet (`record`)."""
    ids = list(people)
    return [
        StageMove(
            person_id=person_id, id=move_id, from_stage_id=before.id if before else None, to_stage_id=after.id, at=at,
            cause=cause, by=by, why=why,
        )
        for person_id, move_id in zip(ids, new_ids(len(ids)) if ids else [], strict=True)
    ]  # fmt: skip


def record(moves: list[StageMove]) -> list[StageMove]:
    """Write the moves, sorted by person."""
    moves.sort(key=lambda move: (move.person_id, move.id))
    columns = ("person_id", "id", "from_stage_id", "to_stage_id", "at", "cause", "by", "why", "again")
    if moves:
        bulk.insert(StageMove, columns, [tuple(getattr(move, name) for name in columns) for move in moves])
    return moves


def move_person(
    *, person_id: int, stage: Stage, cause: str, by: str, why: dict[str, Any], at: datetime, pin: bool = False
) -> StageMove | None:
    """Put one person at `stage` for the reason `why`; None when he stands there already or is pinned elsewhere.

    `pin` keeps him there against his signs. Only a hand moves a pinned person.
    """
    moves = move_people(person_ids=[person_id], stage=stage, cause=cause, by=by, why=why, at=at, pin=pin)
    return moves[0] if moves else None


def move_people(
    *,
    person_ids: Sequence[int],
    stage: Stage,
    cause: str,
    by: str,
    why: dict[str, Any],
    at: datetime,
    pin: bool = False,
) -> list[StageMove]:
    """Put people at `stage`; whoever stands there already stays. Leaves a change note for everyone moved.

    By hand everybody moves, and a pin is set or taken away; for any other cause pinned people stay. Whoever came to
    their stage after `at` stays there: the move takes its place in their past.
    """
    ids = sorted(set(person_ids))
    by_hand = cause == "hand"
    with transaction.atomic():
        standing = {row.person_id: row for row in Standing.objects.filter(person_id__in=ids)}
        known = set(queries.among(ids).values_list("id", flat=True))
        stages = {found.id: found for found in Stage.objects.all()}
        kept = _kept(standing)
        groups: dict[int | None, list[int]] = defaultdict(list)
        settled: list[Standing] = []
        for person_id in sorted(known):
            stands = standing.get(person_id)
            if stands and (stands.stage_id == stage.id or _last_word(stands, kept) > at):
                settled.append(stands)
            else:
                groups[stands.stage_id if stands else None].append(person_id)
        moves: list[StageMove] = []
        for from_id, people in groups.items():
            before = stages[from_id] if from_id else None
            moved = queries.put(
                from_stage=before, to_stage=stage, person_ids=people, at=at, even_if_pinned=by_hand,
                pin_by=_user_of(by) if pin else None,
            )  # fmt: skip
            moves += moves_of(moved, before, stage, cause=cause, by=by, why=why, at=at)
        if settled:
            moves += _place(settled, kept, stage, cause=cause, by=by, why=why, at=at)
        record(moves)
        note_changed([move.person_id for move in moves], "stage", at=at)
    return moves


def _place(
    standings: Sequence[Standing], kept: Mapping[int, list[Kept]], stage: Stage, *, cause: str, by: str,
    why: dict[str, Any], at: datetime,
) -> list[StageMove]:  # fmt: skip
    """A move into the past of people, or to where they stand: the moves after it begin where it ends (timelines.py).

    Answers the moves to be recorded; whoever stands at the stage already gets none, only its moment is kept.
    """
    said = Said(at, stage.id, {"cause": cause, "by": by, "why": why}, leaves_trace=False)
    moves: list[StageMove] = []
    changed: list[tuple[int, int, int | None, list[str] | None]] = []
    since: list[tuple[int, datetime]] = []
    for row in standings:
        own = kept.get(row.person_id, [])
        fitted = fit(own, [said], now=Start(row.stage_id, row.since, said.by), same=eq)
        for new in fitted.new:
            before = Stage(id=new.before) if new.before else None
            moves += moves_of([row.person_id], before, Stage(id=new.value), at=new.at, **new.by)
            moves[-1].again = as_texts(new.again) or None
        changed += [(row.person_id, old.id, old.before, as_texts(old.again) or None) for old in fitted.changed]
        latest = max((new.at for new in fitted.new if new.value == row.stage_id), default=row.since)
        if latest > row.since:
            since.append((row.person_id, latest))
    queries.repair_moves(changed)
    queries.stand_since(since)
    return moves


def _last_word(stands: Standing, kept: Mapping[int, list[Kept]]) -> datetime:
    """When it was last said where the person stands."""
    own = kept.get(stands.person_id, [])[-1:]
    return max((stands.since, *(at for move in own for at in (move.at, *move.again))))


def _kept(people: Iterable[int]) -> dict[int, list[Kept]]:
    own = StageMove.objects.filter(person_id__in=sorted(people), is_brought=False).order_by("person_id", "at", "id")
    kept: dict[int, list[Kept]] = defaultdict(list)
    for move in own:
        about = {"cause": move.cause, "by": move.by, "why": move.why}
        again = from_texts(move.again or ())
        kept[move.person_id].append(Kept(move.id, move.at, move.from_stage_id, move.to_stage_id, about, again))
    return kept


def set_pin(*, person_id: int, by: str, pinned: bool) -> None:
    """Keep a person where he stands against his signs, or let the signs move him again."""
    Standing.objects.filter(person_id=person_id).update(pinned_by=_user_of(by) if pinned else None)


def _user_of(by: str) -> int:
    """The id in "user:…"; 0 for anybody else, so that a pin stays a pin."""
    kind, _, number = by.partition(":")
    return int(number) if kind == "user" and number.isdigit() else 0
