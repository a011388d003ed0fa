"""Changing a colleague's role, sending them away, letting them back. An administrator can always sign in."""

from __future__ import annotations

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext

from teplo.accounts.models import Role, User, Workspace


class LastAdministrator(Exception):
    """This is the only administrator: make somebody else one first."""

    def __str__(self) -> str:
        return gettext("This is the only administrator. Make somebody else one first.")


def administrator_can_sign_in() -> bool:
    """Whether anybody can come in who may do everything; else a one-time link must be printed."""
    return _with_password().filter(role=Role.ADMINISTRATOR).exists()


def anybody_can_sign_in() -> bool:
    """Whether a form for e-mail and password makes sense to anybody."""
    return _with_password().exists()


def _with_password() -> QuerySet[User]:
    """Active users with a password. One without (an example's, say) cannot come in."""
    active = User.objects.filter(is_active=True)
    return active.exclude(password="").exclude(password__startswith=UNUSABLE_PASSWORD_PREFIX)


@transaction.atomic
def change_role(*, user_id: int, role: str) -> None:
    """Raises LastAdministrator."""
    could_sign_in = _lock()
    User.objects.filter(pk=user_id).update(role=role)
    _refuse_nobody(could_sign_in)


@transaction.atomic
def send_away(*, user_id: int) -> None:
    """They cannot sign in any more, and are signed out with their next click. Raises LastAdministrator."""
    could_sign_in = _lock()
    User.objects.filter(pk=user_id).update(is_active=False)
    _refuse_nobody(could_sign_in)


def let_back(*, user_id: int) -> None:
    User.objects.filter(pk=user_id).update(is_active=True)


def _lock() -> bool:
    """Two administrators who demote each other at the same moment take turns over the company's one row.

    Returns whether an administrator could sign in before.
    """
    Workspace.objects.filter(pk=1).update(id=1)
    return administrator_can_sign_in()


def _refuse_nobody(could_sign_in: bool) -> None:
    """An administrator stays, and one with a password where there was one."""
    is_left = User.objects.filter(role=Role.ADMINISTRATOR, is_active=True).exists()
    if not is_left or (could_sign_in and not administrator_can_sign_in()):
        raise LastAdministrator
