"""What is known only afterwards is named, also in company; the calendar is no signal; honest columns stay."""

from __future__ import annotations

import math
import random
from contextlib import suppress
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from django.utils import translation

from teplo.scoring import learned_names
from teplo.scoring.blanks import tidy
from teplo.scoring.learning.features import Feature, Useless, make_features
from teplo.scoring.learning.frames import Column, Told
from teplo.scoring.learning.leaking import find_leaks
from teplo.scoring.learning.proposing import lift_of_best
from teplo.scoring.tests.test_learning import HEAD, Learn, Rows, chance, learn, people

__all__ = ["learn"]

JOBS = ["admin.", "blue-collar", "entrepreneur", "management", "retired", "services", "student", "technician"]
TELEMARKETING = [
    *("age", "job", "marital", "education", "default", "balance", "housing", "loan", "contact", "day", "month"),
    *("duration", "campaign", "pdays", "previous", "poutcome", "y"),
]


def telemarketing(count: int, *, seed: int = 1, name: str = "duration") -> tuple[list[str], Rows]:
    """Calls of a bank in the shape of the well-known public file: a call lasts because somebody is interested."""
    draw = random.Random(seed)
    rows: Rows = []
    for _ in range(count):
        job, housing, balance = draw.choice(JOBS), draw.random() < 0.55, int(draw.gauss(1300, 2500))
        before = draw.random() < 0.18
        outcome = draw.choices(["failure", "other", "success"], [60, 22, 18])[0] if before else "unknown"
        month = draw.choice(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"])
        odds = -2.6 - 0.6 * housing + 0.9 * (job in ("student", "retired")) + 2.2 * (outcome == "success")
        odds += 0.9 * (month in ("mar", "sep", "oct", "dec")) + 0.00004 * balance
        # Interest shows in the length of the call, and only who was spoken to for long says yes.
        length = int(math.exp(draw.gauss(5.2, 0.9)))
        odds += 1.35 * (math.log(max(length, 1)) - 5.2) - (6 if length < 70 else 0)
        rows.append([
            draw.randint(18, 85), job, draw.choice(["married", "single", "divorced"]),
            draw.choice(["primary", "secondary", "tertiary"]), "no", balance, "yes" if housing else "no",
            draw.choice(["yes", "no", "no", "no"]), draw.choice(["cellular", "telephone", "unknown"]),
            draw.randint(1, 31), month, length, draw.choice([1, 1, 1, 2, 2, 3, 4, 6]),
            draw.randint(1, 400) if before else -1, draw.randint(1, 5) if before else 0, outcome,
            "yes" if draw.random() < chance(odds) else "no",
        ])  # fmt: skip
    return [name if column == "duration" else column for column in TELEMARKETING], rows


def guarded(head: list[str], rows: Rows) -> dict[str, str]:
    """What the guard alone says of these columns: column → why."""
    cells = [[str(cell) for cell in column] for column in zip(*rows, strict=True)]
    won = np.array([cell in ("1", "yes") for cell in cells[-1]])
    features: dict[str, list[Feature]] = {}
    for name, column in zip(head[:-1], cells[:-1], strict=True):
        values = ["", *dict.fromkeys(text for cell in column if (text := tidy(cell)))]
        codes = {text: code for code, text in enumerate(values)}
        known = Column(Told(name, name), np.array([codes[tidy(cell)] for cell in column], dtype=np.int32), values)
        with suppress(Useless):
            features[name] = make_features(known, None)
    found = find_leaks(features, won, np.arange(len(rows), dtype=np.int32), lambda: None)
    return {leak.column: leak.why for leak in found}


@pytest.mark.parametrize(
    "name", ["duration", "call_duration", "Длительность звонка", "тривалість розмови", "talk time"]
)
def test_the_length_of_the_call_is_named_and_nothing_else_is(name: str) -> None:
    head, rows = telemarketing(6_000, name=name)
    assert set(guarded(head, rows)) == {name}


def honest(kind: str, count: int = 4_000, seed: int = 3) -> tuple[list[str], Rows]:
    """Columns called like lengths of something that is known before."""
    draw = random.Random(seed)
    rows: Rows = []
    for _ in range(count):
        city = draw.choice(["Київ", "Львів", "Одеса"])
        length = int(math.exp(draw.gauss(4, 0.8)))
        odds = -1.2 + 0.5 * (city == "Київ")
        if kind == "session_duration":
            odds += 0.5 * (math.log(length) - 4)
        rows.append([city, length, int(draw.random() < chance(odds))])
    return ["city", kind, "y"], rows


@pytest.mark.parametrize("kind", ["session_duration", "duration", "contract length", "time on site", "call count"])
def test_an_honest_length_stays(kind: str) -> None:
    head, rows = honest(kind)
    assert guarded(head, rows) == {}


@pytest.mark.parametrize("weaker", [0, 2, 4])
def test_the_strongest_leak_is_named_in_any_company(weaker: int) -> None:
    draw = random.Random(7)
    rows = []
    for row in people(2_500, seed=4):
        won = row[-1]
        strongest = won * 3 + draw.gauss(0, 0.8)
        others = [won * 1.5 + draw.gauss(0, 1.0) for _ in range(weaker)]
        rows.append([*row[:-1], round(strongest, 3), *(round(other, 3) for other in others), won])
    head = [*HEAD[:-1], "strongest", *(f"weaker {number}" for number in range(weaker)), "y"]
    found = guarded(head, rows)
    assert "strongest" in found
    assert not {"city", "age", "noise"} & set(found)


@pytest.mark.parametrize("count", [33, 100, 240])
@pytest.mark.parametrize("what", ["text", "number", "nought"])
def test_what_is_filled_for_buyers_only_is_a_leak_whatever_its_share(count: int, what: str) -> None:
    draw = random.Random(count)
    base = people(800, seed=2)
    buyers = [number for number, row in enumerate(base) if row[-1]]
    filled = set(draw.sample(buyers, min(count, len(buyers))))
    nothing = 0 if what == "nought" else ""
    said = {number: (f"N{number % 7}" if what == "text" else draw.randint(100, 900)) for number in filled}
    rows = [[*row[:-1], said.get(number, nothing), row[-1]] for number, row in enumerate(base)]
    assert guarded([*HEAD[:-1], "paid", "y"], rows) == {"paid": "filled-after"}


def test_what_is_filled_for_a_few_of_both_stays() -> None:
    draw = random.Random(9)
    rows = [[*row[:-1], "yes" if draw.random() < 0.1 + 0.1 * row[-1] else "", row[-1]] for row in people(1_500)]
    assert guarded([*HEAD[:-1], "asked", "y"], rows) == {}


@pytest.mark.parametrize("name", ["close_date", "Closed At", "Дата закрытия", "дата оплати", "won_on"])
def test_the_day_of_the_outcome_is_a_leak(name: str) -> None:
    draw = random.Random(5)
    rows = []
    for row in people(1_500):
        began = date(2024, 1, 1) + timedelta(days=draw.randint(0, 600))
        ended = began + timedelta(days=draw.randint(5, 20) if row[-1] else draw.randint(15, 90))
        rows.append([*row[:-1], began.isoformat(), ended.isoformat(), row[-1]])
    assert guarded([*HEAD[:-1], "created", name, "y"], rows) == {name: "outcome-date"}
    assert "outcome-date" not in guarded([*HEAD[:-1], "created", "expected close date", "y"], rows).values()


def of_days(effect: Any, *, years: int = 1, count: int = 1_500, seed: int = 11) -> Rows:
    draw = random.Random(seed)
    rows: Rows = []
    for _ in range(count):
        day = date(2023, 1, 2) + timedelta(days=draw.randint(0, 365 * years - 1))
        rows.append([draw.randint(0, 99), day.isoformat(), int(draw.random() < effect(day))])
    return rows


def test_a_range_of_the_calendar_is_no_signal(learn: Learn) -> None:
    for effect in (lambda day: 0.1 if day < date(2023, 7, 1) else 0.5, lambda day: 0.1 + 0.4 * (day.month == 3)):
        result = learn(["noise", "signed", "y"], of_days(effect))
        assert result["verdict"] == "no-signal"
        assert {"column": "signed", "label": "signed", "why": "calendar"} in result["dropped"]


def test_a_weekday_comes_again_and_so_does_a_month_of_two_years(learn: Learn) -> None:
    weekly = learn(["noise", "signed", "y"], of_days(lambda day: 0.45 if day.isoweekday() in (6, 7) else 0.15))
    assert weekly["verdict"] == "proposed"
    mine = [criterion for criterion in weekly["criteria"] if criterion["column"] != "noise"]
    assert {criterion["label"] for criterion in mine} == {"weekday of signed"}
    assert {criterion["condition"]["field"] for criterion in mine} == {"weekday of signed"}
    with translation.override("en"):
        said = learned_names.name_of("weekday of signed", {"kind": "level", "of": "level", "levels": ["6"]})
    assert said == "weekday of “signed”: Saturday"
    yearly = of_days(lambda day: 0.45 if day.month in (11, 12) else 0.15, years=3)
    monthly = learn(["noise", "signed", "y"], yearly)
    assert {criterion["label"] for criterion in monthly["criteria"]} >= {"month of signed"}


@pytest.mark.parametrize(
    "text", ["Select", " -- ", "«»", "Выберите", "не выбрано", "Choose", "-- Select --", "Оберіть…"]
)
def test_what_a_form_shows_before_anything_is_chosen_is_missing(text: str) -> None:
    assert tidy(text) == ("«»" if text == "«»" else "")


def test_placeholders_are_one_missing_value(learn: Learn) -> None:
    draw = random.Random(3)
    rows = []
    for row in people(1_000):
        answer = draw.choice(["Select", "--", "Выберите", "", "Choose", "Retail", "IT"])
        rows.append([*row[:-1], answer, int(draw.random() < (0.5 if answer in ("Retail", "IT") else 0.1))])
    result = learn([*HEAD[:-1], "industry", "y"], rows)
    mine = [one for one in result["criteria"] if one["column"] == "industry"]
    assert mine
    assert {level for one in mine for level in one["part"].get("levels", ())} <= {"Retail", "IT"}


def test_the_best_tenth_is_counted_with_ties_by_their_share() -> None:
    won = np.array([True] * 10 + [False] * 90)
    assert lift_of_best(np.arange(100, 0, -1).astype(float), won) == pytest.approx(10)
    assert lift_of_best(np.zeros(100), won) == pytest.approx(1)
    assert lift_of_best(np.array([1.0] * 20 + [0.0] * 80), won) == pytest.approx(5)


def test_a_weak_signal_says_how_weak(learn: Learn) -> None:
    result = learn(HEAD, people(1_000))
    assert result["why"]["code"] == f"{result['strength']}-lift"
    assert result["why"]["params"]["lift"] == result["lift"] > 1.3
    said = learned_names.say_why({"code": "weak-lift", "params": {"auc": 0.55, "lift": 1.31, "n": 4}})
    assert "1.31" in said.replace(",", ".")
    old = learned_names.say_why({"code": "weak", "params": {"auc": 0.55}})
    assert "0.55" in old.replace(",", ".")


def test_a_proposal_too_good_to_be_true_says_so(learn: Learn) -> None:
    rows = [
        [*row[:-1], row[-1] + 2 * draw.random() * 0.51, row[-1]] for draw in [random.Random(6)] for row in people(2_000)
    ]
    result = learn([*HEAD[:-1], "answer", "y"], rows, insist=["answer"])
    assert result["auc"]["table"][0] >= 0.95
    assert result["why"]["code"] == "too-good"
    assert "AUC" in learned_names.say_why(result["why"])
