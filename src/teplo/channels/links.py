"""Signed addresses inside letters: what was opened or clicked, by which copy, without a look at any table.

A token names the person and the delivery and is signed for one purpose; the address behind a link is part of what is
signed, so there is no open redirect. Lower-case base32, because mail servers may change the case of return paths.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import struct
from dataclasses import dataclass
from urllib.parse import quote

from django.conf import settings

from teplo.kit.secrets import keyed_digest

OPEN, CLICK, UNSUBSCRIBE, PREFERENCES, VIEW, LETTER = "o", "c", "u", "p", "v", "m"
_IDS = struct.Struct(">QQ")
_MAC_BYTES = 9
_LENGTH = 40  # of 25 bytes in base32


@dataclass(frozen=True, slots=True)
class Links:
    """The addresses of one copy. `base`: the public address of this Teplo without a slash at its end."""

    base: str
    person_id: int
    delivery_id: int

    def tracked(self, url: str) -> str:
        """The address that records a click and leads on to `url`; our own pages stay as they are."""
        if url.startswith(f"{self.base}/l/"):
            return url
        return f"{self.base}/l/c/{self._token(CLICK, url)}?u={quote(url, safe='')}"

    @property
    def pixel_url(self) -> str:
        """The picture whose loading records an opening."""
        return f"{self.base}/l/o/{self._token(OPEN)}.gif"

    @property
    def unsubscribe_url(self) -> str:
        """GET asks, POST does (RFC 8058)."""
        return f"{self.base}/l/u/{self._token(UNSUBSCRIBE)}"

    @property
    def preferences_url(self) -> str:
        """What this person wants to get, by channel."""
        return f"{self.base}/l/p/{self._token(PREFERENCES)}"

    @property
    def view_url(self) -> str:
        """This copy in a browser."""
        return f"{self.base}/l/v/{self._token(VIEW)}"

    def _token(self, purpose: str, more: str = "") -> str:
        return sign(purpose, self.person_id, self.delivery_id, more)


def sign(purpose: str, person_id: int, delivery_id: int, more: str = "") -> str:
    """A token for one purpose; `more` is signed along but not contained."""
    ids = _IDS.pack(person_id, delivery_id)
    mac = bytes.fromhex(_mac(purpose, person_id, delivery_id, more))
    return base64.b32encode(ids + mac).decode().lower()


def read(purpose: str, token: str, more: str = "") -> tuple[int, int] | None:
    """(person, delivery) of a token that we signed for this purpose, else None."""
    if len(token) != _LENGTH:
        return None
    try:
        raw = base64.b32decode(token.upper())
    except (binascii.Error, ValueError):
        return None
    person_id, delivery_id = _IDS.unpack(raw[:16])
    expected = bytes.fromhex(_mac(purpose, person_id, delivery_id, more))
    return (person_id, delivery_id) if hmac.compare_digest(raw[16:], expected) else None


def _mac(purpose: str, person_id: int, delivery_id: int, more: str) -> str:
    return keyed_digest("letter-link", f"{purpose}.{person_id}.{delivery_id}.{more}")[: 2 * _MAC_BYTES]


def public_base(workspace_url: str) -> str:
    """Where people reach this Teplo: the workspace's own word, else the installation's."""
    return (workspace_url or str(settings.PUBLIC_URL) or "http://localhost:8000").rstrip("/")
