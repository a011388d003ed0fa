"""Secrets at rest: passwords and tokens of outside services are stored encrypted with the installation's key."""

from __future__ import annotations

import base64
import hashlib
import hmac

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings


class SecretUnreadable(Exception):
    """The stored secret was encrypted with another installation key."""


def _fernet() -> Fernet:
    key = hashlib.blake2b(settings.SECRET_KEY.encode(), digest_size=32, person=b"teplo-secrets").digest()
    return Fernet(base64.urlsafe_b64encode(key))


def encrypt(plain: str) -> str:
    """Text as stored; empty stays empty."""
    return _fernet().encrypt(plain.encode()).decode() if plain else ""


def decrypt(stored: str) -> str:
    """The plain text of `encrypt`; raises SecretUnreadable when the key has changed."""
    if not stored:
        return ""
    try:
        return _fernet().decrypt(stored.encode()).decode()
    except InvalidToken as error:
        raise SecretUnreadable from error


def keyed_digest(purpose: str, value: str) -> str:
    """A stable digest nobody can reverse or guess without the key: outlives erasure (suppression), signs links."""
    return hmac.digest(settings.SECRET_KEY.encode(), f"{purpose}\0{value}".encode(), "sha256").hex()
