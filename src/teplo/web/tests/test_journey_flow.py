"""The picture of a journey shows every step once, forks side by side, and where ways meet."""

from __future__ import annotations

from typing import Any

import pytest

from teplo.journeys.graph import read_with_problems
from teplo.journeys.presets.installing import READY
from teplo.web.journey_flow import Picture, Row, draw


def picture(*steps: dict[str, Any]) -> Picture:
    graph, problems = read_with_problems(steps)
    return draw(graph, problems=problems)


def keys(rows: list[Row]) -> list[Any]:
    """Keys from top to bottom; a fork with sides is followed by the keys of each side."""
    found: list[Any] = []
    for row in rows:
        found.append(row.step.key)
        if row.lanes:
            found.append([keys(lane.rows) for lane in row.lanes])
    return found


def task(key: str, following: str | None = None) -> dict[str, Any]:
    return {"key": key, "kind": "add-task", "title": key, "next": following}


def fork(key: str, yes: str | None, no: str | None) -> dict[str, Any]:
    return {"key": key, "kind": "branch", "unopened": 2, "yes": yes, "no": no}


def wait(key: str, following: str | None) -> dict[str, Any]:
    return {"key": key, "kind": "wait", "for": {"days": 1}, "next": following}


def test_sides_of_a_fork_stand_beside_each_other_until_they_meet() -> None:
    drawn = picture(fork("f", "a", "b"), task("a", "z"), task("b", "c"), task("c", "z"), task("z"))
    assert keys(drawn.rows) == ["f", [["a"], ["b", "c"]], "z"]
    assert [lane.rows[-1].is_joining for lane in drawn.rows[0].lanes] == [True, True]
    assert drawn.rows[-1].is_last


def test_a_side_that_leads_away_at_once_is_a_note_and_the_other_goes_on_below() -> None:
    drawn = picture(fork("f", None, "a"), task("a"))
    assert keys(drawn.rows) == ["f", "a"]
    assert [(side.key, side.to) for side in drawn.rows[0].sides] == [("yes", "")]
    assert drawn.rows[0].main_way == "no"


def test_a_new_fork_goes_on_by_its_first_way() -> None:
    [row] = picture(fork("f", None, None)).rows
    assert (row.main_way, [side.key for side in row.sides]) == ("yes", ["no"])


def test_a_step_that_many_forks_lead_to_stands_at_the_end_once() -> None:
    drawn = picture(fork("f", "out", "w"), wait("w", "g"), fork("g", "out", "a"), task("a"), task("out"))
    assert keys(drawn.rows) == ["f", "w", "g", "a", "out"]
    assert [side.to for row in drawn.rows for side in row.sides] == ["out", "out"]


def test_a_way_back_is_a_jump() -> None:
    drawn = picture(task("a", "w"), wait("w", "a"))
    assert keys(drawn.rows) == ["a", "w"]
    jump = drawn.rows[-1].jump
    assert jump is not None and jump.to == "a"


def test_steps_are_numbered_as_one_reads_them() -> None:
    drawn = picture(fork("f", "a", "b"), task("b"), task("a"))
    assert [lane.rows[0].number for lane in drawn.rows[0].lanes] == [2, 3]
    assert list(drawn.names) == ["f", "a", "b"]


def test_what_nobody_reaches_and_what_is_wrong_is_shown_with_its_mistake() -> None:
    drawn = picture(task("a"), {"key": "lost", "kind": "wait"}, {"key": "x", "kind": "fly"})
    assert keys(drawn.rows) == ["a", "lost"]
    assert [problem.code for problem in drawn.rows[1].problems] == ["missing"]


@pytest.mark.django_db
@pytest.mark.parametrize("key", list(READY))
def test_every_step_of_a_ready_journey_is_drawn_once(key: str) -> None:
    steps = [{**step, **({"template": 1} if "template" in step else {})} for step in READY[key].steps]
    for step in steps:
        for name, value in step.items():
            if isinstance(value, dict) and "ru" in value:
                step[name] = value["ru"]
    drawn = picture(*steps)

    def flat(rows: list[Row]) -> list[str]:
        return [k for row in rows for k in (row.step.key, *(x for lane in row.lanes for x in flat(lane.rows)))]

    assert sorted(flat(drawn.rows)) == sorted(step["key"] for step in steps)
