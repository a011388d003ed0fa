"""Browsers from which a colleague has signed in before: a signed cookie knows them again for a year.

Whoever guesses passwords from elsewhere cannot lock such a browser out. A new password makes all of them unknown.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.core import signing

from teplo.accounts.models import User
from teplo.kit.secrets import keyed_digest

COOKIE = "teplo_device"
LIVES = timedelta(days=365)
MOST = 5
"""Colleagues who may share a browser."""
_SALT = "teplo.accounts.devices"


def device_of(cookie: str, user: User) -> str:
    """The id under which the browser with this cookie is known for the user; empty if it is not."""
    mine = next((entry for entry in _entries(cookie) if entry[0] == str(user.pk)), None)
    if mine is None or mine[2] != _seal(user):
        return ""
    return mine[1]


def with_device(cookie: str, user: User) -> str:
    """The cookie after the user has signed in with this browser."""
    others = [entry for entry in _entries(cookie) if entry[0] != str(user.pk)]
    mine = [str(user.pk), device_of(cookie, user) or secrets.token_hex(8), _seal(user)]
    return signing.dumps([mine, *others][:MOST], salt=_SALT)


def _entries(cookie: str) -> Sequence[Sequence[str]]:
    """(user, device, seal) of each colleague who signed in with it; nothing of what was not signed by us."""
    try:
        found: Any = signing.loads(cookie[:4000], salt=_SALT, max_age=LIVES)
    except signing.BadSignature:
        return []
    return [entry for entry in found if isinstance(entry, list) and len(entry) == 3] if isinstance(found, list) else []


def _seal(user: User) -> str:
    return keyed_digest("device", f"{user.pk}:{user.password}")[:16]
