"""Makers for tests: `make_user(role=…)`, `make_owner()`."""

from __future__ import annotations

from itertools import count
from typing import Any

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
