"""Makers for tests and pictures: `make_user(role=…)`, `make_session(user)`."""

from __future__ import annotations

from itertools import count
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore

from teplo.accounts.models import Role, User

_numbers = count(1)
PASSWORD = "tests-only-password"  # noqa: S105 - of invented users


def make_user(*, password: str = "", **changes: Any) -> User:
    """A stored user; a password only where asked, since hashing is slow by design."""
    number = next(_numbers)
    values: dict[str, Any] = {
        "email": f"user{number}@example.com",
        "name": f"User {number}",
        "role": Role.ADMINISTRATOR,
    }
    user = User(**(values | changes))
    if password:
        user.set_password(password)
    else:
        user.set_unusable_password()
    user.save(force_insert=True)
    return user


def make_session(user: User) -> str:
    """The key of a session of this user, as if he had signed in."""
    store = SessionStore()
    store.update(
        {
            SESSION_KEY: str(user.pk),
            BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
            HASH_SESSION_KEY: user.get_session_auth_hash(),
        }
    )
    store.create()
    return str(store.session_key)
