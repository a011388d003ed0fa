"""Who may send events: site keys and API tokens, held in memory and refreshed in the background."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

import structlog
from django.db import DatabaseError, close_old_connections, connection

from teplo.accounts.access import RIGHTS, Right
from teplo.accounts.models import ApiToken
from teplo.kit.secrets import SecretUnreadable, decrypt, keyed_digest
from teplo.tracking.models import Site

log = structlog.get_logger(__name__)

REFRESH_SECONDS = 3.0
MISS_SECONDS = 0.5  # an unknown key looks again at most so often: a key just made works at once


@dataclass(frozen=True, slots=True)
class KnownSite:
    """A site that may send, as the collector needs it."""

    origin: str
    hosts: frozenset[str]
    secret: str = ""

    def allows(self, origin: str) -> bool:
        """Whether a page of this Origin header may use the key; servers send none."""
        return not origin or not self.hosts or origin.lower() in self.hosts


class Keys:
    """Keys and tokens as they stood a few seconds ago. While the database is away the last known ones hold."""

    def __init__(self) -> None:
        self.sites: dict[str, KnownSite] = {}
        self.tokens: frozenset[str] = frozenset()
        self.tokens_without_sales: frozenset[str] = frozenset()
        self._digests: dict[str, str] = {}
        self._read_at = 0.0
        self._was_read = False
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin refreshing in a thread of its own."""
        self._stop.clear()
        self._thread = threading.Thread(target=self._keep, name="teplo-keys", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=2)

    def site(self, key: str) -> KnownSite | None:
        """The active site of a key."""
        return self.sites.get(key)

    def is_token(self, text: str) -> bool:
        """Whether a bearer token may send events. Digests of seen tokens are remembered: computing them costs."""
        return self._digest_of(text) in self.tokens

    def may_sell(self, text: str) -> bool:
        """Whether a token that `is_token` may also tell of deals and payments."""
        return self._digest_of(text) not in self.tokens_without_sales

    def _digest_of(self, text: str) -> str:
        digest = self._digests.get(text)
        if digest is None:
            if len(self._digests) > 1000:
                self._digests.clear()
            digest = self._digests[text] = keyed_digest("token", text[:200])
        return digest

    @property
    def may_look_again(self) -> bool:
        """Whether the last reading is old enough to read anew for one unknown key.

        A process that has only just started knows no key yet: until the first reading nobody is unknown.
        """
        return not self._was_read or time.monotonic() - self._read_at > MISS_SECONDS

    def refresh(self) -> None:
        """Read everything anew; raises DatabaseError."""
        with self._lock:
            self._read_at = time.monotonic()
            close_old_connections()
            sites = Site.objects.filter(is_active=True).values_list("id", "key", "origins", "secret")
            self.sites = {
                key: KnownSite(f"site:{pk}", _hosts(origins), _readable(secret)) for pk, key, origins, secret in sites
            }
            tokens = list(ApiToken.objects.filter(revoked_at=None).values_list("digest", "role"))
            self.tokens = _with_right(tokens, Right.EDIT_PEOPLE)
            self.tokens_without_sales = self.tokens - _with_right(tokens, Right.SELL)
            self._was_read = True

    def _keep(self) -> None:
        while True:
            _quietly(self.refresh)
            if self._stop.wait(REFRESH_SECONDS):
                connection.close()
                return


def _with_right(tokens: Iterable[tuple[str, str]], right: Right) -> frozenset[str]:
    """Digests of the tokens whose role has this right."""
    roles = {role for role, own in RIGHTS.items() if right in own}
    return frozenset(digest for digest, role in tokens if role in roles)


def _readable(secret: str) -> str:
    """The site's secret; empty when it was stored with another installation key."""
    try:
        return decrypt(secret)
    except SecretUnreadable:
        return ""


def _quietly(read: Callable[[], None]) -> None:
    try:
        read()
    except DatabaseError as error:
        log.warning("keys_not_read", error=type(error).__name__)


def _hosts(origins: Iterable[str]) -> frozenset[str]:
    """Origins as browsers send them: scheme and host, lower case, no path."""
    found = set()
    for origin in origins:
        parts = urlsplit(origin if "//" in origin else f"https://{origin}")
        found.add(f"{parts.scheme}://{parts.netloc}".lower())
    return frozenset(found)
