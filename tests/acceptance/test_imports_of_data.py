"""Files of others, imported as they are, and what they say counted again straight from the file."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from django.db.models import Count

from teplo.jobs.models import Job
from teplo.kit.clock import now
from teplo.people.importing.columns import Column
from teplo.people.importing.testing import carry_through, make_import, map_columns, set_options
from teplo.people.models import Identity, ImportRun, Person
from teplo.pipeline import noting, working
from teplo.scoring.models import Criterion, Score, ScoreTable, TableState
from teplo.tracking.models import Acquisition, Activity, DeadLetter, Event

pytestmark = [pytest.mark.django_db, pytest.mark.data, pytest.mark.acceptance]

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"


def data(name: str) -> Path:
    path = DATA / name
    if not path.exists():
        pytest.skip("the measurement data is not beside the project")
    return path


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def work_off() -> int:
    """Let the pipeline take all that waits; answers how many events."""
    count = 0
    while taken := working.run_once("test", limit=5000):
        count += taken
    assert not DeadLetter.objects.exists()
    return count


def carried(run: ImportRun) -> ImportRun:
    run = carry_through(run)
    assert run.state == "done", Job.objects.get(pk=run.job_id).error
    return run


def test_real_deals_without_any_name_become_people_with_fields() -> None:
    path = data("ringostat_deals/deals.csv")
    run = make_import(path)
    set_options(run, number_rows=True, id_space="ringostat")
    run = carried(run)
    deals = rows_of(path)
    assert (run.rows_done, run.created, run.refused) == (895, 895, 0)
    fields = [person.attributes for person in Person.objects.all()]
    assert Counter(found["own_stage"] for found in fields) == Counter(deal["Stage"] for deal in deals)
    reasons = Counter(found["loss_reason_description"] for found in fields if "loss_reason_description" in found)
    assert reasons == Counter(
        " ".join(deal["Loss reason description"].split()) for deal in deals if deal["Loss reason description"].strip()
    )
    assert sum(found.get("number_of_sales_reps", 0) for found in fields) == sum(
        float(deal["Number of sales reps"] or 0) for deal in deals
    )
    countries = Counter(deal["Client country"][:2] for deal in deals if deal["Client country"])
    countries["GB"] += countries.pop("UK", 0)  # as ISO calls it
    known = dict(Person.objects.exclude(country="").values_list("country").annotate(Count("id")))
    assert known == dict(countries)
    work_off()
    assert Acquisition.objects.count() == sum(1 for deal in deals if deal["Source"])


def test_dated_stages_of_a_real_estate_funnel_become_deeds_that_give_its_figures() -> None:
    path = data("real_estate_funnel/Leads.csv")
    run = make_import(path)
    map_columns(
        run,
        Qualification_Date=Column("deed", "qualified"),
        Site_Visit_Date=Column("deed", "site-visited"),
        Negotiation_Date=Column("deed", "negotiated"),
        Booking_Date=Column("deed", "booked"),
    )
    run = carried(run)
    assert (run.created, run.refused) == (5000, 0)
    work_off()
    reached = Counter(Event.objects.values_list("name", flat=True))
    leads = rows_of(path)
    for column, deed in (("Qualification_Date", "qualified"), ("Negotiation_Date", "negotiated")):
        assert reached[deed] == sum(1 for lead in leads if lead[column])
    assert round(100 * (1 - reached["qualified"] / 5000), 2) == 54.44
    sales = carried(_with_deed(data("real_estate_funnel/Sales.csv")))
    assert sales.created == 0, "every buyer is one of the people who came in before"
    work_off()
    assert round(100 * Event.objects.filter(name="deal-won").count() / reached["negotiated"], 2) in (68.66, 68.67)


def _with_deed(path: Path) -> ImportRun:
    run = make_import(path)
    map_columns(run, Sale_Date=Column("deed", "deal-won"), Lead_ID="external")
    return run


def test_a_clickstream_becomes_events_of_its_people_and_twice_is_once() -> None:
    path = data("ecom_clickstream/ecom_synthetic.csv")
    for _ in range(2):
        run = carried(make_import(path, rows_are="events"))
        assert (run.created, run.refused) == (31_106, 0)
        work_off()
        assert Event.objects.count() == 31_106
    assert Person.objects.count() == 600
    clicks = rows_of(path)
    names = Counter(click["event"].replace("_", "-") for click in clicks)
    assert Counter(Event.objects.values_list("name", flat=True)) == names
    per_person = Counter(click["user_id"] for click in clicks)
    user, count = per_person.most_common(1)[0]
    person = Identity.objects.get(kind="external", value=f"user:{user}").person_id
    assert Event.objects.filter(person_id=person).count() == count


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_twenty_thousand_people_with_their_touches_sessions_and_sales_work(tmp_path: Path) -> None:
    """In transactions of their own: within one no version of a row could be cleared away."""
    parquet = pytest.importorskip("pyarrow.parquet")
    csv_of = pytest.importorskip("pyarrow.csv")
    folder = data("leadforge_public/tables")
    tables = {
        name: parquet.read_table(folder / f"{name}.parquet")
        for name in ("leads", "contacts", "accounts", "touches", "sessions", "sales_activities")
    }
    people = tables["leads"].join(tables["contacts"].drop_columns(["account_id", "created_at"]), "contact_id")
    people = people.join(tables["accounts"].drop_columns(["created_at"]), "account_id")
    for name, table in {**tables, "people": people}.items():
        csv_of.write_csv(table, tmp_path / f"{name}.csv")

    run = make_import(tmp_path / "people.csv")
    map_columns(
        run, lead_id="external", contact_id="skip", account_id="skip", company_name="company", job_title="position",
        industry="company_industry", employee_band="company_size", lead_source="source", lead_created_at="created_at",
    )  # fmt: skip
    set_options(run, id_space="lead")
    run = carried(run)
    assert (run.created, run.refused) == (20_000, 0)

    for name, event_name, time in (
        ("touches", "", "touch_timestamp"), ("sessions", "", "session_timestamp"),
        ("sales_activities", "", "activity_timestamp"),
    ):  # fmt: skip
        run = make_import(tmp_path / f"{name}.csv", rows_are="events")
        kind = {"touches": "touch_type", "sessions": "session_type", "sales_activities": "activity_type"}[name]
        own_id = {"touches": "touch_id", "sessions": "session_id", "sales_activities": "activity_id"}[name]
        map_columns(run, **{time: "event_time", kind: "event_name", own_id: "event_id", "lead_id": "external"})
        set_options(run, id_space="lead", event_name=event_name)
        run = carried(run)
        assert (run.created, run.refused) == (tables[name].num_rows, 0)
    go_live_with_points()
    work_off()
    while noting.run_once("test"):
        pass
    check_scores_against(people.to_pylist(), tables)

    expected: Counter[str] = Counter()
    for name, column in (
        ("touches", "touch_type"), ("sessions", "session_type"), ("sales_activities", "activity_type"),
    ):  # fmt: skip
        expected.update(value.replace("_", "-") for value in tables[name][column].to_pylist())
    found = Counter(Event.objects.exclude(name="person-imported").values_list("name", flat=True))
    assert found == expected
    assert Person.objects.count() == 20_000
    assert Acquisition.objects.count() == 20_000


def go_live_with_points() -> None:
    """Heads and directors of procurement +3; a webinar +1 each, at most 5; two demos or more +4."""
    ScoreTable.objects.filter(state=TableState.LIVE).update(state=TableState.RETIRED)
    table = ScoreTable.objects.create(name="Leadforge", state=TableState.LIVE, live_at=now(), warm_from=4, hot_from=8)
    webinar = Activity.objects.create(key="file-webinar", condition={"event": "webinar"})
    demo = Activity.objects.create(key="file-demo", condition={"event": "demo"})
    of = {"table": table, "side": "behaviour"}
    Criterion.objects.bulk_create([
        Criterion(
            table=table, side="fit", name="Procurement", points=3, condition={"field": "position", "in": PROCUREMENT}
        ),
        Criterion(**of, name="Webinars", activity_id=webinar.pk, points=1, is_per_time=True, cap=5),
        Criterion(**of, name="Demos", activity_id=demo.pk, points=4, at_least=2),
    ])  # fmt: skip


PROCUREMENT = ["Head of Procurement", "Director of Procurement"]


def check_scores_against(people: list[dict[str, Any]], tables: dict[str, Any]) -> None:
    """Everybody's points, counted straight from the files."""
    webinars = Counter(
        lead
        for lead, kind in zip(*(tables["touches"][c].to_pylist() for c in ("lead_id", "touch_type")), strict=True)
        if kind == "webinar"
    )
    activities = tables["sales_activities"]
    demos = Counter(
        lead
        for lead, kind in zip(*(activities[c].to_pylist() for c in ("lead_id", "activity_type")), strict=True)
        if kind == "demo"
    )
    expected = {
        person["lead_id"]: (
            3 * (person["job_title"] in PROCUREMENT),
            min(5, webinars[person["lead_id"]]) + 4 * (demos[person["lead_id"]] >= 2),
        )
        for person in people
    }
    names = dict(Identity.objects.filter(kind="external").values_list("person_id", "value"))
    scored = {
        names[person].rpartition(":")[2]: (fit, behaviour)
        for person, fit, behaviour in Score.objects.values_list("person_id", "fit", "behaviour")
    }
    assert scored == expected
    assert sum(behaviour for _, behaviour in expected.values()) > 20_000
