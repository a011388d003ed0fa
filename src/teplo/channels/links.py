"""Signed addresses inside letters: what was opened or clicked, by which copy, without a look at any table.

A token names the person and the delivery and is signed for one purpose; the address behind a link is part of what is
signed, so there is no open redirect. Lower-case base32, because mail servers may change the case of return paths.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import struct
from functools import lru_cache
from urllib.parse import quote

from django.conf import settings

from teplo.kit.idn import web_base
from teplo.kit.secrets import keyed_digest

OPEN, CLICK, UNSUBSCRIBE, PREFERENCES, VIEW, LETTER, CONFIRM = "o", "c", "u", "p", "v", "m", "k"
_IDS = struct.Struct(">QQ")
_IDS_LENGTH = 26  # of 16 bytes in base32 without its padding
_MAC_LENGTH = 18  # 72 bits
_PADDING = "======"


class Links:
    """The addresses of one copy. `base`: the public address of this Teplo without a slash at its end."""

    __slots__ = ("_ids", "_own", "_signed", "base", "delivery_id", "person_id")

    def __init__(self, base: str, person_id: int, delivery_id: int) -> None:
        self.base, self.person_id, self.delivery_id = base, person_id, delivery_id
        self._ids = _packed(person_id, delivery_id)
        self._own = f"{base}/l/"
        self._signed: dict[str, str] = {}  # HTML and text have the same links

    def tracked(self, url: str) -> str:
        """The address that records a click and leads on to `url`; our own pages stay as they are."""
        if url not in self._signed:
            is_own = url.startswith(self._own)
            self._signed[url] = url if is_own else f"{self._own}c/{self.token(CLICK, url)}?u={_quoted(url)}"
        return self._signed[url]

    @property
    def pixel_url(self) -> str:
        """The picture whose loading records an opening."""
        return f"{self._own}o/{self.token(OPEN)}.gif"

    @property
    def unsubscribe_url(self) -> str:
        """GET asks, POST does (RFC 8058)."""
        return f"{self._own}u/{self.token(UNSUBSCRIBE)}"

    @property
    def preferences_url(self) -> str:
        """What this person wants to get, by channel."""
        return f"{self._own}p/{self.token(PREFERENCES)}"

    @property
    def confirm_url(self) -> str:
        """GET asks, POST confirms: who this is, and that letters are wanted."""
        return f"{self._own}k/{self.token(CONFIRM)}"

    @property
    def view_url(self) -> str:
        """This copy in a browser."""
        return f"{self._own}v/{self.token(VIEW)}"

    def token(self, purpose: str, more: str = "") -> str:
        """Signed for one purpose; `more` is signed along but not contained."""
        return self._ids + _mac(purpose, self.person_id, self.delivery_id, more)


def read(purpose: str, token: str, more: str = "") -> tuple[int, int] | None:
    """(person, delivery) of a token that we signed for this purpose, else None."""
    if len(token) != _IDS_LENGTH + _MAC_LENGTH or not token.isascii():
        return None
    try:
        person_id, delivery_id = _IDS.unpack(base64.b32decode(token[:_IDS_LENGTH].upper() + _PADDING))
    except (binascii.Error, ValueError):
        return None
    expected = _mac(purpose, person_id, delivery_id, more)
    is_ours = hmac.compare_digest(token[_IDS_LENGTH:].lower(), expected)
    return (person_id, delivery_id) if is_ours else None


def _packed(person_id: int, delivery_id: int) -> str:
    return base64.b32encode(_IDS.pack(person_id, delivery_id))[:_IDS_LENGTH].decode().lower()


def _mac(purpose: str, person_id: int, delivery_id: int, more: str) -> str:
    return keyed_digest("letter-link", f"{purpose}.{person_id}.{delivery_id}.{more}")[:_MAC_LENGTH]


@lru_cache(maxsize=4096)
def _quoted(url: str) -> str:
    return quote(url, safe="")


def public_address(workspace_url: str) -> str:
    """Where people reach this Teplo: the workspace's own word, else the installation's; empty when neither is set."""
    return web_base(workspace_url or str(settings.PUBLIC_URL))


def public_base(workspace_url: str) -> str:
    """As `public_address`, for pages that colleagues look at: without one, where Teplo runs when it is tried."""
    return public_address(workspace_url) or "http://localhost:8000"


class Nowhere:
    """Links of a letter while no public address is set: `was_asked` tells that it cannot go without one."""

    pixel_url = "data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA="

    def __init__(self) -> None:
        self.was_asked = False

    def tracked(self, url: str) -> str:
        """The address itself, not to be sent."""
        self.was_asked = True
        return url

    def _ask(self) -> str:
        self.was_asked = True
        return "#"

    @property
    def unsubscribe_url(self) -> str:
        """Not to be sent."""
        return self._ask()

    preferences_url = view_url = confirm_url = unsubscribe_url
