"""What forms and addresses say in numbers: anybody may write anything there."""

from __future__ import annotations

import re
from collections.abc import Iterable

_WHOLE = re.compile(r"[0-9]{1,19}")
LIMIT = 2**63
"""No column holds this number."""


def whole(text: str | None) -> int | None:
    """The whole number that is said, of a size that every database holds; None: none is said."""
    number = int(text) if text and _WHOLE.fullmatch(text) else LIMIT
    return number if number < LIMIT else None


def wholes(texts: Iterable[str]) -> list[int]:
    """Those of the texts that are whole numbers."""
    return [number for text in texts if (number := whole(text)) is not None]
