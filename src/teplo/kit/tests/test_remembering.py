"""Definitions are read each time, and made into objects anew only when they differ."""

from __future__ import annotations

from typing import Any

import pytest

from teplo.kit.remembering import Remembered
from teplo.stages.models import Stage

pytestmark = pytest.mark.django_db


def test_the_same_rows_make_the_same_object_and_changed_ones_another(django_assert_num_queries: Any) -> None:
    active = Remembered(lambda: Stage.objects.filter(is_active=True).order_by("position", "id"), tuple)
    first = active()
    assert [(s.pk, s.names, s.sign) for s in first] == [
        (s.pk, s.names, s.sign) for s in Stage.objects.filter(is_active=True).order_by("position", "id")
    ]
    with django_assert_num_queries(1):
        assert active() is first
    changed = first[0]
    Stage.objects.filter(pk=changed.pk).update(names={"en": "Renamed"})
    assert active()[0].names == {"en": "Renamed"}
    Stage.objects.filter(pk=changed.pk).update(is_active=False)
    assert [stage.pk for stage in active()] == [stage.pk for stage in first[1:]]


def test_values_are_converted_as_the_orm_converts_them() -> None:
    rows = Remembered(lambda: Stage.objects.order_by("id").values_list("id", "names", "is_active"), list)
    assert rows() == list(Stage.objects.order_by("id").values_list("id", "names", "is_active"))
