"""The example's strangers as load without end: what their browsers would send to a site's collector, now."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from random import Random

from teplo.demo import behaviour
from teplo.demo.behaviour import Event
from teplo.demo.strangers import Stranger, draw_business, draw_stranger
from teplo.kit.clock import now

_OF_A_BROWSER = ("name", "visitor", "url", "referrer", "utm", "properties", "identities", "attributes", "consent")


def stream_events(*, seed: int, strangers: int, chance: Random) -> Iterator[Event]:
    """Sessions of the same few strangers in an order of `chance`, event by event, without id and time.

    Whoever streams with the same `seed` has the same people under the same contacts, so that several streams meet in
    the same cards. Everybody's contacts are his own.
    """
    people = _draw(seed, strangers)
    while True:
        stranger = chance.choice(people)
        events = behaviour.visit(stranger, now(), is_first=stranger.pages_seen == 0)
        if chance.random() < 0.3:
            events += behaviour.give_contact(stranger, now())
        elif stranger.is_known and chance.random() < 0.2:
            events += behaviour.ask_for_offer(stranger, now())
        for event in events:
            yield {key: event[key] for key in _OF_A_BROWSER if event.get(key)}


def _draw(seed: int, count: int) -> list[Stranger]:
    random = Random(seed)  # noqa: S311 - a play, not a secret
    businesses = [draw_business(random) for _ in range(20)]
    drawn = [
        draw_stranger(index, seed=seed, businesses=businesses, begins_at=now() - timedelta(days=1), days=1)
        for index in range(2 * count)
    ]
    return list({stranger.email: stranger for stranger in drawn}.values())[:count]
