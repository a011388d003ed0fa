"""Own fields that an import brings along: made before the first row, so that every value has a type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Max

from teplo.kit.clock import now
from teplo.people.importing.columns import Column, ColumnMapping
from teplo.people.models import AttributeDefinition, AttributeType


def make_fields(mapping: ColumnMapping) -> int:
    """Make the definitions that the mapping names and that are missing; answers how many. Others keep their type."""
    wanted = [column for column in mapping.columns if column.target == "attribute" and column.key]
    known = set(AttributeDefinition.objects.values_list("of_company", "key"))
    position = AttributeDefinition.objects.aggregate(last=Max("position"))["last"] or 0
    new: dict[tuple[bool, str], AttributeDefinition] = {}
    for column in wanted:
        place = (column.of_company, column.key)
        if place not in known and place not in new:
            position += 1
            new[place] = _definition(column, position)
    AttributeDefinition.objects.bulk_create(new.values(), ignore_conflicts=True)
    return len(new)


def _definition(column: Column, position: int) -> AttributeDefinition:
    names = {"ru": (column.name or column.key)[:120]}
    return AttributeDefinition(
        of_company=column.of_company, key=column.key, type=column.type or AttributeType.TEXT, names=names,
        choices=[], position=position, created_at=now(),
    )  # fmt: skip


def keep_choices(choices: Mapping[int, list[dict[str, Any]]]) -> None:
    """Write the choices that rows have brought along: definition → all its choices."""
    for definition_id, all_choices in choices.items():
        AttributeDefinition.objects.filter(pk=definition_id).update(choices=all_choices)
