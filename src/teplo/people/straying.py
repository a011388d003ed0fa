"""Attributes that events carry and nobody keeps: counted, so that somebody notices and defines them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from teplo.kit import bulk
from teplo.kit.ids import new_ids
from teplo.people.attributes import Refused
from teplo.people.models import StrayAttribute

MOST = 200
"""Kinds that are remembered: a site's key is public, and anybody may send any words with it."""

Kind = tuple[str, str, str]
"""Origin, key and code."""


def note_strays(refused: Iterable[tuple[str, Refused]], *, at: datetime) -> None:
    """Count what came from each origin and was refused. Three statements at most; values are not kept."""
    found: Counter[Kind] = Counter(
        (origin[:60], change.key[:80], error.code) for origin, (change, error) in refused if change.key
    )
    if not found:
        return
    known = set(StrayAttribute.objects.values_list("origin", "key", "code"))
    new = [kind for kind in sorted(found) if kind not in known][: max(0, MOST - len(known))]
    kept = [kind for kind in found if kind in known or kind in new]
    bulk.upsert(
        StrayAttribute,
        ("origin", "key", "code", "id", "times", "first_at", "last_at"),
        [(*kind, row_id, found[kind], at, at) for kind, row_id in zip(kept, new_ids(len(kept)), strict=True)],
        key=("origin", "key", "code"),
        add=("times",),
        keep_greatest=("last_at",),
    )


def forget_strays(*, key: str) -> int:
    """Somebody has decided about this key: it begins anew if it comes again. Answers how many rows there were."""
    return StrayAttribute.objects.filter(key=key).delete()[0]
