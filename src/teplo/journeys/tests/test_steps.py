"""What each kind of step does and refuses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils.translation import override

from teplo.accounts.models import Workspace
from teplo.channels.models import Delivery
from teplo.journeys.enrolling import enrol_people
from teplo.journeys.graph import GraphBroken, read_graph
from teplo.journeys.models import Enrolment, StepPass
from teplo.journeys.stepping import tick
from teplo.journeys.steps.kind import SettingWrong
from teplo.journeys.steps.known import KINDS
from teplo.journeys.testing import make_journey, make_people, place
from teplo.kit.clock import at_moment
from teplo.people.models import AttributeChange, ChangeNote, Person, PersonTag, TagChange
from teplo.people.testing import make_attribute
from teplo.sales.models import HandOff, Task
from teplo.stages import presets as stages_presets
from teplo.stages.models import StageMove, Standing

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)  # a Monday


def tick_at(moment: datetime) -> int:
    with at_moment(moment):
        return tick(owner="test")


def due_after(wait: dict[str, Any], *, timezone: str = "", at: datetime = NOON) -> datetime | None:
    journey = make_journey({"key": "w", "kind": "wait", "next": None, **wait})
    people = make_people(1, timezone=timezone)
    enrol_people(journey=journey, person_ids=people, at=at)
    return Enrolment.objects.get(person_id=people[0]).due_at


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("wait", "timezone", "due"),
    [
        ({"for": {"days": 2, "hours": 3}}, "", NOON + timedelta(days=2, hours=3)),
        ({"at": "10:00"}, "Asia/Vladivostok", datetime(2026, 3, 3, 0, tzinfo=UTC)),
        ({"at": "23:00"}, "Europe/Moscow", datetime(2026, 3, 2, 20, tzinfo=UTC)),
        ({"for": {"days": 1}, "at": "10:00"}, "Europe/Kyiv", datetime(2026, 3, 3, 8, tzinfo=UTC)),
        ({"on": ["thu"], "at": "09:30"}, "Europe/Kyiv", datetime(2026, 3, 5, 7, 30, tzinfo=UTC)),
        ({"on": ["mon"]}, "Europe/Kyiv", NOON),
        ({"on": ["sat", "sun"]}, "Europe/Kyiv", datetime(2026, 3, 7, 7, tzinfo=UTC)),
        ({"on": ["mon"], "at": "09:00"}, "Europe/Kyiv", datetime(2026, 3, 9, 7, tzinfo=UTC)),
    ],
)
def test_waiting_ends_at_the_hour_and_day_where_the_person_lives(
    wait: dict[str, Any], timezone: str, due: datetime
) -> None:
    assert due_after(wait, timezone=timezone) == due


@pytest.mark.django_db
@pytest.mark.parametrize("timezone", ["", "Mars/Olympus"])
def test_an_unknown_time_zone_is_the_workspaces(timezone: str) -> None:
    Workspace.objects.update_or_create(pk=1, defaults={"timezone": "Asia/Tokyo"})
    assert due_after({"at": "10:00"}, timezone=timezone) == datetime(2026, 3, 3, 1, tzinfo=UTC)


@pytest.mark.django_db
def test_an_hour_left_out_by_the_clock_change_is_waited_for_all_the_same() -> None:
    before = datetime(2026, 3, 29, 0, tzinfo=UTC)  # 02:00 in Kyiv; at 03:00 it becomes 04:00
    due = due_after({"at": "03:30"}, timezone="Europe/Kyiv", at=before)
    assert due == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


@pytest.mark.django_db
def test_a_branch_asks_the_condition_of_the_whole_group() -> None:
    fork = {"key": "fork", "kind": "branch", "condition": {"field": "city", "is": "Москва"}, "yes": "a", "no": "b"}
    journey = make_journey(
        fork, {"key": "a", "kind": "end", "reason": "yes"}, {"key": "b", "kind": "end", "reason": "no"}
    )
    here, there = make_people(2, city="Москва"), make_people(2, city="Київ")
    place(journey, here + there, step="fork", due_at=NOON)
    tick_at(NOON)
    reasons = dict(Enrolment.objects.values_list("person_id", "end_reason"))
    assert [reasons[p] for p in here + there] == ["yes", "yes", "no", "no"]


@pytest.mark.django_db
def test_a_branch_after_a_change_sees_the_change() -> None:
    make_attribute(key="plan", type="text")
    journey = make_journey(
        {"key": "set", "kind": "set-attribute", "attribute": "plan", "value": "gold", "next": "fork"},
        {"key": "fork", "kind": "branch", "condition": {"field": "attr.plan", "is": "gold"}, "yes": None, "no": "no"},
        {"key": "no", "kind": "end", "reason": "no"},
    )
    [person] = make_people(1)
    place(journey, [person], step="set", due_at=NOON)
    while tick_at(NOON):
        pass
    assert Enrolment.objects.get().end_reason == "end"
    assert Person.objects.get(pk=person).attributes == {"plan": "gold"}
    assert AttributeChange.objects.get().by == f"journey:{journey.pk}"
    assert ChangeNote.objects.get().person_id == person


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("letters", "unopened", "yes"),
    [("--", 3, False), ("---", 3, True), ("-+-", 3, False), ("+---", 3, True), ("---+", 3, False), ("-", 1, True)],
)
def test_letters_left_unopened_in_a_row_are_counted_from_the_last(letters: str, unopened: int, yes: bool) -> None:
    fork = {"key": "fork", "kind": "branch", "unopened": unopened, "yes": None, "no": "no"}
    journey = make_journey(fork, {"key": "no", "kind": "end", "reason": "no"})
    [person] = make_people(1)
    place(journey, [person], step="fork", due_at=NOON)
    row = Enrolment.objects.get()
    for number, letter in enumerate(letters):
        sent = NOON - timedelta(days=9 - number)
        Delivery.objects.create(
            person_id=person, enrolment_id=row.id, step=f"l{number}", state="sent", sent_at=sent, channel="email",
            opened_at=sent if letter == "+" else None,
        )  # fmt: skip
    tick_at(NOON)
    assert Enrolment.objects.get().end_reason == ("end" if yes else "no")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("was", "moments", "yes"),
    [
        ("opened", {}, False),
        ("opened", {"opened_at": NOON}, True),
        ("opened", {"clicked_at": NOON}, True),
        ("clicked", {"opened_at": NOON}, False),
        ("sent", {"sent_at": NOON}, True),
    ],
)
def test_a_branch_asks_what_became_of_a_letter(was: str, moments: dict[str, Any], yes: bool) -> None:
    fork = {"key": "fork", "kind": "branch", "letter": "hello", "was": was, "yes": None, "no": "no"}
    journey = make_journey(fork, {"key": "no", "kind": "end", "reason": "no"})
    [person] = make_people(1)
    place(journey, [person], step="fork", due_at=NOON)
    Delivery.objects.create(
        person_id=person, enrolment_id=Enrolment.objects.get().id, step="hello", channel="email", **moments
    )
    tick_at(NOON)
    assert Enrolment.objects.get().end_reason == ("end" if yes else "no")


@pytest.mark.django_db
def test_people_are_moved_to_a_stage_and_handed_to_sales() -> None:
    stages_presets.install()
    journey = make_journey(
        {"key": "cold", "kind": "set-stage", "stage": "cold", "next": "give"},
        {"key": "give", "kind": "hand-off", "next": None},
    )
    people = make_people(3)
    place(journey, people, step="cold", due_at=NOON)
    tick_at(NOON)
    assert set(Standing.objects.values_list("stage__key", flat=True)) == {"cold"}
    assert set(StageMove.objects.values_list("cause", "by")) == {("journey", f"journey:{journey.pk}")}
    assert HandOff.objects.filter(cause="journey").count() == 3
    assert Task.objects.filter(kind="answer-hot").count() == 3


@pytest.mark.django_db
def test_a_loop_passes_the_same_step_again_with_another_number() -> None:
    journey = make_journey(
        {"key": "letter", "kind": "send-email", "template": 1, "next": "week"},
        {"key": "week", "kind": "wait", "for": {"days": 7}, "next": "letter"},
    )
    place(journey, make_people(1), step="letter", due_at=NOON)
    for week in range(4):
        tick_at(NOON + timedelta(weeks=week))
    assert sorted(Delivery.objects.values_list("step", "pass_number")) == [("letter", n) for n in (1, 3, 5, 7)]
    assert StepPass.objects.count() == 7


WRONG: list[tuple[str, dict[str, Any], str, str]] = [
    ("wait", {}, "for", "missing"),
    ("wait", {"for": {"fortnights": 1}}, "for", "not-a-duration"),
    ("wait", {"for": {"days": -1}}, "for", "not-a-duration"),
    ("wait", {"for": {"days": True}}, "for", "not-a-duration"),
    ("wait", {"for": {"days": 10**9}}, "for", "too-long"),
    ("wait", {"for": {"days": 10**30}}, "for", "too-long"),
    ("wait", {"at": "25:00"}, "at", "not-a-time"),
    ("wait", {"on": ["someday"]}, "on", "not-weekdays"),
    ("wait", {"activity": "x"}, "at_most", "missing"),
    ("wait", {"activity": 5}, "activity", "not-text"),
    ("branch", {}, "condition", "missing"),
    ("branch", {"condition": {"all": []}, "unopened": 2}, "condition", "missing"),
    ("branch", {"condition": [1]}, "condition", "not-a-condition"),
    ("branch", {"letter": "x", "was": "eaten"}, "was", "unknown-reaction"),
    ("branch", {"unopened": 99}, "unopened", "not-a-number"),
    ("send-email", {}, "template", "missing"),
    ("send-email", {"template": "abc"}, "template", "not-an-id"),
    ("add-task", {}, "title", "missing"),
    ("add-task", {"title": "x", "task": "dance"}, "task", "unknown-task-kind"),
    ("add-task", {"title": "x" * 301}, "title", "too-long-text"),
    ("add-task", {"title": "x", "assign": "user"}, "user", "missing"),
    ("add-task", {"title": "x", "assign": "fate"}, "assign", "unknown-rule"),
    ("set-attribute", {"value": 1}, "attribute", "missing"),
    ("set-attribute", {"attribute": "x"}, "value", "missing"),
    ("set-stage", {}, "stage", "missing"),
    ("end", {"reason": "x" * 61}, "reason", "too-long-text"),
]


@pytest.mark.parametrize(("kind", "raw", "setting", "code"), WRONG)
def test_a_wrong_setting_is_refused_by_name(kind: str, raw: dict[str, Any], setting: str, code: str) -> None:
    with pytest.raises(SettingWrong) as refused:
        KINDS[kind].read(raw)
    assert (refused.value.name, refused.value.code) == (setting, code)


def problems_of(*steps: dict[str, Any]) -> set[tuple[str, str, str]]:
    with pytest.raises(GraphBroken) as broken:
        read_graph(steps)
    return {(problem.step, problem.setting, problem.code) for problem in broken.value.problems}


END = {"key": "end", "kind": "end"}
CALL = {"key": "call", "kind": "add-task", "title": "x"}


@pytest.mark.parametrize(
    ("steps", "problem"),
    [
        ((), ("", "steps", "no-steps")),
        ((END, END), ("end", "key", "double-key")),
        (({"kind": "end"},), ("", "key", "bad-key")),
        (({"key": "x" * 41, "kind": "end"},), ("x" * 41, "key", "bad-key")),
        (({"key": "x", "kind": "fly"},), ("x", "kind", "unknown-kind")),
        (({**CALL, "next": "nowhere"},), ("call", "next", "leads-nowhere")),
        ((END, CALL), ("call", "key", "unreachable")),
        (({**CALL, "next": "call"},), ("call", "next", "circle-without-wait")),
    ],
)
def test_a_broken_graph_is_refused_with_the_place(
    steps: tuple[dict[str, Any], ...], problem: tuple[str, str, str]
) -> None:
    assert problem in problems_of(*steps)


def test_a_circle_with_a_wait_is_allowed() -> None:
    wait = {"key": "w", "kind": "wait", "for": {"days": 1}, "next": "call"}
    graph = read_graph([{**CALL, "next": "w"}, wait])
    assert list(graph.steps) == ["call", "w"]


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["ru", "uk", "en"])
def test_every_kind_says_itself(language: str) -> None:
    raw: dict[str, dict[str, Any]] = {
        "wait": {"for": {"weeks": 1, "days": 1, "hours": 2, "minutes": 5}, "at": "10:00", "on": ["mon"]},
        "branch": {"condition": {"field": "city", "is": "Москва"}},
        "send-email": {"template": 1},
        "add-task": {"title": "x"},
        "set-attribute": {"attribute": "a", "value": 1},
        "set-stage": {"stage": "cold"},
        "add-tag": {"tag": "VIP"},
        "remove-tag": {"tag": "VIP"},
        "end": {"reason": "x"},
        "hand-off": {},
    }
    with override(language):
        for key, kind in KINDS.items():
            assert kind.say(kind.read(raw[key]))


@pytest.mark.django_db
def test_tags_are_put_on_and_taken_off_and_the_next_step_sees_it() -> None:
    journey = make_journey(
        {"key": "on", "kind": "add-tag", "tag": " #VIP ", "next": "fork"},
        {"key": "fork", "kind": "branch", "condition": {"tag": "VIP"}, "yes": "off", "no": None},
        {"key": "off", "kind": "remove-tag", "tag": "vip", "next": "end"},
        {"key": "end", "kind": "end", "reason": "tagged"},
    )
    people = make_people(3)
    place(journey, people, step="on", due_at=NOON)
    while tick_at(NOON):
        pass
    assert set(Enrolment.objects.values_list("end_reason", flat=True)) == {"tagged"}
    assert not PersonTag.objects.exists()
    changes = TagChange.objects.order_by("person_id", "id").values_list("is_added", "by")
    assert list(changes) == [(True, f"journey:{journey.pk}"), (False, f"journey:{journey.pk}")] * 3
    assert {note.cause for note in ChangeNote.objects.all()} == {"tag"}


@pytest.mark.parametrize("raw", [{}, {"tag": ""}, {"tag": " # "}, {"tag": 5}, {"tag": ["a"]}])
def test_a_step_needs_a_tag(raw: dict[str, Any]) -> None:
    for kind in ("add-tag", "remove-tag"):
        with pytest.raises(SettingWrong):
            KINDS[kind].read(raw)
