from datetime import timedelta

import pytest

from teplo.jobs.models import Job
from teplo.jobs.testing import make_work, run_all_jobs
from teplo.kit.clock import at_moment
from teplo.people.models import ChangeNote, Company, Person
from teplo.scoring import jobs
from teplo.scoring.models import Score, ScoreChange, ScoreTable
from teplo.scoring.presets import install
from teplo.scoring.rescoring import rescore
from teplo.scoring.rules import rules_of
from teplo.scoring.statement import Scope, compile_rules
from teplo.scoring.testing import behaviour, fit, make_table

from .conftest import AT, tally

pytestmark = pytest.mark.django_db
EVERYBODY = {"all": []}


@pytest.fixture(autouse=True)
def small_ranges(monkeypatch):
    monkeypatch.setattr("teplo.scoring.queries.range_size", lambda: 3)


def make_people(count):
    return [Person.objects.create(first_name=str(number)) for number in range(count)]


def test_progress_goes_range_by_range_to_the_end():
    make_people(8)
    make_table(fit(EVERYBODY, 4))
    work = make_work()
    assert jobs.rescore_all(work) == {"changed": 8}
    assert (work.done, work.total) == (8, 8)
    assert set(ScoreChange.objects.values_list("cause", "total")) == {("table", 4)}


def test_a_table_that_goes_live_meanwhile_scores_everybody():
    make_people(5)
    make_table(fit(EVERYBODY, 4))
    work = make_work()
    advance = work.advance

    def replace_then_advance(**progress):
        work.advance = advance
        make_table(fit(EVERYBODY, 9))
        advance(**progress)

    work.advance = replace_then_advance
    jobs.rescore_all(work)
    assert set(Score.objects.values_list("total", flat=True)) == {9}


def test_scoring_everybody_asks_the_stages_afterwards():
    make_people(1)
    make_table(fit(EVERYBODY, 4))
    jobs.start_rescoring_all(by=1)
    run_all_jobs()
    assert set(Job.objects.values_list("kind", "state")) == {("rescore-all", "done"), ("move-all", "done")}


def test_time_touches_only_those_whose_score_has_changed_by_it(deed):
    make_table(behaviour(deed.id, 5, window_days=3))
    cooling, staying, idle = make_people(3)
    tally(cooling, deed, days_ago=2)
    tally(staying, deed)
    rescore(person_ids=None, cause="table", at=AT)
    with at_moment(AT + timedelta(days=1)):
        assert jobs.rescore_by_time(make_work()) == {"noted": 1}
    note = ChangeNote.objects.get()
    assert (note.person_id, note.cause) == (cooling.id, "time")
    assert idle.id != cooling.id


def test_time_is_asked_once_a_day():
    assert jobs.start_rescoring_by_time() is None
    make_table(fit(EVERYBODY, 4))
    with at_moment(AT):
        assert jobs.start_rescoring_by_time() is not None
        assert jobs.start_rescoring_by_time() is None
    with at_moment(AT + timedelta(days=1)):
        run_all_jobs()
        assert jobs.start_rescoring_by_time() is not None


@pytest.mark.parametrize(
    ("position", "city", "size", "fit_points"),
    [
        ("Владелец, генеральный директор", "Москва", None, 10),
        ("Генеральный директор", "Казань", 50, 7),
        ("Керівник відділу", "Київ", 501, -3),
        ("Менеджер", "", 100, 0),
        ("", "", 300, 0),
    ],
)
def test_the_first_table_counts_as_the_source_says(position, city, size, fit_points):
    table = install(language="ru", city="Москва")
    ScoreTable.objects.update(state="retired")
    ScoreTable.objects.filter(id=table.id).update(state="live")
    company = Company.objects.create(name="ООО", name_key="ооо", size=size)
    someone = Person.objects.create(position=position, city=city, company=company)
    rescore(person_ids=[someone.id], cause="attribute", at=AT)
    assert Score.objects.get(person=someone).fit == fit_points


def test_folding_a_column_once_changes_no_score(deed):
    conditions = [
        {"field": "city", "is": "КИЇВ"},
        {"not": {"field": "city", "contains": "льв"}},
        {"field": "position", "starts_with": "влад"},
        {"field": "company.city", "is": "львів"},
        {"all": [{"field": "city", "is_not": "Одеса"}, {"field": "position", "is_set": True}]},
    ]
    make_table(*(fit(condition, 10**place) for place, condition in enumerate(conditions)), behaviour(deed.id, 7))
    company = Company.objects.create(name="Х", name_key="х", city="Львів")
    people = [
        Person.objects.create(city=city, position=position, company=company if position else None)
        for city in ("Київ", "Львів", "")
        for position in ("Владелец", "")
    ]
    ids = [person.id for person in people]
    rules = rules_of(ScoreTable.objects.get(state="live"))
    scope = Scope(first=ids[0], last=ids[-1])
    whole = compile_rules(rules=rules, scope=scope, at=AT)
    assert "folded_0" in whole.total().text and "folded_1" in whole.total().text
    rescore(person_ids=None, cause="table", at=AT)
    by_range = dict(Score.objects.values_list("person_id", "total"))
    assert rescore(person_ids=ids, cause="attribute", at=AT) == []
    assert [by_range[one] for one in ids] == [11111, 11, 11100, 0, 11110, 10]
