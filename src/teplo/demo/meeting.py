"""The example company sits down over its score once, and its salespeople propose criteria for the next time (R20)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from teplo.demo.behaviour import Event
from teplo.demo.world import World
from teplo.insights.reviewing import count_agenda
from teplo.kit.wording import in_language
from teplo.sales.models import Deal
from teplo.scoring import reviews
from teplo.scoring.models import Review

ABOUT = timedelta(days=90)
HELD = timedelta(days=35)
PROPOSED = timedelta(days=4)
LEAST = timedelta(days=80)
"""A company that has lived for less has nothing to sit down over yet."""

_DECISIONS = (
    {
        "ru": "Менеджеры отвечают горячим в течение часа",
        "uk": "Менеджери відповідають гарячим протягом години",
        "en": "Salespeople answer hot people within an hour",
    },
    {
        "ru": "Студентов не передаём в продажи",
        "uk": "Студентів не передаємо у продажі",
        "en": "Students are not handed to sales",
    },
)
_PROPOSALS: tuple[tuple[dict[str, str], dict[str, Any], int], ...] = (
    ({"ru": "Склад от 30 человек", "uk": "Склад від 30 людей", "en": "A warehouse of 30 people or more"},
     {"field": "attr.company_size", "at_least": 30}, 4),
    ({"ru": "Спрашивает о доставке раньше, чем о цене", "uk": "Питає про доставку раніше, ніж про ціну",
      "en": "Asks about delivery before the price"}, {}, 3),
)  # fmt: skip


def plan_meeting(world: World) -> None:
    """Let the company hold one review and propose criteria for the next, if it lives long enough."""
    if world.ends_at - HELD - world.begins_at < LEAST:
        return

    def hold(at: datetime) -> Iterable[Event]:
        _hold(world, at)
        return []

    def propose(_at: datetime) -> Iterable[Event]:
        _propose(world)
        return []

    world.plan(world.ends_at - HELD, hold)
    world.plan(world.ends_at - PROPOSED, propose)


def _hold(world: World, at: datetime) -> None:
    by, language = world.company.sellers[0], world.company.language
    review = Review.objects.create(since=at - ABOUT, until=at, created_by=by, created_at=at)
    reviews.keep_snapshot(review_id=review.pk, snapshot=count_agenda(since=review.since, until=at))
    review.refresh_from_db()
    for texts, seller in zip(_DECISIONS, world.company.sellers, strict=False):
        reviews.decide(review=review, text=in_language(texts, language), by=seller)
    reviews.hold_review(review=review, by=by)


def _propose(world: World) -> None:
    person = Deal.objects.order_by("-opened_at").values_list("person_id", flat=True).first()
    for (texts, condition, points), seller in zip(_PROPOSALS, world.company.sellers, strict=False):
        text = in_language(texts, world.company.language)
        reviews.propose(text=text, condition=condition, points=points, person_id=person, by=seller)
