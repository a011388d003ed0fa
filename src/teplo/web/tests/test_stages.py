"""The ladder is seen, edited and replaced; the reports lead to the people behind each number."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from teplo.accounts.models import Role
from teplo.accounts.testing import make_user
from teplo.jobs.testing import run_all_jobs
from teplo.kit.clock import now
from teplo.people.models import Person
from teplo.stages.models import Stage, StageMove, Standing
from teplo.stages.moving import move_by_signs
from teplo.tracking.models import Acquisition, Presence

pytestmark = pytest.mark.django_db


@pytest.fixture
def marketer(client):
    user = make_user(role=Role.MARKETER, language="en", timezone="UTC")
    client.force_login(user)
    return user


@pytest.fixture
def people():
    made = [Person.objects.create(first_name=str(number), is_anonymous=number < 2) for number in range(5)]
    move_by_signs(person_ids=[one.pk for one in made], at=now())
    return made


def read(client, name, *args, **query):
    answer = client.get(reverse(name, args=args), query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_ladder_shows_people_goals_and_signs(client, marketer, people):
    Standing.objects.filter(person=people[4]).update(since=now() - timedelta(days=99))
    Presence.objects.create(person=people[4], first_seen_at=now(), last_seen_at=now())
    text = read(client, "stages")
    for said in (
        "3 people",
        "at 7 stages",
        "1 stuck",
        "Mysterious stranger",
        "Everybody begins here.",
        "Gone cold",
        "Comes back by hand only.",
    ):
        assert said in text
    assert "4" in read(client, "stage-stuck", Stage.objects.get(key="new-acquaintance").pk)


def test_a_stage_is_edited_and_its_sign_asked_of_everybody(client, marketer, people):
    stage = Stage.objects.get(key="pal")
    data = {
        "name_en": "Buddy", "name_ru": "Приятель", "sign": json.dumps({"field": "first_name", "is": "3"}),
        "stuck_after_days": "5", "level": "middle", "actions_en": "Write\nCall",
    }  # fmt: skip
    assert client.post(reverse("stage", args=[stage.pk]), data).status_code == 302
    stage.refresh_from_db()
    assert (stage.names, stage.stuck_after_days) == ({"en": "Buddy", "ru": "Приятель"}, 5)
    assert "Everybody is finding his stage" in read(client, "stages")
    run_all_jobs()
    assert Standing.objects.get(person=people[3]).stage == stage


def test_a_stage_without_a_name_is_refused_with_what_was_typed(client, marketer):
    answer = client.post(reverse("stage-new"), {"trade_name": "Ours", "sign": "{}"})
    assert answer.status_code == 422
    assert "give the stage a name" in answer.content.decode() and 'value="Ours"' in answer.content.decode()


def test_own_stages_and_places_are_added_moved_and_put_out_of_use(client, marketer):
    client.post(reverse("stage-new"), {"name_en": "Fan", "sign": "{}"})
    client.post(reverse("stage-new"), {"name_en": "On leave", "sign": "{}", "is_beside": "on"})
    fan = Stage.objects.get(key="fan")
    assert (fan.position, Stage.objects.get(key="on-leave").is_beside) == (8, True)
    client.post(reverse("stage-shift", args=[fan.pk]), {"way": "up"})
    fan.refresh_from_db()
    assert fan.position == 7
    client.post(reverse("stage-retire", args=[fan.pk]))
    fan.refresh_from_db()
    assert not fan.is_active


def test_a_ready_ladder_is_chosen(client, marketer, people):
    assert "The seller&#x27;s four steps" in read(client, "stage-presets")
    client.post(reverse("stage-presets"), {"preset": "lead-prospect"})
    run_all_jobs()
    assert set(Standing.objects.values_list("stage__key", flat=True)) == {"lead"}
    assert client.post(reverse("stage-presets"), {"preset": "none"}).status_code == 422


def test_the_reports_stand_empty_and_full(client, marketer):
    for name in ("insight", "funnel", "sources", "stages"):
        read(client, name)
    people = [Person.objects.create(first_name=str(number)) for number in range(3)]
    move_by_signs(person_ids=[one.pk for one in people], at=now())
    for one in people:
        Acquisition.objects.create(
            person=one, first_source="paid", first_detail="spring", first_at=now(), last_source="paid", last_at=now()
        )
    StageMove.objects.create(
        person=people[0], id=1, to_stage=Stage.objects.get(key="close-friend"), at=now(), cause="hand"
    )
    assert "3 people came in the last 90 days, 33.3%" in read(client, "insight")
    assert "3 people came" in read(client, "funnel", days="30", who="known")
    assert "spring" in read(client, "sources", source="paid")


def test_tables_are_exported_and_formulas_made_harmless(client, people):
    Stage.objects.filter(key="stranger").update(names={"en": "=1+1"})
    client.force_login(make_user(role=Role.ANALYST, language="en"))
    lines = client.get(reverse("funnel-export")).content.decode("utf-8-sig").splitlines()
    assert lines[0].startswith("Stage,Trade name,People now")
    assert lines[1].startswith("'=1+1,Awareness,2")
    assert client.get(reverse("sources-export")).status_code == 200
    client.force_login(make_user(role=Role.SALESPERSON))
    assert client.get(reverse("funnel-export")).status_code == 403


def test_pages_ask_a_constant_number_of_questions(client, marketer, people):
    def asked(name):
        with CaptureQueriesContext(connection) as queries:
            read(client, name)
        return len(queries)

    read(client, "stages")
    few = {name: asked(name) for name in ("stages", "funnel", "insight", "sources", "scoring")}
    more = [Person.objects.create(first_name=str(number)) for number in range(40)]
    move_by_signs(person_ids=[one.pk for one in more], at=now())
    assert {name: asked(name) for name in few} == few
    assert max(few.values()) < 40
