"""From the inbox to the journal, tallies, people: exactly once, and nobody held up by a poisonous event."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.migrations.recorder import MigrationRecorder
from django.test.utils import CaptureQueriesContext

from teplo.kit.clock import now
from teplo.kit.schema import OtherSchema
from teplo.people.models import ChangeNote, Consent, Identity, Person
from teplo.people.testing import make_person
from teplo.pipeline import noting, steps, working
from teplo.tracking.inbox import put_events
from teplo.tracking.models import Acquisition, Activity, DeadLetter, Event, InboxRow, Presence, Tally, Touch
from teplo.tracking.testing import make_event, put_event

pytestmark = pytest.mark.django_db


def take_all() -> int:
    done = 0
    while taken := working.run_once("test"):
        done += taken
    return done


def tallied(key: str, **filters: Any) -> int:
    return sum(Tally.objects.filter(activity__key=key, **filters).values_list("count", flat=True))


def test_an_event_becomes_a_fact_a_tally_and_a_person() -> None:
    put_event(visitor="anna", url="https://shop.example/prices?utm_source=vk", properties={"title": "Prices"})
    assert take_all() == 1
    person = Person.objects.get()
    assert person.is_anonymous
    event = Event.objects.get()
    assert (event.person_id, event.name, event.path, event.label) == (person.id, "page-viewed", "/prices", "human")
    assert event.properties == {"title": "Prices"}
    assert tallied("page-viewed") == tallied("key-page-viewed") == 1
    assert not InboxRow.objects.exists()
    assert Presence.objects.get().events == 1


def test_the_same_event_twice_counts_once_even_a_day_later() -> None:
    event = make_event(id="once")
    put_events([event, event], origin="api")
    take_all()
    yesterday = now() - timedelta(days=1)
    put_events([{**event, "time": yesterday.isoformat()}], origin="api")
    take_all()
    assert Event.objects.count() == 1
    assert tallied("page-viewed") == 1
    assert Presence.objects.get().events == 1


def test_the_same_id_from_two_sites_is_two_events() -> None:
    put_event(id="1", visitor="a", origin="site:1")
    put_event(id="1", visitor="a", origin="site:2")
    take_all()
    assert Event.objects.count() == 2


def bitten_by(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    def bite(batch: Any) -> None:
        if any(event.stored.name == name for event in batch.events):
            raise ZeroDivisionError("bitten")

    monkeypatch.setattr(steps.run, "__defaults__", ((*steps.STEPS[:5], ("bite", bite), *steps.STEPS[5:]),))


def test_a_poisonous_event_stands_alone_and_the_others_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    bitten_by(monkeypatch, "poison")
    put_events(
        [make_event() for _ in range(20)] + [make_event(name="poison")] + [make_event() for _ in range(12)],
        origin="api",
    )
    take_all()
    assert Event.objects.count() == 32
    assert tallied("page-viewed") == 32
    letter = DeadLetter.objects.get()
    assert letter.step == "bite" and "bitten" in letter.error
    assert not InboxRow.objects.exists()


def execute(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.mark.parametrize(
    ("gone", "back"),
    [
        ("stages_stagemove RENAME TO away", "away RENAME TO stages_stagemove"),
        ("tracking_touch RENAME COLUMN utm_term TO away", "tracking_touch RENAME COLUMN away TO utm_term"),
        ("scoring_score RENAME COLUMN fit TO away", "scoring_score RENAME COLUMN away TO fit"),
    ],
)
def test_tables_that_are_not_this_code_s_say_nothing_against_the_events(gone: str, back: str) -> None:
    put_events([make_event(url=f"https://x.example/{n}?utm_source=vk") for n in range(20)], origin="api")
    execute(f"ALTER TABLE {gone}")
    for _ in range(8):  # more often than a row may be tried before it is suspected
        with pytest.raises(DatabaseError), transaction.atomic():
            working.run_once("test")
    assert not DeadLetter.objects.exists() and not Event.objects.exists()
    assert InboxRow.objects.exists() and not InboxRow.objects.exclude(attempts=0).exists()
    execute(f"ALTER TABLE {back}")
    assert take_all() == 20
    assert Event.objects.count() == 20 and not DeadLetter.objects.exists()


def test_while_the_database_is_newer_than_the_code_no_event_is_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever fails then (a new column that must be filled, a value nobody knew) may be for that reason."""
    bitten_by(monkeypatch, "poison")
    put_events([make_event(), make_event(name="poison")], origin="api")
    MigrationRecorder(connection).record_applied("stages", "9999_of_tomorrow")
    with pytest.raises(OtherSchema, match=r"newer than this code: stages.9999_of_tomorrow"):
        working.run_once("test")
    assert InboxRow.objects.exists() and not DeadLetter.objects.exists()
    MigrationRecorder(connection).record_unapplied("stages", "9999_of_tomorrow")
    take_all()
    assert DeadLetter.objects.get().step == "bite"
    assert Event.objects.count() == 1


def test_a_database_newer_than_the_code_is_worked_on_as_long_as_nothing_fails() -> None:
    MigrationRecorder(connection).record_applied("stages", "9999_of_tomorrow")
    put_event()
    assert take_all() == 1


def test_change_notes_wait_for_the_tables_too() -> None:
    person = make_person()
    ChangeNote.objects.create(id=1, person_id=person.pk, cause="hand", at=now())
    execute("ALTER TABLE stages_stagemove RENAME TO away")
    with pytest.raises(DatabaseError), transaction.atomic():
        noting.run_once("test")
    execute("ALTER TABLE away RENAME TO stages_stagemove")
    assert ChangeNote.objects.exists()
    while noting.run_once("test"):
        pass
    assert not ChangeNote.objects.exists()


def test_a_contact_nobody_can_read_makes_a_dead_letter() -> None:
    put_events([make_event(visitor=None, identities={"phone": "not a phone"}), make_event()], origin="api")
    take_all()
    assert DeadLetter.objects.get().step == "people"
    assert Event.objects.count() == 1


def test_what_a_stranger_did_joins_the_card_on_identification() -> None:
    put_event(visitor="v1")
    put_event(visitor="v1")
    take_all()
    put_event(visitor="v1", identities={"email": "olga@example.com"}, name="form-submitted")
    take_all()
    person = Identity.objects.get(kind="email").person
    assert not person.is_anonymous
    assert Event.objects.filter(person=person).count() == 3
    assert tallied("page-viewed", person=person) == 2


def test_a_stranger_joins_a_person_already_known() -> None:
    put_event(visitor=None, identities={"email": "olga@example.com"}, name="letter-replied")
    put_event(visitor="v1")
    take_all()
    put_event(visitor="v1", identities={"email": "olga@example.com"}, name="form-submitted")
    take_all()
    person = Identity.objects.get(kind="email").person
    assert Event.objects.filter(person=person).count() == 3
    assert Presence.objects.get(person=person).events == 3


def test_tallies_fall_on_days_of_the_workspace() -> None:
    late = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)  # already the 2nd in Kyiv
    put_event(visitor="a", time=late.isoformat())
    take_all()
    assert str(Tally.objects.filter(activity__key="page-viewed").get().day) == "2026-03-02"


def test_crawlers_are_kept_but_count_for_nothing() -> None:
    put_event(user_agent="Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)")
    take_all()
    assert Event.objects.get().label == "machine"
    assert tallied("page-viewed") == 0
    assert Presence.objects.get().last_seen_at is None


def test_an_activity_on_properties_counts_only_what_matches() -> None:
    Activity.objects.create(
        key="big", condition={"all": [{"event": "bought"}, {"field": "property.sum", "greater": 100}]}
    )
    put_events([make_event(name="bought", visitor="a", properties={"sum": s}) for s in (50, 150, 250)], origin="api")
    take_all()
    assert tallied("big") == 2


def test_touches_keep_the_whole_way_and_both_ends() -> None:
    start = now() - timedelta(days=3)
    came = [
        ("https://x.example/?utm_source=google&utm_medium=cpc&utm_campaign=spring", ""),
        ("https://x.example/a", "https://x.example/"),
        ("https://x.example/b", "https://yandex.ru/"),
        ("https://x.example/c", ""),
    ]
    put_events(
        [
            make_event(visitor="a", url=url, referrer=referrer, time=(start + timedelta(hours=n)).isoformat())
            for n, (url, referrer) in enumerate(came)
        ],
        origin="api",
    )
    take_all()
    assert list(Touch.objects.order_by("at").values_list("source", flat=True)) == ["paid", "organic", "direct"]
    acquired = Acquisition.objects.get()
    assert (acquired.first_source, acquired.first_detail) == ("paid", "spring")
    put_event(visitor="a", url="https://x.example/d", referrer="")
    take_all()
    assert Touch.objects.count() == 3


def test_attributes_and_consents_arrive_with_an_event() -> None:
    put_event(
        visitor=None, name="form-submitted", identities={"email": "olga@example.com"},
        attributes={"first_name": "Ольга", "city": "Київ"}, consent={"email": True},
    )  # fmt: skip
    take_all()
    person = Person.objects.get()
    assert (person.first_name, person.city) == ("Ольга", "Київ")
    consent = Consent.objects.get()
    assert (consent.channel, consent.state) == ("email", "given")


def test_an_event_may_name_a_person_when_we_say_it() -> None:
    person = make_person()
    put_event(visitor=None, person=str(person.id), name="call-answered")
    take_all()
    assert tallied("call-answered", person=person) == 1


def test_the_number_of_statements_does_not_depend_on_the_number_of_events() -> None:
    def statements(count: int) -> int:
        put_events(
            [make_event(url=f"https://x.example/p/{n}?utm_source=vk", properties={"n": n}) for n in range(count)],
            origin="api",
        )
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert working.run_once("test", limit=5000) == count
        return len(captured)

    statements(3)
    few, many = statements(10), statements(1000)
    # SQLite takes 32,766 parameters a statement: wide inserts are cut there.
    assert many <= few + (12 if connection.vendor == "sqlite" else 0)


def test_parcels_taken_by_another_worker_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    put_event()
    monkeypatch.setattr("teplo.tracking.inbox.remove_parcels", lambda parcels: False)
    working.run_once("test")
    assert not Event.objects.exists()
    assert InboxRow.objects.count() == 1


@pytest.mark.skipif(connection.vendor == "sqlite", reason="on SQLite nothing is leased, so no attempts are counted")
def test_an_event_that_kills_workers_is_found_and_buried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that dies neither raises nor gives back: its lease runs out."""

    class Died(BaseException):
        pass

    def die(batch: Any) -> None:
        if any(event.stored.name == "killer" for event in batch.events):
            raise Died

    monkeypatch.setattr(steps, "label", die)
    monkeypatch.setattr(steps.run, "__defaults__", ((("label", die), *steps.STEPS[1:]),))
    monkeypatch.setattr("teplo.pipeline.working._give_back", lambda parcels, **_: None)
    put_events([make_event(), make_event(name="killer"), make_event()], origin="api")
    put_event()
    for _ in range(60):
        try:
            working.run_once("test")
        except Died:
            InboxRow.objects.update(lease_until=now() - timedelta(seconds=1))
        if not InboxRow.objects.exists():
            break
    assert Event.objects.count() == 3
    assert DeadLetter.objects.get().error.startswith("WorkerKilled")
