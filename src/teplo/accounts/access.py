"""Who may do what: the one gate of screens and API (R45). Rights follow from the role alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import wraps
from typing import Any, Protocol, TypeVar
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import resolve_url

from teplo.accounts.models import ApiToken, Role

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


class Right(StrEnum):
    SEE = "see"
    EDIT_PEOPLE = "edit_people"
    ERASE_PEOPLE = "erase_people"
    IMPORT = "import"
    EXPORT = "export"
    EDIT_MARKETING = "edit_marketing"
    SELL = "sell"
    MANAGE = "manage"


RIGHTS: Mapping[str, frozenset[Right]] = {
    Role.ADMINISTRATOR: frozenset(Right),
    Role.MARKETER: frozenset({Right.SEE, Right.EDIT_PEOPLE, Right.IMPORT, Right.EXPORT, Right.EDIT_MARKETING}),
    Role.SALESPERSON: frozenset({Right.SEE, Right.EDIT_PEOPLE, Right.SELL}),
    Role.ANALYST: frozenset({Right.SEE, Right.EXPORT}),
}


class RightLacking(PermissionDenied):
    """Your role does not include this. An administrator can change it."""


class HasRole(Protocol):
    """A user or an API token."""

    @property
    def role(self) -> str: ...


def can(actor: HasRole | Any, right: Right) -> bool:
    """Whether a user, an API token or nobody (no role) has the right."""
    return right in RIGHTS.get(getattr(actor, "role", ""), frozenset())


def may_edit_person(user: Any, *, owner_id: int | None) -> bool:
    """Salespeople edit people of their own and of nobody; the others with EDIT_PEOPLE edit everybody."""
    if not can(user, Right.EDIT_PEOPLE):
        return False
    return user.role != Role.SALESPERSON or owner_id in (None, acting_user_id(user))


def acting_user_id(actor: Any) -> int | None:
    """Of a user their own id; of an API token that of the user who made it."""
    found: int | None = actor.created_by if isinstance(actor, ApiToken) else actor.pk
    return found


def requires(*rights: Right) -> Callable[[View], View]:
    """Let a view be seen by whoever has one of the rights; others are sent to sign in or refused."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return _to_sign_in(request)
            if not any(can(request.user, right) for right in rights):
                raise RightLacking
            return view(request, *args, **kwargs)

        guarded.required_rights = rights  # type: ignore[attr-defined]
        return guarded  # type: ignore[return-value]

    return decorate


def public(view: View) -> View:
    """Mark a view that anybody may call: sign-in, unsubscribing, pixels. Undecorated views fail the walking test."""
    view.is_public = True  # type: ignore[attr-defined]
    return view


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    """A page redirects; a fragment tells htmx to take the whole window there, to come back to the page it stood on."""
    if request.headers.get("HX-Request") != "true":
        return redirect_to_login(request.get_full_path())
    page = urlsplit(request.headers.get("HX-Current-URL", ""))
    target = redirect_to_login(page._replace(scheme="", netloc="").geturl() or resolve_url(settings.LOGIN_URL))
    return HttpResponse(status=401, headers={"HX-Redirect": target["Location"]})


class Abilities:
    """Rights as templates ask for them: `{% if can.edit_people %}`."""

    def __init__(self, actor: Any) -> None:
        self._rights = RIGHTS.get(getattr(actor, "role", ""), frozenset())

    def __getitem__(self, name: str) -> bool:
        return Right(name) in self._rights
