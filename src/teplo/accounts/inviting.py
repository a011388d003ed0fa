"""One-time links on which the owner, an invited colleague or who forgot his password chooses one."""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.contrib.auth.password_validation import validate_password
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext

from teplo.accounts.colleagues import administrator_can_sign_in
from teplo.accounts.founding import LAST_LANGUAGE, Answers, guess, settle_workspace
from teplo.accounts.models import InvitationLink, Role, User
from teplo.kit.clock import now
from teplo.kit.secrets import keyed_digest

LIVES = timedelta(days=7)


class LinkNotValid(Exception):
    """The link was used already, has run out or was replaced by a newer one."""

    def __str__(self) -> str:
        return gettext("This link was used already, has run out or was replaced by a newer one.")


class EmailTaken(Exception):
    """A colleague with this e-mail exists already."""

    def __str__(self) -> str:
        return gettext("A colleague with this e-mail exists already.")


def make_owner_link(*, base_url: str = "") -> str | None:
    """The link on which an administrator makes an account; None while one can sign in. Replaces earlier ones.

    Invitations of colleagues and links for a new password stay as they are.
    """
    if administrator_can_sign_in():
        return None
    InvitationLink.objects.filter(used_at=None, email="", user_id=None).delete()
    return base_url.rstrip("/") + reverse("welcome", args=[_make(role=Role.ADMINISTRATOR)])


def invite(*, email: str, role: str) -> str:
    """The path of a link for a colleague; raises EmailTaken. An earlier open link to the same e-mail stops working."""
    email = email.strip().lower()
    if User.objects.filter(email=email).exists():
        raise EmailTaken
    InvitationLink.objects.filter(email=email, used_at=None).delete()
    return reverse("welcome", args=[_make(role=role, email=email)])


def make_password_link(*, user: User) -> str:
    """The path of a link on which a user who forgot his password chooses a new one."""
    InvitationLink.objects.filter(user_id=user.pk, used_at=None).delete()
    return reverse("welcome", args=[_make(role=user.role, email=user.email, user_id=user.pk)])


def find_link(text: str) -> InvitationLink:
    """The open invitation of a link's token; raises LinkNotValid.

    The owner's link is good until an administrator can sign in, however they came.
    """
    link = InvitationLink.objects.filter(_open(text)).first()
    if link is None or (is_owners(link) and administrator_can_sign_in()):
        raise LinkNotValid
    return link


def is_owners(link: InvitationLink) -> bool:
    """Whether it is the link of a new installation rather than an invitation to somebody."""
    return link.role == Role.ADMINISTRATOR and not link.email and not link.user_id


@transaction.atomic
def accept(
    *,
    text: str,
    email: str,
    name: str,
    password: str,
    language: str = "",
    timezone: str = "",
    answers: Answers | None = None,
) -> User:
    """Use a link up: a new user, or the known one with a new password.

    `answers` of the first owner are what the company begins with; without them it is guessed from language and zone.
    Raises LinkNotValid, EmailTaken, and ValidationError for a weak password.
    """
    link = find_link(text)
    email = link.email or email.strip().lower()
    validate_password(password)
    if not InvitationLink.objects.filter(pk=link.pk, used_at=None).update(used_at=now()):
        raise LinkNotValid
    if link.user_id:
        return _renew(link.user_id, password)
    if is_owners(link):
        settle_workspace(answers or guess(spoken=[language], timezone=timezone, language=language or LAST_LANGUAGE))
    user = User(email=email, name=name.strip(), role=link.role, language=language, timezone=timezone)
    user.set_password(password)
    try:
        with transaction.atomic():
            user.save(force_insert=True)
    except IntegrityError as error:
        raise EmailTaken from error
    return user


def _renew(user_id: int, password: str) -> User:
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is None:
        raise LinkNotValid
    user.set_password(password)
    user.save(update_fields=["password"])
    return user


def _make(*, role: str, email: str = "", user_id: int | None = None) -> str:
    text = secrets.token_urlsafe(24)
    at = now()
    InvitationLink.objects.create(
        digest=keyed_digest("invitation", text),
        role=role,
        email=email,
        user_id=user_id,
        created_at=at,
        expires_at=at + LIVES,
    )
    return text


def _open(text: str) -> Q:
    return Q(digest=keyed_digest("invitation", text), used_at=None, expires_at__gt=now())
