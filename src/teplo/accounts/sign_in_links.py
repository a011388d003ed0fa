"""Signing in by a one-time link sent by e-mail: for whoever forgot the password, or whom guessers have locked out."""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext

from teplo.accounts.models import SignInLink, User
from teplo.accounts.passwords import TooManyAttempts, count_attempt, key_of, network_of
from teplo.kit.clock import now
from teplo.kit.secrets import keyed_digest

LIVES = timedelta(hours=1)
CAPPED_FOR = timedelta(minutes=30)
"""Shorter than a link lives: whom a cap refuses has a link that works in the mailbox already."""
PER_ACCOUNT = 3
PER_ADDRESS = 10


class SignInLinkNotValid(Exception):
    """The link was used already or has run out."""

    def __str__(self) -> str:
        return gettext("This link was used already or has run out.")


def who_asks(*, email: str, address: str) -> User | None:
    """The active user to whom a letter with a link should go now; None for a stranger, or beyond the caps.

    Nobody who asks is told which of them it was.
    """
    at, email = now(), email.strip().lower()
    user = User.objects.filter(email=email, is_active=True).first()
    limits = {key_of("letter-to", email): PER_ACCOUNT, key_of("letter-from", network_of(address)): PER_ADDRESS}
    try:
        count_attempt(limits, at=at, window=CAPPED_FOR)
    except TooManyAttempts:
        return None
    return user


def make_sign_in_link(*, user: User) -> str:
    """The path of a link that signs the user in once, within an hour. Earlier ones go on working until then."""
    at = now()
    SignInLink.objects.filter(expires_at__lt=at - timedelta(days=7)).delete()
    text = secrets.token_urlsafe(32)
    SignInLink.objects.create(digest=_digest(text), user_id=user.pk, created_at=at, expires_at=at + LIVES)
    return reverse("sign-in-link", args=[text])


def find_user(text: str) -> User:
    """Whom an open link would sign in; raises SignInLinkNotValid."""
    link = _open(text)
    user = User.objects.filter(pk=link.user_id, is_active=True).first() if link else None
    if user is None:
        raise SignInLinkNotValid
    return user


@transaction.atomic
def use_link(text: str) -> User:
    """Use a link up; raises SignInLinkNotValid. Whatever else was sent to the user stops working with it."""
    user = find_user(text)
    link = _open(text)
    if link is None or not SignInLink.objects.filter(pk=link.pk, used_at=None).update(used_at=now()):
        raise SignInLinkNotValid
    SignInLink.objects.filter(user_id=user.pk, used_at=None).update(used_at=now())
    return user


def _open(text: str) -> SignInLink | None:
    return SignInLink.objects.filter(digest=_digest(text), used_at=None, expires_at__gt=now()).first()


def _digest(text: str) -> str:
    return keyed_digest("sign-in-link", text)
