"""Two cards become one and can become two again."""

from datetime import UTC, date, datetime, timedelta

import pytest

from teplo.journeys.models import Enrolment, Journey, JourneyVersion
from teplo.people.consent import ConsentWord, may_write, record_consents
from teplo.people.leaves import all_leaves
from teplo.people.merging import (
    CannotMerge,
    join_strangers,
    merge_people,
    preview_merge,
    suggest_winner,
    sweep_late_leaves,
    winners_of,
)
from teplo.people.models import AttributeChange, ChangeNote, Consent, DuplicatePair, Identity, Merge, Person
from teplo.people.testing import make_company, make_identity, make_person, make_stranger
from teplo.people.unmerging import CannotUndo, undo_merge
from teplo.scoring.models import Score
from teplo.tracking.models import Acquisition, Activity, Event, Presence, Tally, Touch

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = date(2026, 3, 1)


def make_event(person, hours=0):
    at = AT + timedelta(hours=hours)
    return Event.objects.create(person=person, name="page-viewed", at=at, received_at=at, origin="site:1")


def make_tally(person, activity, count, day=DAY, hours=0):
    at = AT + timedelta(hours=hours)
    Tally.objects.create(person=person, activity=activity, day=day, count=count, first_at=at, last_at=at)


@pytest.fixture
def activity():
    return Activity.objects.create(key="visited-prices", names={"en": "Visited prices"}, condition={})


def merge(winner, loser, **more):
    return merge_people(winner_id=winner.id, loser_id=loser.id, reason="hand", by="user:1", at=AT, **more)


def test_merging_moves_contacts_and_story_and_leaves_no_second_card():
    olga, other = make_person(email="a@example.com"), make_person(phone="+380501234567")
    make_event(olga), make_event(other)
    merge(olga, other)
    assert set(Identity.objects.values_list("person_id", "kind")) == {(olga.id, "email"), (olga.id, "phone")}
    assert set(Event.objects.values_list("person_id", flat=True)) == {olga.id}
    assert list(Person.objects.all()) == [olga]
    assert ChangeNote.objects.filter(person=olga, cause="merge").exists()


def test_merging_fills_what_the_winner_lacks_and_keeps_what_he_has():
    company = make_company()
    olga = make_person(city="Киев", position="", attributes={"budget": 1}, created_at=AT)
    other = make_person(city="Москва", position="Директор", attributes={"budget": 2, "age": 30}, company=company,
                        created_at=AT - timedelta(days=9))  # fmt: skip
    merge(olga, other)
    olga.refresh_from_db()
    assert (olga.city, olga.position, olga.attributes) == ("Киев", "Директор", {"budget": 1, "age": 30})
    assert (olga.company, olga.created_at) == (company, AT - timedelta(days=9))


def test_when_one_of_the_two_was_never_seen_the_other_s_visits_stand():
    """Who only got letters from us has a presence without visits."""
    seen = {"first_seen_at": AT, "last_seen_at": AT + timedelta(days=1), "events": 2}
    for visits_of_winner in (True, False):
        olga, other = make_person(), make_stranger()
        for person, has_visits in ((olga, visits_of_winner), (other, not visits_of_winner)):
            Presence.objects.create(person=person, **(seen if has_visits else {"events": 1}))
        merged = merge(olga, other)
        presence = Presence.objects.filter(person=olga).values("first_seen_at", "last_seen_at", "events").get()
        assert presence == {**seen, "events": 3}
        undo_merge(merge_id=merged.id, by="user:1")
        assert Presence.objects.get(person=olga).last_seen_at == (seen["last_seen_at"] if visits_of_winner else None)
        assert Presence.objects.get(person=other).last_seen_at == (None if visits_of_winner else seen["last_seen_at"])


def test_what_a_merge_replaces_is_remembered_until_it_is_undone():
    olga, other = make_person(city="Киев", position=""), make_person(city="Москва", position="Директор")
    merged = merge(olga, other, take_from_loser=["city"])
    kept = AttributeChange.objects.filter(person=olga).values_list("key", "old", "new", "at", "by")
    assert list(kept) == [("city", "Киев", "Москва", AT, "user:1")]
    undo_merge(merge_id=merged.id, by="user:1")
    assert not AttributeChange.objects.exists()


def test_a_human_may_choose_what_stays():
    olga, other = (
        make_person(city="Киев", attributes={"budget": 1}),
        make_person(city="Москва", attributes={"budget": 2}),
    )
    merge(olga, other, take_from_loser=["city", "attributes.budget"])
    olga.refresh_from_db()
    assert (olga.city, olga.attributes) == ("Москва", {"budget": 2})


def test_the_preview_says_what_differs_and_what_stays():
    olga = make_person(city="Киев", position="", email="a@example.com")
    other = make_person(city="Москва", position="Директор", email="b@example.com")
    preview = preview_merge(winner_id=olga.id, loser_id=other.id)
    fields = {choice.key: (choice.winner, choice.loser, choice.stays, choice.differs) for choice in preview.fields}
    assert fields["city"] == ("Киев", "Москва", "winner", True)
    assert fields["position"] == ("", "Директор", "loser", False)
    assert [identity.value for identity in preview.loser_identities] == ["b@example.com"]


def test_numbers_add_up_and_moments_stretch(activity):
    olga, other = make_person(), make_person()
    make_tally(olga, activity, 2, hours=1), make_tally(other, activity, 3, hours=5)
    make_tally(other, activity, 1, day=DAY - timedelta(days=1), hours=-20)
    Presence.objects.create(person=olga, first_seen_at=AT, last_seen_at=AT, events=2)
    Presence.objects.create(person=other, first_seen_at=AT - timedelta(days=1), last_seen_at=AT, events=4)
    merge(olga, other)
    tally = Tally.objects.get(person=olga, day=DAY)
    assert (tally.count, tally.first_at, tally.last_at) == (5, AT + timedelta(hours=1), AT + timedelta(hours=5))
    assert Tally.objects.filter(person=olga).count() == Tally.objects.count() == 2
    presence = Presence.objects.get()
    assert (presence.first_seen_at, presence.events) == (AT - timedelta(days=1), 6)


def test_the_first_source_goes_with_the_earlier_first_touch():
    olga, other = make_person(), make_person()
    early, late = AT - timedelta(days=5), AT + timedelta(days=5)
    Acquisition.objects.create(
        person=olga, first_source="paid", first_detail="ads", first_at=AT, last_source="direct", last_at=late
    )
    Acquisition.objects.create(
        person=other, first_source="organic", first_detail="google", first_at=early, last_source="email", last_at=AT
    )
    merge(olga, other)
    kept = Acquisition.objects.get()
    assert (kept.first_source, kept.first_detail, kept.first_at) == ("organic", "google", early)
    assert (kept.last_source, kept.last_at) == ("direct", late)


def test_merging_keeps_the_older_consent_as_history_and_the_newest_word_counts():
    olga, other = make_person(), make_person()
    record_consents([ConsentWord(olga.id, "email", "given", at=AT)])
    record_consents([ConsentWord(other.id, "email", "withdrawn", at=AT + timedelta(days=1))])
    merge(olga, other)
    assert set(Consent.objects.values_list("person_id", "state", "is_current")) == {
        (olga.id, "given", False), (olga.id, "withdrawn", True),
    }  # fmt: skip
    assert may_write([olga.id], "email") == set()


def test_a_person_walks_a_journey_once_after_merging():
    journey = Journey.objects.create(name="Welcome")
    version = JourneyVersion.objects.create(journey=journey, number=1)
    olga, other = make_person(), make_person()
    for person in (olga, other):
        Enrolment.objects.create(person=person, journey=journey, version=version, step="a", due_at=AT)
    made = merge(olga, other)
    assert sorted(Enrolment.objects.values_list("person_id", "state", "end_reason")) == [
        (olga.id, "active", ""), (olga.id, "stopped", "merged"),
    ]  # fmt: skip
    undo_merge(merge_id=made.id, by="user:1")
    assert set(Enrolment.objects.values_list("person_id", "state")) == {(olga.id, "active"), (other.id, "active")}


def test_undoing_restores_both_cards_as_they_were(activity):
    olga = make_person(city="Киев", position="", email="a@example.com", attributes={"budget": 1})
    other = make_person(city="Москва", position="Директор", email="b@example.com", attributes={"age": 3})
    make_event(olga), make_event(other)
    for person, count in ((olga, 2), (other, 3)):
        make_tally(person, activity, count, hours=count)
        Presence.objects.create(person=person, first_seen_at=AT + timedelta(count), last_seen_at=AT + timedelta(count))
        Score.objects.create(person=person, total=count)
        Touch.objects.create(person=person, at=AT, source="paid")
        record_consents([ConsentWord(person.id, "email", at=AT + timedelta(days=count))])
        Acquisition.objects.create(person=person, first_source="paid", first_at=AT + timedelta(count),
                                   last_source="paid", last_at=AT + timedelta(count))  # fmt: skip
    before = everything()
    made = merge(olga, other)
    assert everything() != before
    undo_merge(merge_id=made.id, by="user:1", at=AT)
    assert everything() == before


def everything():
    state = {
        leaf.label: sorted(map(str, leaf.model.objects.values())) for leaf in all_leaves() if "Note" not in leaf.label
    }
    people = sorted(str({**row, "updated_at": None}) for row in Person.objects.values())
    return {**state, "people": people, "identities": sorted(map(str, Identity.objects.values()))}


def test_what_came_after_the_merge_stays_with_the_winner_when_it_is_undone(activity):
    olga, other = make_person(), make_person()
    make_tally(olga, activity, 2), make_tally(other, activity, 3)
    make_event(other)
    made = merge(olga, other)
    later = make_event(olga, hours=9)
    make_identity(person=olga, kind="phone", value="+380501234567")
    Tally.objects.filter(person=olga).update(count=9, last_at=AT + timedelta(hours=9))
    Person.objects.filter(id=olga.id).update(city="Львов")
    undo_merge(merge_id=made.id, by="user:1")
    assert Event.objects.get(person=olga).id == later.id
    assert Tally.objects.get(person=olga).count == 6
    assert Tally.objects.get(person=olga).last_at == AT + timedelta(hours=9)
    assert Tally.objects.get(person=other).count == 3
    assert Identity.objects.get(kind="phone").person_id == olga.id
    assert Person.objects.get(id=olga.id).city == "Львов"


def test_a_merge_is_undone_once_and_in_order():
    one, two, three = make_person(), make_person(), make_person()
    first = merge(two, three)
    second = merge(one, two)
    assert winners_of([three.id, two.id]) == {three.id: one.id, two.id: one.id}
    with pytest.raises(CannotUndo) as refusal:
        undo_merge(merge_id=first.id, by="user:1")
    assert refusal.value.code == "merged-further"
    undo_merge(merge_id=second.id, by="user:1")
    undo_merge(merge_id=first.id, by="user:1")
    assert Person.objects.count() == 3
    with pytest.raises(CannotUndo):
        undo_merge(merge_id=first.id, by="user:1")


def test_different_verified_e_mails_are_not_merged_by_themselves():
    olga, other = make_person(), make_person()
    make_identity(person=olga, is_verified=True), make_identity(person=other, is_verified=True)
    with pytest.raises(CannotMerge) as refusal:
        merge(olga, other, is_automatic=True)
    assert refusal.value.code == "verified-emails-differ"
    merge(olga, other)
    assert Person.objects.count() == 1


def test_a_card_is_not_merged_with_itself_nor_with_one_that_is_gone():
    olga = make_person()
    for loser_id, code in ((olga.id, "same-card"), (12345, "card-gone")):
        with pytest.raises(CannotMerge) as refusal:
            merge_people(winner_id=olga.id, loser_id=loser_id, reason="hand", by="user:1")
        assert refusal.value.code == code


def test_one_main_contact_of_a_kind_remains():
    olga, other = make_person(email="a@example.com"), make_person(email="b@example.com")
    make_identity(person=other, kind="phone", value="+380501234567")
    made = merge(olga, other)
    assert set(Identity.objects.filter(is_main=True).values_list("value", flat=True)) == {
        "a@example.com",
        "+380501234567",
    }
    undo_merge(merge_id=made.id, by="user:1")
    assert Identity.objects.filter(is_main=True).count() == 3


def test_a_question_about_the_pair_is_answered_by_the_merge():
    one, two, three = make_person(), make_person(), make_person()
    DuplicatePair.objects.create(first_id=one.id, second_id=two.id, reason="name", likeness=1)
    DuplicatePair.objects.create(first_id=two.id, second_id=three.id, reason="name", likeness=1)
    merge(one, two)
    assert [(pair.first_id, pair.second_id, pair.answer) for pair in DuplicatePair.objects.all()] == [
        (one.id, two.id, "same")
    ]


def test_many_strangers_join_at_once_even_if_several_are_one_person(activity):
    olga, boris = make_person(), make_person()
    strangers = [make_stranger() for _ in range(4)]
    for stranger in strangers:
        make_event(stranger), make_tally(stranger, activity, 1)
    join_strangers([(s.id, p.id) for s, p in zip(strangers, (olga, olga, olga, boris), strict=True)], at=AT)
    assert dict(Tally.objects.values_list("person_id", "count")) == {olga.id: 3, boris.id: 1}
    assert Event.objects.filter(person=olga).count() == 3
    assert Merge.objects.count() == 4
    assert Person.objects.count() == 2


def test_a_joined_stranger_can_be_taken_off_again(activity):
    olga, stranger = make_person(), make_stranger(visitor="v1")
    make_event(stranger), make_tally(stranger, activity, 1)
    before = everything()
    join_strangers([(stranger.id, olga.id)], at=AT)
    undo_merge(merge_id=Merge.objects.get().id, by="user:1")
    assert everything() == before


def test_only_strangers_are_joined():
    olga, boris = make_person(), make_person()
    join_strangers([(boris.id, olga.id)], at=AT)
    assert Person.objects.count() == 2


def test_rows_written_late_for_a_merged_card_follow_to_the_winner(activity):
    olga, other = make_person(), make_person()
    merge(olga, other)
    make_event(other)
    assert sweep_late_leaves(since=AT - timedelta(hours=1)) == 1
    assert Event.objects.get().person_id == olga.id
    assert sweep_late_leaves(since=AT - timedelta(hours=1)) == 0


def test_the_card_of_whom_more_is_known_is_suggested_as_the_one_that_stays():
    stranger, bare, full = make_stranger(), make_person(city="", last_name=""), make_person(position="CEO")
    assert suggest_winner(bare, full) == (full, bare)
    assert suggest_winner(stranger, bare) == (bare, stranger)
