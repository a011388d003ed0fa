"""The salespeople of the example company: they answer those who are hot, call, open deals, win and lose them.

Rates and days come from `facts.py`; which deal is won depends on interest, fit and budget that only the simulator
sees, so that scores have something to find. They also call people who are not hot yet: else a review would know the
hot alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from math import exp, log
from random import Random

from teplo.demo.behaviour import Event, answer_call
from teplo.demo.facts import DAYS_TO_BOOKING, DAYS_TO_MEETING, DAYS_TO_NEGOTIATION, LOSS_REASONS, WIN_RATE
from teplo.demo.judging import judge
from teplo.demo.strangers import Stranger, weighted
from teplo.demo.world import Act, World
from teplo.sales.deals import lose_deal, move_deal, open_deal, win_deal
from teplo.sales.finishing import finish_task
from teplo.sales.handing_off import HandOffAnswered, accept, give_back
from teplo.sales.models import Deal, HandOff, HandOffState, Task, TaskState
from teplo.sales.tasks import NewTask, TaskNotOpen, create_tasks

RETURNED = 0.05
CALLED_BACK = 0.55
"""Of those who gave an address, how many sales calls without waiting for them to turn hot."""
OF_INTEREST, OF_FIT, OF_BUDGET, SOURCE_COUNTS = 12.5, 4.0, 1.0, 0.4
WIN_START = -2.2
REACHED, REACHED_BY_NEED = 0.5, 0.4
MOST_CALLS = 3


def work(world: World, moment: datetime) -> None:
    """Look at what is new: each hand-off is answered soon, each task of a journey within a day or so."""
    for hand_off in HandOff.objects.filter(state=HandOffState.OFFERED).exclude(id__in=world.handed):
        world.handed.add(hand_off.id)
        if stranger := world.by_person.get(hand_off.person_id):
            minutes = min(900.0, stranger.random.lognormvariate(2.6, 1.1))
            world.plan(moment + timedelta(minutes=minutes), _answer(world, stranger, hand_off))
    _do_tasks(world, moment)


def call_back(world: World, stranger: Stranger, at: datetime) -> None:
    """Sales does not only wait for the hot: many who left an address are called within days, warm or not."""
    if stranger.random.random() < CALLED_BACK:
        later = at + timedelta(days=stranger.random.uniform(0.3, 4))
        world.plan(later, _talk(world, stranger, MOST_CALLS))


def _talk(world: World, stranger: Stranger, calls_left: int) -> Act:
    def act(at: datetime) -> Iterable[Event]:
        if stranger.person_id is None and calls_left:  # his card is not made yet
            world.plan(at + timedelta(days=1.5), _talk(world, stranger, calls_left - 1))
            return []
        if stranger.person_id is None or stranger.random.random() > REACHED + REACHED_BY_NEED * stranger.need:
            return []
        seller = world.company.sellers[stranger.index % len(world.company.sellers)]
        _think(world, stranger, seller)
        _open_deal(world, stranger, seller, at)
        return answer_call(stranger, at, is_answered=True)

    return act


def _think(world: World, stranger: Stranger, seller: int) -> None:
    if judgement := judge(stranger=stranger, seller=seller, language=world.company.language):
        world.judgements.append(judgement)


def _do_tasks(world: World, moment: datetime) -> None:
    """Tasks that journeys gave: most are done in time, some wait."""
    due = Task.objects.filter(state=TaskState.OPEN, due_at__lte=moment).exclude(kind="answer-hot")
    for task in due:
        stranger = world.by_person.get(task.person_id)
        if stranger and stranger.random.random() < 0.6:
            outcome = "reached" if stranger.random.random() < 0.3 + 0.5 * stranger.need else "no-answer"
            finish_task(task=task, outcome=outcome, by=task.assignee_id)
            if outcome == "reached":
                seller = task.assignee_id or world.company.sellers[0]
                _think(world, stranger, seller)


def _answer(world: World, stranger: Stranger, hand_off: HandOff) -> Act:
    def act(at: datetime) -> Iterable[Event]:
        seller = hand_off.assignee_id or world.company.sellers[0]
        try:
            if stranger.random.random() < RETURNED + (0.25 if stranger.fit < 0.2 else 0):
                reason = "not-ours" if stranger.fit < 0.25 else "too-early"
                give_back(hand_off=hand_off, user_id=seller, reason=reason)
                return []
            accept(hand_off=hand_off, user_id=seller)
        except HandOffAnswered:
            return []
        world.plan(
            at + timedelta(minutes=stranger.random.randint(2, 50)), _call(world, stranger, hand_off.task_id, seller, 1)
        )
        return []

    return act


def _call(world: World, stranger: Stranger, task_id: int | None, seller: int, attempt: int) -> Act:
    def act(at: datetime) -> Iterable[Event]:
        key = {"person_id": stranger.person_id or 0, "id": task_id or 0}
        task = Task.objects.filter(**key, state=TaskState.OPEN).first()
        if task is None:
            return []
        is_reached = stranger.random.random() < REACHED + REACHED_BY_NEED * stranger.need
        outcome = ("agreed" if stranger.need > 0.35 else "reached") if is_reached else "no-answer"
        try:
            finish_task(task=task, outcome=outcome, by=seller)
        except TaskNotOpen:
            return []
        if is_reached:
            _think(world, stranger, seller)
            _open_deal(world, stranger, seller, at)
        elif attempt < MOST_CALLS:
            later = at + timedelta(days=1, minutes=stranger.random.randint(-120, 120))
            again = NewTask(
                person_id=task.person_id,
                title=task.title,
                due_at=later,
                assignee_id=seller,
                created_by=f"user:{seller}",
            )
            [next_id] = create_tasks([again])
            world.plan(later, _call(world, stranger, next_id, seller, attempt + 1))
        return []

    return act


def _open_deal(world: World, stranger: Stranger, seller: int, at: datetime) -> None:
    if stranger.notes.get("deal") or stranger.person_id is None:
        return
    stranger.notes["deal"] = True
    size = stranger.business.size if stranger.business else 1
    amount = Decimal(round((3_600 + 420 * min(size, 300)) * stranger.random.uniform(0.8, 1.3) / 100) * 100)
    deal = open_deal(
        person_id=stranger.person_id, title=stranger.business.name if stranger.business else stranger.name.last,
        amount=amount, owner_id=seller, source=stranger.source.key, at=at,
    )  # fmt: skip
    meeting = at + _days(stranger.random, DAYS_TO_MEETING)
    offer = meeting + _days(stranger.random, DAYS_TO_NEGOTIATION)
    world.plan(meeting, _move(deal, "offer"))
    if stranger.random.random() < win_chance(stranger):
        world.plan(offer, _move(deal, "contract"))
        world.plan(offer + _days(stranger.random, DAYS_TO_BOOKING), _win(world, stranger, deal))
    else:
        world.plan(meeting + stranger.random.random() * (offer - meeting) * 2, _lose(stranger, deal))


def win_chance(stranger: Stranger) -> float:
    """From causes nobody sees: interest, fit and budget; better sources win oftener. The mean is the measured rate.

    The table has no say in it: it sees of interest what was read and asked, of fit what was filled in, of the budget
    nothing.
    """
    of_source: float = SOURCE_COUNTS * log(stranger.source.win_rate / WIN_RATE)
    of_person = OF_INTEREST * (stranger.interest - 0.4) + OF_FIT * (stranger.fit - 0.45)
    odds = of_source + of_person + OF_BUDGET * (stranger.budget - 0.5) + WIN_START
    return 1 / (1 + exp(-odds))


def _move(deal: Deal, step: str) -> Act:
    def act(at: datetime) -> Iterable[Event]:
        move_deal(deal=deal, step=step)
        return []

    return act


def _win(world: World, stranger: Stranger, deal: Deal) -> Act:
    def act(at: datetime) -> Iterable[Event]:
        win_deal(deal=deal, is_paid=True, at=at)
        if stranger.random.random() < 0.35 + 0.3 * stranger.fit:
            world.plan(at + timedelta(days=stranger.random.uniform(20, 45)), _buy_again(world, stranger, deal))
        return []

    return act


def _buy_again(world: World, stranger: Stranger, deal: Deal) -> Act:
    """A second purchase, and perhaps a third: a smaller deal that is won at once."""

    def act(at: datetime) -> Iterable[Event]:
        amount = Decimal(round(float(deal.amount or 0) * 0.3 / 100) * 100)
        again = open_deal(person_id=deal.person_id, title=deal.title, amount=amount, owner_id=deal.owner_id, at=at)
        win_deal(deal=again, is_paid=True, at=at)
        world.plan(at + timedelta(days=stranger.random.uniform(25, 60)), _buy_again(world, stranger, deal))
        return []

    return act


def _lose(stranger: Stranger, deal: Deal) -> Act:
    def act(at: datetime) -> Iterable[Event]:
        lose_deal(deal=deal, reason=weighted(stranger.random, LOSS_REASONS), at=at)
        stranger.is_gone = stranger.random.random() < 0.5
        return []

    return act


def _days(random: Random, quartiles: tuple[int, int, int]) -> timedelta:
    """A number of days whose quartiles are those measured."""
    low, middle, high = quartiles
    corners = (max(0.5, 2 * low - middle), low, middle, high, high + 1.5 * (high - middle))
    quarter = random.randrange(4)
    return timedelta(days=random.uniform(corners[quarter], corners[quarter + 1]))
