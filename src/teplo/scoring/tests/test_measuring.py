"""Figures over histograms are those that scikit-learn and a count by hand give over people."""

from __future__ import annotations

from datetime import date
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from teplo.scoring import measuring
from teplo.scoring.measuring import Pair

people_drawn = st.lists(st.tuples(st.integers(-20, 40), st.booleans()), min_size=2, max_size=60).filter(
    lambda rows: 0 < sum(bought for _, bought in rows) < len(rows)
)


def cells_of(rows):
    return measuring.histogram((score, 1, int(bought)) for score, bought in rows)


@given(people_drawn)
def test_the_area_under_the_curve_is_that_of_scikit_learn(rows):
    found = measuring.auc(cells_of(rows))
    assert found is not None
    value, low, high = found
    assert value == pytest.approx(roc_auc_score([b for _, b in rows], [s for s, _ in rows]))
    assert 0 <= low <= value <= high <= 1


@given(people_drawn)
def test_average_precision_is_that_of_scikit_learn(rows):
    expected = average_precision_score([b for _, b in rows], [s for s, _ in rows])
    assert measuring.average_precision(cells_of(rows)) == pytest.approx(expected)


def drawn(random, people, shift=1.0):
    rows = []
    for _ in range(people):
        bought = random.random() < 0.3
        rows.append((round(10 * random.gauss(shift if bought else 0, 1)), bought))
    return rows


def test_the_interval_covers_the_true_area_about_as_often_as_it_says():
    random = Random(3)  # noqa: S311
    truth = measuring.auc(cells_of(drawn(random, 200_000)))[0]
    inside = 0
    for _ in range(400):
        _value, low, high = measuring.auc(cells_of(drawn(random, 120)))
        inside += low <= truth <= high
    assert 0.92 <= inside / 400 <= 0.98


def test_the_interval_is_delongs():
    """Against the definition, person by person, without ties made easy."""
    random = Random(5)  # noqa: S311
    rows = drawn(random, 90)
    buyers, others = [s for s, b in rows if b], [s for s, b in rows if not b]
    psi = [[(x > y) + (x == y) / 2 for y in others] for x in buyers]
    area = sum(map(sum, psi)) / len(buyers) / len(others)
    v10 = [sum(row) / len(others) for row in psi]
    v01 = [sum(column) / len(buyers) for column in zip(*psi, strict=True)]
    variance = sum((v - area) ** 2 for v in v10) / (len(v10) - 1) / len(v10)
    variance += sum((v - area) ** 2 for v in v01) / (len(v01) - 1) / len(v01)
    places = measuring._places(cells_of(rows))
    assert measuring._variance(places, area) == pytest.approx(variance)


def test_a_better_table_is_found_better_and_a_shuffled_one_is_not():
    random = Random(7)  # noqa: S311
    counts = {}
    for score, bought in drawn(random, 4000, shift=1.2):
        noisy = round(score + 10 * random.gauss(0, 1))
        counts.setdefault((score, noisy), [0, 0])
        counts[score, noisy][0] += 1
        counts[score, noisy][1] += bought
    pairs = [Pair(*key, *sums) for key, sums in counts.items()]
    difference, low, _high = measuring.auc_difference(pairs)
    assert low > 0
    alone = measuring.auc(measuring.histogram((p.score, p.people, p.bought) for p in pairs))[0]
    other = measuring.auc(measuring.histogram((p.other, p.people, p.bought) for p in pairs))[0]
    assert difference == pytest.approx(alone - other)
    same = [Pair(p.score, p.score, p.people, p.bought) for p in pairs]
    assert measuring.auc_difference(same) == pytest.approx((0, 0, 0))


def test_without_buyers_or_others_there_is_no_area():
    assert measuring.auc(measuring.histogram([(1, 5, 0)])) is None
    assert measuring.auc(measuring.histogram([(1, 5, 5)])) is None
    assert measuring.average_precision(measuring.histogram([(1, 5, 0)])) is None
    assert measuring.gain([]) == measuring.lift([]) == measuring.bands([], warm_from=10, hot_from=25) == []


def test_perfect_tables_of_few_people_are_not_believed():
    value, low, high = measuring.auc(measuring.histogram([(1, 4, 0), (9, 4, 4)]))
    assert (value, high) == (1, 1)
    assert low == pytest.approx(0.25)


def test_the_gain_curve_goes_from_nobody_to_everybody():
    points = measuring.gain(measuring.histogram([(0, 60, 2), (10, 30, 3), (20, 10, 5)]))
    assert points == [(0, 0), (0.1, 0.5), (0.4, 0.8), (1, 1)]
    assert dict(measuring.lift(measuring.histogram([(0, 60, 2), (10, 30, 3), (20, 10, 5)])))[0.1] == pytest.approx(5)


def test_of_people_with_the_same_score_any_may_be_called():
    cells = measuring.histogram([(0, 60, 2), (10, 30, 3), (20, 10, 5)])
    assert measuring.best_of(cells, 10) == 5
    assert measuring.best_of(cells, 20) == pytest.approx(6)
    days = {date(2026, 3, 1): cells, date(2026, 3, 2): measuring.histogram([(5, 4, 1)])}
    best = measuring.best_of_each_day(days, calls=20)
    assert (best.called, best.bought) == (24, pytest.approx(7))
    assert best.reached == pytest.approx(7 / 11)


def test_a_threshold_says_how_many_people_what_share_buys_and_what_is_missed():
    cells = measuring.histogram([(0, 60, 2), (10, 30, 3), (20, 10, 5)])
    rows = measuring.thresholds(cells)
    assert rows == [(0, 100, 10), (10, 40, 8), (20, 10, 5)]
    chosen = measuring.choose(rows, 7, buyers=10, weeks=2)
    assert (chosen.people, chosen.per_week, chosen.share[0]) == (40, 20, 0.2)
    assert chosen.missed == pytest.approx(0.2)
    assert measuring.choose(rows, 99, buyers=10, weeks=2).people == 0


def test_bands_begin_at_the_thresholds_and_hold_everybody():
    random = Random(11)  # noqa: S311
    cells = cells_of(drawn(random, 3000))
    found = measuring.bands(cells, warm_from=10, hot_from=25)
    assert len(found) <= measuring.MOST_BANDS
    assert {10, 25} <= {band.start for band in found} or 10 in {band.start for band in found}
    assert sum(band.people for band in found) == 3000
    assert all(band.share[1] <= band.share[0] <= band.share[2] for band in found)


def test_bands_of_far_flung_scores_are_few_and_complete():
    cells = measuring.histogram([(score * 137, 1, score % 2) for score in range(1000)])
    found = measuring.bands(cells, warm_from=10, hot_from=25)
    assert len(found) <= measuring.MOST_BANDS
    assert sum(band.people for band in found) == 1000


def test_conversion_by_band_is_held_against_what_came_later():
    first, then = date(2026, 3, 1), date(2026, 3, 9)
    days = {
        first: measuring.histogram([(5, 50, 5), (30, 50, 25)]),
        then: measuring.histogram([(5, 40, 2), (30, 40, 30)]),
    }
    spans = measuring.bands(measuring.histogram([(5, 90, 7), (30, 90, 55)]), warm_from=10, hot_from=25)
    held = measuring.calibration(days, spans)
    assert [(row.expected, row.bought, row.people) for row in held] == [(0.1, 2, 40), (0.5, 30, 40)]
    assert measuring.calibration({first: days[first]}, spans) == []


def test_a_share_of_few_people_has_a_wide_interval():
    share, low, high = measuring.proportion(3, 4)
    assert share == 0.75
    assert low < 0.31 < 0.95 < high
    assert measuring.proportion(0, 0) == (0, 0, 1)
