"""A back-test scores everybody as he stood, by both tables as they were, and nothing later changes its answer."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from teplo.config import wiring
from teplo.jobs.models import Job, JobState
from teplo.jobs.starting import cancel_job, resume_job
from teplo.jobs.testing import run_all_jobs
from teplo.kit.testing import examples
from teplo.people.attributes import Change, set_attributes
from teplo.people.models import Identity, Person
from teplo.sales.deals import lose_deal, open_deal, reopen_deal, win_deal
from teplo.sales.models import Deal, DealChange, HandOff
from teplo.scoring import queries, tested
from teplo.scoring.backtesting import delete_back_test, rules_kept, start_back_test, tables_of
from teplo.scoring.explaining import explain
from teplo.scoring.models import BackTest, Criterion, ScoreTable, TableState, Tested
from teplo.scoring.outcomes import Told, tell_outcomes
from teplo.scoring.sampling import Question
from teplo.scoring.statement import Scope, compile_rules
from teplo.scoring.tables import TableRefused
from teplo.scoring.testing import behaviour, fit, make_table
from teplo.scoring.tests import past_world
from teplo.scoring.tests.past_world import BEGAN, add_event, make_past_world, recount_all
from teplo.stages.models import Stage, StageMove
from teplo.tracking.models import Tally

pytestmark = pytest.mark.django_db

AS_OF = datetime(2026, 6, 1, tzinfo=UTC)
NOW = datetime(2026, 7, 1, tzinfo=UTC)
PERIOD = {"since": date(2026, 1, 1), "until": date(2026, 4, 30), "as_of": AS_OF, "horizon_days": 30}


@pytest.fixture(autouse=True)
def wired():
    wiring.assemble()


@pytest.fixture
def world(db):
    return make_past_world(people=10)


def two_tables(activities):
    """A draft and the live table it was made from."""
    draft = make_table(
        behaviour(activities[0].pk, 5, is_per_time=True, cap=30),
        fit({"field": "city", "is": "Москва"}, 12),
        fit({"field": "attr.budget", "at_least": 200}, 7),
        behaviour(activities[1].pk, 9, at_least=2, window_days=30, half_life_days=10),
        name="Draft", warm_from=10, hot_from=25,
    )  # fmt: skip
    live = make_table(behaviour(activities[0].pk, 5, is_per_time=True, cap=30), name="Live", warm_from=10, hot_from=25)
    ScoreTable.objects.filter(pk=draft.pk).update(state=TableState.DRAFT)
    draft.refresh_from_db()
    return draft, live


def ask(draft, live, **changes):
    question = Question(**({"moment": "first-contact", "days": 20, **PERIOD} | changes))
    return start_back_test(table=draft, against=live, question=question, calls_per_day=5, name="", by=None, at=NOW)


def asked(draft, live, **changes):
    test = ask(draft, live, **changes)
    run_all_jobs()
    test.refresh_from_db()
    assert test.finished_at, Job.objects.get(pk=test.job_id).error
    return test


def rows_of(test):
    names = ("person_id", "at", "state", "value", "ended_at", "total", "against")
    return list(Tested.objects.filter(id=test.pk).order_by("person_id").values_list(*names))


def test_at_a_fixed_date_it_says_what_the_statement_and_the_explanation_say(world):
    people, activities = world
    draft, live = two_tables(activities)
    test = asked(draft, live, moment="date", on=date(2026, 4, 1), horizon_days=None)
    found = rows_of(test)
    assert found
    for person_id, at, _state, _value, _ended, total, against in found:
        for table, expected in ((draft, total), (live, against)):
            assert explain(person_id=person_id, table=table, as_of=at).total == expected
    scope = Scope(first=people[0].pk, last=people[-1].pk)
    statement = compile_rules(rules=tables_of(test)[0], scope=scope, at=found[0][1], is_past=True, by_hand=False)
    with connection.cursor() as cursor:
        cursor.execute(statement.total().text, statement.total().params)
        totals = {row[0]: row[2] + row[3] for row in cursor.fetchall()}
    assert {row[0]: row[5] for row in found} == {row[0]: totals[row[0]] for row in found}


def test_after_first_contact_everybody_is_explained_at_his_own_moment(world):
    _people, activities = world
    draft, live = two_tables(activities)
    found = rows_of(asked(draft, live))
    assert len({row[1] for row in found}) > 3
    for person_id, at, _state, _value, _ended, total, against in found:
        assert explain(person_id=person_id, table=draft, as_of=at).total == total
        assert explain(person_id=person_id, table=live, as_of=at).total == against


def test_of_hand_offs_the_first_in_the_period_is_the_moment(world):
    people, activities = world
    draft, live = two_tables(activities)
    first = BEGAN + timedelta(days=40)
    for days in (0, 5):
        HandOff.objects.create(
            person=people[0], cause="hot", offered_at=first + timedelta(days=days), answer_until=first,
            state="accepted",
        )  # fmt: skip
    found = rows_of(asked(draft, live, moment="hand-off"))
    assert [(row[0], row[1]) for row in found] == [(people[0].pk, first)]


def test_outcomes_come_from_deals_returns_stages_and_what_is_told(world):
    people, activities = world
    draft, live = two_tables(activities)
    StageMove.objects.all().delete()
    at = BEGAN + timedelta(days=60)
    won, lost, returned, customer, told, beside = people[:6]
    for person in people:
        Person.objects.filter(pk=person.pk).update(created_at=BEGAN + timedelta(days=1))
    deal = open_deal(person_id=won.pk, title="A", amount=Decimal("700.00"), currency="UAH", at=at)
    win_deal(deal=deal, at=at + timedelta(days=3))
    lose_deal(deal=open_deal(person_id=lost.pk, title="B", currency="UAH", at=at), reason="too-expensive", at=at)
    HandOff.objects.create(
        person=returned, cause="hot", offered_at=at, answer_until=at, answered_at=at, state="returned",
        return_reason="not-ours",
    )  # fmt: skip
    StageMove.objects.create(person=customer, to_stage=Stage.objects.get(key="friend"), at=at, cause="hand")
    customers = Stage.objects.filter(is_customer=True).first()
    StageMove.objects.create(person=customer, to_stage=customers, at=at + timedelta(days=1), cause="sign")
    tell_outcomes([Told(told.pk, "won", at, value=Decimal(5))], source="import")
    gone = Stage.objects.get(key="lost")
    StageMove.objects.create(person=beside, to_stage=gone, at=at, cause="hand", why={"words": "moved away"})
    test = asked(draft, live, moment="date", on=date(2026, 3, 1), horizon_days=60)
    states = {row[0]: row[2] for row in rows_of(test)}
    expected = {won: "won", lost: "lost", returned: "lost", customer: "won", told: "won", beside: "lost"}
    assert {person.pk: state for person, state in expected.items()} == {p.pk: states[p.pk] for p in expected}
    assert states[people[7].pk] == "open"
    assert {row[0]: row[3] for row in rows_of(test)}[won.pk] == Decimal("700.00")
    assert test.result["won"] == 3


def test_a_reopened_deal_does_not_change_the_past(world):
    people, activities = world
    draft, live = two_tables(activities)
    at = BEGAN + timedelta(days=100)
    deal = open_deal(person_id=people[0].pk, title="A", currency="UAH", at=at)
    win_deal(deal=deal, at=at + timedelta(days=1))
    question = {"moment": "date", "on": date(2026, 4, 1), "horizon_days": 20}
    before = rows_of(asked(draft, live, **question))
    reopen_deal(deal=deal, at=at + timedelta(days=50))
    lose_deal(deal=deal, reason="other", at=at + timedelta(days=60))
    assert rows_of(asked(draft, live, **question)) == before
    assert {row[0]: row[2] for row in before}[people[0].pk] == "won"
    later = rows_of(asked(draft, live, moment="date", on=date(2026, 4, 1), horizon_days=None, as_of=NOW))
    assert {row[0]: row[2] for row in later}[people[0].pk] == "lost"
    assert [change.state for change in DealChange.objects.order_by("id")] == ["open", "won", "open", "lost"]


LATER = st.lists(
    st.tuples(
        st.sampled_from(["event", "city", "budget", "deal", "reopen", "told", "stage", "hand-off", "identity"]),
        st.integers(0, 9),
        st.integers(1, 40 * 24 * 60),
    ),
    min_size=1, max_size=6,
)  # fmt: skip


@settings(
    max_examples=examples(10), deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@example(later=[("city", 6, 4756), ("city", 6, 2603)], moment="first-contact", days=16)
@example(later=[("budget", 3, 40_000), ("budget", 3, 1), ("city", 3, 1)], moment="date", days=0)
@given(later=LATER, moment=st.sampled_from(["first-contact", "date", "hand-off"]), days=st.integers(0, 40))
def test_nothing_that_comes_later_changes_a_past_answer(world, later, moment, days):
    """Scores: nothing after the moment; outcomes: nothing after the end of the horizon. In any order of arrival."""
    people, activities = world
    with transaction.atomic():
        draft, live = two_tables(activities)
        for number, person in enumerate(people[:4]):
            at = BEGAN + timedelta(days=50 + number, hours=7)
            HandOff.objects.create(person=person, cause="hot", offered_at=at, answer_until=at, state="accepted")
            win_deal(deal=open_deal(person_id=person.pk, title="A", currency="UAH", at=at), at=at + timedelta(days=2))
        question = {"moment": moment, "on": date(2026, 4, 1), "days": days, "horizon_days": 20}
        before = rows_of(asked(draft, live, **question))
        moments = {row[0]: row[1] for row in before}
        for kind, number, minutes in later:
            person = people[number]
            end = moments.get(person.pk, NOW) + timedelta(days=20, minutes=minutes)
            _happens(kind, person, moments.get(person.pk, NOW) + timedelta(minutes=minutes), end)
        recount_all()
        assert rows_of(asked(draft, live, **question)) == before
        transaction.set_rollback(True)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_order_in_which_the_past_arrived_changes_no_answer(db, seed):
    def answers(arrival):
        with transaction.atomic():
            people, activities = make_past_world(people=8, seed=seed, arrival=arrival)
            places = {person.pk: number for number, person in enumerate(people)}
            found = [
                [(places[row[0]], *row[1:]) for row in rows_of(asked(*two_tables(activities), moment=moment, **more))]
                for moment, more in (("first-contact", {}), ("date", {"on": date(2026, 3, 1)}))
            ]
            transaction.set_rollback(True)
        return found

    in_order = answers(list)
    assert any(in_order)
    assert answers(lambda moments: moments[::-1]) == in_order
    assert answers(lambda moments: moments[1::2] + moments[::2]) == in_order


def _happens(kind, person, later, after_the_end):
    """Something later than the moment (what scores rest on) or than the end of the horizon (what outcomes rest on)."""
    if kind == "event":
        add_event(person, "event-a", later)
    elif kind == "city":
        set_attributes([Change(person.pk, "city", f"Город {later}")], by="test", at=later)
    elif kind == "budget":
        set_attributes([Change(person.pk, "budget", 900)], by="test", at=later)
    elif kind == "deal":
        deal = open_deal(person_id=person.pk, title="Later", currency="UAH", at=after_the_end)
        win_deal(deal=deal, at=after_the_end)
    elif kind == "reopen" and (change := DealChange.objects.filter(person=person, state="won").first()):
        deal = person_deal(person, change.deal_id)
        reopen_deal(deal=deal, at=after_the_end)
    elif kind == "told":
        tell_outcomes([Told(person.pk, "lost", after_the_end)], source="api")
    elif kind == "stage":
        StageMove.objects.create(
            person=person, to_stage=Stage.objects.filter(is_customer=True).first(), at=after_the_end, cause="hand"
        )
    elif kind == "hand-off":
        HandOff.objects.create(
            person=person, cause="hot", offered_at=after_the_end, answer_until=later, answered_at=after_the_end,
            state="returned", return_reason="other",
        )  # fmt: skip
    elif kind == "identity":
        value = f"{person.pk}{later.timestamp()}"
        Identity.objects.get_or_create(kind="phone", value=value, defaults={"person": person, "created_at": later})


def person_deal(person, deal_id):

    return Deal.objects.get(person=person, id=deal_id)


def test_editing_a_table_later_does_not_change_an_old_test(world):
    _people, activities = world
    draft, live = two_tables(activities)
    test = asked(draft, live)
    before = rows_of(test)
    Criterion.objects.filter(table=draft).update(points=99)
    ScoreTable.objects.filter(pk=live.pk).delete()
    test.refresh_from_db()
    assert test.against_id is None
    assert [item.points for item in tables_of(test)[0].criteria] == [5, 12, 7, 9]
    assert resume_job(job_id=test.job_id) is False
    Job.objects.filter(pk=test.job_id).update(state=JobState.QUEUED, cursor={})
    run_all_jobs()
    assert rows_of(test) == before


def test_a_test_can_be_cancelled_and_goes_on_where_it_was(world, monkeypatch):
    _people, activities = world
    draft, live = two_tables(activities)
    whole = rows_of(asked(draft, live))
    monkeypatch.setattr(queries, "range_size", lambda: 3)
    test = ask(draft, live)
    written = []
    real = tested.write_range

    def cancelling(**values):
        written.append(values["first"])
        if len(written) == 2:
            cancel_job(job_id=test.job_id)
        return real(**values)

    monkeypatch.setattr(tested, "write_range", cancelling)
    run_all_jobs()
    assert Job.objects.get(pk=test.job_id).state == JobState.CANCELLED
    assert not BackTest.objects.get(pk=test.pk).finished_at
    assert resume_job(job_id=test.job_id)
    run_all_jobs()
    assert BackTest.objects.get(pk=test.pk).finished_at
    assert rows_of(test) == whole
    assert len(written) == len(set(written)) + 1  # the range that was rolled back, again


def test_without_a_live_table_the_draft_is_tested_alone(world):
    _people, activities = world
    draft, _live = two_tables(activities)
    test = asked(draft, None)
    assert {row[6] for row in rows_of(test)} == {None}
    assert test.result["live"] is None


def test_who_changes_band_is_told_criterion_by_criterion(world):
    _people, activities = world
    draft, live = two_tables(activities)
    ScoreTable.objects.filter(pk=draft.pk).update(warm_from=30, hot_from=45)
    draft.refresh_from_db()
    test = asked(draft, live, moment="date", on=date(2026, 4, 1), horizon_days=None, with_customers=True)
    tables = tables_of(test)
    found = tested.changers(test.pk, *tables)
    assert found
    assert {row.person_id for row in found} == {
        row[0] for row in rows_of(test) if _temperature(row[5], 30, 45) != _temperature(row[6], 10, 25)
    }
    split = tested.points(found, tables)
    for row in found:
        assert [sum(points) for points in split[row.person_id]] == [row.total, row.against]
    page = tested.changers(test.pk, *tables, limit=1)
    assert tested.changers(test.pk, *tables, beyond=page[0].person_id) == found[1:]
    assert sum(people for *_move, people, _bought in tested.moves(test.pk, *tables)) == len(rows_of(test))


def _temperature(total, warm_from, hot_from):
    return "hot" if total >= hot_from else "warm" if total >= warm_from else "cold"


def test_figures_say_when_they_say_nothing(world):
    _people, activities = world
    draft, live = two_tables(activities)
    assert asked(draft, live).result["verdict"] in (["too-few"], ["no-buyers"])
    nobody = asked(draft, live, moment="hand-off")
    assert nobody.result["verdict"] == ["nobody"]


def test_a_table_without_criteria_cannot_be_tested(world):
    with pytest.raises(TableRefused):
        ask(ScoreTable.objects.create(name="Empty"), None)


def test_a_deleted_test_leaves_nobody_behind(world):
    _people, activities = world
    test = asked(*two_tables(activities))
    delete_back_test(test=test)
    assert not Tested.objects.filter(id=test.pk).exists()


def test_kept_rules_score_as_the_table_does(world):
    _people, activities = world
    draft, _live = two_tables(activities)
    kept = rules_kept(asked(draft, None).rules["table"])
    names = ("condition", "activity_id", "points", "is_per_time", "at_least", "cap", "window_days", "half_life_days")
    assert [[getattr(item, name) for name in names] for item in kept.criteria] == [
        [getattr(item, name) for name in names] for item in draft.criteria.all()
    ]


def test_the_world_of_these_tests_has_buyers_enough_to_tell(monkeypatch):
    """Sixty people who buy because of a deed: the table that counts it is found better than one that counts another."""
    people, activities = past_world.make_past_world(people=60, seed=4)
    StageMove.objects.all().delete()
    draft = make_table(behaviour(activities[0].pk, 5, is_per_time=True), name="Draft")
    live = make_table(behaviour(activities[2].pk, 5, is_per_time=True), name="Live")
    at = datetime(2026, 4, 1, tzinfo=UTC)
    counts = {person.pk: _times(person, activities[0], at) for person in people}
    least = sorted(counts.values())[40]
    tell_outcomes(
        [Told(pk, "won", at + timedelta(days=5)) for pk, times in counts.items() if times > least], source="api"
    )
    test = asked(draft, live, moment="date", on=date(2026, 4, 2), horizon_days=None)
    assert "better" in test.result["verdict"]
    assert test.result["draft"]["auc"][0] > 0.9
    assert test.result["draft"]["best"]["precision"] > test.result["live"]["best"]["precision"]


def _times(person, activity, at):

    return sum(
        Tally.objects.filter(person=person, activity=activity, day__lt=at.date()).values_list("count", flat=True)
    )
