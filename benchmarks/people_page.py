"""people-page: the list with a filter and a sort, whole HTML, and the person's card with 10,000 events."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from benchmarks.figures import Figure, at_most, percentile
from benchmarks.world import World, populate

RUNS = 40
SEARCHES = {
    "": "фамилия77",
    "-inside": "милия77",
    "-one": "амилия7713",
    "-two": "милия77 мя12",
    "-short": "ям",
    "-letters": "лия",
    "-domain": "@example",
    "-address": "son7713@",
    "-last-digits": "4571",
    "-middle": "380 67 1",
    "-mixed": "милия7 4571",
    "-nobody": "милищя",
}
"""Parts of a name that one person in a hundred has, one in ten thousand, everybody; of contacts, and of several."""
LEAST = {"-short": 0, "-nobody": 0, "-one": 1, "-address": 1, "-last-digits": 1, "-middle": 1, "-mixed": 0, "-two": 1}


def measure(world: World) -> Iterator[Figure]:
    from django.test import Client  # noqa: PLC0415

    from teplo.accounts.testing import make_user  # noqa: PLC0415
    from teplo.insights.people_list import PAGE  # noqa: PLC0415

    populate(world)
    client = Client(HTTP_HOST="localhost")
    client.force_login(make_user())
    condition = quote(json.dumps({"all": [{"field": "city", "is": "Київ"}, {"temperature": "warm"}]}))
    pages = {
        "people-page": "/people/?sort=-score",
        "people-page-filtered": f"/people/?sort=-score&condition={condition}",
    }
    for name, typed in SEARCHES.items():
        pages[f"people-page-searched{name}"] = "/people/?q=" + quote(typed)
    for name, url in pages.items():
        shown = client.get(url).content.decode().count('<a class="person"')
        least = LEAST.get(name.removeprefix("people-page-searched"), PAGE)
        assert shown >= least, f"{name} shows {shown} people: an empty page says nothing"
        queries = _queries(client, url)
        times = [_seconds(client, url) for _ in range(RUNS)]
        yield at_most(name, world, percentile(times, 0.95), "s", goal=0.12, note=f"{queries} queries")
    _add_events(world, person_id=1, count=10_000)
    card = "/people/1/"
    client.get(card)
    queries = _queries(client, card)
    times = [_seconds(client, card) for _ in range(RUNS)]
    yield at_most(
        "person-card", world, percentile(times, 0.95), "s", goal=0.15, note=f"{queries} queries, 10,000 events"
    )


def _queries(client: object, url: str) -> int:
    from django.db import connection  # noqa: PLC0415

    count = 0

    def counting(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal count
        count += 1
        return execute(sql, params, many, context)

    with connection.execute_wrapper(counting):
        assert client.get(url).status_code == 200  # type: ignore[attr-defined]
    return count


def _seconds(client: object, url: str) -> float:
    began = time.perf_counter()
    response = client.get(url)  # type: ignore[attr-defined]
    assert response.status_code == 200 and len(response.content) > 3000
    return time.perf_counter() - began


def _add_events(world: World, *, person_id: int, count: int) -> None:
    from teplo.kit import bulk  # noqa: PLC0415
    from teplo.kit.clock import now  # noqa: PLC0415
    from teplo.tracking.models import Event  # noqa: PLC0415

    at = now()
    columns = (
        "person_id",
        "id",
        "name",
        "at",
        "received_at",
        "origin",
        "label",
        "url",
        "path",
        "referrer",
        "properties",
    )
    rows = [
        (
            person_id,
            i,
            "page-viewed",
            at - timedelta(minutes=i),
            at,
            "site:1",
            "human",
            f"https://e.com/{i}",
            f"/{i}",
            "",
            {},
        )
        for i in range(1, count + 1)
    ]
    bulk.insert(Event, columns, rows)
