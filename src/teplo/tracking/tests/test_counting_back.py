"""Activities defined later count the past too, and nothing that happens meanwhile is lost or counted twice."""

from __future__ import annotations

import pytest

from teplo.conditions.reading import ConditionError
from teplo.jobs.running import run_due
from teplo.people.models import ChangeNote
from teplo.pipeline import working
from teplo.tracking import activities, dead_letters
from teplo.tracking.inbox import put_events
from teplo.tracking.models import Activity, DeadLetter, InboxRow, Tally
from teplo.tracking.testing import make_event

pytestmark = pytest.mark.django_db
PRICES = {"all": [{"event": "page-viewed"}, {"field": "path", "is": "/prices"}]}


def see(path: str, *visitors: str) -> None:
    put_events([make_event(visitor=v, url=f"https://x.example{path}") for v in visitors], origin="api")
    while working.run_once("test"):
        pass


def counted(activity: Activity) -> int:
    return sum(Tally.objects.filter(activity=activity).values_list("count", flat=True))


def define(key: str = "saw-prices", condition: object = PRICES) -> Activity:
    return activities.create_activity(key=key, names={"en": key}, condition=condition, by=None)


def test_a_new_activity_counts_the_past_by_a_job() -> None:
    see("/prices", "a", "b", "a")
    see("/about", "a")
    activity = define()
    assert counted(activity) == 0
    assert run_due("test") == 1
    assert counted(activity) == 3
    activity.refresh_from_db()
    assert activity.backfilled_at is not None
    assert ChangeNote.objects.filter(cause="activity").count() == 2


def test_what_happens_before_the_job_runs_is_counted_once() -> None:
    see("/prices", "a")
    activity = define()
    see("/prices", "a", "c")
    assert counted(activity) == 2
    run_due("test")
    assert counted(activity) == 3
    see("/prices", "a")
    assert counted(activity) == 4


def test_ranges_of_people_together_count_everybody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(activities, "RANGE", 2)
    see("/prices", *"abcdefg")
    activity = define()
    run_due("test")
    assert counted(activity) == 7


def test_changing_the_condition_counts_anew() -> None:
    see("/prices", "a")
    see("/about", "a", "b")
    activity = define()
    run_due("test")
    about = {"all": [{"event": "page-viewed"}, {"field": "path", "is": "/about"}]}
    activities.change_activity(activity=activity, names={"en": "x"}, condition=about, is_active=True, icon="", by=None)
    run_due("test")
    assert counted(activity) == 2


def test_an_activity_out_of_use_counts_nothing() -> None:
    activity = define()
    activities.change_activity(activity=activity, names={}, condition=PRICES, is_active=False, icon="", by=None)
    see("/prices", "a")
    assert counted(activity) == 0


def test_a_condition_nobody_understands_is_refused_with_its_place() -> None:
    with pytest.raises(ConditionError):
        define(condition={"all": [{"field": "colour", "is": "red"}]})
    assert not Activity.objects.filter(key="saw-prices").exists()


@pytest.mark.parametrize("key", ["", "Two Words", "-a", "a" * 61])
def test_a_key_must_be_readable(key: str) -> None:
    with pytest.raises(activities.KeyUnreadable):
        define(key)


def test_a_key_is_taken_once() -> None:
    define()
    with pytest.raises(activities.KeyTaken):
        define()


def test_built_in_activities_stay() -> None:
    with pytest.raises(activities.ActivityBuiltIn):
        activities.delete_activity(activity=Activity.objects.get(key="page-viewed"))


def test_a_dead_letter_retried_counts_once(monkeypatch: pytest.MonkeyPatch) -> None:
    put_events([make_event(visitor=None, identities={"phone": "not a phone"})], origin="api")
    working.run_once("test")
    letter = DeadLetter.objects.get()
    assert dead_letters.shown(letter)["identities"] == {"phone": "not a phone"}
    assert dead_letters.retry(ids=[letter.id]) == 1
    assert dead_letters.retry(ids=[letter.id]) == 0
    assert InboxRow.objects.count() == 1
    working.run_once("test")
    assert DeadLetter.objects.count() == 1
    assert dead_letters.drop(ids=[DeadLetter.objects.get().id]) == 1
