"""Names made comparable: for search in any database and for finding people who stand twice."""

from __future__ import annotations

import re
import unicodedata

_APOSTROPHES = str.maketrans({"’": "'", "ʼ": "'", "`": "'", "‘": "'", "ё": "е"})
_SPACES = re.compile(r"\s+")
_LEGAL_FORMS = frozenset(
    (
        *("ооо", "оао", "зао", "пао", "ао", "ип", "чп", "тоо", "нко", "ано", "фгуп", "гуп", "муп"),
        *("тов", "тзов", "фоп", "пп", "прат", "пат", "ат", "дп", "кп", "вп"),
        *("llc", "ltd", "inc", "gmbh", "ag", "corp", "co", "company", "plc", "sa", "srl", "bv", "nv", "oy", "ab"),
        *("limited", "incorporated", "kg"),
    )
)
_NOT_WORD = re.compile(r"[^\w'&+]+", re.UNICODE)


def plain(text: str) -> str:
    """Without what no database text may hold (NUL), with single spaces."""
    return " ".join(text.replace("\x00", "").split())


def name_key(text: str) -> str:
    """Lower case, ё as е, one kind of apostrophe and space: «Семён» is found as «семен» (at most 120 signs)."""
    lowered = unicodedata.normalize("NFKC", text.replace("\x00", "")).lower().translate(_APOSTROPHES)
    return _SPACES.sub(" ", lowered).strip()[:120]


def company_key(text: str) -> str:
    """The name without quotes and legal form, so that ООО «Ромашка» and "Ромашка" are one company."""
    words = [
        word for word in _NOT_WORD.split(unicodedata.normalize("NFKC", text).lower().translate(_APOSTROPHES)) if word
    ]
    kept = [word for word in words if word not in _LEGAL_FORMS]
    return " ".join(kept or words)[:300]
