"""Where the rules of stages are built upon a definition."""

from __future__ import annotations

from collections.abc import Iterator

from teplo.conditions.mentioning import speaks_of
from teplo.kit.uses import Thing, Use
from teplo.kit.wording import in_language
from teplo.stages.models import Stage


def find(thing: Thing) -> Iterator[Use]:
    for stage in Stage.objects.filter(is_active=True).order_by("position"):
        if speaks_of(stage.sign, thing):
            yield Use("stage", in_language(stage.names) or stage.key, "stage", stage.pk)
