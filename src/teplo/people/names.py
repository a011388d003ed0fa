"""Names made comparable: for search in any database and for finding people who stand twice."""

from __future__ import annotations

import re
import unicodedata

_APOSTROPHES = str.maketrans({"’": "'", "ʼ": "'", "`": "'", "‘": "'", "ё": "е"})
_ACCENTED = re.compile("[a-z\u00df-\u024f\u1e00-\u1eff][\u0300-\u036f]|[\u00df-\u024f\u1e00-\u1eff]")
_UNPARTED = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ı": "i", "ß": "ss", "æ": "ae", "œ": "oe"})
"""Latin letters that Unicode does not take apart."""
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
    """Lower case, ё as е, Latin letters without accents, one kind of apostrophe and space (at most 120 signs).

    «Семён» is found as «семен», "Müller" as "muller". Cyrillic й and ї are letters of their own and stay.
    """
    lowered = unicodedata.normalize("NFKC", text.replace("\x00", "")).lower().translate(_APOSTROPHES)
    if _ACCENTED.search(lowered):
        lowered = _ACCENTED.sub(_without_accents, lowered)
    return _SPACES.sub(" ", lowered).strip()[:120]


def _without_accents(found: re.Match[str]) -> str:
    plain_letters = unicodedata.normalize("NFD", found[0].translate(_UNPARTED))
    return "".join(sign for sign in plain_letters if not unicodedata.combining(sign))


TWINS = {"і": "и", "ї": "и", "є": "е", "ґ": "г"}
"""Letters of Ukrainian and as they are typed, or spelt, in Russian: whatever is searched is compared so."""
_MADE_ONE = str.maketrans(TWINS)
_LEFT_OUT = str.maketrans({"'": ""})
_CYRILLIC = re.compile("[а-яґєії]")


def search_key(text: str) -> str:
    """A longer text as it is searched: folded as names are, and Ukrainian letters as their Russian twins."""
    return " ".join(name_key(word) for word in text.split()).translate(_MADE_ONE)


def look_key(word: str) -> str:
    """A typed word as texts of people are searched for it: as `search_key`, without apostrophes.

    A Latin i among Cyrillic letters is meant as theirs.
    """
    key = name_key(word).translate(_LEFT_OUT)
    if _CYRILLIC.search(key):
        key = key.replace("i", "и")
    return key.translate(_MADE_ONE)


def company_key(text: str) -> str:
    """The name without quotes and legal form, so that ООО «Ромашка» and "Ромашка" are one company."""
    words = [
        word for word in _NOT_WORD.split(unicodedata.normalize("NFKC", text).lower().translate(_APOSTROPHES)) if word
    ]
    kept = [word for word in words if word not in _LEGAL_FORMS]
    return " ".join(kept or words)[:300]
