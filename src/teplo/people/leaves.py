"""Every table that hangs on a person, and what is to be done with it when cards merge, are erased or exported.

Upper packages lend theirs through `config/wiring.py`; a table that hangs on a person and stands here not is found by an
architecture test. Start at `Leaf`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from django.db import models


@dataclass(frozen=True)
class OneEach:
    """Of rows for which `when` holds only one card's may stay so, per `key` if there is one: the others are changed by
    `otherwise` before moving.

    With `newest` (a moment) the newer of the two stays as it is, else the winner's do. `again`: a JSON list
    of moments at which the row was said again. `tie`: of two of one moment the one with more of this column stays.
    """

    when: Mapping[str, Any]
    otherwise: Mapping[str, Any]
    key: str = ""
    newest: str = ""
    again: str = ""
    tie: str = ""


def own_past(key: str = "") -> OneEach:
    """The past of a card made of two is the winner's where he has one: the loser's rows are marked as brought along."""
    return OneEach(when={"is_brought": False}, otherwise={"is_brought": True}, key=key)


@dataclass(frozen=True)
class Move:
    """Rows go over to the winner as they are; a row he already has stays his."""

    one_each: OneEach | None = None


@dataclass(frozen=True)
class Combine:
    """Rows of the same `key` (beside the person) become one: counts add up, first and last moments stretch."""

    key: tuple[str, ...] = ()
    add: tuple[str, ...] = ()
    least: tuple[str, ...] = ()
    greatest: tuple[str, ...] = ()
    earliest: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    latest: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Moment → columns that go with it: the first source goes with the earlier first moment."""


@dataclass(frozen=True)
class Keep:
    """One row per person: the winner's stays, the loser's is taken only where there is none."""


class Erasing(Enum):
    DELETE = "delete"
    KEEP = "keep"
    BLANK = "blank"


@dataclass(frozen=True)
class Leaf:
    """A table that hangs on a person."""

    model: type[models.Model]
    merging: Move | Combine | Keep
    erasing: Erasing = Erasing.DELETE
    blank: Mapping[str, Any] = field(default_factory=dict)
    """Of BLANK: columns and what stands in them afterwards."""
    ending: tuple[Mapping[str, Any], Mapping[str, Any]] | None = None
    """Before erasing: rows for which the first holds get the second, so that nothing goes on for him."""
    is_exported: bool = True

    @property
    def label(self) -> str:
        return str(self.model._meta.label)

    @property
    def table(self) -> str:
        return str(self.model._meta.db_table)


_leaves: dict[str, Leaf] = {}


def register(*leaves: Leaf) -> None:
    """Lend tables; the same table again replaces what was said before."""
    for leaf in leaves:
        _leaves[leaf.label] = leaf


def all_leaves() -> list[Leaf]:
    """In the order in which they were lent: lower packages first."""
    return list(_leaves.values())
