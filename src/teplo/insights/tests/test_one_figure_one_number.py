"""One word, one number: every screen, export and answer says the same, and the same as counting person by person."""

from __future__ import annotations

import csv
import io
import json
import random
import re
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest
from django.core.cache import cache
from django.urls import reverse

from teplo.accounts.models import Workspace
from teplo.accounts.testing import make_user
from teplo.accounts.tokens import create_token
from teplo.insights import figures, today
from teplo.insights.funnel import funnel
from teplo.insights.origins import origins
from teplo.insights.people_list import count_people
from teplo.insights.readiness import readiness, ready_now
from teplo.kit.clock import at_moment
from teplo.kit.ids import new_id
from teplo.people.choosing import EVERYBODY, KNOWN, Chosen
from teplo.people.models import Person
from teplo.scoring.models import Score, ScoreTable, TableState
from teplo.scoring.previewing import distribution_now
from teplo.stages.models import Stage, StageMove, Standing
from teplo.tracking.models import Acquisition, Presence

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 31, 12, 30, tzinfo=UTC)
ZONE = ZoneInfo("Europe/Kyiv")
DAYS = 30


class Naive:
    """What is known of one person, and what follows from it when counted by hand."""

    def __init__(self, person, total, heat, came, stage, since, seen, moved_on, source):
        self.person, self.total, self.heat, self.came = person, total, heat, came
        self.stage, self.since, self.seen, self.moved_on, self.source = stage, since, seen, moved_on, source

    @property
    def is_known(self):
        return not self.person.is_anonymous and self.person.erased_at is None

    @property
    def is_here(self):
        return self.person.erased_at is None

    @property
    def came_lately(self):
        return self.is_here and self.came.astimezone(ZONE).date() > AT.astimezone(ZONE).date() - timedelta(days=DAYS)

    @property
    def is_stuck(self):
        stage = self.stage
        if not self.is_known or stage is None or stage.is_customer or stage.is_beside or self.seen is None:
            return False
        begins = AT.astimezone(ZONE).date() - timedelta(days=stage.stuck_after_days - 1)
        return self.since.astimezone(ZONE).date() < begins <= self.seen.astimezone(ZONE).date()


@pytest.fixture
def world():
    cache.clear()
    Workspace.objects.update_or_create(pk=1, defaults={"timezone": "Europe/Kyiv", "language": "en"})
    table = ScoreTable.objects.get(state=TableState.LIVE)
    stages = list(Stage.objects.filter(is_active=True).order_by("is_beside", "position"))
    chance, people = random.Random(5), []
    # the edges of the window: midnight in Kyiv is not midnight in UTC
    edges = [datetime(2026, 3, 1, 21, 59, tzinfo=UTC), datetime(2026, 3, 1, 22, 1, tzinfo=UTC)]
    for number in range(240):
        came = edges[number] if number < 2 else AT - timedelta(hours=chance.randint(1, 24 * 90))
        person = Person.objects.create(
            first_name=f"P{number}", is_anonymous=number > 2 and chance.random() < 0.5, created_at=came,
            erased_at=AT if chance.random() < 0.06 else None, owner_id=None,
        )  # fmt: skip
        people.append(_live(person, came, table, stages, chance))
    yield people
    cache.clear()


def _live(person, came, table, stages, chance):
    total = chance.choice([None, 0, 3, table.warm_from, table.warm_from + 2, table.hot_from, table.hot_from + 9])
    heat = "cold"
    if total is not None:
        heat = "hot" if total >= table.hot_from else "warm" if total >= table.warm_from else "cold"
        Score.objects.create(person=person, total=total, temperature=heat)
    stage = since = None
    moved_on = chance.random() < 0.5
    if chance.random() < 0.9:
        stage = chance.choice(stages[1:]) if moved_on else stages[0]
        since = came + timedelta(minutes=30)
        StageMove.objects.create(person=person, id=new_id(), to_stage=stages[0], at=came, cause="sign")
        if moved_on:
            StageMove.objects.create(
                person=person, id=new_id(), from_stage=stages[0], to_stage=stage, at=since, cause="sign"
            )
        Standing.objects.create(person=person, stage=stage, since=since)
    seen = AT - timedelta(hours=chance.randint(1, 24 * 60)) if chance.random() < 0.7 else None
    if seen:
        Presence.objects.create(person=person, first_seen_at=min(came, seen), last_seen_at=seen)
    source = chance.choice(["paid", "organic", ""])
    if source:
        Acquisition.objects.create(person=person, first_source=source, first_at=came, last_source=source, last_at=came)
    return Naive(person, total, heat, came, stage, since, seen, moved_on, source)


def count(people, test):
    return sum(1 for one in people if test(one))


def test_people_warm_and_hot_are_the_same_everywhere(world):
    known = count(world, lambda one: one.is_known)
    warm, hot = (count(world, lambda one, heat=heat: one.is_known and one.heat == heat) for heat in ("warm", "hot"))
    assert min(known, warm, hot) > 5
    with at_moment(AT):
        assert figures.warmth() == figures.Warmth(known, warm, hot) == today.warmth()
        listed = count_people(chosen=Chosen(who=KNOWN))
        assert (listed.people, listed.warm, listed.hot) == (known, warm, hot)
        spread = distribution_now(ScoreTable.objects.get(state=TableState.LIVE))
        assert (spread.people, spread.warm, spread.hot, spread.cold) == (known, warm, hot, known - warm - hot)
        assert sum(people for _start, people in spread.bars) == known
        assert ready_now() == hot
        ever = readiness(at=AT, days=None)
        assert (ever.people, ever.of_heat("warm"), ever.of_heat("hot")) == (known, warm, hot)
        lines = origins(at=AT, days=None)
        assert [sum(getattr(line, name) for line in lines) for name in ("known", "warm", "hot")] == [known, warm, hot]
        for heat, number in (("warm", warm), ("hot", hot), ("cold", known - warm - hot)):
            asked = Chosen(condition={"temperature": [heat]}, who=KNOWN)
            assert count_people(chosen=asked).people == number
        assert today.pressing(user_id=None, task_user_id=None).hot == hot


def test_who_came_is_the_same_everywhere(world):
    everybody, known = count(world, lambda one: one.came_lately), count(world, lambda o: o.came_lately and o.is_known)
    assert everybody > known > 10
    with at_moment(AT):
        assert figures.count_came(at=AT, days=DAYS) == figures.Came(everybody, known)
        shown = funnel(at=AT, days=DAYS)
        assert shown.newcomers == shown.steps[0].reached == everybody
        assert funnel(at=AT, days=DAYS, known_only=True).newcomers == known
        assert readiness(at=AT, days=DAYS).people == known
        lines = origins(at=AT, days=DAYS)
        assert sum(line.people for line in lines) == everybody
        assert sum(line.known for line in lines) == known
        without = count(world, lambda one: one.came_lately and not one.source)
        assert next(line.people for line in lines if not line.source) == without
        created = {"field": "created", "within": f"{DAYS}d"}
        assert count_people(chosen=Chosen(condition=created, who=KNOWN)).people == known
        assert count_people(chosen=Chosen(condition=created, who=EVERYBODY)).people == everybody


def test_the_stock_of_stages_and_the_stuck_are_the_people_behind_the_link(world):
    with at_moment(AT):
        shown = funnel(at=AT, days=DAYS)
        for step in shown.steps:
            here = count(world, lambda one, step=step: one.is_here and one.stage == step.stage)
            assert step.here == here
            asked = Chosen(condition={"stage": step.stage.key}, who=EVERYBODY)
            assert count_people(chosen=asked).people == here
            assert step.known == count(world, lambda one, step=step: one.is_known and one.stage == step.stage)
            stuck = count(world, lambda one, step=step: one.stage == step.stage and one.is_stuck)
            assert step.stuck == stuck
        assert sum(step.stuck for step in shown.steps) == count(world, lambda one: one.is_stuck) > 0
        customers = sum(line.customers for line in origins(at=AT, days=None))
        at_customer_stages = count(world, lambda one: one.is_here and one.stage and one.stage.is_customer)
        assert customers == at_customer_stages


def text_of(client, name, **query):
    return " ".join(re.sub(r"<[^>]+>", " ", client.get(reverse(name), query).content.decode()).split())


def test_the_screens_say_these_numbers(client, world):
    client.force_login(make_user(language="en", timezone="Europe/Kyiv"))
    known = count(world, lambda one: one.is_known)
    warm, hot = (count(world, lambda one, heat=heat: one.is_known and one.heat == heat) for heat in ("warm", "hot"))
    everybody, came = count(world, lambda one: one.came_lately), count(world, lambda o: o.came_lately and o.is_known)
    stuck = count(world, lambda one: one.is_stuck)
    on_ladder = count(world, lambda one: one.is_known and one.stage and not one.stage.is_beside)
    with at_moment(AT):
        assert f"{known} people {warm} warm {hot} hot" in text_of(client, "today")
        assert re.search(rf"\b{known} people\s*, {warm} warm\s*, {hot} hot", text_of(client, "people"))
        assert f"{hot} hot, {warm} warm of {known} people" in text_of(client, "scoring")
        assert f"{came} known people came in the last 30 days" in text_of(client, "scoring", days=DAYS)
        came_text = f"{everybody} people came in the last 30 days"
        for page in ("insight", "funnel", "sources"):
            assert came_text in text_of(client, page, days=DAYS)
        assert f"{came} of them are known" in text_of(client, "insight", days=DAYS)
        assert f"{on_ladder} people at 7 stages, {stuck} stuck" in text_of(client, "stages")


def test_each_stuck_number_leads_to_as_many_people(client, world):
    client.force_login(make_user(language="en", timezone="Europe/Kyiv"))
    with at_moment(AT):
        for step in funnel(at=AT, days=DAYS).steps:
            page = client.get(reverse("stage-stuck", args=[step.stage.pk])).content.decode()
            link = re.search(r'href="([^"]*condition=[^"]*)"', page)
            assert bool(link) >= bool(step.stuck)
            if link:
                asked = parse_qs(urlsplit(link[1].replace("&amp;", "&")).query)
                chosen = Chosen(condition=json.loads(asked["condition"][0]), who=asked["who"][0])
                assert count_people(chosen=chosen).people == step.stuck


def test_exports_and_the_api_say_them_too(client, world):
    user = make_user(language="en", timezone="Europe/Kyiv")
    client.force_login(user)
    with at_moment(AT):
        rows = list(csv.reader(io.StringIO(client.get("/insight/sources.csv?days=30").content.decode("utf-8-sig"))))
        assert sum(int(row[1]) for row in rows[1:]) == count(world, lambda one: one.came_lately)
        rows = list(csv.reader(io.StringIO(client.get("/insight/funnel.csv?days=30").content.decode("utf-8-sig"))))
        assert int(rows[1][4]) == count(world, lambda one: one.came_lately)
        _row, token = create_token(name="t", role="administrator", by=user.pk)
        for heat in ("warm", "hot"):
            answer = client.get(
                "/api/v1/people/scores",
                {"temperature": heat, "limit": 200},
                headers={"Authorization": f"Bearer {token}"},
            )
            number = count(world, lambda one, heat=heat: one.is_known and one.heat == heat)
            assert len(json.loads(answer.content)["scores"]) == number
