"""Checking a password at sign-in, slowed down for whoever guesses."""

from __future__ import annotations

from datetime import datetime, timedelta
from math import ceil

from django.contrib.auth import authenticate
from django.utils.translation import gettext, ngettext

from teplo.accounts.models import SignInAttempt, User
from teplo.kit.clock import now
from teplo.kit.secrets import keyed_digest

WINDOW = timedelta(minutes=15)
PER_EMAIL = 10
PER_ADDRESS = 40


class WrongEmailOrPassword(Exception):
    """E-mail or password is wrong."""

    def __str__(self) -> str:
        return gettext("E-mail or password is wrong.")


class TooManyAttempts(Exception):
    """Too many attempts to sign in."""

    def __init__(self, minutes: int) -> None:
        super().__init__(minutes)
        self.minutes = minutes

    def __str__(self) -> str:
        return ngettext(
            "Too many attempts. Try again in %(minutes)s minute.",
            "Too many attempts. Try again in %(minutes)s minutes.",
            self.minutes,
        ) % {"minutes": self.minutes}


def check_password(*, email: str, password: str, address: str) -> User:
    """The user with this e-mail and password; raises TooManyAttempts or WrongEmailOrPassword.

    The attempt is written before the password is looked at, so that parallel guesses count too; success takes the
    e-mail's attempts back. An unknown e-mail costs the same time, because a hash is computed for it as well.
    """
    at = now()
    keys = {
        f"email:{keyed_digest('sign-in', email.strip().lower())}": PER_EMAIL,
        f"address:{keyed_digest('sign-in', address)}": PER_ADDRESS,
    }
    SignInAttempt.objects.filter(at__lt=at - timedelta(days=1)).delete()
    SignInAttempt.objects.bulk_create([SignInAttempt(key=key[:80], at=at) for key in keys])
    for key, limit in keys.items():
        _refuse_beyond(key[:80], limit, at)
    user = authenticate(username=email.strip().lower(), password=password)
    if not isinstance(user, User):
        raise WrongEmailOrPassword
    SignInAttempt.objects.filter(key__in=[key[:80] for key in keys], at=at).delete()
    SignInAttempt.objects.filter(key__in=[key[:80] for key in keys if key.startswith("email:")]).delete()
    return user


def _refuse_beyond(key: str, limit: int, at: datetime) -> None:
    recent = SignInAttempt.objects.filter(key=key, at__gt=at - WINDOW)
    if recent.count() > limit:
        oldest = recent.order_by("-at").values_list("at", flat=True)[limit - 1]
        raise TooManyAttempts(max(1, ceil((oldest + WINDOW - at) / timedelta(minutes=1))))
