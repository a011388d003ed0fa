"""Tokens for machines: made by an administrator, shown once, stored as a digest, revocable."""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.db.models import Q

from teplo.accounts.models import ApiToken
from teplo.kit.clock import now
from teplo.kit.secrets import keyed_digest


def create_token(*, name: str, role: str, by: int | None) -> tuple[ApiToken, str]:
    """The stored token and its text, which nobody can show again."""
    text = f"teplo_{secrets.token_urlsafe(32)}"
    token = ApiToken.objects.create(
        name=name, role=role, digest=keyed_digest("token", text), tail=text[-4:], created_by=by, created_at=now()
    )
    return token, text


def find_token(text: str) -> ApiToken | None:
    """The live token with this text; notes its use, at most once a minute."""
    if not text:
        return None
    token = ApiToken.objects.filter(digest=keyed_digest("token", text), revoked_at=None).first()
    if token:
        at = now()
        stale = Q(last_used_at=None) | Q(last_used_at__lt=at - timedelta(minutes=1))
        ApiToken.objects.filter(stale, pk=token.pk).update(last_used_at=at)
    return token


def revoke_token(*, token_id: int) -> bool:
    """Whether it was live until now."""
    return bool(ApiToken.objects.filter(pk=token_id, revoked_at=None).update(revoked_at=now()))
