"""What a stranger does, as events in the collector's own JSON. Pure: the same stranger, the same deeds."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from teplo.demo.facts import CLICK_OF_READ, LETTER_READ
from teplo.demo.strangers import Stranger

Event = dict[str, Any]
SITE = "https://lad.example"

_READING = (
    "/",
    "/features",
    "/blog/sklad-bez-excel",
    "/blog/inventarizatsiya",
    "/blog/abc-analiz",
    "/about",
    "/integrations",
)
_KEEN = ("/prices", "/cases", "/demo", "/prices", "/compare")
_SCANNER = "Mozilla/5.0 (compatible; Barracuda Sentinel; +https://www.barracuda.com)"
_BROWSERS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/148.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
    "Mozilla/5.0 (Linux; Android 16; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/148.0.0.0 Mobile",
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
)  # fmt: skip


def visit(stranger: Stranger, at: datetime, *, is_first: bool = False, from_letter: bool = False) -> list[Event]:
    """One session of page views; the needier, the longer and the nearer to the prices."""
    random, events = stranger.random, []
    pages = 1 + min(9, int(random.expovariate(1 / (1.2 + 4 * stranger.need))))
    for number in range(pages):
        keen = random.random() < 0.12 + 0.55 * stranger.need * min(1.0, (stranger.pages_seen + number) / 6)
        path = stranger.source.landing if is_first and number == 0 else random.choice(_KEEN if keen else _READING)
        event = _event(stranger, "page-viewed", at, path)
        if number == 0:
            _add_origin(event, stranger, is_first=is_first, from_letter=from_letter)
        events.append(event)
        at += timedelta(seconds=random.randint(15, 180))
        if "/blog" in path and random.random() < 0.04:
            events.append(_event(stranger, random.choice(("comment-left", "shared")), at, path))
        if path in ("/features", "/demo") and random.random() < 0.25:
            events.append(_event(stranger, "video-watched", at, path, {"share": random.choice((25, 50, 75, 100))}))
    stranger.pages_seen += pages
    return events


def give_contact(stranger: Stranger, at: datetime) -> list[Event]:
    """He leaves his address: for a guide, a webinar, a trial, a question or by calling."""
    random = stranger.random
    deed, form, resolve = random.choices(
        (("form-submitted", "guide", 0.0), ("webinar-signed-up", "webinar", 0.12), ("trial-started", "trial", 0.3),
         ("question-asked", "question", 0.12), ("demo-requested", "demo", 0.3)),
        (40, 15, 15 + 25 * stranger.need, 12, 20 * stranger.need),
    )[0]  # fmt: skip
    stranger.resolve += resolve
    stranger.is_known = True
    event = _event(stranger, deed, at, f"/{form}", {"form": form})
    event["identities"] = {"email": stranger.email}
    if deed != "form-submitted" or random.random() < 0.35:
        event["identities"]["phone"] = stranger.phone
    event["attributes"] = _card(stranger, is_full=deed != "form-submitted")
    event["consent"] = {"email": random.random() < 0.9}
    events = [event]
    if deed != "form-submitted":
        events.append(_event(stranger, "form-submitted", at, f"/{form}", {"form": form}))
    return events


def read_letter(stranger: Stranger, at: datetime, delivery: dict[str, Any]) -> list[Event]:
    """What he does with a letter (S4: 21 % are read); a scanner opens some before him."""
    random, events = stranger.random, []
    if random.random() < 0.06:
        events.append(_letter(stranger, "letter-opened", at + timedelta(seconds=2), delivery, _SCANNER))
    # On the whole as many as were measured; the needier more, those who lost interest less.
    if random.random() > LETTER_READ * (0.35 + 0.75 * stranger.need + 0.25 * stranger.fit):
        return events
    at += timedelta(minutes=random.expovariate(1 / 400))
    browser = random.choice(_BROWSERS)
    events.append(_letter(stranger, "letter-opened", at, delivery, browser))
    if random.random() < CLICK_OF_READ + 0.25 * stranger.need:
        at += timedelta(seconds=random.randint(8, 90))
        events.append(_letter(stranger, "letter-clicked", at, delivery, browser))
        events += visit(stranger, at + timedelta(seconds=2), from_letter=True)
    return events


def ask_for_offer(stranger: Stranger, at: datetime) -> list[Event]:
    """The needy and warm ask themselves."""
    stranger.resolve += 0.3
    deed = "offer-requested" if stranger.random.random() < 0.6 else "order-form-filled"
    return [_event(stranger, deed, at, "/prices", {"form": "offer"})]


def answer_call(stranger: Stranger, at: datetime, *, is_answered: bool) -> list[Event]:
    """A salesperson calls."""
    event = _event(stranger, "call-answered" if is_answered else "call-missed", at, "")
    event["properties"] = {"direction": "outgoing", "seconds": stranger.random.randint(60, 900) if is_answered else 0}
    return [event]


def _event(stranger: Stranger, name: str, at: datetime, path: str, properties: dict[str, Any] | None = None) -> Event:
    stranger.notes["n"] = number = int(str(stranger.notes.get("n", 0))) + 1
    event: Event = {
        "id": f"{stranger.visitor}-{number}",
        "name": name,
        "time": at.isoformat(),
        "visitor": stranger.visitor,
        "user_agent": _BROWSERS[stranger.index % len(_BROWSERS)],
        "properties": properties or {},
    }
    if path:
        event["url"] = SITE + path
    return event


def _letter(stranger: Stranger, name: str, at: datetime, delivery: dict[str, Any], browser: str) -> Event:
    event = _event(stranger, name, at, "")
    event.update(properties=dict(delivery), user_agent=browser)
    if stranger.person_id:
        event["person"] = str(stranger.person_id)
    return event


def _add_origin(event: Event, stranger: Stranger, *, is_first: bool, from_letter: bool) -> None:
    if from_letter:
        event["utm"] = {"source": "teplo", "medium": "email"}
    elif is_first:
        source, medium, campaign = stranger.source.utm
        event["referrer"] = stranger.source.referrer
        event["utm"] = {k: v for k, v in (("source", source), ("medium", medium), ("campaign", campaign)) if v}


def _card(stranger: Stranger, *, is_full: bool) -> dict[str, Any]:
    card: dict[str, Any] = {
        "first_name": stranger.name.first,
        "last_name": stranger.name.last,
        "language": stranger.name.language,
    }
    if stranger.business:
        card["company"] = stranger.business.name
        card["city"] = stranger.business.city
        card["country"] = stranger.business.country
    if is_full:
        card["position"] = stranger.position
        if stranger.business:
            card["company_size"] = stranger.business.size
            card["industry"] = stranger.business.industry
    return card
