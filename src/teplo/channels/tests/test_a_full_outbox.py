"""A full outbox right after a bulk enrolment: the planner has no statistics yet and must not compare all with all."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import Q

from teplo.channels.models import Delivery, DeliveryState
from teplo.channels.outbox import NewDelivery, enqueue
from teplo.channels.queries import Change, Mark, mark_sending, write_changes
from teplo.channels.sending import LEASE
from teplo.kit.claim import claim
from teplo.kit.clock import now

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="the planner in question is PostgreSQL's"),
]
FULL = 2000


@contextmanager
def compared_in_vain() -> Iterator[list[int]]:
    """Rows that the updates inside compare and throw away; each is run twice, once only to be looked at."""
    found: list[int] = []

    def look(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.lstrip().startswith("UPDATE"):
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SAVEPOINT looking")
                cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", params)
                plan = cursor.fetchone()[0]
                cursor.execute("ROLLBACK TO SAVEPOINT looking")
            found.append(_thrown_away((plan if isinstance(plan, list) else json.loads(plan))[0]["Plan"]))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(look):
        yield found


def _thrown_away(node: dict[str, Any]) -> int:
    inner = sum(_thrown_away(part) for part in node.get("Plans", ()))
    return int(node.get("Rows Removed by Join Filter", 0) * node.get("Actual Loops", 1)) + inner


def test_claiming_marking_and_recording_compare_no_row_with_all_others() -> None:
    enqueue([NewDelivery(person_id=person_id, template_id=1) for person_id in range(1, FULL + 1)])
    at = now()
    with compared_in_vain() as in_vain:
        held = claim(
            Delivery, ready=Q(state=DeliveryState.QUEUED, due_at__lte=at), order_by="due_at", limit=300, owner="a",
            lease=LEASE, now=at,
        )  # fmt: skip
        marks = [Mark(d.person_id, d.id, "a@example.com", 1, 1, "m") for d in held[:60]]
        marked = mark_sending(marks, owner="a", now=at, until=at + LEASE)
        changes = [Change(m.person_id, m.id, DeliveryState.SENT, sent_at=at) for m in marks]
        written = write_changes(changes, owner="a", states=[DeliveryState.SENDING])
    assert (len(held), len(marked), len(written)) == (300, 60, 60)
    assert in_vain == [0, 0, 0]
