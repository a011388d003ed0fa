"""The funnel of 5,000 dated leads says what the data's own note says (54.44 % lost before Qualified, 68.67 % won)."""

from __future__ import annotations

import csv
import statistics
from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest

from teplo.insights.funnel import funnel
from teplo.kit import bulk
from teplo.kit.ids import new_ids
from teplo.people.models import Person
from teplo.stages.models import Stage, StageMove, Standing
from teplo.stages.testing import make_ladder

FOLDER = Path(__file__).resolve().parents[4].parent / "shared" / "data" / "real_estate_funnel"
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.data,
    pytest.mark.skipif(not FOLDER.is_dir(), reason="the folder of measurement data is not here"),
]
DATES = ("Lead_Date", "Qualification_Date", "Site_Visit_Date", "Negotiation_Date", "Sale_Date")


def leads():
    with (FOLDER / "Sales.csv").open() as file:
        sold = {row["Lead_ID"]: row["Sale_Date"] for row in csv.DictReader(file)}
    with (FOLDER / "Leads.csv").open() as file:
        return [row | {"Sale_Date": sold.get(row["Lead_ID"], "")} for row in csv.DictReader(file)]


def moment(text):
    return datetime.combine(date.fromisoformat(text), time(12), UTC)


def test_the_funnel_of_five_thousand_leads_agrees_with_the_file():
    ladder = make_ladder({}, {}, {}, {}, {})
    Stage.objects.filter(id=ladder[-1].id).update(is_customer=True)
    rows = leads()
    people = Person.objects.bulk_create(Person(first_name=row["Lead_ID"]) for row in rows)
    moves, standings = [], []
    for person, row in zip(people, rows, strict=True):
        before = None
        for stage, column in zip(ladder, DATES, strict=True):
            if row[column]:
                moves.append((person.id, before, stage.id, moment(row[column]), "sign", "", {}))
                before = stage.id
        standings.append((person.id, before, moves[-1][3]))
    moves = [(*move, number) for move, number in zip(moves, new_ids(len(moves)), strict=True)]
    bulk.insert(StageMove, ("person_id", "from_stage_id", "to_stage_id", "at", "cause", "by", "why", "id"), moves)
    bulk.insert(Standing, ("person_id", "stage_id", "since"), standings)

    shown = funnel(at=datetime(2030, 1, 1, tzinfo=UTC), days=None)

    assert [step.reached for step in shown.steps] == [sum(bool(row[column]) for row in rows) for column in DATES]
    assert round(100 * (1 - shown.steps[0].goes_on), 2) == 54.44
    assert round(100 * shown.steps[3].goes_on, 2) == 68.67
    assert shown.customers_share == 813 / 5000
    for step, (earlier, later) in zip(shown.steps, zip(DATES, DATES[1:], strict=False), strict=False):
        days = [(moment(row[later]) - moment(row[earlier])).days for row in rows if row[later]]
        assert step.days == statistics.median(days)
