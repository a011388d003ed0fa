"""Whom a question is asked of, at which moment, and what became of him by the end of his horizon."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from teplo.conditions import registry
from teplo.conditions.windows import start_of
from teplo.people.models import Identity, Person
from teplo.scoring.outcomes import OutcomeUnknown, Told, tell_outcomes
from teplo.scoring.sampling import Question, QuestionUnclear, sample_sql, usual_horizon
from teplo.tracking.models import Presence

pytestmark = pytest.mark.django_db

MET = datetime(2026, 1, 10, 9, tzinfo=UTC)
AS_OF = datetime(2026, 9, 1, tzinfo=UTC)


def met(at: datetime = MET, **changes: Any) -> Person:
    return Person.objects.create(created_at=at, **changes)


def first_contact(days: int = 14, **changes: Any) -> Question:
    values = {"since": date(2026, 1, 1), "until": date(2026, 1, 31), "as_of": AS_OF, "days": days}
    return Question(moment="first-contact", **(values | changes))


def sample(question: Question, **between: int) -> dict[int, tuple[Any, ...]]:
    """person → (at, state, reason, value, ended_at)"""
    sql = sample_sql(question, **between)
    with connection.cursor() as cursor:
        cursor.execute(sql.text, sql.params)
        return {row[0]: (_at(row[1]), row[2], row[3], row[4], _at(row[5])) for row in cursor.fetchall()}


def _at(value: Any) -> Any:
    return datetime.fromisoformat(value).replace(tzinfo=UTC) if isinstance(value, str) else value


def told(person: Person, state: str, at: datetime, **changes: Any) -> None:
    tell_outcomes([Told(person.pk, state, at, **changes)], source="api")


def states(question: Question) -> list[str]:
    return sorted(row[1] for row in sample(question).values())


def test_everybody_met_in_the_period_is_asked_so_many_days_later():
    person = met()
    met(MET - timedelta(days=30))
    met(datetime(2026, 2, 1, tzinfo=UTC))
    assert sample(first_contact()) == {person.pk: (MET + timedelta(days=14), "open", "", None, None)}


def test_who_was_seen_before_he_was_known_is_met_when_he_was_seen():
    person = met(datetime(2026, 3, 1, tzinfo=UTC))
    Presence.objects.create(person=person, first_seen_at=MET, last_seen_at=MET)
    assert sample(first_contact())[person.pk][0] == MET + timedelta(days=14)


def test_a_range_of_people_can_be_asked():
    first, second, third = met(), met(), met()
    assert list(sample(first_contact(), first=second.pk, last=second.pk)) == [second.pk]
    assert set(sample(first_contact(), first=second.pk)) == {second.pk, third.pk}
    assert first.pk in sample(first_contact(), last=first.pk)


def test_the_first_win_after_the_moment_counts_with_its_value_and_date():
    person = met()
    later = MET + timedelta(days=40)
    told(person, "won", later, value=Decimal("500.00"), key="a")
    told(person, "won", later + timedelta(days=5), value=Decimal("900.00"), key="b")
    told(person, "lost", later + timedelta(days=9), key="c")
    at, state, _reason, value, ended_at = sample(first_contact())[person.pk]
    assert (state, float(value), ended_at) == ("won", 500, later)


def test_without_a_win_the_last_word_decides():
    person = met()
    told(person, "lost", MET + timedelta(days=20), reason="too-expensive", key="a")
    assert sample(first_contact())[person.pk][1:3] == ("lost", "too-expensive")
    told(person, "open", MET + timedelta(days=30), key="b")
    assert sample(first_contact())[person.pk][1:3] == ("open", "")


def test_what_came_after_the_horizon_says_nothing():
    person = met()
    told(person, "won", MET + timedelta(days=14 + 91))
    assert states(first_contact()) == ["open"]
    assert states(first_contact(horizon_days=92)) == ["won"]


def test_who_had_bought_before_the_moment_is_left_out_unless_wanted():
    person = met()
    told(person, "won", MET + timedelta(days=3), key="a")
    assert states(first_contact()) == []
    assert states(first_contact(with_customers=True)) == ["open"]
    told(person, "won", MET + timedelta(days=30), key="b")
    assert states(first_contact(with_customers=True)) == ["won"]


def test_whose_horizon_is_not_over_is_left_out_unless_wanted():
    met()
    soon = {"as_of": MET + timedelta(days=50)}
    assert states(first_contact(**soon)) == []
    assert states(first_contact(**soon, with_unripe=True)) == ["open"]


def test_a_word_told_again_replaces_and_a_later_word_on_the_same_matter_holds_from_its_date_on():
    person = met()
    told(person, "won", MET + timedelta(days=20), key="deal-1", value=Decimal(1))
    told(person, "won", MET + timedelta(days=20), key="deal-1", value=Decimal(2))
    assert float(sample(first_contact())[person.pk][3]) == 2
    told(person, "lost", MET + timedelta(days=60), key="deal-1", reason="paid back")
    assert sample(first_contact())[person.pk][1:3] == ("lost", "paid back")
    assert states(first_contact(horizon_days=30)) == ["won"]


def test_one_date_asks_everybody_met_before_it():
    person = met()
    met(datetime(2026, 3, 1, tzinfo=UTC))
    question = Question(moment="date", on=date(2026, 3, 1), as_of=AS_OF)
    assert {key: row[0] for key, row in sample(question).items()} == {person.pk: start_of(question.on, registry.zone())}


def test_only_people_who_had_left_a_contact_by_their_moment():
    early, late, never = met(), met(), met()
    for person, at in ((early, MET), (late, MET + timedelta(days=15))):
        Identity.objects.create(kind="email", value=f"{person.pk}@example.com", person=person, created_at=at)
    Identity.objects.create(kind="visitor", value="v", person=never, created_at=MET)
    assert list(sample(first_contact(only_known=True))) == [early.pk]


def test_a_question_is_kept_as_it_was_asked():
    question = first_contact(horizon_days=None, with_unripe=True)
    assert Question.from_json(question.as_json()) == question
    fixed = Question(moment="date", on=date(2026, 3, 1), as_of=AS_OF)
    assert Question.from_json(fixed.as_json()) == fixed


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"moment": "birthday"}, "unknown-moment"),
        ({"moment": "date"}, "no-date"),
        ({"since": None}, "no-period"),
        ({"since": date(2026, 2, 1)}, "period-backwards"),
        ({"days": -1}, "bad-days"),
        ({"horizon_days": 0}, "bad-horizon"),
        ({"moment": "date", "on": date(2031, 1, 1)}, "future"),
        ({"since": date(2031, 1, 1), "until": date(2031, 2, 1)}, "future"),
    ],
)
def test_an_unclear_question_is_refused(changes, code):
    values = {"moment": "first-contact", "since": date(2026, 1, 1), "until": date(2026, 1, 31), "as_of": AS_OF}
    with pytest.raises(QuestionUnclear) as refused:
        Question(**(values | changes))
    assert refused.value.code == code


def test_an_unknown_outcome_is_refused():
    with pytest.raises(OutcomeUnknown):
        told(met(), "perhaps", MET)


def test_a_young_base_is_asked_until_today_and_an_old_one_of_ninety_days():
    assert usual_horizon(at=AS_OF) is None
    met(is_anonymous=False)
    assert usual_horizon(at=AS_OF) is None
    assert usual_horizon(at=MET + timedelta(days=364)) is None
    assert usual_horizon(at=MET + timedelta(days=365)) == 90
