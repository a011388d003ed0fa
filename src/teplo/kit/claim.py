"""Claiming work: a conditional UPDATE … RETURNING with a lease, the same on SQLite, PostgreSQL and Citus.

The guard stands both in the inner choice and in the outer WHERE: without the outer one, workers that chose at the same
moment would both get the row. Rows carry `lease_owner` and `lease_until`; who finds a lease expired may take over, if
his `ready` condition says so. `claim` must run in its own short transaction, committed before the work starts.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.db import connections, models, router
from django.db.models import BooleanField, Case, Q, Value, When
from django.db.models.sql import UpdateQuery

LONGEST_LEASE = timedelta(hours=1)
"""No lease is given for longer."""

M = TypeVar("M", bound=models.Model)


def lease_free(now: datetime) -> Q:
    """The condition that nobody holds a row at `now`; a lease longer than any was made by a clock that was wrong."""
    return Q(lease_until=None) | lease_over(now)


def lease_over(now: datetime) -> Q:
    """The condition that a lease was given and holds no more at `now`."""
    return Q(lease_until__lte=now) | Q(lease_until__gt=now + LONGEST_LEASE)


def lease_held(now: datetime) -> Q:
    """The condition that somebody holds a row at `now`."""
    return Q(lease_until__gt=now, lease_until__lte=now + LONGEST_LEASE)


def claim(
    model: type[M],
    *,
    ready: Q,
    order_by: str,
    limit: int,
    owner: str,
    lease: timedelta,
    now: datetime,
    set_fields: Mapping[str, Any] | None = None,
) -> list[M]:
    """Take up to `limit` rows for which `ready` and nobody's lease holds; they are answered as they stand after it.

    `ready` is of simple columns only (it is compiled into the outer WHERE of an UPDATE). Two claimers that choose
    the same rows: the second waits for the first to commit and gets none of them (a locking subquery would be executed
    anew by PostgreSQL for each row and exceed `limit`).
    """
    database = router.db_for_write(model)
    connection = connections[database]
    guard = ready & lease_free(now)
    chosen = model._default_manager.using(database).filter(guard).order_by(order_by)
    update = UpdateQuery(model)
    # Within a CASE the planner makes no guess of how few rows hold to it: without statistics PostgreSQL believed that
    # one did, and compared each row of a full outbox with each row chosen (300 of 3,000: 1.1 s instead of 4 ms).
    update.add_q(Q(Case(When(guard, then=Value(True)), default=Value(False), output_field=BooleanField())))
    update.add_update_values({"lease_owner": owner, "lease_until": now + lease, **(set_fields or {})})
    sql, params = update.get_compiler(database).as_sql()
    # spliced in by hand: of a composite key on SQLite the ORM makes an EXISTS that forgets the limit
    inner, inner_params = chosen.values("pk")[:limit].query.get_compiler(database).as_sql()
    key = ", ".join(connection.ops.quote_name(str(field.column)) for field in model._meta.pk_fields)
    sql, params = f"{sql} AND ({key}) IN ({inner})", (*params, *inner_params)
    fields = model._meta.concrete_fields
    # RETURNING cannot be said in the ORM; SQLite takes no table name there.
    table = "" if connection.vendor == "sqlite" else f"{connection.ops.quote_name(model._meta.db_table)}."
    names = ", ".join(f"{table}{connection.ops.quote_name(str(field.column))}" for field in fields)
    with connection.cursor() as cursor:
        cursor.execute(f"{sql} RETURNING {names}", params)
        rows = cursor.fetchall()
    # not `raw()`, which cannot find a composite primary key in its columns
    compiler = chosen.query.get_compiler(database)
    converted = compiler.apply_converters(rows, compiler.get_converters([field.cached_col for field in fields]))
    attributes = [field.attname for field in fields]
    return [model.from_db(database, attributes, row) for row in converted]


def release(model: type[models.Model], *, keys: Q, owner: str, **changes: Any) -> int:
    """Give rows back, with `changes`; only those still held by `owner`. Answers how many were."""
    return model._default_manager.filter(keys, lease_owner=owner).update(lease_owner="", lease_until=None, **changes)
