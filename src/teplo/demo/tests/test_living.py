from datetime import UTC, datetime
from random import Random

import pytest

from teplo.channels.models import Delivery, DeliveryState
from teplo.demo.facts import LETTER_READ, WIN_RATE
from teplo.demo.founding import AlreadyAlive, found_company
from teplo.demo.living import bring_to_life
from teplo.demo.selling import win_chance
from teplo.demo.strangers import draw_business, draw_stranger
from teplo.kit.clock import at_moment
from teplo.people.models import Identity, Person
from teplo.people.testing import make_person
from teplo.sales.models import Deal, HandOff
from teplo.scoring.explaining import explain
from teplo.scoring.models import HandScore, Score
from teplo.tracking.models import DeadLetter, Event, InboxRow

pytestmark = pytest.mark.django_db
ENDS = datetime(2026, 6, 1, 18, tzinfo=UTC)


def test_the_company_lives_through_the_real_pipeline():
    bring_to_life(seed=3, strangers=150, days=45, ends_at=ENDS)
    assert Person.objects.count() >= 140
    assert Person.objects.filter(is_anonymous=False).count() > 15
    assert Event.objects.filter(at__gt=ENDS).count() == 0
    assert not DeadLetter.objects.exists()
    assert InboxRow.objects.count() <= 2  # what sales told in the last half-day
    assert Delivery.objects.filter(state=DeliveryState.SENT).exists()
    assert HandOff.objects.exists() and Deal.objects.exists()
    assert HandScore.objects.filter(total__isnull=False).exists()
    warmest = Score.objects.order_by("-total").first()
    with at_moment(ENDS):
        assert explain(person_id=warmest.person_id).total == warmest.total


def test_nobody_of_the_example_can_be_reached():
    bring_to_life(seed=3, strangers=60, days=20, ends_at=ENDS)
    emails = Identity.objects.filter(kind="email").values_list("value", flat=True)
    assert emails and all(value.endswith(".example") for value in emails)
    phones = Identity.objects.filter(kind="phone").values_list("value", flat=True)
    assert all("000" in value for value in phones)


def test_the_same_seed_gives_the_same_strangers():
    def draw(seed):
        random = Random(seed)
        businesses = [draw_business(random) for _ in range(10)]
        return [
            (one.email, one.need, one.arrives_at)
            for one in (draw_stranger(n, seed=seed, businesses=businesses, begins_at=ENDS, days=9) for n in range(50))
        ]

    assert draw(5) == draw(5) != draw(6)


def test_an_example_never_mixes_with_real_people():
    make_person(first_name="Ольга")
    with pytest.raises(AlreadyAlive):
        found_company()


def test_rates_are_those_measured():
    random = Random(1)
    businesses = [draw_business(random) for _ in range(200)]
    strangers = [draw_stranger(n, seed=1, businesses=businesses, begins_at=ENDS, days=180) for n in range(4000)]
    # Those who come to a deal are the needier and fitter half, and have read and asked by then.
    in_talks = sorted(strangers, key=lambda s: s.need + s.fit)[2000:]
    for stranger in in_talks:
        stranger.pages_seen, stranger.resolve = 11, 0.1
    won = sum(win_chance(s) for s in in_talks) / len(in_talks)
    assert abs(won - WIN_RATE) < 0.1
    read = sum(LETTER_READ * (0.35 + 0.75 * s.need + 0.25 * s.fit) for s in in_talks) / len(in_talks)
    assert abs(read - LETTER_READ) < 0.05
