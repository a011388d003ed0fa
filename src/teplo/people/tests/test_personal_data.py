"""All about one person is told; an erased person leaves numbers only."""

import json
from datetime import UTC, date, datetime

import pytest

from teplo.accounts.models import Notice
from teplo.accounts.testing import make_user
from teplo.channels.models import Delivery
from teplo.people.attributes import Change, set_attributes
from teplo.people.consent import ConsentWord, record_consents
from teplo.people.leaves import Erasing, all_leaves
from teplo.people.merging import merge_people
from teplo.people.models import AttributeChange, Consent, Identity, Merge, Person
from teplo.people.personal_data import erase_people, export_person
from teplo.people.suppression import suppressed
from teplo.people.testing import make_company, make_person
from teplo.people.unmerging import CannotUndo, undo_merge
from teplo.tracking.models import Activity, Event, Tally

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def olga():
    olga = make_person(
        email="olga@example.com", visitor="v1", phone="+380501234567", position="Директор", company=make_company()
    )
    Event.objects.create(person=olga, name="form-submitted", at=AT, received_at=AT, origin="site:1",
                         url="https://x.ua/?email=olga@example.com", path="/form",
                         properties={"comment": "Позвоните Ольге"})  # fmt: skip
    activity = Activity.objects.create(key="asked", names={}, condition={})
    Tally.objects.create(person=olga, activity=activity, day=date(2026, 3, 1), count=2, first_at=AT, last_at=AT)
    set_attributes([Change(olga.id, "city", "Киев")], by="user:1", at=AT)
    record_consents([ConsentWord(olga.id, "email", at=AT, text="Согласна", proof={"ip": "10.0.0.1"})])
    Delivery.objects.create(person=olga, channel="email", address="olga@example.com", state="queued")
    Delivery.objects.create(person=olga, channel="email", address="olga@example.com", state="sent")
    return olga


def test_the_export_tells_everything_as_json(olga):
    told = export_person(person_id=olga.id)
    text = json.dumps(told, ensure_ascii=False)
    for known in (
        "olga@example.com",
        "+380501234567",
        "Директор",
        "Ромашка",
        "Позвоните Ольге",
        "Согласна",
        "10.0.0.1",
    ):
        assert known in text
    assert told["contacts"][0]["kind"] == "email"
    assert len(told["events"]) == 1
    assert len(told["deliverys"]) == 2


def test_erasing_leaves_no_personal_word_but_every_number(olga):
    assert erase_people(person_ids=[olga.id], by="user:1", at=AT) == 1
    text = json.dumps(export_person(person_id=olga.id), ensure_ascii=False)
    for personal in ("olga", "Ольг", "Иванова", "380501234567", "Директор", "Ромашка", "Согласна", "10.0.0.1", "Киев"):
        assert personal not in text
    assert Event.objects.get().path == "/form"
    assert Tally.objects.get().count == 2
    assert not Identity.objects.exists()
    assert not AttributeChange.objects.exists()
    assert Consent.objects.get().state == "given"
    assert Person.objects.get().erased_at == AT


def test_erased_addresses_are_never_written_to_again(olga):
    erase_people(person_ids=[olga.id], by="user:1")
    assert suppressed([("email", "olga@example.com"), ("phone", "+380501234567")]) == {
        ("email", "olga@example.com"): "erased", ("phone", "+380501234567"): "erased",
    }  # fmt: skip


def test_nothing_goes_on_for_the_erased(olga):
    erase_people(person_ids=[olga.id], by="user:1")
    assert sorted(Delivery.objects.values_list("state", "reason")) == [("sent", ""), ("skipped", "erased")]


def test_merges_of_the_erased_keep_no_snapshot(olga):
    other = make_person(email="second@example.com")
    made = merge_people(winner_id=olga.id, loser_id=other.id, reason="hand", by="user:1")
    erase_people(person_ids=[olga.id], by="user:1")
    assert Merge.objects.get().snapshot == {}
    with pytest.raises(CannotUndo):
        undo_merge(merge_id=made.id, by="user:1")


def test_bells_that_name_the_erased_are_gone(olga):
    boss = make_user(email="boss@example.com")
    for person_id in (olga.id, olga.id + 1):
        Notice.objects.create(
            user_id=boss.id, kind="person-hot", params={"name": "Ольга"}, url=f"/hand-offs/{person_id}/1/"
        )
    erase_people(person_ids=[olga.id], by="user:1")
    assert Notice.objects.get().url == f"/hand-offs/{olga.id + 1}/1/"


def test_erasing_again_does_nothing(olga):
    erase_people(person_ids=[olga.id], by="user:1", at=AT)
    assert erase_people(person_ids=[olga.id], by="user:1") == 0


def test_every_blanked_column_exists():
    for leaf in all_leaves():
        columns = {field.name for field in leaf.model._meta.concrete_fields}
        assert set(leaf.blank) <= columns, leaf.label
        assert bool(leaf.blank) == (leaf.erasing is Erasing.BLANK), leaf.label
        for part in leaf.ending or ():
            assert set(part) <= columns, leaf.label
