"""Steps are added, changed, moved and taken away without breaking the rest."""

from __future__ import annotations

from typing import Any

import pytest

from teplo.journeys.editing import Place, StepGone, change_step, connect, insert_step, move_step, remove_step
from teplo.journeys.graph import read_graph

CALL = {"kind": "add-task", "title": "Call"}
LETTER = {"kind": "send-email", "template": 1}
FORK = {"kind": "branch", "unopened": 2}
CHAIN: list[dict[str, Any]] = [
    {"key": "a", **LETTER, "next": "b"},
    {"key": "b", **CALL, "next": "c"},
    {"key": "c", "kind": "end"},
]


def ways(steps: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {step["key"]: {way: step[way] for way in ("next", "yes", "no", "timeout") if way in step} for step in steps}


def test_a_step_is_put_between_two_others() -> None:
    steps, key = insert_step(CHAIN, place=Place("a", "next"), step=CALL)
    assert key == "add-task-1"
    assert ways(steps) == {"a": {"next": key}, "b": {"next": "c"}, "c": {}, key: {"next": "b"}}
    read_graph(steps)
    assert CHAIN[0]["next"] == "b"  # the old list is as it was


def test_a_step_at_the_beginning_is_where_people_start() -> None:
    steps, key = insert_step(CHAIN, place=Place(), step=CALL)
    assert read_graph(steps).first == key
    assert ways(steps)[key] == {"next": "a"}


def test_the_first_step_of_an_empty_journey_ends_it() -> None:
    steps, key = insert_step([], place=Place(), step=LETTER)
    assert ways(steps) == {key: {"next": None}}


def test_a_branch_goes_on_by_yes() -> None:
    steps, key = insert_step(CHAIN, place=Place("a", "next"), step=FORK)
    assert ways(steps)[key] == {"yes": "b"}
    steps, other = insert_step(steps, place=Place(key, "no"), step=CALL)
    assert ways(steps)[key] == {"yes": "b", "no": other}


def test_a_step_taken_away_lets_people_go_on_after_it() -> None:
    assert ways(remove_step(CHAIN, key="b")) == {"a": {"next": "c"}, "c": {}}
    steps = remove_step(CHAIN, key="a")
    assert read_graph(steps).first == "b"


def test_taking_a_branch_away_takes_what_only_it_led_to() -> None:
    steps, fork = insert_step(CHAIN, place=Place("a", "next"), step=FORK)
    steps, only = insert_step(steps, place=Place(fork, "no"), step=CALL)
    assert set(ways(remove_step(steps, key=fork))) == {"a", "b", "c"}
    assert only not in ways(remove_step(steps, key=fork))


def test_a_step_moves_to_another_place() -> None:
    steps = move_step(CHAIN, key="a", place=Place("b", "next"))
    assert read_graph(steps).first == "b"
    assert ways(steps) == {"b": {"next": "a"}, "a": {"next": "c"}, "c": {}}
    assert ways(move_step(steps, key="a", place=Place())) == ways(CHAIN)


def test_moving_a_step_after_itself_changes_nothing() -> None:
    assert move_step(CHAIN, key="a", place=Place("a", "next")) == CHAIN


def test_changed_settings_keep_the_ways_that_are_left() -> None:
    wait = {"key": "w", "kind": "wait", "activity": "x", "at_most": {"days": 1}, "next": "a", "timeout": "b"}
    steps = change_step([wait, *CHAIN], key="w", settings={"for": {"days": 2}})
    assert steps[0] == {"key": "w", "kind": "wait", "for": {"days": 2}, "next": "a"}


def test_a_way_can_lead_to_any_step_or_end() -> None:
    steps = connect(CHAIN, key="b", way="next", target="a")
    assert ways(steps)["b"] == {"next": "a"}
    assert ways(connect(steps, key="b", way="next", target=None))["b"] == {"next": None}
    with pytest.raises(StepGone):
        connect(CHAIN, key="b", way="next", target="gone")
    with pytest.raises(StepGone):
        remove_step(CHAIN, key="gone")
