import csv
import json
import random
from math import comb

import pytest

from teplo.scoring import learning_process
from teplo.scoring.bands import edges_of
from teplo.scoring.chances import adjusted, p_value
from teplo.scoring.commonness import Everybody, find_common

CITIES = ["Киев", "Львов", "Одесса", "Харьков", "Днепр"]
COLUMNS = [
    {"key": "city", "label": "Город", "kind": "text", "condition": {"field": "city"}},
    {"key": "country", "kind": "text", "condition": {"field": "country"}, "levels": {"UA": "Украина"}},
    {"key": "size", "label": "Размер", "kind": "number", "condition": {"field": "company.size"}},
    {"key": "vip", "label": "VIP", "kind": "boolean", "condition": {"field": "attr.vip"}},
    {"key": "source", "label": "Источник", "kind": "list", "condition": {"field": "source"}},
    {"key": "mark", "label": "utm", "kind": "list", "condition": {"field": "utm_source"}, "operator": "is"},
    {"key": "did.visit", "label": "Visit", "kind": "times", "condition": {"did": "visit"}, "side": "behaviour"},
    {"key": "did.visit.30d", "label": "V", "kind": "times", "condition": {"did": "visit", "within": "30d"}},
    {"key": "last.visit", "label": "Since", "kind": "recency", "condition": {"last_did": "visit"}},
]


def somebody(draw):
    visits = draw.choice([0, 0, 1, 2, 4, 9])
    return {
        "city": draw.choice(CITIES), "country": draw.choice(["UA", "PL", ""]), "size": draw.randrange(1, 500),
        "vip": draw.choice(["", "0", "1"]), "source": json.dumps(draw.sample(["paid", "email", "direct"], 2)),
        "mark": json.dumps([draw.choice(["yandex", "google"])]), "did.visit": visits, "did.visit.30d": visits // 2,
        "last.visit": "",
    }  # fmt: skip


def write(path, people, chance, *, seed=1, columns=COLUMNS):
    """A frame of so many people, each of whom buys with `chance(person)`; answers them."""
    draw = random.Random(seed)
    rows = [somebody(draw) for _ in range(people)]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["person_id", "moment", "y", *rows[0]])
        for number, row in enumerate(rows):
            row["y"] = int(draw.random() < chance(row))
            writer.writerow([number, "2026-01-01", row["y"], *list(row.values())[:-1]])
    path.with_suffix(".json").write_text(json.dumps({"columns": columns, "outcome": "y", "people": people}))
    return rows


def found_in(path, **options):
    return find_common(frame=path, options=options)


def test_what_was_planted_is_found_with_its_true_shares(tmp_path):
    rows = write(tmp_path / "f.csv", 3000, lambda row: 0.5 if row["city"] == "Киев" else 0.1)
    found = found_in(tmp_path / "f.csv")
    best = found["findings"][0]
    assert (found["verdict"], best["conditions"]) == ("found", [{"field": "city", "is": "Киев"}])
    buyers, others = [r for r in rows if r["y"]], [r for r in rows if not r["y"]]
    of_kiev = [sum(r["city"] == "Киев" for r in side) for side in (buyers, others)]
    assert (best["won"], best["others"]) == tuple(of_kiev)
    assert best["share_won"] == of_kiev[0] / len(buyers)
    assert best["low"] < best["lift"] < best["high"]
    assert best["lift"] == pytest.approx((of_kiev[0] / len(buyers)) / (of_kiev[1] / len(others)))


def test_a_pair_that_only_together_sells_is_found_as_a_pair(tmp_path):
    def chance(row):
        together = row["city"] == "Одесса" and row["source"].count("paid")
        return 0.6 if together else 0.15

    write(tmp_path / "f.csv", 4000, chance)
    best = found_in(tmp_path / "f.csv")["findings"][0]
    assert best["conditions"] == [{"field": "source", "has": "paid"}, {"field": "city", "is": "Одесса"}]


def test_two_independent_traits_make_no_pair_of_themselves(tmp_path):
    def chance(row):
        return 0.1 * (3 if row["city"] == "Киев" else 1)

    write(tmp_path / "f.csv", 4000, chance)
    pairs = [one for one in found_in(tmp_path / "f.csv")["findings"] if len(one["conditions"]) == 2]
    assert pairs == []


def test_a_shuffled_outcome_finds_almost_nothing(tmp_path):
    found, tests = 0, 0
    for seed in range(12):
        write(tmp_path / "f.csv", 1500, lambda _row: 0.3, seed=seed)
        answer = found_in(tmp_path / "f.csv")
        found, tests = found + len(answer["findings"]), tests + answer["tests"]
    assert tests > 2500
    assert found <= 2


def test_bands_of_numbers_and_counts_of_deeds_are_found_too(tmp_path):
    def chance(row):
        return 0.05 + 0.4 * (row["size"] >= 400) + 0.3 * (row["did.visit"] >= 3)

    write(tmp_path / "f.csv", 4000, chance)
    conditions = [one["conditions"] for one in found_in(tmp_path / "f.csv", pairs=False)["findings"]]
    assert [{"field": "company.size", "at_least": 400}] in conditions
    assert [{"did": "visit", "at_least": 3}] in conditions


def test_what_buyers_lack_is_found_as_well(tmp_path):
    write(tmp_path / "f.csv", 3000, lambda row: 0.02 if row["vip"] == "0" else 0.3)
    best = found_in(tmp_path / "f.csv")["findings"][0]
    assert best["conditions"] == [{"field": "attr.vip", "is": False}]
    assert best["high"] < 1


def test_texts_written_differently_are_one_value(tmp_path):
    rows = write(tmp_path / "f.csv", 600, lambda row: 0.5 if row["city"] == "Киев" else 0.1)
    text = (tmp_path / "f.csv").read_text(encoding="utf-8")
    (tmp_path / "f.csv").write_text(text.replace("Киев", "КИЕВ", 40), encoding="utf-8")
    best = found_in(tmp_path / "f.csv")["findings"][0]
    assert best["conditions"] == [{"field": "city", "is": "Киев"}]
    assert best["people"] == sum(row["city"] == "Киев" for row in rows)


def test_too_few_buyers_are_said_to_be_too_few(tmp_path):
    write(tmp_path / "f.csv", 500, lambda row: 0.01)
    assert found_in(tmp_path / "f.csv")["verdict"] == "too-little"


def test_columns_left_out_and_columns_of_now_are_not_looked_at(tmp_path):
    columns = [{**column, "later": column["key"] == "country"} for column in COLUMNS]
    write(
        tmp_path / "f.csv",
        2000,
        lambda row: 0.9 if row["city"] == "Киев" or row["country"] == "UA" else 0.1,
        columns=columns,
    )
    seen = {key for one in found_in(tmp_path / "f.csv", without=["city"])["findings"] for key in one["columns"]}
    assert not seen & {"city", "country"}


def test_it_runs_as_a_process_of_its_own_and_tells_how_far_it_is(tmp_path):
    write(tmp_path / "f.csv", 1000, lambda row: 0.5 if row["city"] == "Киев" else 0.1)
    told = []
    found = learning_process.run_child(
        "teplo.scoring.commonness", frame=tmp_path / "f.csv", options={}, report=lambda *step: told.append(step)
    )
    assert found == found_in(tmp_path / "f.csv")


@pytest.mark.parametrize(
    "table", [(3, 10, 2, 40), (0, 8, 9, 30), (8, 8, 0, 30), (1, 20, 1, 20), (600, 2000, 800, 3000)]
)
def test_the_exact_test_is_the_sum_of_all_tables_at_most_as_likely(table):
    won, all_won, others, all_others = table
    people, whole = won + others, all_won + all_others

    def chance(count):
        return comb(all_won, count) * comb(all_others, people - count) / comb(whole, people)

    here = chance(won)
    counts = range(max(0, people - all_others), min(people, all_won) + 1)
    assert p_value(*table) == pytest.approx(
        sum(chance(count) for count in counts if chance(count) <= here * (1 + 1e-9)),
        abs=0.005 if min(table) > 4 else 1e-9,
    )


def test_the_adjusted_values_follow_benjamini_and_hochberg():
    assert adjusted([0.01, 0.04, 0.03, 0.5]) == pytest.approx([0.04, 0.04 * 4 / 3, 0.04 * 4 / 3, 0.5])


def test_the_interval_of_a_lift_is_that_of_katz():
    ratio, low, high = Everybody(0, 100, 200).lift(30, 20)
    assert (round(ratio, 3), round(low, 3), round(high, 3)) == (3.0, 1.797, 5.008)


def test_edges_are_round_and_of_about_equal_size():
    assert edges_of(range(1, 501), parts=5) == [100, 200, 300, 400]
    assert edges_of([1, 1, 2, 3, 3], parts=5) == [2, 3]
    assert edges_of([7] * 9, parts=5) == []
