"""Ready journeys can be published as they are, in every language."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from teplo.accounts.models import Workspace
from teplo.channels.models import Delivery
from teplo.content.models import Template
from teplo.content.rendering import prepare
from teplo.journeys.checking import check_version
from teplo.journeys.enrolling import enrol_people
from teplo.journeys.models import Enrolment
from teplo.journeys.presets.installing import READY, NoSuchPreset, install
from teplo.journeys.publishing import draft_of, publish
from teplo.journeys.simulating import rehearse
from teplo.journeys.stepping import tick
from teplo.journeys.testing import make_people
from teplo.kit.clock import at_moment
from teplo.stages import presets as stages_presets
from teplo.stages.models import Standing
from teplo.tracking import presets as tracking_presets
from teplo.tracking.sites import create_site

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _ready_made() -> None:
    tracking_presets.install()
    stages_presets.install()


@pytest.mark.parametrize("language", ["ru", "uk", "en"])
@pytest.mark.parametrize("key", list(READY))
def test_a_ready_journey_has_no_mistakes_and_can_be_published(key: str, language: str) -> None:
    journey = install(key, language=language)

    assert [str(problem) for problem in check_version(draft_of(journey))[1]] == []
    assert publish(journey=journey).published_at is not None
    assert set(Template.objects.values_list("language", flat=True)) == {language}


@dataclass
class Addressed:
    person_id: int
    context: dict[str, Any] = field(default_factory=dict)


class Untraced:
    pixel_url = unsubscribe_url = preferences_url = view_url = "https://t.example/own"

    def tracked(self, url: str) -> str:
        return url


def test_the_button_of_a_ready_letter_leads_to_our_site_and_not_into_teplo() -> None:
    Workspace.objects.update_or_create(pk=1, defaults={"public_url": "https://teplo.example.com"})
    install("welcome", language="en")
    (reader,) = make_people(1)
    letter = prepare(Template.objects.get(name__contains="useful"))

    def where() -> str:
        (copy,) = letter.render_many([Addressed(reader)], linking=lambda _: Untraced(), sender={})
        return re.findall(r'href="([^"]+)"[^>]*>Have a look', copy.html)[0]

    assert where() == "https://teplo.example.com"  # better than nowhere
    create_site(name="Shop", origins=["https://shop.example"])
    create_site(name="Blog", origins=["https://blog.example"])
    assert where() == "https://shop.example"


def test_an_unknown_preset_is_refused() -> None:
    with pytest.raises(NoSuchPreset):
        install("no-such")


def test_three_letters_left_unopened_in_a_row_end_the_reactivation_and_the_person_is_non_target() -> None:
    journey = install("reactivation", language="en")
    publish(journey=journey)
    silent, reader = make_people(2)
    with at_moment(NOON):
        assert enrol_people(journey=journey, person_ids=[silent, reader], at=NOON) == 2
    for hour in range(0, 70 * 24, 6):
        moment = NOON + timedelta(hours=hour)
        with at_moment(moment):
            tick(owner="test")
        Delivery.objects.filter(sent_at=None).update(sent_at=moment, state="sent")
        Delivery.objects.filter(person_id=reader, opened_at=None).update(opened_at=moment)

    quiet = Enrolment.objects.get(person_id=silent)
    assert (quiet.state, quiet.end_reason) == ("done", "silent")
    assert Delivery.objects.filter(person_id=silent).count() == 3
    assert Standing.objects.get(person_id=silent).stage.key == "non-target"
    assert Delivery.objects.filter(person_id=reader).count() == 8
    assert Enrolment.objects.get(person_id=reader).state == "done"
    assert not Standing.objects.filter(person_id=reader).exists()


def test_a_simulation_writes_nothing_and_repeats_itself() -> None:
    journey = install("reactivation")
    people = make_people(200)
    with at_moment(NOON):
        first = rehearse(version=draft_of(journey), person_ids=people, days=60)
        second = rehearse(version=draft_of(journey), person_ids=people, days=60)

    assert first == second
    assert first.passed["letter-1"] == 200
    assert 0 < first.passed["letter-4"] < 200  # those who opened none of three are out
    assert sum(first.waiting.values()) + sum(first.ended.values()) == 200
    assert first.by_day[0]["letter-1"] == 200
    assert not Enrolment.objects.exists() and not Delivery.objects.exists()
