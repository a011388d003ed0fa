"""SQL of tracking: claiming parcels, and the statements of a batch that the ORM cannot say."""

from __future__ import annotations

from datetime import datetime
from itertools import accumulate, takewhile

from django.db.models import F
from django.db.models.sql import UpdateQuery

from teplo.kit.claim import lease_free
from teplo.tracking.models import InboxRow

_LOOK = 400  # rows looked at for one claim


def oldest_parcels(*, events: int, at: datetime) -> list[int]:
    """Ids of the oldest free inbox rows that hold up to `events` events together, and of at least one."""
    rows = list(InboxRow.objects.filter(lease_free(at)).order_by("id").values_list("id", "events")[:_LOOK])
    sums = accumulate(size for _, size in rows)
    fitting = sum(1 for _ in takewhile(lambda total: total <= events, sums))
    return [row_id for row_id, _ in rows[: max(1, fitting)]]


def lease_parcels(ids: list[int], *, owner: str, at: datetime, until: datetime) -> list[InboxRow]:
    """Take rows that are still free; answers those taken, oldest first."""
    update = UpdateQuery(InboxRow)
    guard = InboxRow.objects.filter(lease_free(at), id__in=ids)
    update.where = guard.query.where
    update.add_update_values({"lease_owner": owner, "lease_until": until, "attempts": F("attempts") + 1})
    sql, params = update.get_compiler("default").as_sql()
    names = ", ".join(f'"{field.column}"' for field in InboxRow._meta.concrete_fields)
    return sorted(InboxRow.objects.raw(f"{sql} RETURNING {names}", params), key=lambda row: row.id)
