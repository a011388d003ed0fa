"""Back-tests and learnings by API: begun, followed, read, stopped, made into drafts; tables as spreadsheets."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from teplo.api.testing import Caller
from teplo.jobs.testing import run_all_jobs
from teplo.kit.clock import now
from teplo.people.testing import make_person
from teplo.scoring.models import BackTest, Decision, Learning, Review, ScoreTable
from teplo.scoring.outcomes import Told, tell_outcomes
from teplo.scoring.testing import fit, make_table

pytestmark = pytest.mark.django_db
TODAY = now().date()
ASKED = {"moment": "date", "on": (TODAY - timedelta(days=60)).isoformat(), "horizon_days": 30}


@pytest.fixture
def caller() -> Caller:
    return Caller()


def world(people: int) -> ScoreTable:
    """Half from Kyiv, who buy; the others do not."""
    table = make_table(fit({"field": "city", "is": "Kyiv"}, 12), warm_from=5, hot_from=10)
    met, bought = now() - timedelta(days=90), now() - timedelta(days=50)
    made = [make_person(city="Kyiv" if number % 2 else "Lviv", created_at=met) for number in range(people)]
    told = [
        Told(person_id=person.pk, state="won" if number % 2 else "lost", at=bought)
        for number, person in enumerate(made)
    ]
    tell_outcomes(told, source="import")
    return table


def test_a_back_test_is_begun_followed_and_read(caller: Caller) -> None:
    table = world(40)
    begun = caller.post("/back-tests", {"table": str(table.pk), "against": None, "question": ASKED, "name": "Kyiv"})
    assert begun.status_code == 202, begun.content
    test = begun.json()
    assert (test["name"], test["result"], test["job"]["state"]) == ("Kyiv", {}, "queued")
    run_all_jobs()
    done = caller.get(f"/back-tests/{test['id']}").json()
    assert done["job"]["state"] == "done"
    assert (done["result"]["people"], done["result"]["won"]) == (40, 20)
    assert done["result"]["draft"]["auc"][0] == pytest.approx(1.0)
    assert [each["id"] for each in caller.get("/back-tests").json()] == [test["id"]]
    assert caller.ask("delete", f"/back-tests/{test['id']}").status_code == 204
    assert caller.get(f"/back-tests/{test['id']}").status_code == 404


def test_the_live_table_stands_beside_unless_there_is_none(caller: Caller) -> None:
    ScoreTable.objects.filter(state="live").update(state="retired")
    draft = caller.post(
        "/score-tables",
        {"name": "d", "lines": [{"side": "fit", "name": "a", "points": 1, "condition": "city is Kyiv"}]},
    ).json()
    alone = caller.post("/back-tests", {"table": draft["id"], "question": ASKED}).json()
    assert alone["against"] is None
    live = make_table(fit({"field": "city", "is": "Lviv"}, 1))
    beside = caller.post("/back-tests", {"table": draft["id"], "question": ASKED}).json()
    assert beside["against"] == str(live.pk)


def test_a_back_test_is_stopped(caller: Caller) -> None:
    table = world(2)
    test = caller.post("/back-tests", {"table": str(table.pk), "question": ASKED}).json()
    assert caller.post(f"/back-tests/{test['id']}/cancel").json()["state"] == "cancelled"
    assert caller.post(f"/back-tests/{test['id']}/cancel").status_code == 409


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"on": None}, "question.on"),
        ({"moment": "hand-off"}, "question.since"),
        ({"since": "2026-02-01", "until": "2026-01-01", "moment": "first-contact"}, "question.until"),
        ({"as_of": "2999-01-01T00:00:00Z"}, "question.as_of"),
        ({"horizon_days": 0}, "question.horizon_days"),
        ({"moment": "birthday"}, "question.moment"),
    ],
)
def test_an_unclear_question_is_refused_with_its_place(caller: Caller, change: dict[str, Any], field: str) -> None:
    table = make_table(fit({"field": "city", "is": "Kyiv"}, 1))
    body = {"table": str(table.pk), "question": {**ASKED, **change}}
    for path, sent in (("/back-tests", body), ("/learnings", {"question": body["question"]})):
        answer = caller.post(path, sent)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["place"] == field and answer.json()["errors"][0]["message"]
    assert not BackTest.objects.exists() and not Learning.objects.exists()


def test_a_table_without_criteria_or_that_is_not_there_is_not_tested(caller: Caller) -> None:
    empty = ScoreTable.objects.create(name="empty")
    assert caller.post("/back-tests", {"table": str(empty.pk), "question": ASKED}).status_code == 409
    assert caller.post("/back-tests", {"table": "17", "question": ASKED}).status_code == 404


def test_a_learning_is_begun_and_its_proposal_becomes_a_draft(caller: Caller) -> None:
    begun = caller.post("/learnings", {"question": ASKED, "exclude": ["position"], "criteria": 5})
    assert begun.status_code == 202, begun.content
    learning = begun.json()
    assert learning["options"] == {"versus": "everybody", "exclude": ["position"], "insist": [], "criteria": 5}
    nothing = caller.post(f"/learnings/{learning['id']}/draft", {"name": "Learnt"})
    assert (nothing.status_code, nothing.json()["code"]) == (409, "nothing-proposed")
    criterion = {"name": "Kyiv", "group": "", "side": "fit", "condition": {"field": "city", "is": "Kyiv"}, "points": 4}
    result = {"verdict": "proposed", "criteria": [criterion], "warm_from": 2, "hot_from": 4, "people": 9, "won": 3}
    Learning.objects.filter(pk=learning["id"]).update(result=result)
    assert caller.get(f"/learnings/{learning['id']}").json()["verdict"] == "proposed"
    draft = caller.post(f"/learnings/{learning['id']}/draft", {"name": "Learnt"})
    assert draft.status_code == 201
    assert (draft.json()["name"], draft.json()["hot_from"], draft.json()["lines"][0]["points"]) == ("Learnt", 4, 4)
    assert caller.get("/learnings").json()[0]["table"] == draft.json()["id"]


def test_a_learning_is_stopped(caller: Caller) -> None:
    learning = caller.post("/learnings", {"question": ASKED}).json()
    assert caller.post(f"/learnings/{learning['id']}/cancel").json()["state"] == "cancelled"


def test_a_spreadsheet_becomes_a_draft_and_goes_out_again(caller: Caller) -> None:
    text = "criterion;condition;points\nKyiv;city is «Київ»;5\nVideo;did «video-watched» at least 2 times in 7 days;3\n"
    made = caller.ask("post", "/score-tables/from-csv", text.encode(), name="Sheet", warm_from=2, hot_from=6)
    assert made.status_code == 201, made.content
    table = made.json()
    assert (table["name"], table["warm_from"], table["hot_from"]) == ("Sheet", 2, 6)
    assert [line["activity"] for line in table["lines"]] == ["", "video-watched"]
    out = caller.get(f"/score-tables/{table['id']}/csv")
    assert out["Content-Type"] == "text/csv; charset=utf-8"
    again = caller.ask("post", "/score-tables/from-csv", out.content, name="Again").json()
    assert again["lines"] == table["lines"] and (again["warm_from"], again["hot_from"]) == (2, 6)


def test_a_wrong_spreadsheet_is_refused_by_line_and_column() -> None:
    text = "criterion;condition;points\nA;nose is long;5\nB;city is Kyiv;many\n"
    answer = Caller(language="ru").ask("post", "/score-tables/from-csv", text, name="x")
    assert answer.status_code == 422
    first, second = answer.json()["errors"]
    assert (first["line"], second["line"], first["code"]) == (2, 3, "unknown-field")
    assert "нет поля «nose»" in first["message"] and second["column"]
    latin = Caller().ask("post", "/score-tables/from-csv", "критерий".encode("cp1251"), name="x")
    assert (latin.status_code, latin.json()["code"]) == (422, "not-utf-8")
    assert Caller().ask("post", "/score-tables/from-csv", b"\x00\x01", name="x").status_code == 422
    assert Caller().ask("post", "/score-tables/from-csv", "", name="x").status_code == 422


def test_a_review_is_prepared_read_decided_in_and_judged(caller: Caller) -> None:
    world(40)
    first, last = (TODAY - timedelta(days=80)).isoformat(), TODAY.isoformat()
    begun = caller.post("/score-reviews", {"first": first, "last": last})
    assert begun.status_code == 202, begun.content
    review = begun.json()["id"]
    assert (begun.json()["agenda"], begun.json()["figures"], begun.json()["job"]["state"]) == ({}, [], "queued")
    run_all_jobs()
    shown = caller.get(f"/score-reviews/{review}").json()
    assert shown["job"]["state"] == "done" and shown["agenda"]["outcomes"]["won"] == 20
    by_key = {figure["key"]: figure for figure in shown["figures"]}
    assert by_key["won"]["value"] == 20 and by_key["hot_bought"]["whole"] == 0
    decided = caller.post(f"/score-reviews/{review}/decisions", {"text": "Kyiv counts more"})
    assert (decided.status_code, decided.json()["verdict"]) == (201, "")
    verdict = f"/score-reviews/{review}/decisions/{decided.json()['id']}/verdict"
    assert caller.post(verdict, {"verdict": "worked"}).json()["code"] == "not-held"
    Review.objects.filter(pk=review).update(held_at=now())
    assert caller.post(f"/score-reviews/{review}/decisions", {"text": "Too late"}).status_code == 409
    assert caller.post(verdict, {"verdict": "worked", "note": "Twice as many"}).json()["verdict"] == "worked"
    [row] = caller.get("/score-reviews").json()
    assert (row["id"], row["decided"], row["judged"]) == (review, 1, 1)
    assert caller.get(f"/score-reviews/{review}").json()["decisions"][0]["verdict_note"] == "Twice as many"
    backwards = caller.post("/score-reviews", {"first": last, "last": first})
    assert (backwards.status_code, backwards.json()["code"]) == (422, "no-period")


def test_the_next_review_opens_with_what_the_last_decided_and_what_waits(caller: Caller) -> None:
    world(4)
    days = [now() - timedelta(days=number) for number in (90, 60, 30)]
    former = Review.objects.create(since=days[0], until=days[1], held_at=days[1])
    Decision.objects.create(review=former, text="Students stay with marketing", by=1, verdict="partly")
    person = make_person(city="Lviv")
    made = caller.post(
        "/criterion-proposals",
        {"text": "From Lviv", "points": 4, "condition": 'city is "Lviv"', "person": str(person.pk)},
    )
    assert made.status_code == 201, made.content
    assert made.json()["condition"] == {"field": "city", "is": "Lviv"} and made.json()["words"]
    review = Review.objects.create(since=days[1], until=days[2])
    shown = caller.get(f"/score-reviews/{review.pk}").json()
    assert shown["former"] == str(former.pk)
    assert [(one["text"], one["verdict"]) for one in shown["former_decisions"]] == [
        ("Students stay with marketing", "partly")
    ]
    assert [one["id"] for one in shown["proposals"]] == [made.json()["id"]]
    assert caller.get("/criterion-proposals", state="taken").json() == []
    assert [one["state"] for one in caller.get("/criterion-proposals", state="open").json()] == ["open"]


def test_a_proposal_that_cannot_be_read_says_where(caller: Caller) -> None:
    nose = caller.post("/criterion-proposals", {"text": "Nose", "condition": "nose is long"}).json()
    assert [flaw["place"] for flaw in nose["errors"]] == ["condition"]
    nobody = caller.post("/criterion-proposals", {"text": "Nobody's", "person": "17"}).json()
    assert [flaw["place"] for flaw in nobody["errors"]] == ["person"]
    assert caller.post("/criterion-proposals", {"text": "  "}).status_code == 422
    assert caller.get("/criterion-proposals").json() == []


def test_counting_a_review_is_stopped(caller: Caller) -> None:
    world(2)
    review = caller.post("/score-reviews", {"first": str(TODAY - timedelta(days=9)), "last": str(TODAY)}).json()["id"]
    assert caller.post(f"/score-reviews/{review}/cancel").json()["state"] == "cancelled"
    assert caller.post(f"/score-reviews/{review}/cancel").status_code == 409
