"""Makers of stages for tests."""

from __future__ import annotations

from typing import Any

from teplo.stages.models import Stage


def make_stage(key: str, position: int = 1, **changes: Any) -> Stage:
    """A step of the ladder; nobody enters it by himself unless given a sign."""
    return Stage.objects.create(**{"key": key, "position": position, "names": {"en": key}, **changes})


def make_ladder(*signs: dict[str, Any]) -> list[Stage]:
    """Steps s1, s2 … with these signs; earlier stages are put out of use."""
    Stage.objects.update(is_active=False)
    return [make_stage(f"s{number}", number, sign=sign) for number, sign in enumerate(signs, 1)]
