"""The score table is read, filled in like a sheet, tried on people and put live."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from teplo.accounts.models import Role
from teplo.accounts.testing import make_user
from teplo.jobs.testing import run_all_jobs
from teplo.kit.clock import now
from teplo.people.models import Person
from teplo.people.testing import make_person
from teplo.scoring import reviews
from teplo.scoring.hand_scoring import score_by_hand
from teplo.scoring.interviewing import note_interview
from teplo.scoring.models import Criterion, Decision, Learning, Profile, ProfileSearch, Review, Score, ScoreTable
from teplo.scoring.rescoring import rescore
from teplo.scoring.sampling import Question
from teplo.scoring.testing import behaviour, fit, make_table
from teplo.tracking.models import Activity

pytestmark = pytest.mark.django_db
KYIV = {"field": "city", "is": "Kyiv"}


@pytest.fixture
def marketer(client):
    user = make_user(role=Role.MARKETER, language="en", timezone="UTC")
    client.force_login(user)
    return user


@pytest.fixture
def draft(marketer):
    make_table(fit(KYIV, 5, name="From Kyiv"))
    return ScoreTable.objects.create(name="Draft")


def lines(*rows):
    """Rows of the sheet as a browser sends them: one list of values per column."""
    blank = {
        "side": "fit", "group": "", "name": "", "points": "", "activity": "", "condition": "{}", "per_time": "once",
        "at_least": "1", "cap": "", "window_days": "", "half_life_days": "",
    }  # fmt: skip
    return {f"line-{name}": [str((blank | row)[name]) for row in rows] for name in blank}


def keep(client, draft, *rows, **changes):
    data = {"name": "Draft", "warm_from": "10", "hot_from": "20", **lines(*rows), **changes}
    return client.post(reverse("score-table-save", args=[draft.pk]), data, headers={"HX-Request": "true"})


def test_the_page_says_how_many_are_warm_and_reads_the_table(client, marketer):
    make_table(
        fit(KYIV, 12, name="From Kyiv", group="City"),
        behaviour(
            Activity.objects.get(key="video-watched").pk, -2, is_per_time=True, cap=6, window_days=60, name="Video"
        ),
    )
    person = Person.objects.create(city="Kyiv")
    rescore(person_ids=[person.pk], cause="attribute", at=now())
    text = client.get(reverse("scoring")).content.decode()
    for said in ("0 hot, 1 warm of 1 person", "From Kyiv", "+12", "−2", "6 at most", "in 60 days", "everybody else"):
        assert said in text


@pytest.mark.parametrize("name", ["scoring", "hand-scores", "reviews", "interviews", "profile-searches", "learnings"])
def test_each_room_costs_the_same_for_few_people_and_for_many(client, marketer, name):
    make_table(fit(KYIV, 12, name="From Kyiv"), live_at=now())

    def more(count):
        for number in range(count):
            person = make_person(city="Kyiv" if number % 2 else "Lviv")
            rescore(person_ids=[person.pk], cause="attribute", at=now())
            score_by_hand(person_id=person.pk, temperature="cold" if number % 2 else "hot", by=marketer.pk)
            reviews.propose(text=f"Sign {number}", by=marketer.pk, person_id=person.pk, condition=KYIV)
            note_interview(person_id=person.pk, text="Asked", by=marketer.pk, at=now(), reasons=["price"])
            review = Review.objects.create(since=now() - timedelta(days=30 + number), until=now(), held_at=now())
            Decision.objects.create(review=review, text="Something", by=marketer.pk)
            question = Question(moment="date", on=date(2026, 1, 1), as_of=now()).as_json()
            Learning.objects.create(question=question), ProfileSearch.objects.create(question=question)

    def cost():
        assert client.get(reverse(name)).status_code == 200
        with CaptureQueriesContext(connection) as told:
            client.get(reverse(name))
        return len(told)

    more(2)
    few = cost()
    more(8)
    assert cost() <= few <= 40


def test_without_any_table_the_page_says_what_to_do(client, marketer):
    ScoreTable.objects.all().delete()
    text = client.get(reverse("scoring")).content.decode()
    assert "No table is live yet" in text
    client.post(reverse("score-table-new"))
    assert Criterion.objects.count() > 20


def test_a_new_draft_is_the_live_table_to_be_changed(client, draft):
    answer = client.post(reverse("score-table-new"))
    made = ScoreTable.objects.order_by("-id").first()
    assert answer["Location"] == reverse("score-table", args=[made.pk])
    assert (made.name, made.state, made.criteria.get().name) == ("Table 2", "draft", "From Kyiv")
    assert 'name="line-name"' in client.get(answer["Location"]).content.decode()


def test_the_sheet_is_kept_line_by_line(client, draft):
    deed = Activity.objects.get(key="video-watched")
    answer = keep(
        client, draft,
        {"name": "Kyiv", "points": "+5", "condition": json.dumps(KYIV), "group": "City"},
        {},
        {"side": "behaviour", "name": "Video", "points": "−3", "activity": deed.pk, "per_time": "each", "cap": "9",
         "half_life_days": "14"},
    )  # fmt: skip
    assert answer.status_code == 200
    assert "table-kept" in answer["HX-Trigger-After-Settle"]
    first, second = draft.criteria.all()
    assert (first.name, first.points, first.condition, first.group) == ("Kyiv", 5, KYIV, "City")
    assert (second.points, second.activity_id, second.is_per_time, second.cap) == (-3, deed.pk, True, 9)
    assert (second.half_life_days, second.window_days) == (14, None)


def test_thresholds_that_cross_are_refused_in_a_sentence(client, draft):
    answer = keep(client, draft, {"name": "Kyiv", "points": "5", "condition": json.dumps(KYIV)}, hot_from="1")
    assert answer.status_code == 422 and "<div>Hot must begin above warm</div>" in answer.content.decode()


def test_a_refused_line_comes_back_as_it_was_typed(client, draft):
    answer = keep(
        client, draft, {"name": "Kyiv", "points": "5", "condition": json.dumps(KYIV)}, {"name": "Odd", "points": "x"}
    )
    text = answer.content.decode()
    assert answer.status_code == 422
    assert (
        "Line 2:" in text and "say how many points it gives" in text and 'value="Odd"' in text and 'value="x"' in text
    )
    assert not draft.criteria.exists()


def test_putting_a_draft_live_scores_everybody(client, draft):
    person = Person.objects.create(city="Kyiv")
    answer = keep(client, draft, {"name": "Kyiv", "points": "30", "condition": json.dumps(KYIV)}, then="live")
    assert answer["HX-Redirect"] == reverse("scoring")
    assert "Everybody is being scored" in client.get(reverse("scoring")).content.decode()
    run_all_jobs()
    assert Score.objects.get(person=person).temperature == "hot"
    assert set(ScoreTable.objects.filter(name__in=("Table", "Draft")).values_list("name", "state")) == {
        ("Table", "retired"),
        ("Draft", "live"),
    }


def test_an_empty_draft_is_not_put_live(client, draft):
    keep(client, draft, then="live")
    assert ScoreTable.objects.get(pk=draft.pk).state == "draft"


def test_the_preview_compares_the_draft_with_the_live_table(client, draft):
    Person.objects.create(city="Kyiv")
    keep(client, draft, {"name": "Kyiv", "points": "30", "condition": json.dumps(KYIV)})
    text = client.get(reverse("score-table-preview", args=[draft.pk]), headers={"HX-Request": "true"}).content.decode()
    assert "1 would become warmer, 0 colder" in text


def test_a_live_table_is_only_read(client, draft):
    live = ScoreTable.objects.get(state="live")
    assert 'name="line-name"' not in client.get(reverse("score-table", args=[live.pk])).content.decode()
    assert keep(client, live, {"name": "Kyiv", "points": "30", "condition": json.dumps(KYIV)}).status_code == 422
    client.post(reverse("score-table-discard", args=[live.pk]))
    assert ScoreTable.objects.filter(pk=live.pk).exists()


def test_profiles_are_kept_and_refused_with_a_reason(client, marketer):
    Profile.objects.all().delete()
    url = reverse("score-profile-new")
    refused = client.post(url, {"kind": "ideal", "name": "Ours", "condition": "{}"})
    assert refused.status_code == 422
    assert "Say what must be true" in refused.content.decode()
    client.post(url, {"kind": "ideal", "name": "Ours", "condition": json.dumps(KYIV), "is_active": "on"})
    profile = Profile.objects.get()
    assert (profile.name, profile.condition, profile.is_active) == ("Ours", KYIV, True)
    client.post(reverse("score-profile-delete", args=[profile.pk]))
    assert not Profile.objects.exists()


def test_an_analyst_reads_and_changes_nothing(client):
    client.force_login(make_user(role=Role.ANALYST, language="en"))
    draft = ScoreTable.objects.create(name="Draft")
    assert 'name="line-name"' not in client.get(reverse("score-table", args=[draft.pk])).content.decode()
    assert client.post(reverse("score-table-live", args=[draft.pk])).status_code == 403
