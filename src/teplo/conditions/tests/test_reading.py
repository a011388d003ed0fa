"""What cannot be asked is refused when it is read, with the place."""

from __future__ import annotations

from typing import Any

import pytest

from teplo.conditions.condition import Compare, Did, Operator
from teplo.conditions.reading import ConditionError, read_json
from teplo.conditions.testing import make_vocabulary
from teplo.conditions.writing import write_json

deep: dict[str, Any] = {"score": 1}
for _ in range(60):
    deep = {"not": deep}


@pytest.mark.parametrize(
    ("data", "place", "code"),
    [
        ([], "", "not-an-object"),
        ({"all": {}}, "all", "not-a-list"),
        ({"any": []}, "any", "empty-any"),
        ({"all": [{}, {"any": [{"nonsense": 1}]}]}, "all[1].any[0].nonsense", "unknown-leaf"),
        ({"all": [], "any": []}, "any", "mixed-leaf"),
        ({"field": "cty", "is": "a"}, "field", "unknown-field"),
        ({"field": "city"}, "", "no-operator"),
        ({"field": "city", "greater": 1}, "greater", "wrong-operator"),
        ({"field": "city", "is": "a", "is_not": "b"}, "is_not", "mixed-leaf"),
        ({"field": "city", "is": ""}, "is", "empty-value"),
        ({"field": "city", "is": 1.5}, "is", "wrong-type"),
        ({"field": "city", "is": "a\0b"}, "is", "wrong-type"),
        ({"field": "city", "is": "x" * 1001}, "is", "too-long"),
        ({"field": "city", "in": []}, "in", "empty-value"),
        ({"field": "city", "in": ["a", ""]}, "in[1]", "empty-value"),
        ({"field": "attr.бюджет", "at_least": "5"}, "at_least", "wrong-type"),
        ({"field": "attr.бюджет", "at_least": True}, "at_least", "wrong-type"),
        ({"field": "attr.бюджет", "at_least": float("nan")}, "at_least", "wrong-type"),
        ({"field": "attr.бюджет", "between": [5, 1]}, "between", "impossible-range"),
        ({"field": "attr.бюджет", "between": [5]}, "between", "wrong-type"),
        ({"field": "anonymous", "is": "yes"}, "is", "wrong-type"),
        ({"field": "born", "on": "2026-02-30"}, "on", "bad-date"),
        ({"field": "born", "between": ["2026-03-02", "2026-03-01"]}, "between", "impossible-range"),
        ({"field": "born", "within": "5h"}, "within", "hours-of-days"),
        ({"field": "born", "within": "0d"}, "within", "bad-span"),
        ({"field": "born", "within": "99999y"}, "within", "bad-span"),
        ({"field": "created", "within": "soon"}, "within", "bad-span"),
        ({"stage": "green"}, "stage", "unknown-value"),
        ({"stage": {"in": ["red", "green"]}}, "stage.in[1]", "unknown-value"),
        ({"in": ["7001", "9"]}, "in[1]", "unknown-value"),
        ({"did": "walked"}, "did", "unknown-activity"),
        ({"did": "replied", "at_least": -1}, "at_least", "bad-count"),
        ({"did": "replied", "at_least": 3, "at_most": 2}, "at_most", "impossible-range"),
        ({"did": "replied", "within": "2h"}, "within", "hours-of-days"),
        ({"did_not": "replied", "at_least": 2}, "at_least", "mixed-leaf"),
        ({"last_did": "replied"}, "last_did", "no-operator"),
        ({"last_did": "replied", "within": "1d", "older_than": "2d"}, "last_did", "no-operator"),
        (deep, None, "too-deep"),
        ({"all": [{}] * 600}, None, "too-many"),
    ],
)
def test_a_mistake_is_refused_with_its_place(data: Any, place: str | None, code: str) -> None:
    with pytest.raises(ConditionError) as caught:
        read_json(data, make_vocabulary())
    assert caught.value.code == code
    if place is not None:
        assert caught.value.place == place
    assert caught.value.reason
    assert "%(" not in str(caught.value)


@pytest.mark.parametrize(
    ("data", "canonical"),
    [
        ({"field": "stage", "is": "red"}, {"stage": "red"}),
        ({"stage": "red", "at_or_after": True}, {"stage": {"at_or_after": "red"}}),
        ({"field": "stage", "in": ["red", "red"]}, {"stage": ["red"]}),
        ({"in": 7001}, {"in": "7001"}),
        ({"field": "segment", "has_not": ["7001"]}, {"in": {"has_not": "7001"}}),
        ({"score": {"at_least": 24.0}}, {"score": {"at_least": 24}}),
        ({"did": "replied", "at_least": 1}, {"did": "replied"}),
        ({"field": "born", "within": 7}, {"field": "born", "within": "7d"}),
        ({"field": "city", "is": "  Киев "}, {"field": "city", "is": "Киев"}),
        ({"all": []}, {}),
    ],
)
def test_there_is_one_stored_form(data: Any, canonical: Any) -> None:
    vocabulary = make_vocabulary()
    assert write_json(read_json(data, vocabulary), vocabulary) == canonical


def test_a_stored_condition_outlives_the_values_it_names() -> None:
    vocabulary = make_vocabulary()
    assert read_json({"stage": "gone"}, vocabulary, of_known_values=False) == Compare("stage", Operator.IS, "gone")
    assert read_json({"did": "gone"}, vocabulary, of_known_values=False) == Did("gone")
    with pytest.raises(ConditionError):
        read_json({"field": "gone", "is": 1}, vocabulary, of_known_values=False)
