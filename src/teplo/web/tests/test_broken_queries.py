"""A question that can no longer be asked means nobody: on the list, for acts, exports, jobs and whatever runs later."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest

from teplo.accounts.models import SavedView
from teplo.accounts.testing import make_user
from teplo.conditions.reading import ConditionError
from teplo.jobs.models import Job, JobState
from teplo.jobs.testing import run_all_jobs
from teplo.journeys.models import Enrolment, Journey
from teplo.journeys.stepping import tick
from teplo.journeys.testing import make_journey, make_people, place
from teplo.journeys.waking import Happened, react
from teplo.people import acting
from teplo.people.acting import Act, start_acting
from teplo.people.choosing import Chosen, people_of
from teplo.people.models import AttributeDefinition, Person, Segment, SegmentMember
from teplo.people.segments import create_segment, members_of, refresh_members
from teplo.people.testing import make_attribute, make_person
from teplo.scoring.models import Score
from teplo.scoring.rescoring import rescore
from teplo.scoring.testing import fit, make_profile, make_table
from teplo.stages.models import Standing
from teplo.stages.moving import move_by_signs, move_people
from teplo.stages.testing import make_ladder, make_stage

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
UNREADABLE = [
    '{"field": "no-such-field", "is": 1}',
    '{"field": "attr.gone", "is": "x"}',
    '{"did_not": "gone"}',
    '{"not": {"did": "gone"}}',
    '{"did": "gone", "at_least": 0}',
    '{"not": {"in": "7"}}',
    '{"segment": {"has_not": ["7"]}}',
    '{"field": "segment", "has_not": ["7"]}',
    '{"stage": "no-such-stage"}',
    '{"field": "city", "is": "Львов", "is": "Киев"}',
    '{"all": [{"field": "city", "is": "Львов"}], "all": []}',
    "{",
    "[]",
    "null",
    "",
]
SLIPS = [
    {"segmnet": "5"},
    {"Temperature": "hot"},
    {"temperature": ["hot", "warm"]},
    {"who": "stranger"},
    {"segment": ""},
    {"temperature": "hott"},
    {"owner": "x"},
    {"q": "x" * 201},
    {"condition": '{"field": "city", "is": "Львов"}', "condition_text": ""},
]


@pytest.fixture
def administrator(client):
    user = make_user(role="administrator", language="en")
    client.force_login(user)
    return user


@pytest.fixture
def anna():
    return make_person(first_name="Анна", city="Киев")


def text_of(response):
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return content.decode("utf-8-sig")


def queries():
    return [*({"condition": text} for text in UNREADABLE), *SLIPS]


@pytest.mark.parametrize("query", queries(), ids=str)
def test_such_a_query_finds_acts_on_and_exports_nobody(client, administrator, anna, query):
    assert "Анна" not in text_of(client.get("/people/", query))
    assert "1 person" not in text_of(client.get("/people/count/", query))
    for address in ("/people/people.csv", "/people/people.xlsx"):
        for answer in (client.get(address, query), client.post(address, query)):
            assert answer.status_code == 302
            assert answer["Location"].startswith("/people/?")
            assert "Анна" not in text_of(client.get(answer["Location"]))
    for done in ({}, {"do": "1"}):
        answer = client.post("/people/acts/erase/", {**query, "everybody": "1", **done})
        assert answer.status_code == 422
        assert "1 person" not in text_of(answer)
        assert 'name="everybody"' not in text_of(answer)
    run_all_jobs()
    anna.refresh_from_db()
    assert anna.erased_at is None
    assert not Job.objects.exists()


@pytest.mark.parametrize("query", queries(), ids=str)
def test_such_a_query_cannot_be_kept_as_a_view(client, administrator, query):
    assert client.post("/people/views/new/", {**query, "name": "All"}).status_code == 302
    assert not SavedView.objects.exists()


def test_what_an_address_narrows_is_not_lost_in_a_form(client, administrator, anna):
    answer = client.post("/people/acts/erase/?temperature=hot", {"everybody": "1", "do": "1"})
    assert answer.status_code == 422


def test_ids_that_cannot_be_read_are_not_everybody(client, administrator, anna):
    for address in ("/people/people.csv", "/people/acts/erase/"):
        answer = client.post(address, {"ids": ["x"], "do": "1"} if "acts" in address else {"ids": ["x"]})
        assert "Анна" not in text_of(answer)
        assert answer.status_code in (302, 422)
    answer = client.post("/people/acts/erase/", {"ids": [str(anna.pk), "x"], "do": "1"})
    assert answer.status_code == 422
    anna.refresh_from_db()
    assert anna.erased_at is None


def test_a_query_that_says_nothing_means_everybody_known(client, administrator, anna):
    assert "1 person is meant" in text_of(client.post("/people/acts/set-owner/", {"everybody": "1", "q": " "}))
    assert "Анна" in text_of(client.get("/people/people.csv"))


@pytest.mark.parametrize(
    "stored", [{"condition": []}, {"condition": None}, {"condition": ""}, {"who": "x"}, {"ids": 5}]
)
def test_a_stored_choice_that_has_lost_its_sense_is_refused(anna, stored):
    with pytest.raises(ConditionError):
        people_of(Chosen.from_json(stored))


def test_a_view_that_has_lost_its_condition_finds_nobody(client, administrator, anna):
    view = SavedView.objects.create(user_id=administrator.pk, page="people", name="Old", query={"condition": None})
    SavedView.objects.filter(pk=view.pk).update(query={"condition": [1]})
    page = client.get("/people/")
    address = next(url for view, url in page.context["views"])
    assert "Анна" not in text_of(client.get(address))


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"condition": null}', '{"condition": []}', '{"conditoin": {}}'])
def test_a_preview_without_a_condition_counts_nobody(client, administrator, anna, body):
    for address in ("/conditions/count/", "/conditions/check/"):
        found = client.post(address, body, content_type="application/json").json()
        assert not found.get("people")
        assert not found.get("said")
        assert not found.get("ok")


def test_a_segment_is_not_made_of_everybody_by_a_form_that_lost_its_condition(client, administrator):
    assert client.post("/people/segments/new/", {"name": "Lost"}).status_code == 422
    assert client.get("/people/segments/new/", {"condition": "{"}).status_code == 200
    assert not Segment.objects.exists()
    made = client.post("/people/segments/new/", {"name": "All", "condition": "{}"})
    assert made.status_code == 302


def broken_segment(**changes):
    make_attribute(key="plan", type="text")
    segment = create_segment(name="Pro", condition={"field": "attr.plan", "is": "pro"}, by=None, **changes)
    AttributeDefinition.objects.all().delete()
    return segment


def test_a_broken_segment_is_not_shown_exported_enrolled_or_kept_as_everybody(client, administrator, anna):
    segment = broken_segment()
    journey = make_journey({"key": "end", "kind": "end"})
    page = text_of(client.get(f"/people/segments/{segment.pk}/"))
    assert "Анна" not in page
    assert "Pro" in text_of(client.get(f"/people/segments/{segment.pk}/edit/"))
    assert client.get(f"/people/segments/{segment.pk}/export/").status_code == 302
    assert client.post(f"/people/segments/{segment.pk}/keep/").status_code == 302
    assert client.post(f"/journeys/{journey.pk}/enrol/", {"segment": segment.pk}).status_code == 302
    assert not Enrolment.objects.exists()
    assert not SegmentMember.objects.exists()
    assert "Анна" not in text_of(client.get(f"/people/?segment={segment.pk}"))


def test_a_segment_that_leaves_out_another_one_that_is_gone_lets_nobody_in(anna):
    out = create_segment(name="Out", condition={"field": "city", "is": "Киев"}, by=None)
    around = create_segment(name="Around", condition={"in": str(out.pk)}, by=None)
    wide = create_segment(name="Wide", condition={"not": {"in": str(around.pk)}}, by=None, is_kept=True)
    mine = make_person(city="Львов")
    refresh_members(person_ids=[anna.pk, mine.pk], at=AT)
    assert list(SegmentMember.objects.values_list("person_id", flat=True)) == [mine.pk]
    Segment.objects.filter(pk=out.pk).delete()
    with pytest.raises(ConditionError):
        members_of(wide).count()
    refresh_members(person_ids=[anna.pk, mine.pk], at=AT)
    assert list(SegmentMember.objects.values_list("person_id", flat=True)) == [mine.pk]


def test_a_job_whose_condition_breaks_before_it_runs_stops_with_the_reason(anna):
    segment = create_segment(name="Kyiv", condition={"field": "city", "is": "Киев"}, by=None)
    job = start_acting(act="erase", chosen=Chosen(condition={"not": {"in": str(segment.pk)}}), args={}, by=1)
    segment.delete()
    run_all_jobs()
    job.refresh_from_db()
    anna.refresh_from_db()
    assert (job.state, anna.erased_at) == (JobState.FAILED, None)
    assert "segment" in job.error


def test_a_job_whose_condition_breaks_while_it_runs_stops_where_it_is(monkeypatch):
    people = sorted(person.pk for person in (make_person(city="Киев"), make_person(city="Киев")))
    segment = create_segment(name="Kyiv", condition={"field": "city", "is": "Киев"}, by=None)
    taken = []

    def apply(batch, args, by):
        taken.extend(batch)
        Segment.objects.all().delete()
        return len(batch)

    monkeypatch.setattr(acting, "_BATCH", 1)
    monkeypatch.setitem(acting._acts, "count", Act("count", "Count", apply))
    job = start_acting(act="count", chosen=Chosen(condition={"in": str(segment.pk)}), args={}, by=1)
    run_all_jobs()
    job.refresh_from_db()
    assert (job.state, taken) == (JobState.FAILED, people[:1])


@pytest.mark.parametrize("act", [("set-stage", {"stage": "gone", "why": ""}), ("enrol", {"journey": "5"})])
def test_an_act_that_has_lost_what_it_needs_is_refused_and_its_job_stops(client, administrator, anna, act):
    key, args = act
    answer = client.post(f"/people/acts/{key}/", {"ids": [anna.pk], "do": "1", **args})
    assert answer.status_code == 422
    job = start_acting(act=key, chosen=Chosen(), args=args, by=1)
    run_all_jobs()
    job.refresh_from_db()
    assert job.state == JobState.FAILED
    assert job.error.endswith(".")


BROKEN = [{"field": "attr.gone", "is": "x"}, {"did_not": "gone"}, {"not": {"in": "7"}}]


@pytest.mark.parametrize("condition", BROKEN, ids=str)
def test_a_broken_trigger_enrols_nobody_and_pauses_its_journey(anna, condition):
    stage = make_stage("last", 99)
    trigger = {"kind": "stage", "stage": "last", "condition": condition}
    journey = make_journey({"key": "end", "kind": "end"}, version={"trigger": trigger})
    moves = move_to(anna, stage)
    react(Happened(at=AT, touched=[anna.pk], stage_moves=moves))
    assert not Enrolment.objects.exists()
    assert Journey.objects.get(pk=journey.pk).state == "paused"


def move_to(person, stage):
    return move_people(person_ids=[person.pk], stage=stage, cause="hand", by="user:1", why={}, at=AT)


@pytest.mark.parametrize("way", ["goal", "exits"])
@pytest.mark.parametrize("condition", BROKEN, ids=str)
def test_a_broken_goal_or_exit_lets_nobody_out(condition, way):
    version = {way: condition if way == "goal" else [condition]}
    journey = make_journey(
        {"key": "w", "kind": "wait", "for": "1d", "next": "end"}, {"key": "end", "kind": "end"}, version=version
    )
    people = make_people(2)
    place(journey, people, step="w", due_at=None)
    react(Happened(at=AT, touched=people))
    assert set(Enrolment.objects.values_list("state", flat=True)) == {"active"}
    assert Journey.objects.get(pk=journey.pk).state == "paused"


@pytest.mark.parametrize("condition", BROKEN, ids=str)
def test_a_broken_branch_sends_nobody_either_way(condition):
    journey = make_journey(
        {"key": "b", "kind": "branch", "condition": condition, "yes": "end", "no": "end"}, {"key": "end", "kind": "end"}
    )
    place(journey, make_people(2), step="b", due_at=AT)
    tick(owner="test")
    assert set(Enrolment.objects.values_list("state", "step")) == {("active", "b")}
    assert Journey.objects.get(pk=journey.pk).state == "paused"


@pytest.mark.parametrize("condition", BROKEN, ids=str)
def test_broken_criteria_profiles_and_signs_hold_for_nobody(anna, condition):
    make_table(fit(condition, 10), fit({"field": "city", "is": "Киев"}, 5))
    make_profile(condition=condition)
    make_ladder({}, condition)
    rescore(person_ids=[anna.pk], cause="test", at=AT)
    score = Score.objects.get(person=anna)
    assert (score.total, score.grade) == (5, "")
    move_by_signs(person_ids=[anna.pk], at=AT)
    assert Standing.objects.get(person=anna).stage.key == "s1"


def test_a_query_in_an_address_says_what_is_wrong_with_it(client, administrator):
    assert "segmnet" in text_of(client.get(f"/people/?{urlencode({'segmnet': '5'})}"))
    said = json.dumps({"field": "city", "is": "Киев"}, ensure_ascii=False)
    assert "condition" in text_of(client.get(f"/people/?{urlencode({'condition': [said, '{}']}, doseq=True)}"))


def test_nobody_is_lost_by_a_query_that_can_be_read(client, administrator, anna):
    make_person(first_name="Борис", city="Львов")
    said = json.dumps({"field": "city", "is": "Киев"}, ensure_ascii=False)
    text = text_of(client.get("/people/people.csv", {"condition": said, "who": "known", "sort": "name", "q": "анна"}))
    assert "Анна" in text
    assert "Борис" not in text
    assert Person.objects.count() == 2
