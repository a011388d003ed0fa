"""Screens of back-tests and shadow runs: asking, progress, the answer, who would be called otherwise."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from django.urls import reverse

from teplo.accounts.testing import make_user
from teplo.config import wiring
from teplo.jobs.testing import run_all_jobs
from teplo.people.models import Person
from teplo.scoring.backtesting import start_back_test
from teplo.scoring.models import BackTest, ScoreTable, ShadowRun, TableState
from teplo.scoring.outcomes import Told, tell_outcomes
from teplo.scoring.rescoring import rescore
from teplo.scoring.sampling import Question
from teplo.scoring.testing import fit, make_table

pytestmark = pytest.mark.django_db
MET = datetime(2026, 1, 10, 9, tzinfo=UTC)
NOW = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _world(client):
    wiring.assemble()
    client.force_login(make_user(role="marketer"))


@pytest.fixture
def tables(db):
    draft = make_table(
        fit({"field": "city", "is": "Москва"}, 30, name="Moscow"), name="Draft", warm_from=10, hot_from=25
    )
    live = make_table(fit({"field": "position", "is": "CEO"}, 30, name="Chief"), name="Live", warm_from=10, hot_from=25)
    ScoreTable.objects.filter(pk=draft.pk).update(state=TableState.DRAFT)
    return draft, live


@pytest.fixture
def people(db):
    """Moscow buys, chiefs do not matter."""
    made = Person.objects.bulk_create(
        Person(
            first_name=f"P{number}",
            city="Москва" if number % 2 else "Київ",
            position="CEO" if number % 3 else "",
            created_at=MET + timedelta(days=number % 40),
        )
        for number in range(80)
    )
    told = [
        Told(person.pk, "won" if (number % 2) ^ (number % 11 == 0) else "lost", MET + timedelta(days=60))
        for number, person in enumerate(made)
    ]
    tell_outcomes(told, source="import")
    return made


def answered(tables, **changes):
    draft, live = tables
    values = {"moment": "first-contact", "since": date(2026, 1, 1), "until": date(2026, 3, 1), "days": 5, "as_of": NOW}
    test = start_back_test(
        table=draft,
        against=live,
        question=Question(**(values | changes)),
        calls_per_day=1,
        name="Spring",
        by=None,
        at=NOW,
    )
    run_all_jobs()
    return BackTest.objects.get(pk=test.pk)


def test_a_draft_is_put_to_the_past_from_its_page(client, tables, people):
    draft, _live = tables
    sheet = client.get(reverse("score-table", args=[draft.pk])).content.decode()
    assert f"{reverse('backtest-new')}?table={draft.pk}" in sheet
    form = client.get(reverse("backtest-new"), {"table": draft.pk})
    assert form.status_code == 200
    asked = {
        "table": draft.pk, "moment": "first-contact", "days": "5", "since": "2026-01-01", "until": "2026-03-01",
        "horizon_days": "60", "versus": "lost", "calls_per_day": "3", "name": "Spring",
    }  # fmt: skip
    answer = client.post(reverse("backtest-new"), asked)
    test = BackTest.objects.get()
    assert answer.url == reverse("backtest", args=[test.pk])
    assert test.question["only_ended"] is True
    assert (test.calls_per_day, test.rules["against"]["name"]) == (3, "Live")
    waiting = client.get(answer.url).content.decode()
    assert "hx-get" in waiting
    run_all_jobs()
    assert "AUC" in client.get(answer.url).content.decode()


def test_a_question_that_cannot_be_asked_comes_back(client, tables):
    asked = {"table": tables[0].pk, "moment": "date", "versus": "everybody", "calls_per_day": "3"}
    answer = client.post(reverse("backtest-new"), asked)
    assert answer.status_code == 422
    assert not BackTest.objects.exists()


def test_a_table_without_criteria_is_refused_in_place(client, tables):
    empty = ScoreTable.objects.create(name="Empty")
    asked = {
        "table": empty.pk, "moment": "first-contact", "since": "2026-01-01", "until": "2026-03-01",
        "versus": "everybody", "calls_per_day": "3",
    }  # fmt: skip
    assert client.post(reverse("backtest-new"), asked).status_code == 422


def test_the_answer_shows_both_tables_and_says_which_is_better(client, tables, people):
    test = answered(tables)
    assert "better" in test.result["verdict"]
    said = client.get(reverse("backtest", args=[test.pk])).content.decode()
    for words in ("Draft", "Live", "P3"):
        assert words in said
    assert said.count("data-chart") >= 5
    russian = client.get(reverse("backtest", args=[test.pk]), headers={"Accept-Language": "ru"}).content.decode()
    assert "Во сколько раз больше покупателей, чем наугад" in russian


def test_the_lift_is_the_gain_over_the_share(client, tables, people):
    test = answered(tables)
    shown = client.get(reverse("backtest", args=[test.pk])).context
    gain, lift = shown["gain"]["rows"], shown["lift"]["rows"]
    assert [row[0] for row in lift] == [row[0] for row in gain[1:]]
    for step, (name, *curves) in enumerate(lift, 1):
        for curve, held in zip(curves[:2], gain[step][1:3], strict=True):
            assert curve == pytest.approx(held / (5 * step), abs=0.06), name
    assert lift[-1][1:] == [1.0, 1.0, 1]


def test_the_threshold_is_chosen_on_the_page(client, tables, people):
    test = answered(tables)
    url = reverse("backtest-threshold", args=[test.pk])
    htmx = {"HX-Request": "true"}
    assert "30" in client.get(url, {"threshold": "30"}, headers=htmx).content.decode()
    assert client.get(url, {"threshold": "soon"}, headers=htmx).status_code == 200
    assert client.get(url, {"threshold": "-99999"}, headers=htmx).status_code == 200


def test_who_would_be_called_otherwise_is_paged_and_explained(client, tables, people, monkeypatch):
    test = answered(tables)
    monkeypatch.setattr("teplo.web.backtests.PEOPLE_SHOWN", 3)
    url = reverse("backtest", args=[test.pk])
    first = client.get(url, {"move": "cold-hot"}).content.decode()
    assert first.count("Moscow") == 6  # beside, and on a phone below
    part = reverse("backtest-people", args=[test.pk])
    assert client.get(part, {"move": "cold-hot"})["Location"] == f"{url}?move=cold-hot"
    assert client.get(part, {"move": "cold-hot"}, headers={"HX-Request": "true"}).content.decode() in first
    context = client.get(url, {"move": "cold-hot"}).context["people"]
    assert all(one["before"] == "cold" and one["after"] == "hot" for one in context["rows"])
    after = client.get(url, {"move": "cold-hot", "after": context["next"]}).context["people"]
    assert not {one["row"].person_id for one in context["rows"]} & {one["row"].person_id for one in after["rows"]}
    assert client.get(url, {"move": "x-y", "after": "soon", "state": "'"}).status_code == 200


def test_the_page_of_an_answer_asks_a_constant_number_of_questions(
    client, tables, people, django_assert_max_num_queries
):
    test = answered(tables)
    client.get(reverse("backtest", args=[test.pk]))
    with django_assert_max_num_queries(30) as all_of_them:
        client.get(reverse("backtest", args=[test.pk]))
    fewer = answered(tables, until=date(2026, 2, 1))
    assert 0 < fewer.result["people"] < test.result["people"]
    with django_assert_max_num_queries(30) as some:
        client.get(reverse("backtest", args=[fewer.pk]))
    assert len(all_of_them) <= len(some)


def test_people_and_figures_are_taken_along(client, tables, people):
    test = answered(tables)
    client.force_login(make_user(email="lead@example.com", role="analyst"))
    lines = b"".join(client.get(reverse("backtest-csv", args=[test.pk])).streaming_content).decode().splitlines()
    assert len(lines) == 1 + test.result["people"]
    figures = json.loads(client.get(reverse("backtest-json", args=[test.pk])).content)
    assert figures["result"]["won"] == test.result["won"]
    assert figures["rules"]["table"]["criteria"][0]["points"] == 30


def test_a_salesperson_may_read_but_not_ask(client, tables, people):
    test = answered(tables)
    client.force_login(make_user(email="seller@example.com", role="salesperson"))
    assert client.get(reverse("backtest", args=[test.pk])).status_code == 200
    assert client.get(reverse("backtest-new")).status_code == 403
    assert client.post(reverse("backtest-delete", args=[test.pk])).status_code == 403


def test_the_same_can_be_asked_again_and_forgotten(client, tables, people):
    test = answered(tables)
    again = client.post(reverse("backtest-again", args=[test.pk]))
    assert BackTest.objects.count() == 2
    assert again.url != reverse("backtest", args=[test.pk])
    client.post(reverse("backtest-delete", args=[test.pk]))
    assert not BackTest.objects.filter(pk=test.pk).exists()
    listed = client.get(reverse("backtests")).content.decode()
    assert "Spring" in listed


def test_a_test_outlives_its_draft(client, tables, people):
    test = answered(tables)
    ScoreTable.objects.filter(pk=tables[0].pk).delete()
    assert client.get(reverse("backtest", args=[test.pk])).status_code == 200
    assert client.post(reverse("backtest-again", args=[test.pk])).status_code == 302


def test_with_nobody_to_ask_about_the_page_says_so(client, tables):
    test = answered(tables, moment="hand-off")
    assert client.get(reverse("backtest", args=[test.pk])).status_code == 200


def test_a_shadow_run_is_started_watched_and_ended_on_the_drafts_page(client, tables, people):
    draft, _live = tables
    client.post(reverse("score-shadow-start", args=[draft.pk]))
    client.post(reverse("score-shadow-start", args=[draft.pk]))
    assert ShadowRun.objects.count() == 1
    rescore(person_ids=[person.pk for person in people[:10]], cause="activity", at=NOW)
    said = client.get(reverse("score-shadow", args=[draft.pk]), headers={"HX-Request": "true"})
    assert said.context["shadow"].people == 10
    assert "P3" in said.content.decode()
    client.post(reverse("score-shadow-stop", args=[draft.pk]))
    assert ShadowRun.objects.get().ended_at
    assert client.get(reverse("score-shadow", args=[draft.pk]), headers={"HX-Request": "true"}).status_code == 200
