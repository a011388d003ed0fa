"""Won and lost deals of a file become dated outcomes that a back-test reads."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from teplo.config import wiring
from teplo.jobs.testing import run_all_jobs
from teplo.kit.clock import now
from teplo.people.importing.testing import carry_through, make_import, map_columns
from teplo.people.importing.values import read_outcome
from teplo.people.models import AttributeDefinition, ImportRefusal
from teplo.scoring.backtesting import start_back_test
from teplo.scoring.models import BackTest, Outcome, Tested
from teplo.scoring.sampling import Question
from teplo.scoring.testing import fit, make_table

pytestmark = pytest.mark.django_db
DEALS = Path(__file__).parents[5] / "shared" / "data" / "ringostat_deals" / "deals.csv"


@pytest.fixture(autouse=True)
def _wired():
    wiring.assemble()


FILE = """Email;Дата заявки;Сделка;Закрыта;Причина;Сумма
anna@example.com;01.03.2026;Успешно реализовано;20.03.2026;;12 500
boris@example.com;02.03.2026;Закрыто и не реализовано;05.03.2026;Дорого;
vera@example.com;03.03.2026;Переговоры;;;
anna@example.com;10.04.2026;Закрыто и не реализовано;12.04.2026;Нет денег;
"""


def imported(text=FILE):
    run = make_import(text)
    map_columns(
        run, Email="email", Дата_заявки="created_at", Сделка="outcome", Закрыта="outcome_at",
        Причина="outcome_reason", Сумма="outcome_value",
    )  # fmt: skip
    return carry_through(run)


@pytest.mark.parametrize("amount", ["99999999999999", "1000000000000", "-5000000000000", "много"])
def test_an_amount_that_nobody_pays_is_a_remark_and_the_outcome_is_kept(amount):
    run = imported(FILE.replace("12 500", amount))
    assert (run.state, run.refused) == ("done", 0)
    assert list(Outcome.objects.filter(state="won").values_list("value", flat=True)) == [None]
    remarks = ImportRefusal.objects.filter(run=run).values_list("reason", "params")
    assert ("part-number", {"text": amount, "column": "Сумма"}) in list(remarks)


def test_columns_of_a_file_say_how_it_ended_and_the_same_file_again_changes_nothing():
    assert imported().state == "done"
    told = list(Outcome.objects.order_by("at").values_list("state", "reason", "value", "source"))
    assert sorted(told, key=str) == sorted(
        [
            ("open", "", None, "import"),
            ("lost", "Дорого", None, "import"),
            ("won", "", 12500, "import"),
            ("lost", "Нет денег", None, "import"),
        ],
        key=str,
    )
    imported()
    assert Outcome.objects.count() == 4


def test_a_deal_that_went_on_is_told_anew_under_the_same_matter():
    imported()
    imported(FILE.replace("Переговоры;;;", "Успешно реализовано;30.03.2026;;700"))
    of_vera = Outcome.objects.filter(person__identities__value="vera@example.com").order_by("at")
    assert [row.state for row in of_vera] == ["open", "won"]
    assert len({row.key for row in of_vera}) == 1


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("Closed Won", "won"), ("Closed Lost", "lost"), ("Успешно реализовано", "won"), ("да", "won"), ("Нет", "lost"),
        ("Закрыто и не реализовано", "lost"), ("Угоду виграно", "won"), ("Не купил", "lost"), ("купил", "won"),
        ("Negotiations", "open"), ("Відмова", "lost"),
    ],
)  # fmt: skip
def test_how_it_ended_is_read_as_other_systems_write_it(text, state):
    assert read_outcome(text) == state


@pytest.mark.data
@pytest.mark.skipif(not DEALS.exists(), reason="the real deals are not on this machine")
def test_real_deals_are_imported_and_tested():
    """895 deals of a call-tracking company: by now 216 were won and 431 lost (Apache-2.0)."""
    rows = list(csv.reader(io.StringIO(DEALS.read_text(encoding="utf-8"))))
    numbered = io.StringIO()
    writer = csv.writer(numbered)
    writer.writerow(["Record ID", *rows[0]])
    writer.writerows([f"D{number}", *row] for number, row in enumerate(rows[1:]))
    run = make_import(numbered.getvalue(), name="deals.csv")
    map_columns(
        run, Record_ID="external", AQL_date="created_at", Stage="outcome", Closing_Date="outcome_at",
        Loss_reason_description="outcome_reason", Source="source",
    )  # fmt: skip
    assert carry_through(run).state == "done"
    assert Outcome.objects.filter(state="won").count() == 216
    assert Outcome.objects.filter(state="lost").count() == 431
    key = AttributeDefinition.objects.get(names__ru="Number of sales reps").key
    table = make_table(fit({"field": f"attr.{key}", "at_least": 5}, 20), fit({"field": "country", "is": "UA"}, 5))
    question = Question(
        moment="first-contact", since=date(2024, 1, 1), until=date(2024, 12, 31), days=0, horizon_days=None,
        as_of=datetime(2024, 12, 31, tzinfo=UTC), only_ended=True,
    )  # fmt: skip
    test = start_back_test(
        table=table, against=None, question=question, calls_per_day=5, name="", by=None, at=now() + timedelta(0)
    )
    run_all_jobs()
    result = BackTest.objects.get(pk=test.pk).result
    assert (result["won"], result["lost"]) == (216, 431)
    assert Tested.objects.filter(id=test.pk).count() == 647
    assert result["draft"]["auc"][1] < result["draft"]["auc"][0] < result["draft"]["auc"][2]
