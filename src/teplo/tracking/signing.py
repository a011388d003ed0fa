"""What a site's own server signs: who the visitor of one browser is (HMAC-SHA256 by the site's secret).

A signature holds for one visitor and a short while, so whoever copies it from a page gains nothing in another browser.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

import msgspec

MAX_AHEAD_SECONDS = 24 * 3600
_VERSION = "teplo-identify-1"


class Signed(msgspec.Struct, forbid_unknown_fields=True):
    """Until when (seconds since 1970) and the signature in hexadecimal digits."""

    expires: int
    signature: str


def sign(*, secret: str, visitor: str, identities: Mapping[str, str], expires: int) -> str:
    """The signature of version, visitor, end and each `kind:value` (sorted), each in a line of its own."""
    lines = [_VERSION, visitor, str(expires), *sorted(f"{kind}:{value}" for kind, value in identities.items())]
    return hmac.new(secret.encode(), "\n".join(lines).encode(), hashlib.sha256).hexdigest()


def check_signature(
    signed: Signed, *, secret: str, visitor: str, identities: Mapping[str, str], now: int
) -> tuple[str, str] | None:
    """What is wrong with it as code and text; None when it holds. `now` in seconds since 1970."""
    if not secret:
        return "signature-unknown", "signed: this site has no secret; make one in Settings, Sites"
    if not visitor or not identities:
        return "signature-of-nobody", "signed: visitor and identities are needed, both are signed"
    if any("\n" in value or "\r" in value for value in identities.values()):
        return "signature-wrong", "signed: identities hold a line break"
    if signed.expires > now + MAX_AHEAD_SECONDS:
        return "signature-too-long", "signed: expires at most 24 hours ahead (seconds since 1970)"
    expected = sign(secret=secret, visitor=visitor, identities=identities, expires=signed.expires)
    if not hmac.compare_digest(expected.encode(), signed.signature.strip().lower().encode()):
        return "signature-wrong", "signed: the signature does not fit visitor, identities and expires"
    if signed.expires < now:
        return "signature-expired", "signed: its time has passed; sign anew"
    return None
