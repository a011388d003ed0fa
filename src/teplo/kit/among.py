"""Any number of ids in a condition as one parameter: thousands of holes cost more to fill than the rows to find."""

from __future__ import annotations

import json
from collections.abc import Iterable

from django.db import connection
from django.db.models.expressions import RawSQL

from teplo.kit.arrays import as_array


def among(ids: Iterable[int]) -> RawSQL:
    """For `…__in=` of a queryset."""
    wanted = sorted(set(ids))
    if connection.vendor == "postgresql":
        return RawSQL("SELECT unnest(%s::bigint[])", [as_array(wanted)])
    return RawSQL("SELECT value FROM json_each(%s)", [json.dumps(wanted)])
