"""What is in use is not taken away: each room says where it is built upon a definition."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from teplo.accounts.models import SavedView
from teplo.accounts.testing import make_user
from teplo.channels.models import Sender
from teplo.channels.senders import remove_sender
from teplo.conditions.mentioning import mentioned
from teplo.content.models import Template
from teplo.content.templates import archive_template
from teplo.journeys.models import JourneyState, JourneyVersion
from teplo.journeys.testing import make_journey, make_people, place
from teplo.kit.uses import InUse, Thing, used_in
from teplo.people.defining import Wanted, change_attribute, forget_attribute
from teplo.people.models import AttributeDefinition, Segment
from teplo.people.segments import delete_segment
from teplo.people.testing import make_attribute
from teplo.scoring.models import Profile, ScoreTable, ShadowRun
from teplo.scoring.tables import delete_profile, discard
from teplo.scoring.testing import behaviour, fit, make_profile, make_table
from teplo.stages.editing import retire_stage
from teplo.stages.models import Stage
from teplo.stages.testing import make_ladder
from teplo.tracking.activities import delete_activity
from teplo.tracking.models import Activity

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
END = {"key": "end", "kind": "end"}


@pytest.fixture(autouse=True)
def _bare():
    """Without ready content, which is built upon itself."""
    JourneyVersion.objects.all().delete()
    Segment.objects.all().delete()
    ScoreTable.objects.all().delete()
    Profile.objects.all().delete()
    Stage.objects.update(is_active=False)


def make_activity(key="asked-price-twice"):
    return Activity.objects.create(key=key, names={"en": key}, condition={"event": key})


def places(thing):
    return [(use.kind, use.name) for use in used_in(thing)]


PLAN = {"field": "attr.plan", "is": "pro"}
ATTRIBUTE = Thing("attribute", key="attr.plan")


def use_everywhere(condition):
    """The condition in each room that keeps conditions."""
    Segment.objects.create(name="S", condition={"all": [{"not": condition}]})
    SavedView.objects.create(user_id=1, page="people", name="V", query={"condition": condition})
    make_ladder({}, {"any": [condition]})
    make_table(fit(condition, 5, name="C"), name="T")
    make_profile(condition=condition, name="P")
    make_journey(END, version={"trigger": {"kind": "hand", "condition": condition}}, name="J1")
    make_journey(END, version={"goal": condition}, name="J2")
    make_journey(END, version={"exits": [condition]}, name="J3")
    make_journey({"key": "b", "kind": "branch", "condition": condition, "yes": "end", "no": "end"}, END, name="J4")


@pytest.mark.parametrize(
    ("condition", "thing"),
    [
        (PLAN, ATTRIBUTE),
        (PLAN, Thing("choice", key="attr.plan", value="pro")),
        ({"field": "attr.plan", "in": ["free", "pro"]}, Thing("choice", key="attr.plan", value="pro")),
        ({"did_not": "asked-price", "within": "7d"}, Thing("activity", 7, key="asked-price")),
        ({"in": "7"}, Thing("segment", 7)),
        ({"in": ["5", "7"]}, Thing("segment", 7)),
        ({"field": "segment", "has_not": ["7"]}, Thing("segment", 7)),
        ({"in": {"has": ["7"]}}, Thing("segment", 7)),
        ({"stage": "pal", "at_or_after": True}, Thing("stage", 1, key="pal")),
        ({"stage": {"in": ["pal", "lead"]}}, Thing("stage", 1, key="pal")),
        ({"field": "stage", "is_not": "pal"}, Thing("stage", 1, key="pal")),
        ({"grade": "ideal"}, Thing("grade", key="ideal")),
        ({"field": "company.attr.plan", "is_set": True}, Thing("attribute", key="company.attr.plan")),
    ],
    ids=str,
)
def test_conditions_are_found_in_every_room(condition, thing):
    use_everywhere(condition)
    expected = [
        ("segment", "S"), ("view", "V"), ("stage", "s2"), ("table", "T: C"), ("profile", "P"),
        *(("journey", f"J{number}") for number in range(1, 5)),
    ]  # fmt: skip
    assert places(thing) == expected


@pytest.mark.parametrize(
    ("condition", "thing"),
    [
        ({"field": "attr.planet", "is": "pro"}, ATTRIBUTE),
        ({"field": "company.attr.plan", "is": "pro"}, ATTRIBUTE),
        ({"field": "city", "is": "attr.plan"}, ATTRIBUTE),
        ({"field": "attr.plan", "is": "free"}, Thing("choice", key="attr.plan", value="pro")),
        ({"did": "asked"}, Thing("activity", 7, key="asked-price")),
        ({"field": "city", "is": "asked-price"}, Thing("activity", 7, key="asked-price")),
        ({"in": "77"}, Thing("segment", 7)),
        ({"field": "city", "in": ["7"]}, Thing("segment", 7)),
        ({"grade": "pal"}, Thing("stage", 1, key="pal")),
    ],
    ids=str,
)
def test_what_only_looks_alike_is_no_use(condition, thing):
    use_everywhere(condition)
    assert places(thing) == []


def test_what_a_condition_mentions_is_told_also_when_it_cannot_be_read():
    found = set(mentioned({"any": [{"did": 5}, {"nonsense": {"x": "y"}}, 7, None, {"not": {"field": 3}}]}))
    assert found == {("did", "5"), ("nonsense", ""), ("nonsense", "y")}


def test_an_attribute_in_use_stays_and_says_where():
    definition = make_attribute(key="plan", type="choice", choices=[{"key": "pro", "names": {"en": "Pro"}}])
    Segment.objects.create(name="Payers", condition=PLAN)
    Template.objects.create(name="Hello", body="<p>{{ person.attributes.plan }}</p>")
    Template.objects.create(name="Other", body="{{ person.attributes.planet }} {{ company.attributes.plan }}")
    step = {"key": "a", "kind": "set-attribute", "attribute": "plan", "value": "pro", "next": "end"}
    make_journey(step, END, name="J")
    with pytest.raises(InUse) as refusal:
        forget_attribute(definition=definition)
    found = [(use.kind, use.name) for use in refusal.value.uses]
    assert found == [("segment", "Payers"), ("template", "Hello"), ("journey", "J")]
    assert "Payers" in str(refusal.value)
    with pytest.raises(InUse):
        change_attribute(definition=definition, wanted=Wanted(names={"en": "Plan"}, type="choice", choices=[]))
    kept = Wanted(names={"en": "Plan"}, type="choice", choices=[("pro", {"en": "Professional"})])
    change_attribute(definition=definition, wanted=kept)
    Segment.objects.all().delete()
    Template.objects.all().delete()
    JourneyVersion.objects.all().delete()
    forget_attribute(definition=definition)
    assert not AttributeDefinition.objects.filter(key="plan").exists()


def test_an_activity_in_use_stays():
    activity = make_activity()
    make_table(behaviour(activity.pk, 5, name="Price"), name="T")
    make_journey(END, version={"trigger": {"kind": "activity", "activity": activity.key}}, name="Trigger")
    wait = {"key": "w", "kind": "wait", "for": "1d", "activity": activity.key, "next": "end"}
    make_journey(wait, END, name="Waits")
    with pytest.raises(InUse) as refusal:
        delete_activity(activity=activity)
    found = [(use.kind, use.name) for use in refusal.value.uses]
    assert found == [("table", "T: Price"), ("journey", "Trigger"), ("journey", "Waits")]
    JourneyVersion.objects.all().delete()
    ScoreTable.objects.all().delete()
    delete_activity(activity=activity)
    assert not Activity.objects.filter(pk=activity.pk).exists()


def test_a_segment_that_starts_a_journey_stays():
    segment = Segment.objects.create(name="S", condition={})
    make_journey(END, version={"trigger": {"kind": "segment", "segment": str(segment.pk)}}, name="J")
    with pytest.raises(InUse):
        delete_segment(segment)
    JourneyVersion.objects.all().delete()
    delete_segment(segment)
    assert not Segment.objects.exists()


def test_a_template_and_a_sender_that_a_journey_sends_with_stay():
    template = Template.objects.create(name="Hello", body="x")
    sender = Sender.objects.create(name="Us", channel="email", address="us@example.com")
    step = {"key": "m", "kind": "send-email", "template": str(template.pk), "sender": sender.pk, "next": "end"}
    journey = make_journey(step, END, name="J")
    for remove in (lambda: archive_template(template_id=template.pk), lambda: remove_sender(sender_id=sender.pk)):
        with pytest.raises(InUse):
            remove()
    journey.state = JourneyState.STOPPED
    journey.save(update_fields=["state"])
    archive_template(template_id=template.pk)
    remove_sender(sender_id=sender.pk)
    sender.refresh_from_db()
    assert not sender.is_active
    archive_template(template_id=template.pk, archived=False)
    assert not Template.objects.get().is_archived


def test_an_older_version_counts_as_long_as_somebody_walks_it():
    template = Template.objects.create(name="Hello", body="x")
    step = {"key": "m", "kind": "send-email", "template": template.pk, "next": "end"}
    journey = make_journey(step, END, name="J")
    place(journey, make_people(1), step="m", due_at=None)
    JourneyVersion.objects.create(journey=journey, number=2, steps=[END], published_at=AT)
    other = make_journey(step, END, name="K")
    JourneyVersion.objects.create(journey=other, number=2, steps=[END], published_at=AT)
    assert places(Thing("template", template.pk)) == [("journey", "J")]


def test_a_stage_in_use_stays():
    first, second = make_ladder({}, {"field": "city", "is": "Киев"})
    make_journey({"key": "s", "kind": "set-stage", "stage": second.key, "next": "end"}, END, name="J")
    with pytest.raises(InUse):
        retire_stage(stage=second, by=None)
    JourneyVersion.objects.all().delete()
    retire_stage(stage=second, by=None)
    assert Stage.objects.get(is_active=True) == first


def test_the_last_profile_of_a_grade_that_is_asked_for_stays():
    first, second = make_profile(condition=PLAN, name="P"), make_profile(condition=PLAN, name="Q")
    Segment.objects.create(name="S", condition={"grade": "ideal"})
    delete_profile(profile=first, by=None)
    with pytest.raises(InUse):
        delete_profile(profile=second, by=None)


def test_a_draft_that_runs_in_the_shadow_stays():
    table = make_table(state="draft")
    run = ShadowRun.objects.create(table=table, started_at=AT)
    with pytest.raises(InUse):
        discard(table=table)
    ShadowRun.objects.filter(pk=run.pk).update(ended_at=AT)
    assert discard(table=table)


def test_the_screen_names_the_places_and_takes_nothing_away(client):
    client.force_login(make_user(role="marketer", language="en"))
    definition = make_attribute(key="plan", type="text")
    segment = Segment.objects.create(name="Payers", condition=PLAN)
    answer = client.post(f"/settings/attributes/{definition.pk}/forget/")
    assert answer.status_code == 409
    assert f'href="/people/segments/{segment.pk}/"' in answer.content.decode()
    assert "It is in use in 1 place" in answer.content.decode()
    assert AttributeDefinition.objects.filter(pk=definition.pk).exists()
