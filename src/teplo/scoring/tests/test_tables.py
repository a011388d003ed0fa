import pytest

from teplo.jobs.models import Job
from teplo.jobs.testing import run_all_jobs
from teplo.people.models import Person
from teplo.scoring.models import Score, ScoreTable
from teplo.scoring.previewing import compare, distribution_now
from teplo.scoring.rescoring import rescore
from teplo.scoring.tables import Line, TableRefused, discard, go_live, make_draft, save_draft, save_profile
from teplo.scoring.testing import behaviour, fit, make_table

from .conftest import AT

pytestmark = pytest.mark.django_db
MOSCOW = {"field": "city", "is": "Москва"}


def save(table, *lines, **changes):
    save_draft(table=table, **{"name": "T", "warm_from": 5, "hot_from": 9, "note": "", "lines": lines, **changes})


def test_a_draft_begins_with_the_criteria_of_the_table_it_is_made_of(deed):
    table = make_table(fit(MOSCOW, 5), behaviour(deed.id, 2, cap=8, window_days=30))
    draft = make_draft(of=table, name="Draft", by=1, at=AT)
    assert [(c.name, c.points, c.cap, c.window_days) for c in draft.criteria.all()] == [
        ("portrait", 5, None, None),
        ("deed", 2, 8, 30),
    ]
    assert (draft.state, draft.hot_from) == ("draft", table.hot_from)


def test_lines_are_kept_in_their_order(deed):
    draft = make_table(state="draft")
    save(
        draft,
        Line("behaviour", "On site", "Visits", 2, activity_id=deed.id),
        Line("fit", "", "Moscow", 5, condition=MOSCOW),
    )
    assert [(c.position, c.name) for c in draft.criteria.all()] == [(0, "Visits"), (1, "Moscow")]


@pytest.mark.parametrize(
    ("line", "code", "column"),
    [
        (Line("fit", "", " ", 5, condition=MOSCOW), "no-name", "name"),
        (Line("fit", "", "x", None, condition=MOSCOW), "no-points", "points"),
        (Line("fit", "", "x", 99999, condition=MOSCOW), "too-many-points", "points"),
        (Line("fit", "", "x", 5), "no-condition", "condition"),
        (Line("behaviour", "", "x", 5), "no-activity", "condition"),
        (Line("fit", "", "x", 5, condition={"temperature": "hot"}), "circle", "condition"),
        (Line("fit", "", "x", 5, condition={"field": "nothing", "is": "x"}), "condition", "condition"),
        (Line("behaviour", "", "x", 5, activity_id=1, half_life_days=9999), "bad-days", "half_life_days"),
        (Line("behaviour", "", "x", 5, activity_id=1, at_least=0), "bad-times", "at_least"),
    ],
)
def test_a_line_that_cannot_stand_is_refused_with_its_place(line, code, column):
    draft = make_table(state="draft")
    with pytest.raises(TableRefused) as refused:
        save(draft, Line("fit", "", "ok", 1, condition=MOSCOW), line)
    assert (refused.value.code, refused.value.row, refused.value.column) == (code, 1, column)
    assert str(refused.value)
    assert not draft.criteria.exists()


def test_a_live_table_is_not_changed_in_place():
    table = make_table(fit(MOSCOW, 5))
    with pytest.raises(TableRefused):
        save(table)
    assert table.criteria.count() == 1
    assert not discard(table=table)


def test_hot_must_begin_above_warm():
    with pytest.raises(TableRefused):
        save(make_table(state="draft"), warm_from=5, hot_from=5)


def test_going_live_retires_the_former_table_and_scores_everybody(person):
    old = make_table(fit(MOSCOW, 5))
    rescore(person_ids=[person.id], cause="attribute", at=AT)
    draft = make_draft(of=old, name="New", by=1, at=AT)
    save(draft, Line("fit", "", "Moscow", 30, condition=MOSCOW))
    go_live(table=draft, by=1, at=AT)
    assert dict(ScoreTable.objects.values_list("name", "state")) == {"Table": "retired", "T": "live"}
    run_all_jobs()
    assert Score.objects.get(person=person).total == 30


def test_an_empty_table_does_not_go_live():
    with pytest.raises(TableRefused):
        go_live(table=make_table(state="draft"), by=1, at=AT)
    assert not Job.objects.exists()


def test_a_profile_that_asks_for_its_own_result_is_refused():
    with pytest.raises(TableRefused):
        save_profile(kind="ideal", name="x", condition={"grade": "ideal"}, is_active=True)
    save_profile(kind="ideal", name="x", condition=MOSCOW, is_active=True)
    assert Job.objects.get().kind == "rescore-all"


def test_a_draft_is_compared_with_the_live_table_over_the_same_people():
    live = make_table(fit(MOSCOW, 10), warm_from=10, hot_from=25)
    draft = make_draft(of=live, name="Draft", by=1, at=AT)
    save(draft, Line("fit", "", "Moscow", 40, condition=MOSCOW), warm_from=10, hot_from=25)
    for city in ("Москва", "Москва", "Казань"):
        Person.objects.create(city=city)
    found = compare(table=ScoreTable.objects.get(id=draft.id), live=live, at=AT)
    assert (found.draft.cold, found.draft.warm, found.draft.hot) == (1, 0, 2)
    assert (found.live.cold, found.live.warm, found.live.hot) == (1, 2, 0)
    assert (found.warmer, found.colder) == (2, 0)
    assert sum(people for _start, people in found.draft.bars) == 3


def test_the_distribution_counts_everybody_and_shows_both_thresholds(person):
    table = make_table(fit(MOSCOW, -7), warm_from=10, hot_from=25)
    rescore(person_ids=[person.id], cause="attribute", at=AT)
    shown = distribution_now(table)
    assert (shown.people, shown.cold) == (1, 1)
    starts = [start for start, _people in shown.bars]
    assert starts[0] <= -7 and starts[-1] + shown.width > 25


@pytest.mark.parametrize(
    ("warm", "hot", "top", "width"), [(10, 25, 60, 5), (12, 26, 60, 2), (7, 13, 30, 1), (7, 13, 300, 20)]
)
def test_bars_begin_at_the_thresholds_where_that_is_possible(person, warm, hot, top, width):
    table = make_table(fit(MOSCOW, top), warm_from=warm, hot_from=hot)
    rescore(person_ids=[person.id], cause="attribute", at=AT)
    assert distribution_now(table).width == width
