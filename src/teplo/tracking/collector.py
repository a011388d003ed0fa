"""The collector: /collect for pages, /api/v1/events for servers. Answers after the commit (R6, ARCHITECTURE §6).

A small ASGI application of its own, because it must take ten times what a Django view can. It checks who sends, how
much and how fast, and whether the pipeline will be able to read it; it knows no other rule.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qs

import msgspec

from teplo.tracking.committing import Committer, NotWritten, Overloaded
from teplo.tracking.inbox import sort_by_lane
from teplo.tracking.incoming import Door, EventRefused, Stored, encode, read_event
from teplo.tracking.keys import Keys
from teplo.tracking.labels import NO_AGENT
from teplo.tracking.measuring import add
from teplo.tracking.networks import network_of
from teplo.tracking.pacing import Pace

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

MAX_BODY = 1024 * 1024
MAX_EVENTS = 500  # in one request
WAIT_SECONDS = 10.0  # until the commit begins; then the sender is asked to try again

PATHS = frozenset({"/collect", "/api/v1/events"})


class Refusal(Exception):
    """The whole request is refused."""

    def __init__(self, status: int, code: str, message: str, *, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.retry_after = retry_after


class _Envelope(msgspec.Struct):
    """What of a body matters before the events are read one by one."""

    key: str | None = None
    events: list[msgspec.Raw] | None = None


@dataclass(slots=True)
class _Sender:
    """Who sends: scope of event ids, the key by which he is paced, and how far he is trusted."""

    origin: str
    key: str
    door: Door


_envelope = msgspec.json.Decoder(_Envelope)
_list = msgspec.json.Decoder(list[msgspec.Raw])
_ONE_TAKEN = b'{"accepted":1}'
_JSON = (b"content-type", b"application/json")
_PREFLIGHT = [
    (b"access-control-allow-methods", b"POST, OPTIONS"),
    (b"access-control-allow-headers", b"content-type"),
    (b"access-control-max-age", b"86400"),
    (b"content-length", b"0"),
]


class Collector:
    """The application; one per process."""

    def __init__(self, *, committer: Committer | None = None, keys: Keys | None = None, pace: Pace) -> None:
        self.committer = committer or Committer()
        self.keys = keys or Keys()
        self.pace = pace

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to take events."""
        self.keys.start()
        self.committer.start(loop)

    def stop(self) -> None:
        """Write what was taken, and end."""
        self.committer.stop()
        self.keys.stop()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        origin = headers.get(b"origin", b"").decode("latin-1")
        cors = _cors(origin) if scope["path"] == "/collect" else []
        try:
            if scope["method"] == "OPTIONS" and cors:
                await _send(send, 204, b"", [*cors, *_PREFLIGHT])
                return
            status, body = await self._take(scope, receive, headers, origin)
            await _send(send, status, body, [*cors, _JSON, _length(body)])
        except Refusal as refusal:
            add("teplo_collect_refused_total")
            body = encode({"error": {"code": refusal.code, "message": refusal.message}})
            retry = [(b"retry-after", b"%d" % refusal.retry_after)] if refusal.retry_after is not None else []
            await _send(send, refusal.status, body, [*cors, _JSON, _length(body), *retry])

    async def _take(
        self, scope: Scope, receive: Receive, headers: dict[bytes, bytes], origin: str
    ) -> tuple[int, bytes]:
        if scope["method"] != "POST":
            raise Refusal(405, "post-only", "Events are sent by POST.")
        sender = await self._by_token(headers) if scope["path"] != "/collect" else None
        body = await _read(receive, headers)
        key, raw_events, is_single = _open(body)
        if sender is None:
            sender = await self._by_key(key or _key_in(scope["query_string"]), origin, _address_of(scope))
            self._check_pace(sender, scope, len(raw_events))
        received_ms = int(time.time() * 1000)
        user_agent = "" if sender.door.is_trusted else headers.get(b"user-agent", b"").decode("latin-1") or NO_AGENT
        taken: list[Stored] = []
        errors: list[dict[str, Any]] = []
        for index, raw in enumerate(raw_events):
            try:
                event = read_event(
                    raw,
                    origin=sender.origin,
                    received_ms=received_ms,
                    user_agent=user_agent,
                    door=sender.door,
                )
                taken.append(event)
            except EventRefused as refused:
                if is_single:
                    raise Refusal(refused.status, refused.code, refused.message) from None
                errors.append({"index": index, "code": refused.code, "message": refused.message})
        if taken:
            await self._commit(sender.origin, received_ms, taken)
        if is_single:
            return 202, _ONE_TAKEN
        if errors:
            add("teplo_collect_refused_total", len(errors))
        status = 202 if not errors else 207 if taken else 422
        return status, encode({"accepted": len(taken), "errors": errors} if errors else {"accepted": len(taken)})

    async def _commit(self, origin: str, received_ms: int, events: list[Stored]) -> None:
        try:
            received_at = datetime.fromtimestamp(received_ms / 1000, UTC)
            future = self.committer.ask(sort_by_lane(origin, received_at, events))
            timer = asyncio.get_running_loop().call_later(WAIT_SECONDS, self._give_up, future)
            try:
                await future
            finally:
                timer.cancel()
        except Overloaded:
            raise Refusal(503, "overloaded", "Too much at once; send it again soon.", retry_after=1) from None
        except NotWritten:
            raise Refusal(503, "not-written", "It could not be stored; send it again.", retry_after=5) from None

    def _give_up(self, future: asyncio.Future[None]) -> None:
        """Who is told to send it again must find nothing stored: what is being written already is waited for."""
        if self.committer.withdraw(future) and not future.done():
            future.set_exception(NotWritten())

    async def _by_token(self, headers: dict[bytes, bytes]) -> _Sender:
        scheme, _, text = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
        is_known = scheme.lower() == "bearer" and self.keys.is_token(text.strip())
        if scheme.lower() == "bearer" and not is_known and self.keys.may_look_again:
            await asyncio.get_running_loop().run_in_executor(None, self._look_again)
            is_known = self.keys.is_token(text.strip())
        if not is_known:
            raise Refusal(401, "token-unknown", "Authorization: Bearer with a live token expected.")
        return _Sender("api", "", Door(is_trusted=True, may_sell=self.keys.may_sell(text.strip())))

    async def _by_key(self, key: str, origin: str, address: str) -> _Sender:
        if not key:
            raise Refusal(400, "key-missing", "The site's key is missing: ?key=… or key in the body.")
        site = self.keys.site(key)
        if site is None and self.keys.may_look_again:
            await asyncio.get_running_loop().run_in_executor(None, self._look_again)
            site = self.keys.site(key)
        if site is None:
            raise Refusal(403, "key-unknown", "No active site has this key.")
        if not site.allows(origin):
            raise Refusal(403, "origin-refused", "Pages of this address may not use the key.")
        return _Sender(site.origin, key, Door(secret=site.secret, network=network_of(address)))

    def _look_again(self) -> None:
        try:
            self.keys.refresh()
        except Exception as error:
            raise Refusal(503, "not-ready", "The database is away; send it again.", retry_after=5) from error

    def _check_pace(self, sender: _Sender, scope: Scope, count: int) -> None:
        wait = self.pace.spend((sender.key, _address_of(scope)), count)
        if wait:
            raise Refusal(429, "too-fast", "Too many events from one address.", retry_after=int(wait) + 1)


def _address_of(scope: Scope) -> str:
    client = scope.get("client")
    return str(client[0]) if client else ""


def _open(body: bytes) -> tuple[str, list[Any], bool]:
    """The key in the body, the events still unread, and whether it is a single one."""
    start = body.lstrip()[:1]
    try:
        if start == b"[":
            key, events, is_single = "", _list.decode(body), False
        else:
            envelope = _envelope.decode(body)
            key = envelope.key or ""
            is_single = envelope.events is None
            events = [msgspec.Raw(body)] if envelope.events is None else envelope.events
    except msgspec.ValidationError as error:
        raise Refusal(400, "malformed", str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refusal(400, "not-json", f"This is not JSON: {error}") from None
    if not events:
        raise Refusal(400, "no-events", "There is no event in it.")
    if len(events) > MAX_EVENTS:
        raise Refusal(413, "too-many-events", f"At most {MAX_EVENTS} events at once.")
    return key, events, is_single


@lru_cache(maxsize=1000)
def _key_in(query: bytes) -> str:
    return parse_qs(query.decode("latin-1")).get("key", [""])[0] if query else ""


async def _read(receive: Receive, headers: dict[bytes, bytes]) -> bytes:
    kind = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
    if kind not in (b"application/json", b"text/plain", b""):
        raise Refusal(415, "json-expected", "Content-Type: application/json or text/plain expected.")
    length = headers.get(b"content-length", b"")
    if length.isdigit() and int(length) > MAX_BODY:
        raise Refusal(413, "too-large", "At most 1 MB at once.")
    message = await receive()
    body: bytes = message.get("body", b"")
    while message.get("more_body"):
        message = await receive()
        body += message.get("body", b"")
        if len(body) > MAX_BODY:
            raise Refusal(413, "too-large", "At most 1 MB at once.")
    if message["type"] == "http.disconnect":
        raise Refusal(400, "cut-off", "The sender has gone.")
    return body


def _cors(origin: str) -> list[tuple[bytes, bytes]]:
    """Any page may ask and read the answer; whether it may send is decided by the site's list of origins."""
    if not origin:
        return []
    return [(b"access-control-allow-origin", origin.encode("latin-1")), (b"vary", b"Origin")]


def _length(body: bytes) -> tuple[bytes, bytes]:
    return b"content-length", b"%d" % len(body)


async def _send(send: Send, status: int, body: bytes, headers: list[tuple[bytes, bytes]]) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
