"""Where segments and kept views of the list of people are built upon a definition."""

from __future__ import annotations

from collections.abc import Iterator

from teplo.accounts.models import SavedView
from teplo.conditions.mentioning import speaks_of
from teplo.kit.uses import Thing, Use
from teplo.people.models import Segment


def find(thing: Thing) -> Iterator[Use]:
    for segment in Segment.objects.order_by("name").only("name", "condition"):
        is_itself = thing.kind == "segment" and segment.pk == thing.id
        if not is_itself and speaks_of(segment.condition, thing):
            yield Use("segment", segment.name, "segment", segment.pk)
    for view in SavedView.objects.filter(page="people").order_by("name"):
        if speaks_of(view.query.get("condition"), thing):
            yield Use("view", view.name, "people")
