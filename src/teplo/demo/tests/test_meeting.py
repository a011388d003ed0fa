from datetime import timedelta

import pytest

from teplo.demo.founding import Founded
from teplo.demo.living import _due_events
from teplo.demo.meeting import plan_meeting
from teplo.demo.world import World
from teplo.insights.tests.review_world import UNTIL, buyer, live_table, loser
from teplo.scoring.models import CriterionProposal, Review

pytestmark = pytest.mark.django_db


def make_world(days):
    return World(1, UNTIL - timedelta(days=days), UNTIL, [], Founded("uk", (11, 12, 13)))


def test_the_company_holds_a_review_and_proposes_for_the_next():
    live_table()
    buyer(bought=30)
    loser(lost=30)
    world = make_world(180)
    plan_meeting(world)
    assert _due_events(world, UNTIL) == []
    review = Review.objects.get()
    assert review.held_at == UNTIL - timedelta(days=35) == review.until
    assert review.snapshot["outcomes"]["won"] == review.snapshot["outcomes"]["lost"] == 1
    assert {decision.by for decision in review.decisions.all()} == {11, 12}
    assert [proposal.text for proposal in CriterionProposal.objects.order_by("-points")][0] == "Склад від 30 людей"


def test_a_young_company_has_nothing_to_sit_down_over():
    world = make_world(100)
    plan_meeting(world)
    assert not world.acts
