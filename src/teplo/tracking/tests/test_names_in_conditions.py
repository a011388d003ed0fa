"""Which event names a condition is bound to: activities about other events are not asked of a batch."""

from __future__ import annotations

from typing import Any

import pytest

from teplo.tracking.tallying import names_in

PATH = {"field": "path", "contains": "x"}


@pytest.mark.parametrize(
    ("condition", "names"),
    [
        ({"event": "a"}, {"a"}),
        ({"event": ["a", "b"]}, {"a", "b"}),
        ({"field": "name", "is": "a"}, {"a"}),
        ({"field": "name", "in": ["a", "b"]}, {"a", "b"}),
        ({"field": "name", "is_not": "a"}, None),
        ({"field": "name", "is_set": True}, None),
        ({"all": [PATH, {"event": "a"}]}, {"a"}),
        ({"any": [{"event": "a"}, {"all": [{"event": "b"}, PATH]}]}, {"a", "b"}),
        ({"any": [{"event": "a"}, PATH]}, None),
        ({"not": {"event": "a"}}, None),
        (PATH, None),
        ({}, None),
    ],
)
def test_names_bound_by_a_condition(condition: Any, names: set[str] | None) -> None:
    assert names_in(condition) == (None if names is None else frozenset(names))
