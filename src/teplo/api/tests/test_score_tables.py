"""Score tables come and go through the API; a table that cannot stand is refused with its line and column."""

from __future__ import annotations

from typing import Any

import pytest

from teplo.accounts.testing import make_user
from teplo.api.testing import Caller
from teplo.jobs.models import Job
from teplo.jobs.testing import run_all_jobs
from teplo.people.testing import make_person
from teplo.scoring.models import Score, ScoreTable, TableState
from teplo.scoring.testing import fit, make_table

pytestmark = pytest.mark.django_db
KYIV = {"side": "fit", "name": "Kyiv", "group": "City", "points": 5, "condition": {"field": "city", "is": "Kyiv"}}
VIDEO = {
    "side": "behaviour", "name": "Video", "points": 2, "activity": "video-watched", "per_time": True, "cap": 6,
    "window_days": 30,
}  # fmt: skip


@pytest.fixture
def caller() -> Caller:
    return Caller()


def make(caller: Caller, *lines: dict[str, Any], **changes: Any) -> Any:
    return caller.post("/score-tables", {"name": "Draft", "lines": list(lines), **changes})


def test_a_draft_is_made_read_and_says_its_conditions(caller: Caller) -> None:
    made = make(caller, KYIV, VIDEO, warm_from=3, hot_from=8)
    assert made.status_code == 201, made.content
    table = made.json()
    assert (table["state"], table["warm_from"], table["hot_from"]) == ("draft", 3, 8)
    city, video = table["lines"]
    assert (city["words"], city["points"], city["group"]) == ("City is “Kyiv”", 5, "City")
    assert (video["activity"], video["cap"], video["window_days"], video["per_time"]) == ("video-watched", 6, 30, True)
    assert caller.get(f"/score-tables/{table['id']}").json() == table
    assert table["id"] in [each["id"] for each in caller.get("/score-tables", state="draft").json()]


def test_what_is_read_can_be_sent_back(caller: Caller) -> None:
    table = make(caller, KYIV, VIDEO).json()
    lines = [{name: value for name, value in line.items() if name != "words"} for line in table["lines"]]
    again = caller.ask("put", f"/score-tables/{table['id']}", {"name": "Renamed", "lines": lines})
    assert again.status_code == 200, again.content
    assert again.json()["lines"] == table["lines"] and again.json()["name"] == "Renamed"


def test_a_condition_may_be_written_as_text(caller: Caller) -> None:
    line = {**KYIV, "condition": 'city is "Киев" and did "video-watched" at least 2 times in 7 days'}
    [shown] = make(caller, line).json()["lines"]
    assert shown["condition"] == {
        "all": [{"field": "city", "is": "Киев"}, {"did": "video-watched", "at_least": 2, "within": "7d"}]
    }


@pytest.mark.parametrize(
    ("change", "place", "code"),
    [
        ({"condition": {"field": "nose", "is": "x"}}, "lines[1].condition", "condition"),
        ({"condition": 'city is "'}, "lines[1].condition", None),
        ({"condition": {}}, "lines[1].condition", "no-condition"),
        ({"condition": {"field": "score", "at_least": 1}}, "lines[1].condition", "circle"),
        ({"points": 10_001}, "lines[1].points", "too-many-points"),
        ({"points": "many"}, "lines[1].points", "int_parsing"),
        ({"name": "   "}, "lines[1].name", "no-name"),
        ({"name": "x\0"}, "lines[1].name", "value_error"),
        ({"side": "both"}, "lines[1].side", "literal_error"),
        ({"typo": 1}, "lines[1].typo", "extra_forbidden"),
        ({**VIDEO, "condition": {}, "activity": "no-such"}, "lines[1].activity", "unknown-activity"),
        ({**VIDEO, "condition": {}, "window_days": 0}, "lines[1].window_days", "bad-days"),
    ],
)
def test_what_cannot_stand_is_refused_with_its_place_and_nothing_is_kept(
    caller: Caller, change: dict[str, Any], place: str, code: str | None
) -> None:
    before = ScoreTable.objects.count()
    answer = make(caller, KYIV, {**KYIV, **change})
    assert answer.status_code == 422
    [flaw] = answer.json()["errors"]
    assert flaw["place"].startswith(place)
    assert flaw["message"] and (code is None or flaw["code"] == code)
    assert ScoreTable.objects.count() == before


def test_thresholds_the_wrong_way_round_are_refused(caller: Caller) -> None:
    answer = make(caller, KYIV, warm_from=9, hot_from=3)
    assert (answer.status_code, answer.json()["errors"][0]["place"]) == (422, "hot_from")


def test_errors_are_said_in_the_callers_language() -> None:
    wrong = make(Caller(language="ru"), {**KYIV, "condition": {}}).json()
    assert wrong["errors"][0]["message"] == "задайте, что должно выполняться"
    assert wrong["title"] == "Так не может быть"
    missing = Caller(language="uk").post("/score-tables", {"lines": []}).json()
    assert missing["errors"] == [{"place": "name", "code": "missing", "message": "треба вказати"}]


@pytest.mark.parametrize("body", ["{", "[]", '"text"', "null", '{"name": 1e999}', "\x00"])
def test_nonsense_is_no_server_error(caller: Caller, body: str) -> None:
    answer = caller.ask("post", "/score-tables", body)
    assert answer.status_code in (400, 422)
    assert answer["Content-Type"] == "application/problem+json"


def test_going_live_retires_the_former_and_scores_everybody() -> None:
    caller = Caller(by=make_user().pk)
    former = make_table(fit({"field": "city", "is": "Lviv"}, 1))
    person = make_person(city="Kyiv")
    table = make(caller, KYIV).json()
    answer = caller.post(f"/score-tables/{table['id']}/live")
    assert answer.status_code == 202
    assert caller.get(f"/jobs/{answer.json()['job']}").json()["state"] == "queued"
    assert caller.get("/score-tables/live").json()["id"] == table["id"]
    former.refresh_from_db()
    assert former.state == TableState.RETIRED
    run_all_jobs()
    assert caller.get(f"/jobs/{answer.json()['job']}").json()["state"] == "done"
    assert Score.objects.get(person=person).total == 5
    assert caller.get(f"/people/{person.pk}/score").json()["total"] == 5


def test_only_drafts_are_changed_or_discarded_and_an_empty_one_does_not_go_live(caller: Caller) -> None:
    live = make_table(fit({"field": "city", "is": "Lviv"}, 1))
    change = caller.ask("put", f"/score-tables/{live.pk}", {"name": "x", "lines": [KYIV]})
    assert (change.status_code, change.json()["code"]) == (409, "table-refused")
    assert caller.ask("delete", f"/score-tables/{live.pk}").status_code == 409
    draft = make(caller).json()
    assert caller.post(f"/score-tables/{draft['id']}/live").status_code == 409
    assert not Job.objects.exists()
    assert caller.ask("delete", f"/score-tables/{draft['id']}").status_code == 204
    assert caller.get(f"/score-tables/{draft['id']}").status_code == 404
