"""Makers for tests: events as they come in, and a worker that empties the inbox."""

from __future__ import annotations

from itertools import count
from typing import Any

from teplo.tracking.inbox import put_events
from teplo.tracking.models import Site

_numbers = count(1)


def make_event(**changes: Any) -> dict[str, Any]:
    """A page view of a visitor of his own."""
    number = next(_numbers)
    return {
        "id": f"event-{number}",
        "name": "page-viewed",
        "visitor": f"visitor-{number}",
        "url": "https://example.com/prices",
        **changes,
    }


def put_event(*, origin: str = "api", **changes: Any) -> None:
    """Put one event in the inbox."""
    put_events([make_event(**changes)], origin=origin)


def make_site(**changes: Any) -> Site:
    """A stored site that may send."""
    number = next(_numbers)
    return Site.objects.create(**{"name": f"Site {number}", "key": f"key-{number}", **changes})
