"""Points learnt from made-up people whose truth is known."""

from __future__ import annotations

import csv
import json
import math
import random
from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.utils import translation
from sklearn.datasets import load_breast_cancer

from teplo.scoring import learned_names
from teplo.scoring.learning.curves import auc
from teplo.scoring.learning.frames import Column, Told
from teplo.scoring.learning.outcomes import read_outcome
from teplo.scoring.learning.proposing import propose
from teplo.scoring.learning.refusing import Refused
from teplo.scoring.learning.rounding import expected_auc, round_points

pytestmark = pytest.mark.once
Rows = list[list[Any]]
Learn = Callable[..., dict[str, Any]]


@pytest.fixture
def learn(tmp_path: Path) -> Learn:
    def run(head: Sequence[str], rows: Iterable[Sequence[Any]], outcome: str = "y", **more: Any) -> dict[str, Any]:
        path = tmp_path / "people.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([head, *rows])
        columns = more.pop("columns", [{"key": name, "label": name} for name in head])
        sidecar = {
            "columns": columns, "outcome": outcome, "date": more.pop("date", None), "id": more.pop("person", None),
        }  # fmt: skip
        return propose(path, sidecar, more, lambda *step: None)

    return run


def chance(odds: float) -> float:
    return 1 / (1 + math.exp(-odds))


def people(count: int, seed: int = 1) -> Rows:
    """city, age, noise, y: who is from Kyiv and over forty buys more."""
    draw = random.Random(seed)
    rows: Rows = []
    for _ in range(count):
        city, age = draw.choice(["Київ", "Львів", "Одеса"]), draw.randint(18, 70)
        odds = 1.4 * (city == "Київ") + 0.05 * (age - 40) - 1.5
        rows.append([city, age, draw.randint(0, 99), int(draw.random() < chance(odds))])
    return rows


def column_of(cells: Sequence[str]) -> Column:
    values = ["", *dict.fromkeys(cell for cell in cells if cell)]
    return Column(Told("y", "y"), np.array([values.index(cell) for cell in cells], dtype=np.int32), values)


HEAD = ["city", "age", "noise", "y"]


def test_a_table_says_what_is_true_of_people(learn: Learn) -> None:
    result = learn(HEAD, people(3_000))
    assert result["verdict"] == "proposed" and result["strength"] in ("fair", "strong")
    kyiv = [entry for entry in result["criteria"] if "Київ" in json.dumps(entry["condition"], ensure_ascii=False)]
    others = [entry for entry in result["criteria"] if entry["column"] == "city" and entry not in kyiv]
    assert sum(entry["points"] for entry in kyiv) > 0 or all(entry["points"] < 0 for entry in others)
    ages = [entry for entry in result["criteria"] if entry["column"] == "age"]
    assert len(ages) >= 2
    points = {entry["part"]["low"] or 0: entry["points"] for entry in ages}
    assert [points[low] for low in sorted(points)] == sorted(points.values())  # the older the more, as it is
    assert {entry["column"] for entry in result["criteria"][:2]} <= {"city", "age"}
    for entry in result["criteria"]:
        assert entry["low"] <= entry["effect"] <= entry["high"] and 0 < entry["people"] < 3_000
        assert isinstance(entry["points"], int) and entry["points"]
    table, model = result["auc"]["table"], result["auc"]["model"]
    assert table[1] < table[0] < table[2] and abs(model[0] - table[0] - result["loss"]) < 1e-3
    assert result["loss"] <= 0.01
    expected = [band["expected"] for band in result["bands"]]
    assert expected == sorted(expected) and sum(band["people"] for band in result["bands"]) == 3_000
    assert result["warm_from"] < result["hot_from"]


def test_the_same_file_teaches_the_same_table(learn: Learn) -> None:
    rows = people(800)
    assert learn(HEAD, rows) == learn(HEAD, rows)


@pytest.mark.parametrize("seed", range(6))
def test_a_shuffled_outcome_is_no_signal(learn: Learn, seed: int) -> None:
    rows = people(1_200, seed)
    outcomes = [row[-1] for row in rows]
    random.Random(seed).shuffle(outcomes)
    result = learn(HEAD, [[*row[:-1], won] for row, won in zip(rows, outcomes, strict=True)])
    assert result["verdict"] == "no-signal" and not result["criteria"]


def test_too_few_buyers_are_said_plainly(learn: Learn) -> None:
    rows = [[*row[:-1], int(number < 29)] for number, row in enumerate(people(1_000))]
    result = learn(HEAD, rows)
    assert (result["verdict"], result["why"]["code"]) == ("too-little", "too-few")
    assert result["why"]["params"] == {"won": 29, "lost": 971, "least": 30}


@pytest.mark.parametrize("count", [1, 2, 40, 70])
def test_a_tiny_file_is_no_trouble(learn: Learn, count: int) -> None:
    assert learn(HEAD, people(count))["verdict"] in ("too-little", "no-signal", "refused", "proposed")


def test_one_buyer_in_a_hundred_is_enough_when_they_are_many(learn: Learn) -> None:
    draw = random.Random(5)
    rows = []
    for _ in range(12_000):
        source, visits = draw.choice("abcdef"), draw.expovariate(0.3)
        rows.append([source, round(visits, 1), int(draw.random() < chance(0.25 * visits + (source == "a") - 6.2))])
    result = learn(["source", "visits", "y"], rows)
    assert result["base_rate"] < 0.02 and result["verdict"] == "proposed"
    assert result["bands"][-1]["expected"] < 0.5


@pytest.mark.parametrize(
    ("won", "lost"),
    [
        ("yes", "no"), ("1", "0"), ("TRUE", "False"), ("Won", "Lost"), ("Closed Won", "Closed - Lost"), ("да", "нет"),
        ("выиграна", "проиграна"), ("Так", "Ні"), ("виграна", "програна"),
        ("Успешно реализовано", "Закрыто и не реализовано"),
        ("1.0", "0.0"), ("Y", "N"), ("Сделка успешна", "Сделка провалена"), ("1", "-1"), ("Converted", "Not Converted"),
    ],
)  # fmt: skip
def test_outcomes_are_understood_as_people_write_them(won: str, lost: str) -> None:
    outcome = read_outcome(column_of([won, lost, "", lost]))
    assert outcome.how == {"won": [won], "lost": [lost], "open": {}, "empty": 1}
    assert outcome.won.tolist() == [True, False, False]


def test_a_mark_on_buyers_and_nothing_on_the_others_is_an_outcome() -> None:
    outcome = read_outcome(column_of(["1", "", "", "1", ""]))
    assert outcome.how == {"won": ["1"], "lost": [""], "open": {}, "empty": 0}
    assert outcome.won.tolist() == [True, False, False, True, False]
    named = read_outcome(column_of(["A", "", "A"]), won=["a"])
    assert named.won.tolist() == [True, False, True]
    with pytest.raises(Refused):
        read_outcome(column_of(["lost", "", "lost"]))
    with pytest.raises(Refused):
        read_outcome(column_of(["A", "", "A"]))


def test_open_outcomes_are_left_out_and_counted() -> None:
    outcome = read_outcome(column_of(["Lost", "Negotiations", "Won", "", "negotiations", "Trial"]))
    assert outcome.how["open"] == {"Negotiations": 1, "negotiations": 1, "Trial": 1} and outcome.how["empty"] == 1
    assert outcome.kept.tolist() == [True, False, True, False, False, False]


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ([1.5, 2.5, 3.5, 7], "outcome-numbers"), (["a", "b"], "outcome-unclear"), (["yes"], "outcome-one-value"),
        ([""], "outcome-empty"), ([f"name {n}" for n in range(60)], "outcome-many"),
        (["won", "b", "c"], "outcome-unclear"),
    ],
)  # fmt: skip
def test_what_is_no_outcome_is_refused_with_its_reason(learn: Learn, values: list[Any], code: str) -> None:
    rows = [[*row[:-1], values[number % len(values)]] for number, row in enumerate(people(300))]
    result = learn(HEAD, rows)
    assert (result["verdict"], result["why"]["code"]) == ("refused", code)


def test_values_of_the_outcome_can_be_named() -> None:
    column = column_of(["A", "B", "C", "A"])
    assert read_outcome(column, won=["a"]).won.tolist() == [True, False, False, True]
    assert read_outcome(column, lost=["C"]).won.tolist() == [True, True, False, True]
    only = read_outcome(column, won=["A"], lost=["B"])
    assert only.won.tolist() == [True, False, True] and only.how["open"] == {"C": 1}
    with pytest.raises(Refused):
        read_outcome(column, won=["Z"])


def test_a_number_in_the_order_of_the_file_is_no_quality(learn: Learn) -> None:
    result = learn(["lead number", *HEAD], [[600_000 + 7 * number, *row] for number, row in enumerate(people(700))])
    assert [(column["column"], column["why"]) for column in result["dropped"]] == [("lead number", "identifier")]


def test_a_number_nobody_shares_may_still_be_a_quality(learn: Learn) -> None:
    draw = random.Random(14)
    rows = [[round(draw.lognormvariate(11, 1)), *row] for row in people(700)]
    assert not learn(["income", *HEAD], rows)["dropped"]


def test_columns_that_say_nothing_are_dropped_with_their_reason(learn: Learn) -> None:
    rows = [
        [f"Имя {number}", number + 7_000, "x", "", f"{number:06}", *row]
        for number, row in enumerate(people(800))
    ]  # fmt: skip
    result = learn(["name", "number", "same", "blank", "code", *HEAD], rows)
    why = {column["column"]: column["why"] for column in result["dropped"]}
    assert why == {
        "name": "identifier", "number": "identifier", "same": "constant", "blank": "empty", "code": "identifier",
    }  # fmt: skip
    assert result["verdict"] == "proposed"


def test_missing_is_a_level_of_its_own_however_it_is_spelt(learn: Learn) -> None:
    draw = random.Random(2)
    rows = []
    for _ in range(2_000):
        missing = draw.random() < 0.3
        size = draw.choice(["", "NA", "N/A", "null", "—", "NaN", "None"]) if missing else str(draw.randint(1, 500))
        rows.append([size, draw.choice(["unknown", "a", "b"]), int(draw.random() < (0.1 if missing else 0.4))])
    result = learn(["size", "kind", "y"], rows)
    (entry,) = [entry for entry in result["criteria"] if entry["part"]["kind"] == "missing"]
    assert entry["condition"] == {"field": "size", "is_set": False} and entry["points"] < 0
    assert abs(entry["share"] - 0.3) < 0.04


def test_rare_levels_are_joined_and_a_swamp_of_them_is_no_trouble(learn: Learn) -> None:
    draw = random.Random(4)
    rows = []
    for _ in range(3_000):
        city = draw.choice(["Київ", "Львів", *(f"село {n}" for n in range(400))]) if draw.random() < 0.5 else "Київ"
        rows.append([city, draw.gauss(0, 1), int(draw.random() < (0.5 if city == "Київ" else 0.2))])
    result = learn(["city", "x", "y"], rows)
    assert result["verdict"] == "proposed"
    assert all("село" not in json.dumps(entry["condition"], ensure_ascii=False) for entry in result["criteria"])


def test_a_hump_is_found_and_a_trend_keeps_its_direction(learn: Learn) -> None:
    draw = random.Random(9)
    rows = []
    for _ in range(4_000):
        age, income = draw.randint(18, 78), round(draw.lognormvariate(10, 1))
        odds = 0.004 * (age - 48) ** 2 - 2.2 + 0.4 * (math.log(income) - 10)
        rows.append([age, income, int(draw.random() < chance(odds))])
    result = learn(["age", "income", "y"], rows)
    age = sorted((e for e in result["criteria"] if e["column"] == "age"), key=lambda e: e["part"]["low"] or 0)
    assert age[0]["points"] > 0 < age[-1]["points"] and result["auc"]["table"][0] > 0.72
    income = sorted((e for e in result["criteria"] if e["column"] == "income"), key=lambda e: e["part"]["low"] or 0)
    low_to_high = [entry["points"] for entry in income]
    assert low_to_high == sorted(low_to_high)


def test_commas_spaces_and_currencies_are_numbers(learn: Learn) -> None:
    draw = random.Random(6)
    rows = []
    for _ in range(1_500):
        value = draw.uniform(1_000, 9_000)
        text = f"{value:,.2f}".replace(",", " ").replace(".", ",") + " ₴"
        rows.append([text, int(draw.random() < chance((value - 5_000) / 1_500))])
    result = learn(["бюджет", "y"], rows)
    assert result["criteria"] and all(entry["part"]["kind"] == "band" for entry in result["criteria"])


@pytest.mark.parametrize(
    ("write", "is_number"),
    [
        (lambda years: f"{years} лет", True), (lambda years: f"{years} " + ("год", "года")[years % 2], True),
        (lambda years: f"{years / 10:.1f}k", True), (lambda years: f"{years} тыс. ₽", True),
        (lambda years: f"{years} m²", True), (lambda years: f"{years}{'ab'[years % 2]}", False),
    ],
)  # fmt: skip
def test_numbers_with_a_unit_are_numbers(learn: Learn, write: Callable[[int], str], is_number: bool) -> None:
    result = learn(HEAD, [[city, write(age), noise, won] for city, age, noise, won in people(1_500)])
    ages = [entry for entry in result["criteria"] if entry["column"] == "age"]
    assert {entry["part"]["kind"] == "band" for entry in ages} == {is_number}


# leaks


def leaky(count: int = 2_500) -> Rows:
    draw = random.Random(8)
    rows = []
    for row in people(count):
        won = row[-1]
        reason = "" if won else draw.choice(["дорого", "передумал", "конкурент"])
        length = draw.expovariate(1 / 420) + 60 if won else draw.expovariate(1 / 120)
        rows.append([*row[:-1], reason, won ^ (draw.random() < 0.01), round(length), won])
    return rows


LEAKY = [*HEAD[:-1], "reason", "paid", "call length", "y"]


def test_columns_that_hold_the_answer_are_named_and_left_out(learn: Learn) -> None:
    result = learn(LEAKY, leaky())
    leaks = {leak["column"]: leak for leak in result["leaks"]}
    assert set(leaks) == {"reason", "paid", "call length"}
    for leak in leaks.values():
        assert leak["auc_with"] > leak["auc_without"] + 0.05
    assert {entry["column"] for entry in result["criteria"]} <= {"city", "age", "noise"}
    assert result["auc"]["table"][0] < 0.85


def test_whoever_insists_gets_the_leak_and_is_told_all_the_same(learn: Learn) -> None:
    result = learn(LEAKY, leaky(), insist=["paid"])
    assert {leak["column"]: leak["insisted"] for leak in result["leaks"]}["paid"] is True
    assert "paid" in {entry["column"] for entry in result["criteria"]} and result["auc"]["table"][0] > 0.95


def test_an_honest_strong_column_stays(learn: Learn) -> None:
    draw = random.Random(3)
    rows = []
    for _ in range(3_000):
        score, other = draw.gauss(0, 1), draw.choice("ab")
        rows.append([round(score, 3), other, int(draw.random() < chance(1.8 * score - 1.5 + 0.4 * (other == "a")))])
    result = learn(["score", "other", "y"], rows)
    assert not result["leaks"] and result["auc"]["table"][0] > 0.8


def test_an_easy_question_has_no_leaks(learn: Learn) -> None:
    cells = load_breast_cancer()
    rows = [[*map(float, row), int(won)] for row, won in zip(cells.data, cells.target, strict=True)]
    result = learn([*map(str, cells.feature_names), "y"], rows)
    assert not result["leaks"] and result["auc"]["table"][0] > 0.98 and result["loss"] < 0.01


def test_a_column_equal_to_the_outcome_is_a_leak(learn: Learn) -> None:
    result = learn(["copy", *HEAD], [["win" if row[-1] else "loss", *row] for row in people(700)])
    assert [leak["column"] for leak in result["leaks"]] == ["copy"]


def test_what_the_history_says_of_a_column_is_believed(learn: Learn) -> None:
    columns = [
        {"key": "city", "label": "Город", "kind": "text", "filled_after_share": 0.9},
        {"key": "age", "label": "Возраст", "kind": "number", "changed_after_share": 0.7},
        {"key": "noise", "label": "Шум", "kind": "number", "filled_after_share": 0.1},
    ]
    result = learn(HEAD, people(900), columns=columns)
    assert {leak["column"]: leak["why"] for leak in result["leaks"]} == {"city": "filled-after", "age": "changes-after"}
    assert result["verdict"] == "no-signal"


def counted(count: int, kind: str, seed: int = 1) -> Rows:
    """all, part, source, y: `all` counts what `part` does and more; in a leak the rest came after the outcome."""
    draw = np.random.default_rng(seed)
    part = draw.poisson(draw.lognormal(1, 0.8, count))
    won = draw.random(count) < 1 / (1 + np.exp(2.2 - 0.5 * np.log1p(part)))
    if kind == "came back":  # buyers come to the site again after the purchase
        more = np.where(won, draw.poisson(3, count), draw.poisson(1, count))
    elif kind == "stopped":  # touches end with the deal, and nobody touches those given up
        more = np.where(won, draw.poisson(2, count), np.where(draw.random(count) < 0.3, 0, draw.poisson(5, count)))
    elif kind == "older":  # visits before the last month: they were there before
        more = draw.poisson(draw.lognormal(0, 0.8, count))
        won = draw.random(count) < 1 / (1 + np.exp(2.2 - 0.9 * np.log1p(more)))
    else:  # letters sent, and of them opened
        more = part
        part = draw.binomial(more, interest := draw.beta(2, 2, count))
        won = draw.random(count) < 1 / (1 + np.exp(1.2 - 4 * (interest - 0.5)))
        more = more - part
    return [[a + b, a, draw.choice(["x", "z"]), int(w)] for a, b, w in zip(part, more, won, strict=True)]


@pytest.mark.parametrize("kind", ["came back", "stopped"])
def test_a_count_that_went_on_after_the_outcome_is_caught_beside_the_honest_one(learn: Learn, kind: str) -> None:
    result = learn(["all", "part", "source", "y"], counted(3_000, kind))
    (leak,) = result["leaks"]
    assert (leak["column"], leak["why"], leak["beside"]) == ("all", "counts-on", "part")
    assert leak["auc_with"] > leak["auc_without"] + 0.02
    assert "all" not in {entry["column"] for entry in result["criteria"]}
    for language in ("en", "ru", "uk"):
        with translation.override(language):
            learned_names.say(result)
        assert "all" in leak["text"] and "part" in leak["text"] and "%(" not in leak["text"]


@pytest.mark.parametrize("kind", ["older", "opened"])
@pytest.mark.parametrize("seed", range(3))
def test_a_count_and_an_honest_part_of_it_both_stay(learn: Learn, kind: str, seed: int) -> None:
    assert not learn(["all", "part", "source", "y"], counted(3_000, kind, seed))["leaks"]


def test_a_count_whose_history_says_it_was_known_before_stays(learn: Learn) -> None:
    columns = [{"key": name, "label": name, "known_at": "before"} for name in ("all", "part", "source")]
    assert not learn(["all", "part", "source", "y"], counted(3_000, "stopped"), columns=columns)["leaks"]


def test_a_day_known_only_after_the_outcome_is_caught_beside_the_first_day(learn: Learn) -> None:
    draw = random.Random(31)
    rows = []
    for row in people(2_500):
        opened = date(2024, 1, 1) + timedelta(days=draw.randint(0, 300))
        took = draw.randint(5, 30) if row[-1] else draw.choice([2, 3, *range(35, 90)])
        rows.append([opened.isoformat(), (opened + timedelta(days=took)).isoformat(), *row])
    leaks = learn(["opened", "closed", *HEAD], rows)["leaks"]
    assert [(leak["column"], leak["why"], leak["beside"]) for leak in leaks] == [("closed", "days-on", "opened")]


# time, ids, kinds of a frame


def test_with_days_the_table_is_proven_on_later_people_and_dates_become_ages(learn: Learn) -> None:
    draw = random.Random(12)
    rows = []
    for _ in range(2_500):
        day, ago = draw.randint(1, 330), draw.randint(0, 200)
        moment = f"2024-{1 + day // 28:02}-{1 + day % 28:02}"
        signup = f"{1 + ago % 28}.{1 + (ago // 28) % 12}.2023"
        rows.append([moment, signup, draw.choice("ab"), int(draw.random() < chance(0.015 * (day - ago) - 1))])
    result = learn(["moment", "signup", "kind", "y"], rows, date="moment")
    assert result["auc"]["how"] == "out-of-time" and result["verdict"] == "proposed"
    assert any("days from signup to moment" in json.dumps(entry["condition"]) for entry in result["criteria"])
    assert all(entry["column"] != "moment" for entry in result["criteria"])


def test_dates_after_the_day_asked_of_are_a_leak(learn: Learn) -> None:
    rows = [["2024-01-01", f"2024-02-{1 + number % 28:02}", *row] for number, row in enumerate(people(600))]
    result = learn(["moment", "closed", *HEAD], rows, date="moment")
    assert [(leak["column"], leak["why"]) for leak in result["leaks"]] == [("closed", "after-moment")]


def test_a_date_that_for_many_lies_after_the_day_asked_of_and_tells_is_a_leak(learn: Learn) -> None:
    draw = random.Random(17)
    rows = []
    for row in people(1_500):
        days = draw.randint(1, 40) if row[-1] and draw.random() < 0.7 else -draw.randint(0, 60)
        rows.append(["2024-03-01", (date(2024, 3, 1) + timedelta(days=days)).isoformat(), *row])
    result = learn(["moment", "last contact", *HEAD], rows, date="moment")
    assert [(leak["column"], leak["why"]) for leak in result["leaks"]] == [("last contact", "after-moment")]


def test_the_same_row_counts_once_and_one_person_is_never_on_both_sides(learn: Learn) -> None:
    rows = [[f"p{number // 2}", *row] for number, row in enumerate(people(1_000))]
    result = learn(["id", *HEAD], rows + rows[:50], person="id")
    assert result["people"] == 1_000 and result["repeated"] == 50 and result["several_rows"] == 500


def test_deeds_and_lists_of_a_frame_become_conditions_of_the_language(learn: Learn) -> None:
    draw = random.Random(21)
    rows = []
    for _ in range(3_000):
        visits = draw.choice([0, 0, 0, 1, 2, 3, 6, 12])
        since = draw.randint(0, 60) if visits else ""
        has = [tag for tag in ("vip", "ads") if draw.random() < 0.3]
        odds = 0.25 * visits - 1.8 + ("vip" in has) + (1.0 if since != "" and since < 7 else 0)
        rows.append([visits, since, json.dumps(has), draw.randint(0, 1), int(draw.random() < chance(odds))])
    columns = [
        {"key": "v", "label": "Смотрит цены", "kind": "times", "side": "behaviour",
         "condition": {"did": "prices", "within": "30d"}},
        {"key": "s", "label": "Был", "kind": "recency", "condition": {"last_did": "prices"}, "side": "behaviour"},
        {"key": "t", "label": "Теги", "kind": "list", "condition": {"field": "attr.tags"}},
        {"key": "f", "label": "Флаг", "kind": "boolean", "condition": {"field": "attr.flag"}},
    ]  # fmt: skip
    result = learn(["v", "s", "t", "f", "y"], rows, columns=columns)
    visits = [entry for entry in result["criteria"] if entry["column"] == "v"]
    assert visits and all(entry["side"] == "behaviour" and entry["points"] > 0 for entry in visits)
    assert all(entry["condition"]["did"] == "prices" and entry["condition"]["at_least"] >= 1 for entry in visits)
    given = sorted((entry["condition"]["at_least"], entry["points"]) for entry in visits)
    assert [points for _, points in given] == sorted(points for _, points in given)
    assert {"field": "attr.tags", "has": "vip"} in [entry["condition"] for entry in result["criteria"]]
    recent = [entry for entry in result["criteria"] if entry["column"] == "s"]
    assert recent and '"last_did": "prices"' in json.dumps(recent[0]["condition"])


@pytest.mark.parametrize("seed", range(3))
def test_points_order_people_as_the_log_odds_they_are_rounded_from(seed: int) -> None:
    draw = np.random.default_rng(seed)
    matrix = (draw.random((4_000, 18)) < draw.uniform(0.05, 0.5, 18)).astype(float)
    values = draw.normal(0, 0.6, 18)
    cuts = [at // 3 for at in range(18)]
    odds = matrix @ values - 1
    chance = 1 / (1 + np.exp(-odds))
    weights = chance * (1 - chance)
    centred = matrix - weights @ matrix / weights.sum()
    found = round_points(values, matrix, odds, (centred * weights[:, None]).T @ centred, cuts)
    plain = np.rint(values * found.scale)
    lost, lost_plainly = (expected_auc(odds, chance) - expected_auc(matrix @ p, chance) for p in (found.points, plain))
    assert 0 <= lost <= 0.0006 and lost <= lost_plainly + 1e-6
    assert np.abs(found.points).max() <= 30 and (found.points * values >= 0).all()
    for one in range(18):
        for two in range(18):
            if cuts[one] == cuts[two] and values[one] < values[two]:
                assert found.points[one] <= found.points[two]


def test_few_criteria_tell_nearly_what_the_whole_model_does(learn: Learn) -> None:
    draw = np.random.default_rng(41)
    x = draw.normal(size=(4_000, 5)).round(3)
    odds = 0.9 * x[:, 0] ** 2 - 0.6 * np.abs(x[:, 1]) + 0.5 * x[:, 2] - 1.2
    won = draw.random(4_000) < 1 / (1 + np.exp(-odds))
    result = learn(["a", "b", "c", "d", "e", "y"], [[*row, int(w)] for row, w in zip(x, won, strict=True)])
    assert len(result["criteria"]) <= 25 and result["loss"] <= 0.006
    assert result["auc"]["table"][0] > auc(odds, won) - 0.02  # what can be known at all


def test_at_most_as_many_criteria_as_asked(learn: Learn) -> None:
    assert 0 < len(learn(HEAD, people(3_000), criteria=4)["criteria"]) <= 4
