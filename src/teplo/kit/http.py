"""The one seam to outside HTTP: every client of an outside service goes through `send`.

Tests put a handler in its place with `answering`; requests to private addresses are refused unless allowed, because
addresses come from users (web-hooks).
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx

Handler = Callable[[httpx.Request], httpx.Response]

_transport: httpx.BaseTransport | None = None


class AddressRefused(Exception):
    """The address belongs to a private network."""


def send(request: httpx.Request, *, timeout_seconds: float = 10.0, may_be_private: bool = False) -> httpx.Response:
    """Send and read the whole answer; raises httpx.HTTPError, or AddressRefused for a private address."""
    if _transport is None and not may_be_private:
        _refuse_private(request.url.host, request.url.port or 443)
    with httpx.Client(transport=_transport, timeout=timeout_seconds, follow_redirects=False) as client:
        return client.send(request)


def _refuse_private(host: str, port: int) -> None:
    for *_, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        if not ipaddress.ip_address(str(address[0]).split("%")[0]).is_global:
            raise AddressRefused(host)


@contextmanager
def answering(handler: Handler) -> Iterator[None]:
    """Within it every request is answered by `handler`: for tests."""
    global _transport
    before, _transport = _transport, httpx.MockTransport(handler)
    try:
        yield
    finally:
        _transport = before
