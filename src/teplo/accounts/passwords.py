"""Checking a password at sign-in, slowed down for whoever guesses, without locking out whoever is meant.

Failures count for an address *and* an account together, for an address over all accounts, and for an account over all
browsers it was never used from. A browser that is known goes on whatever strangers do, and a link sent by e-mail always
works (`sign_in_links.py`). An attempt that is refused is not counted: trying on does not make the wait longer.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from math import ceil

from django.contrib.auth import authenticate
from django.utils.translation import gettext, ngettext

from teplo.accounts.devices import device_of
from teplo.accounts.models import SignInAttempt, User
from teplo.kit.clock import now
from teplo.kit.secrets import keyed_digest

WINDOW = timedelta(minutes=15)
PER_PAIR = 10
"""Failures of one address at one account."""
PER_ADDRESS = 40
"""Failures of one address over all accounts."""
PER_ACCOUNT = 200
"""Failures at one account from all browsers that are not known: many addresses guessing together."""
PER_DEVICE = 10
"""Failures of a known browser at its account."""


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


def check_password(*, email: str, password: str, address: str, device: str = "", is_inside: bool = False) -> User:
    """The user with this e-mail and password; raises TooManyAttempts or WrongEmailOrPassword.

    `device` is the cookie of a browser that may be known (`devices.py`); `is_inside` says that the user is signed in
    already and only proves it. The attempt is written before the password is looked at, so that parallel guesses count
    too. An unknown e-mail costs the same time, because a hash is computed for it as well.
    """
    at, email = now(), email.strip().lower()
    user = User.objects.filter(email=email).first()
    limits = _limits(email, address, device_of(device, user) if user else "", is_inside=is_inside)
    count_attempt(limits, at=at)
    found = authenticate(username=email, password=password)
    if not isinstance(found, User):
        raise WrongEmailOrPassword
    SignInAttempt.objects.filter(key__in=list(limits), at=at).delete()
    own = [key for key in limits if not key.startswith(("address:", "account:"))]
    SignInAttempt.objects.filter(key__in=own).delete()
    return found


def count_attempt(limits: Mapping[str, int], *, at: datetime, window: timedelta = WINDOW) -> None:
    """Note an attempt under each key; raises TooManyAttempts, and notes nothing, beyond a limit."""
    SignInAttempt.objects.filter(at__lt=at - timedelta(days=1)).delete()
    rows = SignInAttempt.objects.bulk_create([SignInAttempt(key=key, at=at) for key in limits])
    waits = [wait for key, limit in limits.items() if (wait := _wait(key, limit, at, window))]
    if waits:
        SignInAttempt.objects.filter(pk__in=[row.pk for row in rows]).delete()
        raise TooManyAttempts(max(waits))


def key_of(kind: str, *values: str) -> str:
    """A key under which attempts are counted; it does not tell what is behind it."""
    return f"{kind}:{keyed_digest('sign-in', chr(0).join(values))}"[:80]


def network_of(address: str) -> str:
    """An address as it is counted: of IPv6 the network that one customer of a provider has."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    return str(ip_network(f"{found}/64", strict=False)) if found.version == 6 else str(found)


def _limits(email: str, address: str, device: str, *, is_inside: bool) -> dict[str, int]:
    if is_inside:
        return {key_of("inside", email): PER_DEVICE}
    if device:
        return {key_of("device", email, device): PER_DEVICE}
    network = network_of(address)
    return {
        key_of("pair", email, network): PER_PAIR,
        key_of("address", network): PER_ADDRESS,
        key_of("account", email): PER_ACCOUNT,
    }


def _wait(key: str, limit: int, at: datetime, window: timedelta) -> int:
    """Minutes until one attempt more may be made; 0: now."""
    recent = SignInAttempt.objects.filter(key=key, at__gt=at - window)
    if recent.count() <= limit:
        return 0
    oldest = recent.order_by("-at", "-pk").values_list("at", flat=True)[limit]
    return max(1, ceil((oldest + window - at) / timedelta(minutes=1)))
