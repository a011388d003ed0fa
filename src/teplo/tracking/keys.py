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
from teplo.kit.secrets import keyed_digest
from teplo.tracking.models import Site

log = structlog.get_logger(__name__)

REFRESH_SECONDS = 3.0
MISS_SECONDS = 0.5  # an unknown key looks again at most so often: a key just made works at once


@dataclass(frozen=True, slots=True)
class KnownSite:
    """A site that may send, as the collector needs it."""

    origin: str
    hosts: frozenset[str]

    def allows(self, origin: str) -> bool:
        """Whether a page of this Origin header may use the key; servers send none."""
        return not origin or not self.hosts or origin.lower() in self.hosts


class Keys:
    """Keys and tokens as they stood a few seconds ago. While the database is away the last known ones hold."""

    def __init__(self) -> None:
        self.sites: dict[str, KnownSite] = {}
        self.tokens: frozenset[str] = frozenset()
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
        digest = self._digests.get(text)
        if digest is None:
            if len(self._digests) > 1000:
                self._digests.clear()
            digest = self._digests[text] = keyed_digest("token", text[:200])
        return digest in self.tokens

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
            sites = Site.objects.filter(is_active=True).values_list("id", "key", "origins")
            self.sites = {key: KnownSite(f"site:{pk}", _hosts(origins)) for pk, key, origins in sites}
            roles = [role for role, rights in RIGHTS.items() if Right.EDIT_PEOPLE in rights]
            self.tokens = frozenset(
                ApiToken.objects.filter(revoked_at=None, role__in=roles).values_list("digest", flat=True)
            )
            self._was_read = True

    def _keep(self) -> None:
        while True:
            _quietly(self.refresh)
            if self._stop.wait(REFRESH_SECONDS):
                connection.close()
                return


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
