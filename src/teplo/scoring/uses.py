"""Where score tables and profiles are built upon a definition, and what runs upon a score table."""

from __future__ import annotations

from collections.abc import Iterator

from teplo.conditions.mentioning import speaks_of
from teplo.kit.uses import Thing, Use
from teplo.scoring.models import Criterion, Profile, ShadowRun, TableState


def find(thing: Thing) -> Iterator[Use]:
    if thing.kind == "table":
        for run in ShadowRun.objects.filter(table_id=thing.id, ended_at=None).select_related("table"):
            yield Use("shadow", run.table.name, "score-table", thing.id)
        return
    criteria = Criterion.objects.exclude(table__state=TableState.RETIRED).select_related("table")
    for criterion in criteria.order_by("table_id", "position"):
        is_deed = thing.kind == "activity" and criterion.activity_id == thing.id
        if is_deed or speaks_of(criterion.condition, thing):
            yield Use("table", f"{criterion.table.name}: {criterion.name}", "score-table", criterion.table_id)
    for profile in Profile.objects.filter(is_active=True).order_by("position"):
        if speaks_of(profile.condition, thing):
            yield Use("profile", profile.name, "score-profile", profile.pk)
