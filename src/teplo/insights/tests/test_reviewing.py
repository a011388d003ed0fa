from datetime import timedelta

import pytest

from teplo.insights.review_figures import Share, figures, separates, verdict
from teplo.insights.reviewing import count_agenda
from teplo.insights.tests.review_world import SINCE, UNTIL, buyer, day, deal, handed, live_table, loser, scored
from teplo.people.testing import make_person, make_stranger
from teplo.scoring.models import Profile
from teplo.scoring.testing import make_profile
from teplo.stages.models import Stage, StageMove

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def table():
    return live_table()


def agenda(**period):
    return count_agenda(**{"since": SINCE, "until": UNTIL, **period})


def people(rows):
    return {int(row["person"]) for row in rows}


def test_a_sale_stands_with_the_points_of_its_hand_off_and_those_just_before_it():
    person = buyer(hot=5, points=30, bought=20)
    [sale] = agenda()["sales"]
    assert int(sale["person"]) == person.pk
    assert (sale["total"], sale["heat"], sale["last_total"]) == (30, "hot", 50)
    assert sale["handed_at"].startswith("2026-03-06") and sale["amount"] == 1000


def test_what_the_sale_itself_did_to_the_points_does_not_count():
    person = scored(make_person(), (3, 12), (10 - 1 / 48, 40))
    deal(person, 2, 10)
    [sale] = agenda()["sales"]
    assert (sale["total"], sale["heat"], sale["handed_at"]) == (12, "warm", None)


def test_who_had_bought_before_buys_again():
    person = buyer(bought=20)
    deal(person, 30, 40)
    former = scored(make_person(), (-30, 5))
    deal(former, -20, -10)
    deal(former, 10, 12, amount=500)
    found = agenda()
    assert (found["outcomes"]["won"], found["outcomes"]["repeats"]) == (1, 1)
    assert found["outcomes"]["amount"] == 2500
    assert {row["is_repeat"] for row in found["sales"] if int(row["person"]) == former.pk} == {True}
    assert found["low_count"] == {}


def test_who_bought_without_being_hot_is_listed_the_coldest_first():
    warm = scored(make_person(), (2, 15))
    deal(warm, 3, 10)
    cold = make_person()
    deal(cold, 3, 12)
    buyer()
    found = agenda()
    assert [int(row["person"]) for row in found["low"]] == [cold.pk, warm.pk]
    assert found["low_count"] == {"cold": 1, "warm": 1}


def test_sales_from_before_any_table_was_live_say_nothing_of_the_table(table):
    type(table).objects.update(live_at=day(30))
    deal(make_person(), 3, 10)
    found = agenda()
    assert (found["outcomes"]["won"], found["outcomes"]["unscored"], found["low"]) == (1, 1, [])
    assert found["sales"][0]["total"] is None
    assert {figure.key: figure.value for figure in figures(found)}["hot_sales"] is None


def test_hot_people_who_did_not_buy_stand_with_what_sales_said():
    lost = loser(lost=20, reason="too-expensive: came too late")
    returned = scored(make_person(), (10, 26))
    handed(returned, 10, state="returned", reason="too-early")
    patient = scored(make_person(), (2, 28))
    in_work = scored(make_person(), (80, 28))
    handed(in_work, 80)
    buyer()
    found = agenda()
    rows = {int(row["person"]): (row["answer"], row["reason"]) for row in found["never"]}
    assert rows == {
        lost.pk: ("lost", "too-expensive"),
        returned.pk: ("returned", "too-early"),
        patient.pk: ("not-handed", ""),
    }
    assert found["hot"]["answers"] == {"lost": 1, "returned": 1, "not-handed": 1, "in-work": 1, "bought": 1}
    assert found["hot"]["reasons"] == [["lost", "too-expensive", 1], ["returned", "too-early", 1]]
    assert (found["hot"]["never"], found["hot"]["people"]) == (3, 5)


def test_who_was_given_up_before_the_period_is_not_looked_at_again():
    loser(hot=-40, lost=-10)
    gone = loser(hot=-40, lost=-10)
    scored(gone, (5, 8))
    still = loser(hot=-40, lost=-10)
    assert people(agenda()["never"]) >= {still.pk}
    assert gone.pk not in people(agenda()["never"])


def test_a_lost_person_who_is_handed_over_anew_is_in_work_again():
    person = loser(hot=5, lost=20)
    handed(person, 80)
    found = agenda()
    assert found["hot"]["answers"] == {"in-work": 1}
    assert found["outcomes"]["lost"] == 0


def test_who_was_only_put_beside_the_ladder_is_lost_without_the_words_of_whoever_did_it():
    lost, other = (scored(make_person(), (2, 28)) for _ in range(2))
    place = Stage.objects.get(key="non-target")
    StageMove.objects.create(person=lost, to_stage=place, at=day(10), cause="hand", why={"words": "Olga hates us"})
    StageMove.objects.create(person=other, to_stage=place, at=day(10), cause="sign")
    found = agenda()
    assert {row["reason"] for row in found["never"]} == {"", "non-target"}
    assert found["hot"]["answers"] == {"lost": 2}


def test_what_was_told_after_the_period_does_not_speak():
    person = scored(make_person(created_at=day(1)), (5, 30))
    handed(person, 5)
    before = agenda()
    deal(person, 91, 95)
    scored(person, (92, 1))
    handed(person, 93, state="returned", reason="not-ours")
    buyer(hot=91, bought=99)
    after = agenda()
    assert {key: after[key] for key in ("outcomes", "sales", "never", "low", "signs", "spread")} == {
        key: before[key] for key in ("outcomes", "sales", "never", "low", "signs", "spread")
    }
    assert after["hot"]["people"] == 1


def test_signs_tell_what_buyers_have_oftener_than_those_who_were_lost():
    for number in range(24):
        buyer(bought=20 + number % 5, city="Київ" if number % 8 else "Львів")
    for number in range(24):
        loser(lost=20 + number % 5, city="Львів" if number % 8 else "Київ")
    found = agenda()
    city = next(sign for sign in found["signs"] if sign["condition"] == {"field": "city", "is": "Київ"})
    assert (city["won"], city["others"], city["is_certain"]) == (21, 3, True)
    assert city["lift"] == 7.0 and city["low"] > 2
    assert found["outcomes"]["by_heat"]["hot"] == [48, 24]


def test_portraits_show_who_comes_and_who_buys_of_them():
    Profile.objects.all().delete()
    make_profile("ideal", name="Owner", condition={"field": "position", "is": "owner"})
    buyer(grade="ideal")
    loser()
    make_stranger(created_at=day(3))
    make_person(created_at=day(-3))
    found = agenda()
    assert found["newcomers"]["people"] == 2
    assert found["outcomes"]["by_grade"]["ideal"] == [1, 1] and found["outcomes"]["by_grade"][""] == [1, 0]
    assert [profile["name"] for profile in found["profiles"]] == ["Owner"]


def test_the_agenda_of_nobody_is_empty_and_has_figures():
    found = agenda()
    assert (found["sales"], found["never"], found["signs"]) == ([], [], [])
    values = {figure.key: figure.value for figure in figures(found)}
    assert values["won"] == 0 and values["auc"] is None and values["hot_bought"] is None


def test_the_number_of_statements_does_not_depend_on_the_people(django_assert_max_num_queries):
    for _ in range(3):
        buyer()
        loser()
    agenda()  # what conditions can speak of is asked once
    with django_assert_max_num_queries(80) as few:
        agenda()
    for _ in range(12):
        buyer()
        loser()
    with django_assert_max_num_queries(80) as many:
        agenda()
    assert len(many) == len(few)


def test_progress_is_told_and_may_stop_the_count():
    told = []
    count_agenda(since=SINCE, until=UNTIL, report=lambda done, total: told.append((done, total)))
    assert told[0] == (0, 6) and told[-1] == (6, 6)

    def stop(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        count_agenda(since=SINCE, until=UNTIL, report=stop)
    assert agenda(until=UNTIL - timedelta(days=1))["sales"] == []


def test_points_that_tell_both_sides_apart_and_points_that_do_not():
    assert separates({"won": [[30, 10]], "lost": [[10, 10]]})[0] == 1.0
    assert separates({"won": [[30, 5], [10, 5]], "lost": [[30, 5], [10, 5]]})[0] == 0.5
    assert separates({"won": [], "lost": [[1, 1]]}) is None
    auc, low, high = separates({"won": [[30, 60], [10, 40]], "lost": [[30, 40], [10, 60]]})
    assert auc == pytest.approx(0.6) and low < 0.55 and high > 0.65


def test_a_share_of_few_is_uncertain_and_a_change_must_be_more_than_chance():
    assert Share(1, 1).ends[0] < 0.3 and Share(1, 1).ends[1] == 1.0
    assert Share(0, 0).value is None and Share(0, 0).ends == (0.0, 1.0)
    buyer()
    loser()
    little = {figure.key: figure for figure in figures(agenda())}
    assert verdict(little["hot_bought"], little["hot_bought"]) == "chance"
    much = little["hot_bought"].__class__("hot_bought", "share", 1, 0.5, Share(500, 1000))
    less = little["hot_bought"].__class__("hot_bought", "share", 1, 0.2, Share(200, 1000))
    assert (verdict(much, less), verdict(less, much), verdict(little["won"], little["won"])) == ("better", "worse", "")
