"""One event as it comes in: its shape, what is refused and why, and the form in which it is stored (R6).

Knows no domain rule: it only makes sure that the pipeline can read what was acknowledged.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zlib import crc32

import msgspec

from teplo.kit.ids import new_id
from teplo.people.consent import CHANNELS
from teplo.people.models import IdentityKind
from teplo.people.placeholders import is_placeholder_id
from teplo.tracking import reserved
from teplo.tracking.signing import Signed, check_signature

MAX_PROPERTIES = 32 * 1024  # bytes of JSON
MAX_AHEAD_MS = 24 * 3600 * 1000
MAX_BEHIND_MS = 7 * 24 * 3600 * 1000  # from a browser: one that was off-line may catch up for a week
EARLIEST_MS = 946_684_800_000  # 2000-01-01, from the API

_NAME = re.compile(r"[^\W_][\w.:-]{0,79}")
_VISITOR = re.compile(r"[\w.:-]{1,120}", re.ASCII)
_KINDS = frozenset(IdentityKind.values)
_CONSENT_TEXT = re.compile(r"[\w-]{1,60}(@\d{1,6})?", re.ASCII)
_NOT_FROM_PAGES = frozenset({"owner", "owner_id", "company_id"})
"""Attributes that only a colleague, an import or a token may set."""
_EMPTY = msgspec.Raw(b"")
_hash = hashlib.blake2b


class EventRefused(Exception):
    """This event cannot be taken. Carries a code for machines and a message that names the place."""

    def __init__(self, code: str, message: str, *, status: int = 422) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


class Incoming(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """An event as a page, a server or our own code says it."""

    name: str
    id: str | int | None = None
    time: datetime | int | float | None = None
    visitor: str | None = None
    identities: dict[str, str | None] | None = None
    person: str | int | None = None
    url: str | None = None
    referrer: str | None = None
    utm: dict[str, str | None] | None = None
    user_agent: str | None = None
    properties: msgspec.Raw = _EMPTY
    attributes: dict[str, Any] | None = None
    consent: dict[str, bool] | None = None
    consent_text: str | None = None  # key of the text that was shown, with its version: news@3
    signed: Signed | None = None  # by the site's own server: who the visitor is
    key: str | None = None  # of the site, in a single event


class Stored(msgspec.Struct, omit_defaults=True, kw_only=True):
    """An event as it waits in the inbox: checked, with its id and moments (milliseconds since 1970)."""

    id: int
    name: str
    at: int
    received: int
    visitor: str = ""
    identities: dict[str, str] = {}
    person: int = 0
    url: str = ""
    referrer: str = ""
    utm: dict[str, str] = {}
    user_agent: str = ""
    properties: str = ""
    attributes: dict[str, Any] = {}
    consent: dict[str, bool] = {}
    consent_text: str = ""
    signed: bool = False
    network: str = ""  # of the sender, never a whole address


@dataclass(frozen=True, slots=True)
class Door:
    """Through which door an event comes and what may pass there."""

    is_trusted: bool = False
    """With a token or from our own code: may name a person by id and be old."""
    may_sell: bool = False
    """With a token that has the right to sell: may tell of deals, payments and calls."""
    is_own: bool = False
    """From our own code: may tell what only Teplo knows."""
    secret: str = ""
    """Of the site, for what its server has signed."""
    network: str = ""


PAGE = Door()
TOKEN = Door(is_trusted=True)
OWN = Door(is_trusted=True, may_sell=True, is_own=True)


_decoder = msgspec.json.Decoder(Incoming)
_properties_decoder = msgspec.json.Decoder(dict[str, Any])
_stored_decoder = msgspec.json.Decoder(list[Stored])
_encoder = msgspec.json.Encoder()
encode = _encoder.encode


def read_event(
    raw: bytes | msgspec.Raw,
    *,
    origin: str,
    received_ms: int,
    user_agent: str = "",
    is_trusted: bool = False,
    door: Door | None = None,
) -> Stored:
    """The stored form of one event; raises EventRefused.

    `door`: what may pass; without it, `is_trusted` says whether this comes with a token or from a page.
    """
    try:
        event = _decoder.decode(raw)
    except msgspec.ValidationError as error:
        raise EventRefused("malformed", str(error), status=400) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise EventRefused("not-json", f"This is not JSON: {error}", status=400) from None
    if door is None:
        door = TOKEN if is_trusted else PAGE
    return _store(event, origin=origin, received_ms=received_ms, user_agent=user_agent, door=door)


def event_id(*, origin: str, client_id: str | int | None) -> int:
    """63 bits that follow from the sender's own id, so that the same event twice is one row; a fresh id without one."""
    if client_id is None or client_id == "":
        return new_id()
    digest = _hash(f"{origin}\0{client_id}".encode(errors="replace"), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


def lane_of(event: Stored, lanes: int) -> int:
    """Which lane of the inbox an event belongs to: one visitor, contact or person is always in the same."""
    if lanes == 1:
        return 0
    whose = event.visitor or str(event.person or min(event.identities.values(), default=""))
    return crc32(whose.encode()) % lanes


def unpack(payload: bytes | memoryview) -> list[Stored]:
    """The events of an inbox row."""
    return _stored_decoder.decode(payload)


def pack(events: list[bytes]) -> bytes:
    """The payload of an inbox row from events already encoded."""
    return b"[" + b",".join(events) + b"]"


def _store(event: Incoming, *, origin: str, received_ms: int, user_agent: str, door: Door) -> Stored:
    visitor = (event.visitor or "").strip()
    if visitor and (not _VISITOR.fullmatch(visitor) or is_placeholder_id(visitor)):
        raise EventRefused("visitor-unreadable", "visitor: letters, digits and _ . : - up to 120 characters")
    identities = _identities(event.identities) if event.identities else {}
    if not door.is_trusted:
        visitor = _own_visitor(visitor, identities)
    person = _person(event.person, is_trusted=door.is_trusted) if event.person is not None else 0
    if not (visitor or identities or person):
        raise EventRefused("nobody", "Whose event is it? Give visitor or identities.")
    if event.id is not None and len(str(event.id)) > 200:
        raise EventRefused("id-too-long", "id: at most 200 characters")
    return Stored(
        id=event_id(origin=origin, client_id=event.id),
        name=_allowed(_name(event.name), door),
        at=_moment(event.time, received_ms=received_ms, is_trusted=door.is_trusted),
        received=received_ms,
        visitor=visitor,
        identities=identities,
        person=person,
        url=_text(event.url, 2000),
        referrer=_text(event.referrer, 2000),
        utm=_utm(event.utm) if event.utm else {},
        user_agent=_text(event.user_agent or user_agent, 400),
        properties=_properties(event.properties),
        attributes=_attributes(event.attributes, door) if event.attributes else {},
        consent=_consent(event.consent) if event.consent else {},
        consent_text=_consent_text(event.consent_text) if event.consent_text else "",
        signed=_is_signed(event, visitor, identities, received_ms, door) if event.signed else False,
        network=door.network if identities or event.consent else "",
    )


def _own_visitor(visitor: str, identities: dict[str, str]) -> str:
    """A page speaks of its own visitor only; named among the identities it is the same one."""
    named = identities.pop("visitor", "")
    if named and visitor and named != visitor:
        raise EventRefused("visitor-refused", "identities: a page may name no other visitor than its own", status=403)
    if named and (not _VISITOR.fullmatch(named) or is_placeholder_id(named)):
        raise EventRefused("visitor-unreadable", "visitor: letters, digits and _ . : - up to 120 characters")
    return visitor or named


def _allowed(name: str, door: Door) -> str:
    """The name, unless this door is not the one for it."""
    whose = reserved.whose(name)
    if whose == reserved.OWN and not door.is_own:
        raise EventRefused(
            "name-reserved", f"name: {name} is told by Teplo itself, nobody else can send it", status=403
        )
    if whose == reserved.TOKEN and not door.may_sell:
        text = f"name: {name} is taken only from servers, with a token whose role may sell"
        raise EventRefused("name-needs-token", text, status=403)
    return name


def _consent(given: dict[str, bool]) -> dict[str, bool]:
    for channel in given:
        if channel not in CHANNELS:
            known = ", ".join(CHANNELS)
            raise EventRefused("consent-channel-unknown", f"consent: {channel[:20]!r} is none of {known}")
    return given


def _consent_text(text: str) -> str:
    if not _CONSENT_TEXT.fullmatch(text):
        raise EventRefused("consent-text-unreadable", "consent_text: a key such as news, or with its version: news@3")
    return text


def _is_signed(event: Incoming, visitor: str, identities: dict[str, str], received_ms: int, door: Door) -> bool:
    """True: the site's own server says who this visitor is."""
    if door.is_trusted or event.signed is None:
        return False
    problem = check_signature(
        event.signed, secret=door.secret, visitor=visitor, identities=identities, now=received_ms // 1000
    )
    if problem:
        raise EventRefused(*problem, status=403)
    return True


def _name(text: str) -> str:
    if _NAME.fullmatch(text) and text.islower():
        return text
    name = re.sub(r"[\s_]+", "-", text.strip().lower())
    if not _NAME.fullmatch(name):
        raise EventRefused(
            "name-unreadable", "name: letters, digits and - . : up to 80 characters, such as page-viewed"
        )
    return name


def _moment(time: datetime | int | float | None, *, received_ms: int, is_trusted: bool) -> int:
    """When it happened, never later than it was received: a clock slightly ahead must not make a future deed."""
    if time is None:
        return received_ms
    if isinstance(time, datetime):
        if time.tzinfo is None:
            raise EventRefused("time-without-zone", "time: say the zone too, such as 2026-03-01T10:00:00Z")
        at = int(time.timestamp() * 1000)
    else:
        at = int(time * 1000) if abs(time) < 1e11 else int(time)  # seconds or milliseconds
    if at > received_ms + MAX_AHEAD_MS:
        raise EventRefused("clock-ahead", "time: more than a day in the future; is the sender's clock right?")
    if at < (EARLIEST_MS if is_trusted else received_ms - MAX_BEHIND_MS):
        limit = "before the year 2000" if is_trusted else "more than 7 days ago; older events come through the API"
        raise EventRefused("clock-behind", f"time: {limit}")
    return min(at, received_ms)


def _person(given: str | int, *, is_trusted: bool) -> int:
    if not is_trusted:
        raise EventRefused("person-refused", "person: only the API may name a person by id", status=403)
    try:
        person = int(given)
    except ValueError:
        person = 0
    if not 0 < person < 2**63:
        raise EventRefused("person-unreadable", "person: an id such as 163842730123264 expected")
    return person


def _identities(given: dict[str, str | None]) -> dict[str, str]:
    if len(given) > 10:
        raise EventRefused("too-many-identities", "identities: at most 10")
    found = {}
    for kind, value in given.items():
        if kind not in _KINDS:
            known = ", ".join(sorted(_KINDS))
            raise EventRefused("identity-kind-unknown", f"identities: {kind[:20]} is none of {known}")
        if value and (value := _text(value, 254).strip()):
            found[kind] = value
    return found


def _utm(given: dict[str, str | None]) -> dict[str, str]:
    return {key.removeprefix("utm_")[:20]: _text(value, 200) for key, value in list(given.items())[:10] if value}


def _text(text: str | None, length: int) -> str:
    """Cut to `length`; without NUL, which PostgreSQL cannot store."""
    return text.replace("\0", "")[:length] if text else ""


def _attributes(given: dict[str, Any], door: Door) -> dict[str, Any]:
    if not door.is_trusted and (refused := sorted(_NOT_FROM_PAGES & given.keys())):
        raise EventRefused("attribute-refused", f"attributes: a page may not set {refused[0]}", status=403)
    raw = _encoder.encode(given)
    if len(raw) > MAX_PROPERTIES:
        raise EventRefused("attributes-too-large", "attributes: at most 32 KB", status=413)
    return json.loads(raw.replace(b"\\u0000", b"")) if b"\\u0000" in raw else given


def _properties(raw: msgspec.Raw) -> str:
    """The JSON text as the database will hold it: keys escaped as Django does, or SQLite would not find them."""
    text = bytes(raw)
    if not text or text == b"{}" or text == b"null":
        return ""
    if len(text) > MAX_PROPERTIES:
        raise EventRefused("properties-too-large", "properties: at most 32 KB", status=413)
    try:
        value = _properties_decoder.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise EventRefused("properties-unreadable", f"properties: {error}", status=400) from None
    if text.isascii() and b"\\" not in text:
        return text.decode()
    return json.dumps(value).replace("\\u0000", "")
