"""The collector: who may send, what is refused and why, and that nothing is answered before it is durable."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import pytest

from teplo.kit.testing import PATIENCE
from teplo.tracking.collector import Collector
from teplo.tracking.committing import Committer
from teplo.tracking.inbox import Parcel
from teplo.tracking.keys import Keys, KnownSite
from teplo.tracking.pacing import Pace

T = TypeVar("T")
EVENT = {"name": "page-viewed", "visitor": "v1"}


class MemoryKeys(Keys):
    """Keys that need no database."""

    def __init__(self) -> None:
        super().__init__()
        self.sites = {
            "open": KnownSite("site:1", frozenset()),
            "bound": KnownSite("site:2", frozenset({"https://shop.example"})),
        }

    def start(self) -> None:
        return

    def refresh(self) -> None:
        return

    def is_token(self, text: str) -> bool:
        return text == "good-token"


class Answer:
    def __init__(self, messages: list[dict[str, Any]]) -> None:
        self.status = messages[0]["status"]
        self.headers = {name.decode(): value.decode() for name, value in messages[0]["headers"]}
        body = b"".join(message.get("body", b"") for message in messages[1:])
        self.json: Any = json.loads(body) if body else None

    @property
    def code(self) -> str:
        return str(self.json["error"]["code"])


class Desk:
    """A collector over a list instead of a database."""

    def __init__(self, *, rate: float = 0, max_waiting: int = 1000) -> None:
        self.parcels: list[Parcel] = []
        self.failure: Exception | None = None
        self.gate = threading.Event()
        self.gate.set()
        self.collector = Collector(
            committer=Committer(write=self._write, max_waiting=max_waiting),
            keys=MemoryKeys(),
            pace=Pace(rate=rate, burst=3),
        )

    def _write(self, parcels: list[Parcel]) -> None:
        assert self.gate.wait(PATIENCE)
        if self.failure is not None:
            raise self.failure
        self.parcels += parcels

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(event) for _, _, _, events in self.parcels for event in events]

    async def post(
        self, body: Any, *, path: str = "/collect", query: str = "", method: str = "POST", **headers: str
    ) -> Answer:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": raw}

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {
            "type": "http", "method": method, "path": path, "query_string": query.encode(), "client": ("10.0.0.1", 1),
            "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
        }  # fmt: skip
        await self.collector(scope, receive, send)
        return Answer(sent)

    def run(self, work: Callable[[], Awaitable[T]]) -> T:
        async def whole() -> T:
            self.collector.start(asyncio.get_running_loop())
            try:
                return await work()
            finally:
                self.gate.set()
                await asyncio.to_thread(self.collector.stop)

        return asyncio.run(whole())

    def answer(self, body: Any, **how: Any) -> Answer:
        return self.run(lambda: self.post(body, **how))


def test_a_single_event_is_stored_with_its_scope_and_browser() -> None:
    desk = Desk()
    answer = desk.answer(
        {**EVENT, "key": "open", "id": "a"}, content_type="text/plain;charset=UTF-8", user_agent="Firefox"
    )
    assert (answer.status, answer.json) == (202, {"accepted": 1})
    assert [origin for origin, _, _, _ in desk.parcels] == ["site:1"]
    assert desk.events[0]["user_agent"] == "Firefox"
    assert desk.events[0]["visitor"] == "v1"


def test_a_batch_is_not_lost_with_one_bad_event() -> None:
    desk = Desk()
    answer = desk.answer({"key": "open", "events": [EVENT, {"name": 5}, {"name": "x"}, EVENT]})
    assert answer.status == 207
    assert answer.json["accepted"] == 2
    assert [(error["index"], error["code"]) for error in answer.json["errors"]] == [(1, "malformed"), (2, "nobody")]
    assert "$.name" in answer.json["errors"][0]["message"]
    assert len(desk.events) == 2


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "not-json"),
        (b"", 400, "not-json"),
        ({"key": "open"}, 400, "malformed"),
        ({**EVENT, "key": "open", "nmae": "x"}, 400, "malformed"),
        ({"key": "open", "name": "page-viewed"}, 422, "nobody"),
        ({**EVENT, "key": "open", "name": "!"}, 422, "name-unreadable"),
        ({**EVENT, "key": "open", "time": "2126-01-01T00:00:00Z"}, 422, "clock-ahead"),
        ({**EVENT, "key": "open", "time": "2020-01-01T00:00:00Z"}, 422, "clock-behind"),
        ({**EVENT, "key": "open", "time": "2026-11-22T10:00:00"}, 422, "time-without-zone"),
        ({**EVENT, "key": "open", "properties": {"x": "y" * 40_000}}, 413, "properties-too-large"),
        ({**EVENT, "key": "open", "properties": []}, 400, "properties-unreadable"),
        ({**EVENT, "key": "open", "identities": {"fax": "1"}}, 422, "identity-kind-unknown"),
        ({**EVENT, "key": "open", "person": "12"}, 403, "person-refused"),
        ({**EVENT, "key": "open", "visitor": "a b"}, 422, "visitor-unreadable"),
        ({**EVENT, "key": "wrong"}, 403, "key-unknown"),
        (EVENT, 400, "key-missing"),
        ({"key": "open", "events": []}, 400, "no-events"),
        ({"key": "open", "events": [EVENT] * 501}, 413, "too-many-events"),
        (b'{"a":' * 5000, 400, "not-json"),
    ],
)
def test_a_refusal_says_precisely_why(body: Any, status: int, code: str) -> None:
    desk = Desk()
    answer = desk.answer(body)
    assert (answer.status, answer.code) == (status, code)
    assert not desk.parcels


def test_too_large_a_body_is_refused_before_it_is_read() -> None:
    answer = Desk().answer(b"{}", content_length="2000000")
    assert (answer.status, answer.code) == (413, "too-large")


def test_other_kinds_of_body_are_refused() -> None:
    answer = Desk().answer(b"a=1", content_type="application/x-www-form-urlencoded")
    assert (answer.status, answer.code) == (415, "json-expected")


def test_pages_of_other_sites_may_not_use_a_bound_key() -> None:
    refused = Desk().answer({**EVENT, "key": "bound"}, origin="https://evil.example")
    assert (refused.status, refused.code) == (403, "origin-refused")
    taken = Desk().answer({**EVENT, "key": "bound"}, origin="https://Shop.example")
    assert taken.status == 202
    assert taken.headers["access-control-allow-origin"] == "https://Shop.example"


def test_a_preflight_is_answered() -> None:
    answer = Desk().answer(b"", method="OPTIONS", origin="https://shop.example")
    assert answer.status == 204
    assert "POST" in answer.headers["access-control-allow-methods"]


def test_servers_send_with_a_token_name_people_and_old_times() -> None:
    desk = Desk()
    event = {"name": "deal-won", "person": "12", "time": "2020-01-01T00:00:00Z"}
    answer = desk.answer([event], path="/api/v1/events", authorization="Bearer good-token")
    assert (answer.status, answer.json) == (202, {"accepted": 1})
    assert desk.parcels[0][0] == "api"
    wrong = Desk().answer([event], path="/api/v1/events", authorization="Bearer other")
    assert (wrong.status, wrong.code) == (401, "token-unknown")


def test_who_sends_too_fast_is_told_when_to_come_again() -> None:
    desk = Desk(rate=0.5)
    body = {**EVENT, "key": "open"}

    async def four() -> list[Answer]:
        return [await desk.post(body) for _ in range(4)]

    answers = desk.run(four)
    assert [answer.status for answer in answers] == [202, 202, 202, 429]
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 3


def test_nothing_is_answered_before_it_is_durable() -> None:
    desk = Desk()
    desk.gate.clear()

    async def ask() -> bool:
        asked = asyncio.ensure_future(desk.post({**EVENT, "key": "open"}))
        await asyncio.sleep(0.1)
        was_answered = asked.done()
        desk.gate.set()
        assert (await asked).status == 202
        return was_answered

    assert desk.run(ask) is False


def test_requests_that_come_together_share_a_commit() -> None:
    desk = Desk()

    async def many() -> list[Answer]:
        return await asyncio.gather(*(desk.post({**EVENT, "key": "open"}) for _ in range(50)))

    assert {answer.status for answer in desk.run(many)} == {202}
    assert len(desk.parcels) < 10
    assert len(desk.events) == 50


def test_a_database_that_is_away_means_503_and_recovery_by_itself() -> None:
    desk = Desk()
    desk.failure = OSError("disk full")

    async def twice() -> tuple[Answer, Answer]:
        first = await desk.post({**EVENT, "key": "open"})
        desk.failure = None
        return first, await desk.post({**EVENT, "key": "open"})

    first, second = desk.run(twice)
    assert (first.status, first.code, first.headers["retry-after"]) == (503, "not-written", "5")
    assert second.status == 202
    assert len(desk.events) == 1


def test_overload_is_refused_and_nothing_acknowledged_is_lost() -> None:
    desk = Desk(max_waiting=10)
    desk.gate.clear()

    async def flood() -> list[Answer]:
        asked = [asyncio.ensure_future(desk.post({**EVENT, "key": "open"})) for _ in range(100)]
        await asyncio.sleep(0.2)
        desk.gate.set()
        return await asyncio.gather(*asked)

    answers = desk.run(flood)
    taken = [answer for answer in answers if answer.status == 202]
    refused = [answer for answer in answers if answer.status == 503]
    assert refused and all(answer.headers["retry-after"] == "1" for answer in refused)
    assert len(taken) == len(desk.events) and len(taken) + len(refused) == 100


def test_texts_no_database_can_hold_are_cleaned() -> None:
    desk = Desk()
    body = {**EVENT, "key": "open", "url": "https://x.example/\0a", "properties": {"имя\0": "x\0y"}}
    assert desk.answer(body).status == 202
    assert desk.events[0]["url"] == "https://x.example/a"
    assert json.loads(desk.events[0]["properties"]) == {"имя": "xy"}


def test_who_is_told_to_send_again_finds_nothing_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first group is being written when its time is over: it is waited for. The second is withdrawn."""
    monkeypatch.setattr("teplo.tracking.collector.WAIT_SECONDS", 0.3)
    desk = Desk()
    desk.gate.clear()

    async def two_groups() -> list[Answer]:
        first = asyncio.ensure_future(desk.post({**EVENT, "key": "open", "visitor": "first"}))
        await asyncio.sleep(0.1)
        others = [asyncio.ensure_future(desk.post({**EVENT, "key": "open", "visitor": f"n{n}"})) for n in range(20)]
        await asyncio.sleep(1.0)
        assert not first.done() and all(other.done() for other in others)
        desk.gate.set()
        later = await desk.post({**EVENT, "key": "open", "visitor": "later"})
        return [await first, *[await other for other in others], later]

    answers = desk.run(two_groups)
    assert [answer.status for answer in answers] == [202, *[503] * 20, 202]
    assert answers[1].headers["retry-after"] == "5"
    assert [event["visitor"] for event in desk.events] == ["first", "later"]


def test_what_is_withdrawn_makes_room_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("teplo.tracking.collector.WAIT_SECONDS", 0.2)
    desk = Desk(max_waiting=5)
    desk.gate.clear()

    async def full_then_free() -> list[int]:
        first = asyncio.ensure_future(desk.post({**EVENT, "key": "open"}))
        await asyncio.sleep(0.1)
        waiting = [asyncio.ensure_future(desk.post({**EVENT, "key": "open"})) for _ in range(9)]
        statuses = [(await one).status for one in waiting]
        desk.gate.set()
        return [*statuses, (await first).status, (await desk.post({**EVENT, "key": "open"})).status]

    statuses = desk.run(full_then_free)
    assert statuses == [*[503] * 9, 202, 202]
    assert len(desk.events) == 2
