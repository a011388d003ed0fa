from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from teplo.kit.clock import at_moment
from teplo.kit.testing import examples
from teplo.people.models import Person
from teplo.scoring.explaining import explain
from teplo.scoring.models import Criterion, Score, ScoreTable
from teplo.scoring.rescoring import rescore
from teplo.scoring.testing import behaviour, fit, make_table
from teplo.tracking.models import Activity, Tally

from .conftest import AT, TODAY, tally

DAYS = st.one_of(st.none(), st.integers(1, 40))
POINTS = st.integers(-50, 50)
CONDITIONS = st.sampled_from(
    [{"all": []}, {"field": "city", "is": "Москва"}, {"did": "deed-1", "at_least": 2, "within": "10d"}]
)
DEED = st.fixed_dictionaries(
    {
        "activity_id": st.integers(1, 3),
        "points": POINTS,
        "is_per_time": st.booleans(),
        "at_least": st.integers(1, 3),
        "cap": st.one_of(st.none(), st.integers(-40, 40)),
        "window_days": DAYS,
        "half_life_days": DAYS,
    }
)
PORTRAIT = st.fixed_dictionaries(
    {"condition": CONDITIONS, "points": POINTS, "side": st.sampled_from(["fit", "behaviour"])}
)
HISTORY = st.dictionaries(st.tuples(st.integers(1, 3), st.integers(0, 60)), st.integers(1, 30), max_size=20)


@pytest.mark.django_db
@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    deeds=st.lists(DEED, max_size=6),
    portraits=st.lists(PORTRAIT, max_size=4),
    history=HISTORY,
    later=st.integers(0, 30),
)
def test_the_parts_always_add_up_to_the_score(deeds, portraits, history, later):
    for model in (Tally, Criterion, ScoreTable, Activity, Score, Person):
        model.objects.all().delete()
    person = Person.objects.create(first_name="Ольга", city="Москва")
    Activity.objects.bulk_create(Activity(id=number, key=f"deed-{number}") for number in (1, 2, 3))
    activities = {number: Activity(id=number) for number in (1, 2, 3)}
    for (number, days_ago), times in history.items():
        tally(person, activities[number], times, days_ago=days_ago)
    make_table(
        *(behaviour(**deed) for deed in deeds),
        *({**fit(**{k: v for k, v in p.items() if k != "side"}), "side": p["side"]} for p in portraits),
    )
    at = AT + timedelta(days=later)
    rescore(person_ids=[person.id], cause="activity", at=at)
    score = Score.objects.get(person=person)
    explanation = explain(person_id=person.id, as_of=None if later == 0 else at)
    if later == 0:
        explanation = explain_at(person, at)
    assert sum(part.points for part in explanation.parts) == score.total
    assert (explanation.fit, explanation.behaviour) == (score.fit, score.behaviour)
    assert explanation.temperature == score.temperature
    assert score.total == sum(by_hand(deed, history, later) for deed in deeds) + sum(
        item["points"] for item in portraits if meets(item["condition"], history, later)
    )


def explain_at(person, at):
    with at_moment(at):
        return explain(person_id=person.id)


def by_hand(deed, history, later):
    """The rules said once more, in plain Python, as a check on the statement."""
    window = min(deed["window_days"] or 10**6, (deed["half_life_days"] or 10**6) * 10)
    rows = [(days + later, times) for (number, days), times in history.items() if number == deed["activity_id"]]
    rows = [(age, times) for age, times in rows if age < window]
    count = sum(times for _age, times in rows)
    if count < deed["at_least"]:
        return 0
    points, half_life = deed["points"], deed["half_life_days"]
    if half_life:
        weights = [(round(1_000_000 * 0.5 ** (age / half_life)), times) for age, times in rows]
        weight = sum(w * times for w, times in weights) if deed["is_per_time"] else max(w for w, _times in weights)
        sign = 1 if points >= 0 else -1
        given = sign * ((abs(points) * weight + 500_000) // 1_000_000)
    else:
        given = points * count if deed["is_per_time"] else points
    cap = abs(deed["cap"]) if deed["cap"] is not None else 10**6
    return min(given, cap) if points >= 0 else max(given, -cap)


def meets(condition, history, later):
    if "did" not in condition:
        return True
    return sum(times for (number, days), times in history.items() if number == 1 and days + later < 10) >= 2


@pytest.mark.django_db
def test_a_part_says_what_it_rests_on_and_until_when(person, deed):
    table = make_table(behaviour(deed.id, 2, is_per_time=True, cap=6, window_days=14))
    tally(person, deed, 1, days_ago=10)
    tally(person, deed, 4, days_ago=2)
    (part,) = explain(person_id=person.id, table=table, as_of=AT).parts
    assert (part.points, part.basis.times, part.is_capped) == (6, 5, True)
    assert part.basis.first_at == part.since == AT - timedelta(days=10)
    assert part.until == TODAY + timedelta(days=4)


@pytest.mark.django_db
def test_what_would_warm_him_further_leaves_out_what_is_full(person, deed):
    table = make_table(
        behaviour(deed.id, 2, is_per_time=True, cap=4, name="full"),
        behaviour(deed.id, 9, at_least=5, name="open"),
        fit({"all": []}, 5, name="given"),
        fit({"not": {"all": []}}, 3, name="portrait"),
        behaviour(deed.id, -9, at_least=5, name="bad"),
    )
    tally(person, deed, 2)
    missing = explain(person_id=person.id, table=table, as_of=AT).missing
    assert [part.criterion.name for part in missing] == ["open", "portrait"]


@pytest.mark.django_db
def test_nobody_is_explained_without_a_table(person):
    assert explain(person_id=person.id) is None
    make_table()
    assert explain(person_id=1) is None
    assert explain(person_id=person.id).total == 0
