"""Sites whose pages may send events, and their public keys."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime
from urllib.parse import urlsplit

from django.db import transaction
from django.utils.translation import gettext as _

from teplo.kit.clock import now
from teplo.kit.secrets import encrypt
from teplo.tracking.models import Site


class OriginUnreadable(Exception):
    """An address of a site looks like https://example.com."""

    code = "origin-unreadable"

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.params = {"text": text[:80]}

    def __str__(self) -> str:
        return _("“%(text)s” is not the address of a site; it looks like https://example.com.") % self.params


def create_site(*, name: str, origins: Sequence[str]) -> Site:
    """A new site with a fresh key. Raises OriginUnreadable."""
    return Site.objects.create(name=name, key=_fresh_key(), origins=read_origins(origins), created_at=now())


def change_site(*, site: Site, name: str, origins: Sequence[str], is_active: bool) -> None:
    """Change it; the collector follows within seconds. Raises OriginUnreadable."""
    Site.objects.filter(pk=site.pk).update(name=name, origins=read_origins(origins), is_active=is_active)


def renew_key(*, site: Site) -> str:
    """A new key; pages with the old one are refused from now on."""
    key = _fresh_key()
    Site.objects.filter(pk=site.pk).update(key=key)
    return key


def renew_secret(*, site: Site) -> str:
    """A new secret for the site's own server to sign who its visitors are; what the old one signed is refused."""
    secret = secrets.token_urlsafe(32)
    Site.objects.filter(pk=site.pk).update(secret=encrypt(secret))
    site.secret = encrypt(secret)
    return secret


_heard: set[int] = set()
"""Sites known to this process to have been heard: they are not written again."""


def note_heard(*, origins: Iterable[str], at: datetime) -> None:
    """Pages of these origins (`site:<id>`) were seen: the first time is kept. Runs in its caller's transaction."""
    named = {int(origin[5:]) for origin in origins if origin.startswith("site:") and origin[5:].isdigit()}
    new = named - _heard
    if new:
        Site.objects.filter(pk__in=new, heard_at=None).update(heard_at=at)
        transaction.on_commit(lambda: _heard.update(new))


def main_address() -> str:
    """Where our site is, as people would open it: the first address of the oldest site in use; empty without any."""
    found = Site.objects.filter(is_active=True).order_by("created_at", "id").values_list("origins", flat=True)
    return next((origins[0] for origins in found if origins), "")


def read_origins(texts: Sequence[str]) -> list[str]:
    """Addresses as browsers say them (scheme and host), each once. Raises OriginUnreadable."""
    return list(dict.fromkeys(_origin(text.strip()) for text in texts if text.strip()))


def _origin(text: str) -> str:
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        host, port = (parts.hostname or "").encode("idna").decode(), parts.port
    except ValueError:
        raise OriginUnreadable(text) from None
    if parts.scheme not in ("http", "https") or not host or " " in host or ("." not in host and host != "localhost"):
        raise OriginUnreadable(text)
    return f"{parts.scheme}://{host}" + (f":{port}" if port else "")


def _fresh_key() -> str:
    return secrets.token_urlsafe(15)
