"""Makers of score tables for tests."""

from __future__ import annotations

from typing import Any

from teplo.kit.clock import now
from teplo.scoring.models import Criterion, Profile, ProfileKind, ScoreTable, Side, TableState


def make_table(*criteria: dict[str, Any], **changes: Any) -> ScoreTable:
    """A live table with these criteria (see `behaviour` and `fit`)."""
    ScoreTable.objects.filter(state=TableState.LIVE).update(state=TableState.RETIRED, retired_at=now())
    table = ScoreTable.objects.create(**{"name": "Table", "state": TableState.LIVE, **changes})
    for position, criterion in enumerate(criteria):
        Criterion.objects.create(table=table, **{"position": position, **criterion})
    return table


def behaviour(activity_id: int, points: int, **changes: Any) -> dict[str, Any]:
    """A behaviour criterion over an activity."""
    return {"side": Side.BEHAVIOUR, "name": "deed", "activity_id": activity_id, "points": points, **changes}


def fit(condition: dict[str, Any], points: int, **changes: Any) -> dict[str, Any]:
    """A fit criterion over a condition."""
    return {"side": Side.FIT, "name": "portrait", "condition": condition, "points": points, **changes}


def make_profile(kind: str = ProfileKind.IDEAL, **changes: Any) -> Profile:
    """An active profile; everybody fits it unless told otherwise."""
    return Profile.objects.create(**{"kind": kind, "name": kind, **changes})
