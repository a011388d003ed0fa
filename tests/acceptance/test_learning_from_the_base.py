"""Somebody's sales of three months, brought in as people and their deeds: what can be learned of them, and what not."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from teplo.jobs.models import Job
from teplo.jobs.testing import run_all_jobs
from teplo.kit.clock import now
from teplo.people.importing.testing import carry_through, make_import, map_columns, set_options
from teplo.people.models import Identity, ImportRun
from teplo.pipeline import working
from teplo.scoring import jobs_learning
from teplo.scoring.models import Learning, ProfileSearch
from teplo.scoring.outcomes import Told, tell_outcomes
from teplo.scoring.sampling import Question
from teplo.tracking.models import Activity, DeadLetter

pytestmark = [pytest.mark.django_db, pytest.mark.data, pytest.mark.acceptance]

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "leadforge_public"
PEOPLE = 3000


def tables() -> tuple[list[dict[str, Any]], list[dict[str, Any]], dict[str, bool]]:
    """People with their company, their touches, and who bought within 90 days."""
    if not DATA.exists():
        pytest.skip("the measurement data is not beside the project")
    parquet = pytest.importorskip("pyarrow.parquet")

    def rows(name: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = parquet.read_table(DATA / f"{name}.parquet").to_pylist()
        return found

    bought = {
        row["lead_id"]: (row["converted_within_90_days"], row["total_touches_all"])
        for part in ("train", "valid", "test")
        for row in rows(f"tasks/converted_within_90_days/{part}")
    }
    accounts = {row["account_id"]: row for row in rows("tables/accounts")}
    contacts = {row["contact_id"]: row for row in rows("tables/contacts")}
    stages = {row["lead_id"]: row["stage"] for row in rows("tables/opportunities")}
    people = []
    for lead in rows("tables/leads")[:PEOPLE]:
        account, contact = accounts[lead["account_id"]], contacts[lead["contact_id"]]
        people.append({
            "lead_id": lead["lead_id"], "lead_created_at": lead["lead_created_at"], "lead_source": lead["lead_source"],
            "company_name": account["company_name"], "industry": account["industry"],
            "region": account["region"], "maturity": account["process_maturity_band"],
            "job_title": contact["job_title"], "seniority": contact["seniority"],
            "stage_now": stages.get(lead["lead_id"], ""), "total_touches_all": bought[lead["lead_id"]][1],
        })  # fmt: skip
    known = {row["lead_id"] for row in people}
    touches = [row for row in rows("tables/touches") if row["lead_id"] in known]
    return people, touches, {lead: won for lead, (won, _touches) in bought.items()}


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    return path


def carried(run: ImportRun) -> ImportRun:
    run = carry_through(run)
    assert run.state == "done", Job.objects.get(pk=run.job_id).error
    return run


def bring_in(folder: Path) -> None:
    """The files as they are: own fields for what has no place, outcomes told with their dates."""
    people, touches, bought = tables()
    run = make_import(write(folder / "people.csv", people))
    map_columns(
        run, lead_id="external", company_name="company", industry="company_industry", job_title="position",
        lead_source="source", lead_created_at="created_at",
    )  # fmt: skip
    set_options(run, id_space="lead")
    assert carried(run).created == len(people)
    run = make_import(write(folder / "touches.csv", touches), rows_are="events")
    map_columns(run, touch_timestamp="event_time", touch_type="event_name", touch_id="event_id", lead_id="external")
    set_options(run, id_space="lead")
    carried(run)
    for kind in sorted({row["touch_type"] for row in touches}):
        key = kind.replace("_", "-")
        Activity.objects.get_or_create(
            key=f"file-{key}", defaults={"names": {"en": kind}, "condition": {"event": key}, "is_active": True}
        )
    while working.run_once("test", limit=5000):
        pass
    assert not DeadLetter.objects.exists()
    ids = {
        value.rpartition(":")[2]: person
        for person, value in Identity.objects.filter(kind="external").values_list("person_id", "value")
    }
    met = {row["lead_id"]: datetime.fromisoformat(row["lead_created_at"]).replace(tzinfo=UTC) for row in people}
    tell_outcomes(
        [Told(ids[lead], "won", at=day + timedelta(days=60)) for lead, day in met.items() if bought[lead]], source="api"
    )


QUESTION = {
    "moment": "first-contact", "days": 21, "since": "2024-01-01", "until": "2024-02-29", "horizon_days": 69,
    "as_of": "2024-08-01T00:00:00+00:00",
}  # fmt: skip


def test_weak_signs_are_called_weak_and_the_stage_of_today_is_called_the_answer(tmp_path: Path) -> None:
    bring_in(tmp_path)
    question = Question.from_json(QUESTION)
    learning = jobs_learning.start_learning(question=question, options={"versus": "everybody"}, by=None, at=now())
    search = jobs_learning.start_search(
        question=question, options={"versus": "everybody", "exclude": ["attr.stage_now", "attr.total_touches_all"]},
        by=None, at=now(),
    )  # fmt: skip
    run_all_jobs()
    result = Learning.objects.get(pk=learning.pk).result
    assert result, Job.objects.get(pk=learning.job_id).error
    assert result["people"] == PEOPLE
    leaks = {leak["column"] for leak in result["leaks"]}
    assert "attr.stage_now" in leaks, result["leaks"]
    assert "attr.total_touches_all" in result["undated"], "an import brought it: nobody knows since when it is known"
    used = {criterion["column"] for criterion in result.get("criteria", ())}
    assert not used & leaks
    assert result["verdict"] == "no-signal" or result["strength"] == "weak", result["auc"]
    assert result["auc"]["table"][0] < 0.66
    found = ProfileSearch.objects.get(pk=search.pk).result
    assert found["people"] == PEOPLE
    assert all(finding["q"] <= 0.05 and 1 / 3 < finding["lift"] < 3 for finding in found["findings"])
