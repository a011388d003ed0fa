"""Cells that hold contacts: several in one, an apostrophe before the plus, prefixes of lead-ad exports, extensions."""

from __future__ import annotations

import re
from functools import lru_cache

from teplo.people.identities import ContactUnreadable, normalise
from teplo.people.placeholders import is_placeholder_email, is_placeholder_phone

_PHONES = re.compile(
    r"[;|\n]|\s*:::\s*|,(?!\d{1,2}$)|\s/\s|\s(?:или|або|or|и|та)\s|(?<=\d)\s*/\s*(?=[+\d(])", re.IGNORECASE
)
_EMAILS = re.compile(r"\s*:::\s*|[,;|\n/]|(?<=\w)\s+(?=[^\s<]+@)")
_NAMES = re.compile(r"\s*:::\s*|[,;|\n]|\s+(?=@|http|t\.me)")
_EXTENSION = re.compile(r"\s*(?:\(?\s*(?:доб|вн|внутр|ext|x|дод)\.?\s*\d{1,6}\s*\)?)\s*$", re.IGNORECASE)
_POINT_ZERO = re.compile(r"\+?\d{7,15}[.,]0+")
_SCIENTIFIC = re.compile(r"(\d)[.,](\d{6,14})e\+?(\d\d)", re.IGNORECASE)
_WORDS_BEHIND = re.compile(r"\s*[(\[,–—-]*\s*[^\W\d_][^\d+]*$")
_WORDS_BEFORE = re.compile(r"^[^\d+(@:]*[^\W\d_][^\d+(]*(?=[\d+(])")
_PREFIX = re.compile(r"^(?:l|p|z|ag|as|c|f|tel|mailto):(?=[+\d\w])", re.IGNORECASE)
_PHONE_MARKS = str.maketrans("", "", " \u00a0()-'")
_PLAIN_EMAIL = re.compile(r"[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*@(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,24}")
_PLAIN_PHONE = re.compile(r"\+(?:7[79]\d{9}|380\d{9}|375\d{9})")
_SPACES = re.compile(r"\s+")
_LONGEST_PHONE = 100
"""Signs of a phone with what stands around it; of anything longer nothing is cut off."""
_FIRST = frozenset("'`’\u200b\ufeff ")
_NOTHING = frozenset(
    {"", "-", "—", "–", "нет", "ні", "no", "none", "null", "n/a", "na", "#н/д", "#n/a", "0", "?", "не указан"}
)


def clean_cell(text: str) -> str:
    """A cell without the apostrophe that keeps spreadsheets from calculating, and without a lead-ad prefix."""
    if text[:1] not in _FIRST and ":" not in text[:7]:
        return text.strip()
    stripped = text.strip().strip("\u200b\ufeff")
    if stripped[:1] in ("'", "`", "’") and len(stripped) > 1:
        stripped = stripped[1:].lstrip()
    return _PREFIX.sub("", stripped) if ":" in stripped[:7] else stripped


def read_contacts(kind: str, text: str, region: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(normalised values, parts that are no contact) of a cell.

    What is written plainly is told by its look: that was half of reading a row, and a list has each contact once.
    """
    if kind == "email" and (plain := _plain_email(text)):
        return (plain,), ()
    if kind == "phone" and (plain := _plain_phone(text)):
        return (plain,), ()
    return _read_contacts(kind, text, region)


@lru_cache(maxsize=16_384)
def _read_contacts(kind: str, text: str, region: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    good: list[str] = []
    bad: list[str] = []
    for part in _parts(kind, text):
        try:
            value = normalise(kind=kind, text=part, region=region)
        except ContactUnreadable:
            bad.append(part[:80])
        else:
            if value not in good:
                good.append(value)
    return tuple(good), tuple(bad)


def _plain_email(text: str) -> str:
    """A plain address: what `normalise` would answer."""
    address = text.lower()
    is_plain = len(address) <= 64 and _PLAIN_EMAIL.fullmatch(address) and not is_placeholder_email(address)
    return address if is_plain else ""


def _plain_phone(text: str) -> str:
    """A full mobile number of Russia, Kazakhstan, Ukraine or Belarus: what `normalise` would answer, ten times as fast
    (reading phones was a third of an import)."""
    digits = text.translate(_PHONE_MARKS)
    is_plain = _PLAIN_PHONE.fullmatch(digits) and not is_placeholder_phone(digits)
    return digits if is_plain else ""


def _parts(kind: str, text: str) -> list[str]:
    whole = _SPACES.sub(_one_space, clean_cell(text))
    is_phone = kind in ("phone", "whatsapp", "viber")
    pattern = _PHONES if is_phone else {"email": _EMAILS}.get(kind, _NAMES)
    parts = [clean_cell(part) for part in pattern.split(whole) if part]
    if is_phone:
        parts = [_bare_phone(part) for part in parts]
    return [part for part in parts if part.lower() not in _NOTHING]


def _one_space(found: re.Match[str]) -> str:
    """Of many spaces one: patterns that look for some take a cubic time on thousands. Line ends divide contacts."""
    return "\n" if "\n" in found[0] else " "


def _bare_phone(text: str) -> str:
    """A phone without what people write around it: `79161234573.0`, `7.9161234573E+10`, `… доб. 12`, `… (Анна)`,
    `моб. …`, `415-760-2338 - ask for Art`. A link, or a number with letters inside, stays as it is."""
    if _POINT_ZERO.fullmatch(text):
        return re.split(r"[.,]", text)[0]
    if (found := _SCIENTIFIC.fullmatch(text)) and len(found[2]) == int(found[3]):
        return found[1] + found[2]
    if "/" in text or "=" in text or len(text) > _LONGEST_PHONE:
        return text
    bare = _WORDS_BEHIND.sub("", _EXTENSION.sub("", text)).rstrip(" -–—([,")
    bare = _WORDS_BEFORE.sub("", bare)
    return bare if sum(map(str.isdigit, bare)) >= 5 else text
