"""Groups of parts as conditions of the one language, with what a name is made of."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np

from teplo.scoring.learning.features import Feature
from teplo.scoring.learning.parts import Cut, Part

Json = dict[str, Any]


def age_key(column: str, moment: str) -> str:
    """The field of a file that holds the days from one date to another."""
    return f"days from {column} to {moment}"


def condition_of(cut: Cut, parts: Sequence[int]) -> Json:
    """Who is in one of these parts (neighbouring bands, levels, or "missing")."""
    feature, chosen = cut.feature, [cut.parts[part] for part in parts]
    if chosen[0].kind == "band":
        return _band(feature, chosen[0].low, chosen[-1].high)
    if chosen[0].kind == "missing":
        return _missing(feature)
    return _levels(feature, chosen)


def described(cut: Cut, parts: Sequence[int]) -> Json:
    """What a name needs: the kind, the bounds of a band (upper one not included), the levels as they are shown."""
    feature, chosen = cut.feature, [cut.parts[part] for part in parts]
    said: Json = {"kind": chosen[0].kind, "of": feature.kind, "item": shown(feature, feature.item)}
    if chosen[0].kind == "band":
        said |= {"low": chosen[0].low, "high": chosen[-1].high, "whole": is_whole(feature)}
    if chosen[0].kind == "level":
        said["levels"] = [shown(feature, feature.names[part.level]) for part in chosen]
    return said


def shown(feature: Feature, level: str) -> str:
    """A level by its name where it has one."""
    return str(feature.told.levels.get(level, level))


def is_whole(feature: Feature) -> bool:
    """Whether all of its numbers are whole ones."""
    if feature.numbers is None:
        return False
    numbers = feature.numbers[~np.isnan(feature.numbers)]
    return bool((numbers == np.floor(numbers)).all())


def _plain(number: float) -> int | float:
    return int(number) if float(number).is_integer() else number


def _band(feature: Feature, low: float | None, high: float | None) -> Json:
    if feature.kind == "times":
        return _times(feature, low, high)
    if feature.kind == "recency":
        return _recency(feature, low, high)
    if feature.kind == "day":
        return _days(feature, low, high)
    if feature.kind == "age":
        if feature.told.kind != "auto":
            return _age(feature, low, high)
        assert feature.moment is not None
        return _numbers({"field": age_key(feature.told.key, feature.moment.key)}, low, high, whole=True)
    return _numbers(dict(feature.told.condition), low, high, whole=is_whole(feature))


def _numbers(field: Json, low: float | None, high: float | None, *, whole: bool) -> Json:
    if low is None or high is None:
        if low is not None:
            return {**field, "at_least": _plain(low)}
        return {**field, "less": _plain(high)} if high is not None else {**field, "is_set": True}
    if whole and float(low).is_integer() and float(high).is_integer():
        return (
            {**field, "is": _plain(low)} if high - low == 1 else {**field, "between": [_plain(low), _plain(high - 1)]}
        )
    return {"all": [{**field, "at_least": _plain(low)}, {**field, "less": _plain(high)}]}


def _times(feature: Feature, low: float | None, high: float | None) -> Json:
    deed = dict(feature.told.condition)
    if "did" not in deed:
        return _numbers(deed, low, high, whole=True)
    least = max(0, int(np.ceil(low or 0)))
    most = {} if high is None else {"at_most": int(np.ceil(high)) - 1}
    return {**deed, "at_least": least, **most}


def _recency(feature: Feature, low: float | None, high: float | None) -> Json:
    deed = dict(feature.told.condition)
    if "last_did" not in deed:
        return _numbers(deed, low, high, whole=True)
    parts: list[Json] = [{**deed, "within": f"{int(high)}d"}] if high is not None else []
    if low is not None:
        parts.append(
            {**deed, "older_than": f"{int(low)}d"} if high is None else {"not": {**deed, "within": f"{int(low)}d"}}
        )
    if not parts:
        return {"did": deed["last_did"]}
    return parts[0] if len(parts) == 1 else {"all": parts}


def _age(feature: Feature, low: float | None, high: float | None) -> Json:
    """Days ago; what lies ahead is younger than all."""
    field = dict(feature.told.condition)
    older = {**field, "older_than": f"{int(low)}d"} if low is not None and low >= 1 else {**field, "is_set": True}
    if high is None or high < 1:
        return older
    return {"all": [older, {"not": {**field, "older_than": f"{int(high)}d"}}]}


def _days(feature: Feature, low: float | None, high: float | None) -> Json:
    field = dict(feature.told.condition)
    parts: list[Json] = []
    if low is not None:
        parts.append({**field, "after": date.fromordinal(int(low) - 1).isoformat()})
    if high is not None:
        parts.append({**field, "before": date.fromordinal(int(high)).isoformat()})
    return parts[0] if len(parts) == 1 else {"all": parts}


def _missing(feature: Feature) -> Json:
    deed = feature.told.condition.get("did") or feature.told.condition.get("last_did")
    if deed is not None:
        return {"did_not": deed, **{key: value for key, value in feature.told.condition.items() if key == "within"}}
    if feature.kind == "age" and feature.told.kind == "auto" and feature.moment is not None:
        return {"field": age_key(feature.told.key, feature.moment.key), "is_set": False}
    return {**feature.told.condition, "is_set": False}


def _levels(feature: Feature, parts: Sequence[Part]) -> Json:
    field = dict(feature.told.condition)
    names = [feature.names[part.level] for part in parts]
    if feature.kind == "item":
        return {**field, "has": feature.item}
    if feature.told.kind == "boolean":
        return {**field, "is": names[0].lower() in ("1", "true", "yes")}
    return {**field, "is": names[0]} if len(names) == 1 else {**field, "in": names}
