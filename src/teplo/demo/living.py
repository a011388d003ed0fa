"""The example company lives through its months: day by day, under a virtual clock, through the real pipeline.

Step by step what people did since the last one goes into the inbox and through pipeline, journeys and outbox; then
salespeople do their part. The last weeks are lived twice a day, older times in longer
steps. Letters go to nobody: their transport is `posting.py`.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random

from teplo.demo import behaviour, founding, posting, selling
from teplo.demo.behaviour import Event
from teplo.demo.judging import put_down
from teplo.demo.meeting import plan_meeting
from teplo.demo.strangers import Stranger, draw_business, draw_stranger
from teplo.demo.world import Act, World
from teplo.journeys import stepping
from teplo.kit.clock import at_moment, now
from teplo.kit.hurrying import not_waiting_for_the_disk
from teplo.people import segments
from teplo.people.models import Identity, IdentityKind
from teplo.pipeline import noting, working
from teplo.scoring.rescoring import rescore
from teplo.tracking import figures
from teplo.tracking.inbox import put_events

ORIGIN = "demo"
OWNER = "demo"
HOURS = (12, 21)  # at which the world is moved on; letters go at the first, the second is night
PACES = ((10, HOURS, 1), (30, HOURS[:1], 1), (90, HOURS[:1], 2))
"""Days before the end, hours and step: the nearer to today, the finer; what is older still moves every fourth day.

A step costs a quarter of a second however little happens in it, and nobody looks at an hour of last spring.
"""
OLDEST_STEP = 4

Progress = Callable[[int, int, datetime], None]
"""Told after each step: how many are done, of how many, and up to when the company has lived."""


def bring_to_life(
    *,
    seed: int = 7,
    strangers: int = 1800,
    days: int = 183,
    ends_at: datetime | None = None,
    progress: Progress | None = None,
) -> World:
    """Found the company and let it live `days` up to `ends_at` (default: now). Answers the world as it ended."""
    ends_at = ends_at or now()
    begins_at = (ends_at - timedelta(days=days)).replace(hour=6, minute=0, second=0, microsecond=0)
    with at_moment(begins_at):
        company = founding.found_company()
    world = World(seed, begins_at, ends_at, _draw(seed, strangers, begins_at, days), company)
    for stranger in world.strangers:
        world.plan(stranger.arrives_at, _arrival(world, stranger))
    plan_meeting(world)
    with not_waiting_for_the_disk():  # six months of commits
        for number, moment in enumerate(moments := _moments(begins_at, ends_at)):
            live_until(world, moment)
            if progress:
                progress(number + 1, len(moments), moment)
    with at_moment(ends_at):
        _run_teplo()  # what sales told last
        segments.refresh_by_time()
        figures.refresh()
    founding.leave_invented_address()
    return world


def live_until(world: World, moment: datetime) -> None:
    """What people, Teplo and salespeople do up to `moment`."""
    _send_in(_due_events(world, moment))
    with at_moment(moment):
        _let_time_pass(world, moment)
        _run_teplo()
        _learn_who_is_who(world)
        put_down(world.judgements)
        world.judgements.clear()
        letters = posting.letters_since(world.letters_until)
        world.letters_until = moment
        for letter in letters:
            if stranger := world.by_person.get(letter.person_id):
                world.plan(letter.sent_at + timedelta(minutes=5), _reading(world, stranger, letter))
        selling.work(world, moment)


def _let_time_pass(world: World, moment: datetime) -> None:
    """What a worker does by itself as days go by: points fade once a week, as segments of time are asked."""
    if world.faded_at is None or moment - world.faded_at >= timedelta(days=7):
        world.faded_at = moment
        segments.refresh_by_time()
        rescore(person_ids=None, cause="time", at=moment)


def _run_teplo() -> None:
    while working.run_once(OWNER) or noting.run_once(OWNER):
        pass
    while stepping.tick(owner=OWNER):
        pass
    posting.post_due()


def _send_in(events: list[Event]) -> None:
    if events:
        put_events(events, origin=ORIGIN)


def _due_events(world: World, moment: datetime) -> list[Event]:
    events: list[Event] = []
    while world.acts and world.acts[0][0] <= moment:
        at, _, act = heapq.heappop(world.acts)
        with at_moment(at):
            events += act(at)
    return sorted(events, key=lambda event: str(event["time"]))


def _draw(seed: int, strangers: int, begins_at: datetime, days: int) -> list[Stranger]:
    random = Random(seed)  # noqa: S311 - a play, not a secret
    businesses = [draw_business(random) for _ in range(max(20, strangers // 8))]
    return [
        draw_stranger(index, seed=seed, businesses=businesses, begins_at=begins_at, days=days)
        for index in range(strangers)
    ]


def _moments(begins_at: datetime, ends_at: datetime) -> list[datetime]:
    """When the world is moved on, the last time at `ends_at`."""
    moments: list[datetime] = []
    day = begins_at
    while day < ends_at:
        hours, step = _pace((ends_at - day).days)
        moments += [day.replace(hour=hour) for hour in hours]
        day += timedelta(days=step)
    return [*(moment for moment in moments if begins_at <= moment < ends_at), ends_at]


def _pace(days_left: int) -> tuple[tuple[int, ...], int]:
    for days, hours, step in PACES:
        if days_left <= days:
            return hours, step
    return HOURS[:1], OLDEST_STEP


def _arrival(world: World, stranger: Stranger) -> Act:
    def act(at: datetime) -> list[Event]:
        events = behaviour.visit(stranger, at, is_first=True)
        if stranger.random.random() < 0.06 + 0.22 * stranger.need:
            events += behaviour.give_contact(stranger, at + timedelta(minutes=12))
            selling.call_back(world, stranger, at + timedelta(minutes=12))
        _plan_next(world, stranger, at)
        return events

    return act


def _return(world: World, stranger: Stranger) -> Act:
    def act(at: datetime) -> list[Event]:
        events = behaviour.visit(stranger, at)
        last = at + timedelta(minutes=20)
        if not stranger.is_known and stranger.random.random() < 0.25 + 0.5 * stranger.need:
            events += behaviour.give_contact(stranger, last)
            selling.call_back(world, stranger, last)
        elif stranger.is_known and stranger.random.random() < 0.10 * stranger.need + 0.06 * stranger.fit:
            events += behaviour.ask_for_offer(stranger, last)
        _plan_next(world, stranger, at)
        return events

    return act


def _plan_next(world: World, stranger: Stranger, at: datetime) -> None:
    """Most strangers never come again; who needs it does, sooner and oftener."""
    random = stranger.random
    if random.random() < 0.25 + 0.6 * stranger.need and not stranger.is_gone:
        world.plan(
            at + timedelta(days=0.1 + random.expovariate(1 / (14 - 10 * stranger.need))), _return(world, stranger)
        )


def _reading(world: World, stranger: Stranger, letter: posting.Letter) -> Act:
    return lambda at: behaviour.read_letter(stranger, at, letter.properties())


def _learn_who_is_who(world: World) -> None:
    """Which card each stranger who gave his address has got by now."""
    unknown = {s.email: s for s in world.strangers if s.is_known and s.person_id is None}
    found = Identity.objects.filter(kind=IdentityKind.EMAIL, value__in=list(unknown)) if unknown else ()
    for identity in found:
        stranger = unknown[identity.value]
        stranger.person_id = identity.person_id
        world.by_person[identity.person_id] = stranger
