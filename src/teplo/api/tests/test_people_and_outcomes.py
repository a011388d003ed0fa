"""Scores and their reasons are read, outcomes are told; jobs are followed and stopped."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from teplo.accounts.models import Role
from teplo.accounts.testing import make_user
from teplo.api.testing import Caller
from teplo.jobs.models import JobState
from teplo.jobs.testing import make_job
from teplo.kit.clock import at_moment, now
from teplo.people.models import AttributeChange
from teplo.people.testing import make_person
from teplo.scoring.hand_scoring import score_by_hand
from teplo.scoring.models import Outcome, ScoreTable
from teplo.scoring.rescoring import rescore
from teplo.scoring.testing import fit, make_table

pytestmark = pytest.mark.django_db
KYIV = {"field": "city", "is": "Kyiv"}


@pytest.fixture
def caller() -> Caller:
    return Caller()


def scored(count: int) -> list[int]:
    make_table(fit(KYIV, 12, name="From Kyiv"), warm_from=10, hot_from=20)
    people = [make_person(city="Kyiv" if number % 2 else "Lviv").pk for number in range(count)]
    rescore(person_ids=people, cause="attribute", at=now())
    return people


def test_scores_are_read_page_by_page(caller: Caller) -> None:
    people = sorted(scored(5))
    seen: list[str] = []
    after = ""
    for _ in range(3):
        page = caller.get("/people/scores", limit=2, **({"after": after} if after else {})).json()
        seen += [score["person"] for score in page["scores"]]
        after = page["next"]
    assert seen == [str(person) for person in people] and after == ""
    warm = caller.get("/people/scores", temperature="warm").json()["scores"]
    assert {score["total"] for score in warm} == {12} and len(warm) == 2
    assert caller.get("/people/scores", changed_since=(now() + timedelta(days=1)).isoformat()).json()["scores"] == []
    assert caller.get("/people/scores", limit=0).status_code == 422


def test_an_address_with_a_nul_is_refused_as_anything_senseless_is(caller: Caller) -> None:
    answer = caller.get("/people/find", kind="email", value="a\0@example.com")
    assert (answer.status_code, answer.json()["code"]) == (422, "nul-in-address")


def test_moments_of_any_zone_are_understood_and_those_beyond_the_calendar_refused(caller: Caller) -> None:
    assert caller.get("/people/scores", changed_since="2026-01-01T00:00:00+23:56").status_code == 200
    assert caller.get("/people/scores", changed_since="0001-01-01T00:00:00+05:00").status_code == 422


def test_a_person_is_found_by_contact_and_his_score_explained(caller: Caller) -> None:
    scored(1)
    person = make_person(city="Kyiv", phone="+380441112233")
    found = caller.get("/people/find", kind="phone", value="044 111 22 33").json()
    assert found["id"] == str(person.pk)
    why = caller.get(f"/people/{person.pk}/explanation").json()
    assert (why["total"], why["temperature"]) == (12, "warm")
    assert why["total"] == sum(part["points"] for part in why["parts"])
    assert why["parts"][0]["name"] == "From Kyiv"
    assert caller.get("/people/find", kind="email", value="stranger@example.com").status_code == 404
    assert caller.get("/people/find", kind="email", value="nonsense").status_code == 422
    assert caller.get("/people/1/explanation").status_code == 404
    assert caller.get("/people/1/score").status_code == 404


def test_the_past_is_explained_as_it_was_and_the_future_is_not(caller: Caller) -> None:
    scored(0)
    person = make_person(city="Kyiv", created_at=now() - timedelta(days=30))
    AttributeChange.objects.create(
        person=person, key="city", old="Lviv", new="Kyiv", at=now() - timedelta(days=2), by="t"
    )
    before = (now() - timedelta(days=5)).isoformat()
    assert caller.get(f"/people/{person.pk}/explanation", as_of=before).json()["total"] == 0
    assert caller.get(f"/people/{person.pk}/explanation").json()["total"] == 12
    later = caller.get(f"/people/{person.pk}/explanation", as_of=(now() + timedelta(days=1)).isoformat())
    assert (later.status_code, later.json()["code"]) == (422, "future")


def test_a_past_day_is_explained_by_the_table_of_that_day_unless_todays_is_asked(caller: Caller) -> None:
    ScoreTable.objects.all().delete()
    days = {number: now() - timedelta(days=number) for number in (40, 30, 20, 10, 5)}
    spring = make_table(fit(KYIV, 3), name="Spring", live_at=days[30], retired_at=days[10])
    autumn = make_table(fit(KYIV, 8), name="Autumn", live_at=days[10])
    person = make_person(city="Kyiv", created_at=days[40])

    def why(**asked: Any) -> Any:
        return caller.get(f"/people/{person.pk}/explanation", **asked).json()

    then = why(as_of=days[20].isoformat())
    assert (then["table"]["id"], then["total"], then["was_live"]) == (str(spring.pk), 3, True)
    by_todays = why(as_of=days[20].isoformat(), table="live")
    assert (by_todays["table"]["id"], by_todays["total"], by_todays["was_live"]) == (str(autumn.pk), 8, False)
    assert why()["table"]["name"] == "Autumn" and why()["was_live"]
    assert why(as_of=days[5].isoformat())["table"]["name"] == "Autumn"


def test_before_any_table_the_word_of_a_colleague_is_told(caller: Caller) -> None:
    ScoreTable.objects.all().delete()
    person = make_person(city="Kyiv", created_at=now() - timedelta(days=40))
    with at_moment(now() - timedelta(days=30)):
        score_by_hand(person_id=person.pk, temperature="warm", points=12, words="Asks for a quote", by=1)
    make_table(fit(KYIV, 8), name="First", live_at=now() - timedelta(days=10))

    def why(days: int) -> Any:
        return caller.get(f"/people/{person.pk}/explanation", as_of=(now() - timedelta(days=days)).isoformat()).json()

    assert why(35)["hand"] is None
    told = why(20)
    assert (told["was_live"], told["table"]["name"]) == (False, "First")
    assert (told["hand"]["temperature"], told["hand"]["points"]) == ("warm", 12)
    assert told["hand"]["words"] == "Asks for a quote"


def test_another_table_may_explain(caller: Caller) -> None:
    scored(0)
    person = make_person(city="Lviv")
    draft = caller.post(
        "/score-tables",
        {"name": "d", "lines": [{"side": "fit", "name": "L", "points": 7, "condition": 'city is "Lviv"'}]},
    ).json()
    assert caller.get(f"/people/{person.pk}/explanation", table=draft["id"]).json()["total"] == 7
    assert caller.get(f"/people/{person.pk}/explanation", table="live").json()["total"] == 0
    assert caller.get(f"/people/{person.pk}/explanation", table="12").status_code == 404


def told(caller: Caller, *outcomes: dict[str, Any]) -> Any:
    at = (now() - timedelta(days=1)).isoformat()
    return caller.post("/outcomes", {"outcomes": [{"state": "won", "at": at, **outcome} for outcome in outcomes]})


def test_outcomes_told_twice_stand_once(caller: Caller) -> None:
    person = make_person(email="olga@example.com")
    at = now() - timedelta(days=3)
    row = {"person": str(person.pk), "at": at.isoformat(), "key": "deal-1", "value": "120.50", "currency": "UAH"}
    for _ in range(2):
        assert told(caller, row).json() == {"accepted": 1, "errors": []}
    told(caller, {**row, "state": "lost", "reason": "price", "value": None})
    outcome = Outcome.objects.get()
    assert (outcome.state, outcome.reason, outcome.source, outcome.key) == ("lost", "price", "api", "deal-1")
    told(caller, {"identities": {"email": " Olga@Example.com "}, "key": "deal-2"})
    assert Outcome.objects.count() == 2


def test_what_cannot_be_taken_is_named_and_the_rest_is_taken(caller: Caller) -> None:
    make_person(email="olga@example.com"), make_person(email="ivan@example.com", phone="+380441112233")
    answer = told(
        caller,
        {"identities": {"email": "olga@example.com"}},
        {"identities": {"email": "stranger@example.com"}},
        {"person": "17"},
        {"identities": {"phone": "nonsense"}},
        {},
        {"identities": {"email": "ivan@example.com"}, "at": (now() + timedelta(days=1)).isoformat()},
        {"identities": {"email": "olga@example.com", "phone": "+380441112233"}},
    )
    assert answer.status_code == 207
    said = answer.json()
    assert said["accepted"] == 1 == Outcome.objects.count()
    assert [(flaw["place"], flaw["code"]) for flaw in said["errors"]] == [
        ("outcomes[1].identities", "person-unknown"),
        ("outcomes[2].person", "person-unknown"),
        ("outcomes[3].identities.phone", "contact-unreadable"),
        ("outcomes[4].person", "nobody"),
        ("outcomes[5].at", "future"),
        ("outcomes[6].identities", "person-unknown"),
    ]


def test_many_outcomes_cost_no_more_queries(caller: Caller) -> None:
    make_person(email="a@example.com")
    told(caller, {"identities": {"email": "a@example.com"}})
    counts = []
    for many in (1, 60):
        emails = [f"p{many}-{number}@example.com" for number in range(many)]
        for email in emails:
            make_person(email=email)
        with CaptureQueriesContext(connection) as queries:
            assert told(caller, *({"identities": {"email": email}} for email in emails)).json()["accepted"] == many
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_jobs_are_read_and_stopped(caller: Caller) -> None:
    job = make_job(kind="of-no-kind")
    assert caller.get("/jobs", kind="of-no-kind").json()[0]["id"] == str(job.pk)
    assert caller.post(f"/jobs/{job.pk}/cancel").json()["state"] == "cancelled"
    assert caller.get("/jobs", state="cancelled").json()[0]["id"] == str(job.pk)
    assert caller.post(f"/jobs/{job.pk}/cancel").status_code == 409
    job.refresh_from_db()
    assert job.state == JobState.CANCELLED


def test_work_of_others_is_stopped_by_administrators_only() -> None:
    mine, theirs = make_user(role=Role.MARKETER), make_user(role=Role.MARKETER)
    marketer, administrator = Caller(Role.MARKETER, by=mine.pk), Caller(Role.ADMINISTRATOR)
    job = make_job(kind="of-no-kind", created_by=theirs.pk)
    assert marketer.post(f"/jobs/{job.pk}/cancel").json()["code"] == "not-yours"
    assert administrator.post(f"/jobs/{job.pk}/cancel").status_code == 202
    own = make_job(kind="of-no-kind", created_by=mine.pk)
    assert marketer.post(f"/jobs/{own.pk}/cancel").status_code == 202


def test_too_much_at_once_is_said(caller: Caller) -> None:
    large = caller.ask("post", "/score-tables/from-csv", "x" * 3_000_000, name="large")
    assert (large.status_code, large.json()["code"]) == (413, "too-large")
    cell = caller.ask("post", "/score-tables/from-csv", "criterion;condition;points\n" + '"x' * 100_000, name="large")
    assert (cell.status_code, cell.json()["errors"][0]["line"]) == (422, 2)
    row = {"person": "1", "state": "won", "at": now().isoformat()}
    many = caller.post("/outcomes", {"outcomes": [row] * 1001})
    assert (many.status_code, many.json()["errors"][0]["code"]) == (422, "too_long")


def test_tags_are_read_and_changed(caller: Caller) -> None:
    person = make_person()
    assert caller.get(f"/people/{person.pk}/tags").json() == {"person": str(person.pk), "tags": []}
    for _ in range(2):
        answer = caller.post(f"/people/{person.pk}/tags", {"add": ["VIP", "Ярмарка"], "remove": ["old"]})
        assert answer.json()["tags"] == ["VIP", "Ярмарка"]
    assert caller.post(f"/people/{person.pk}/tags", {"remove": ["vip"]}).json()["tags"] == ["Ярмарка"]
    assert caller.post("/people/404/tags", {"add": ["VIP"]}).status_code == 404
    for wrong in ({"add": [""]}, {"add": ["x" * 61]}, {"add": "VIP"}, {"put": ["VIP"]}):
        assert caller.post(f"/people/{person.pk}/tags", wrong).status_code == 422
