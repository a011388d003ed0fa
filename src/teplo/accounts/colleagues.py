"""Changing a colleague's role, sending him away, letting him back. There is always an administrator."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext

from teplo.accounts.models import Role, User, Workspace


class LastAdministrator(Exception):
    """This is the only administrator: make somebody else one first."""

    def __str__(self) -> str:
        return gettext("This is the only administrator. Make somebody else one first.")


@transaction.atomic
def change_role(*, user_id: int, role: str) -> None:
    """Raises LastAdministrator."""
    _lock()
    User.objects.filter(pk=user_id).update(role=role)
    _refuse_nobody()


@transaction.atomic
def send_away(*, user_id: int) -> None:
    """He cannot sign in any more, and is signed out with his next click. Raises LastAdministrator."""
    _lock()
    User.objects.filter(pk=user_id).update(is_active=False)
    _refuse_nobody()


def let_back(*, user_id: int) -> None:
    User.objects.filter(pk=user_id).update(is_active=True)


def _lock() -> None:
    """Two administrators who demote each other at the same moment take turns over the company's one row."""
    Workspace.objects.filter(pk=1).update(id=1)


def _refuse_nobody() -> None:
    if not User.objects.filter(role=Role.ADMINISTRATOR, is_active=True).exists():
        raise LastAdministrator
