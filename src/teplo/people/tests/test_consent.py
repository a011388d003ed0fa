"""The newest word on a channel counts; every word is kept; suppression outlives the card."""

from datetime import UTC, datetime, timedelta

import pytest

from teplo.accounts.models import Workspace
from teplo.people.consent import ConsentWord, may_write, record_consents, why_not
from teplo.people.merging import merge_people
from teplo.people.models import Consent
from teplo.people.suppression import lift, suppress, suppressed
from teplo.people.testing import make_person
from teplo.people.unmerging import undo_merge

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def words(person, *states, at=AT):
    return [ConsentWord(person.id, "email", state, at=at + timedelta(days=day)) for day, state in enumerate(states)]


def test_who_gave_consent_may_be_written_to():
    olga, boris = make_person(), make_person()
    record_consents(words(olga, "given"))
    assert may_write([olga.id, boris.id], "email") == {olga.id}
    assert why_not([olga.id, boris.id], "email") == {boris.id: "consent-missing"}
    assert may_write([olga.id], "sms") == set()


def test_who_withdrew_may_not_even_where_consent_is_not_demanded():
    Workspace.objects.update_or_create(id=1, defaults={"requires_consent": False})
    olga, boris = make_person(), make_person()
    record_consents(words(olga, "given", "withdrawn"))
    assert why_not([olga.id, boris.id], "email") == {olga.id: "consent-withdrawn"}


def test_every_word_is_kept_and_one_is_current():
    olga = make_person()
    assert record_consents(words(olga, "given", "withdrawn", "given")) == 1
    assert list(Consent.objects.order_by("at").values_list("state", "is_current")) == [
        ("given", False), ("withdrawn", False), ("given", True),
    ]  # fmt: skip


def test_an_older_word_that_arrives_late_becomes_history():
    olga = make_person()
    record_consents(words(olga, "withdrawn"))
    record_consents(words(olga, "given", at=AT - timedelta(days=30)))
    assert may_write([olga.id], "email") == set()
    assert Consent.objects.count() == 2


def test_the_same_word_again_is_not_written_twice():
    olga = make_person()
    record_consents(words(olga, "given"))
    assert record_consents(words(olga, "given", at=AT + timedelta(days=1))) == 0
    assert Consent.objects.get().at == AT


@pytest.mark.parametrize("kept", ["given", "withdrawn"])
def test_of_a_yes_and_a_no_of_one_moment_brought_together_the_no_counts(kept):
    Workspace.objects.update_or_create(id=1, defaults={"requires_consent": False})
    olga, other = make_person(), make_person()
    record_consents(words(olga, kept))
    record_consents(words(other, "withdrawn" if kept == "given" else "given"))
    merge = merge_people(winner_id=olga.id, loser_id=other.id, reason="duplicate", by="user:1")
    assert Consent.objects.get(is_current=True).state == "withdrawn"
    record_consents(words(olga, "given", at=AT - timedelta(days=1)))
    record_consents(words(olga, "given"))
    assert Consent.objects.get(is_current=True).state == "withdrawn"
    assert may_write([olga.id], "email") == set()
    undo_merge(merge_id=merge.id, by="user:1")
    assert Consent.objects.get(person_id=other.id).is_current


@pytest.mark.parametrize("is_kept", [True, False])
def test_a_no_said_again_after_the_other_card_s_yes_stands_when_they_become_one(is_kept):
    olga, other = make_person(), make_person()
    record_consents(words(olga, "withdrawn", "withdrawn", "withdrawn"))
    record_consents(words(other, "given", at=AT + timedelta(days=1)))
    winner, loser = (olga, other) if is_kept else (other, olga)
    merge = merge_people(winner_id=winner.id, loser_id=loser.id, reason="duplicate", by="user:1")
    assert Consent.objects.get(is_current=True).state == "withdrawn"
    undo_merge(merge_id=merge.id, by="user:1")
    states = dict(Consent.objects.filter(is_current=True).values_list("person_id", "state"))
    assert states == {olga.id: "withdrawn", other.id: "given"}


def test_a_late_word_leaves_one_current_where_none_was():
    olga = make_person()
    record_consents(words(olga, "given", "withdrawn"))
    Consent.objects.update(is_current=False)
    record_consents(words(olga, "given", at=AT - timedelta(days=1)))
    assert Consent.objects.get(is_current=True).at == AT + timedelta(days=1)


def test_a_word_many_people_say_takes_constant_statements(django_assert_num_queries):
    people = [make_person() for _ in range(40)]
    record_consents([ConsentWord(person.id, "email", at=AT) for person in people])
    later = [ConsentWord(person.id, "email", "withdrawn", at=AT + timedelta(days=1)) for person in people]
    with django_assert_num_queries(5):
        assert record_consents(later) == 40


def test_suppression_is_by_kind_and_value_and_can_be_lifted():
    suppress([("email", "a@example.com"), ("phone", "+380501234567")], reason="unsubscribed")
    asked = [("email", "a@example.com"), ("viber", "+380501234567"), ("phone", "+380501234567"), ("email", "b@x.com")]
    assert suppressed(asked) == {asked[0]: "unsubscribed", asked[2]: "unsubscribed"}
    suppress([asked[0]], reason="bounced")
    assert suppressed(asked)[asked[0]] == "unsubscribed"
    lift([asked[0]])
    assert suppressed(asked) == {asked[2]: "unsubscribed"}
