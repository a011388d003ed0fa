"""The whole of Teplo behind one port: the collector answers by itself, everything else is Django in threads.

Django's own asynchronous views are six times slower here than synchronous ones in threads, so it runs as WSGI.
"""

from __future__ import annotations

import asyncio
import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "teplo.config.settings")

import structlog  # noqa: E402 - settings are named first
from a2wsgi import WSGIMiddleware  # noqa: E402
from django.conf import settings  # noqa: E402

from teplo.config.wsgi import application as django  # noqa: E402
from teplo.kit.addresses import Trusted, client_address, is_loopback  # noqa: E402
from teplo.tracking.collector import PATHS, Collector, Receive, Scope, Send  # noqa: E402
from teplo.tracking.pacing import Pace  # noqa: E402

log = structlog.get_logger(__name__)

_ALIVE = b"alive\n"
_ALIVE_HEADERS = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"%d" % len(_ALIVE))]


class Front:
    """Sends each request to the collector or to Django. `only_collector`: everything else is not here."""

    def __init__(self, *, only_collector: bool = False) -> None:
        rate: float = settings.COLLECT_RATE
        self.collector = Collector(pace=Pace(rate=rate, burst=max(rate * 20, 1000)))
        self._django: Any = WSGIMiddleware(django, workers=settings.WEB_THREADS)  # type: ignore[arg-type]
        self._only_collector = only_collector
        self._trusted: Trusted = settings.TRUSTED_PROXIES
        self._has_warned = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            self._look_behind_proxies(scope)
            path = scope["path"]
            if path == "/collect" or (path in PATHS and scope["method"] == "POST"):
                await self.collector(scope, receive, send)
            elif path == "/healthz":
                await _alive(send)
            elif self._only_collector and path not in ("/readyz", "/metrics"):
                await _not_here(send)
            else:
                await self._django(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._live(receive, send)
        else:
            await send({"type": "websocket.close", "code": 1000})

    def _look_behind_proxies(self, scope: Scope) -> None:
        """Whose request it is, and whether it came by https: for limits, sign-in, collector and log alike."""
        peer, port = scope.get("client") or ("", 0)
        forwarded = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
        if forwarded and is_loopback(peer) and not self._trusted and not self._has_warned:
            self._has_warned = True
            log.warning("proxy_not_trusted", hint="set TEPLO_TRUSTED_PROXIES, or all visitors count as one address")
        scope["client"] = (client_address(peer, forwarded, self._trusted), port)
        is_proxy = scope["client"][0] != peer or is_loopback(peer)
        if is_proxy and (b"x-forwarded-proto", b"https") in scope["headers"]:
            scope["scheme"] = "https"

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self.collector.start(asyncio.get_running_loop())
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                await asyncio.get_running_loop().run_in_executor(None, self.collector.stop)
                await send({"type": "lifespan.shutdown.complete"})
                return


async def _alive(send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": _ALIVE_HEADERS})
    await send({"type": "http.response.body", "body": _ALIVE})


async def _not_here(send: Send) -> None:
    await send({"type": "http.response.start", "status": 404, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


def make_whole() -> Front:
    """Everything."""
    return Front()


def make_collector() -> Front:
    """The collector, /healthz, /readyz and /metrics."""
    return Front(only_collector=True)
