"""Who may call what: a bearer token, whose role gives rights; how fast it may call (R45)."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja.security import HttpBearer

from teplo.accounts.access import Right, can
from teplo.accounts.models import ApiToken
from teplo.accounts.tokens import find_token
from teplo.api.problems import Problem, unknown_token
from teplo.kit.callers import client_address
from teplo.tracking.pacing import Pace

pace = Pace(rate=settings.API_RATE, burst=max(settings.API_RATE * 5, 10))
"""Requests of one token in this process."""
_guesses = Pace(rate=0.5, burst=30)
"""Unknown tokens from one address: enough for a slip of the hand, too few to guess."""


class Token(HttpBearer):
    """Lets in a live token whose role has one of the rights; the token is `request.auth` afterwards."""

    def __init__(self, *rights: Right) -> None:
        super().__init__()
        self.rights = rights

    def __call__(self, request: HttpRequest) -> Any:
        scheme, _space, text = request.headers.get("Authorization", "").partition(" ")
        return self.authenticate(request, text.strip() if scheme.lower() == "bearer" else "")

    def authenticate(self, request: HttpRequest, token: str) -> ApiToken:
        """The token; raises Problem."""
        found = find_token(token[:200])
        if found is None:
            _slow_down(_guesses, ("?", client_address(request)))
            raise unknown_token()
        _slow_down(pace, ("token", str(found.pk)))
        if not any(can(found, right) for right in self.rights):
            raise Problem(403, "right-lacking", _("The role of this token does not include it."))
        return found


def _slow_down(limit: Pace, who: tuple[str, str]) -> None:
    if wait := limit.spend(who, 1):
        raise Problem(429, "too-fast", _("Too many requests. Wait a moment."), retry_after=int(wait) + 1)


def maker(request: HttpRequest) -> int | None:
    """Who is noted as having done it: the user who made the token."""
    token: ApiToken = request.auth  # type: ignore[attr-defined]
    return token.created_by
