"""Contacts as people write them, made one: the same address written in two ways finds the same person (R2)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from urllib.parse import unquote

import phonenumbers
from django.utils.translation import gettext as _
from email_validator import EmailNotValidError, validate_email

from teplo.people.models import IdentityKind
from teplo.people.placeholders import is_placeholder_email, is_placeholder_id, is_placeholder_phone

CONTACT_KINDS = tuple(kind.value for kind in IdentityKind if kind not in (IdentityKind.VISITOR, IdentityKind.EXTERNAL))
"""Kinds by which a person can be reached."""

_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad\u202a\u202c\u200e\u200f"))
_PLAIN_EMAIL = re.compile(
    r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?:[a-z]{2,24}|xn--[a-z0-9-]{2,55})"
)
_IN_BRACKETS = re.compile(r"<([^<>\s]+@[^<>\s]+)>")
_TELEGRAM_LINK = re.compile(r"(?:https?://)?(?:www\.)?(?:t\.me|telegram\.(?:me|dog))/(?:s/)?([^/?#\s]+)")
_TELEGRAM_APP = re.compile(r"tg://(?:resolve\?domain=|user\?id=)([^&\s]+)")
_TELEGRAM_NAME = re.compile(r"[a-z][a-z0-9_]{3,31}")
_PHONE_LINK = re.compile(
    r"(?:https?://)?(?:www\.|api\.)?(?:wa\.me/|whatsapp\.com/send/?\?phone=|viber\.click/)"
    r"|viber://(?:chat|add)\?number=|whatsapp://send\?phone=|tel:"
)
_VK_LINK = re.compile(r"(?:https?://)?(?:(?:www|m)\.)?(?:vk\.com|vk\.ru|vkontakte\.ru)/([^/?#\s]+)")
_VK_NAME = re.compile(r"(?:id\d{1,12}|[a-z0-9][a-z0-9_.]{1,40})")
_VISITOR = re.compile(r"[\w.:-]{1,120}")
_NOT_DIGIT = re.compile(r"\D")


class ContactUnreadable(Exception):
    """This is not a contact of the kind it should be."""

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(kind, text)
        self.code = "contact-unreadable"
        self.kind = kind
        self.text = text
        self.params = {"kind": kind, "text": text[:80]}

    def __str__(self) -> str:
        texts = {
            "email": _("“%(text)s” is not an e-mail address."),
            "phone": _("“%(text)s” is not a phone number."),
            "whatsapp": _("“%(text)s” is not a phone number."),
            "viber": _("“%(text)s” is not a phone number."),
            "telegram": _("“%(text)s” is not a Telegram name, link or number."),
            "vk": _("“%(text)s” is not a VK page."),
        }
        return texts.get(self.kind, _("“%(text)s” cannot be read as a contact.")) % self.params


def normalise(*, kind: str, text: str, region: str) -> str:
    """The one form of a contact: the key by which a person is found.

    `region` (ISO 3166) says how a phone without + is read; Russian `8 900 …` and Ukrainian `0XX …` are understood
    in any region. Raises ContactUnreadable.
    """
    return _normalise(kind, text[:500], region)


@lru_cache(maxsize=65_536)
def _normalise(kind: str, text: str, region: str) -> str:
    cleaned = unicodedata.normalize("NFKC", text).translate(_INVISIBLE).strip()
    reader = _READERS.get(kind)
    value = reader(cleaned, region) if reader and cleaned else ""
    if not value or len(value) > 254:
        raise ContactUnreadable(kind, text)
    return value


def guess_kind(text: str) -> str | None:
    """What kind of contact a bare text may be, for search and for nameless columns; None when it may be nothing."""
    cleaned = text.strip()
    if _TELEGRAM_LINK.match(cleaned.lower()) or (cleaned.startswith("@") and " " not in cleaned):
        return "telegram"
    if "@" in cleaned:
        return "email"
    if _VK_LINK.match(cleaned.lower()):
        return "vk"
    digits = _NOT_DIGIT.sub("", cleaned)
    return "phone" if 7 <= len(digits) <= 15 and not re.search(r"[^\W\d_]", cleaned) else None


def _email(text: str, region: str) -> str:
    """The address as SMTP wants it; empty if it only fills a field."""
    address = _address(text)
    return "" if address and is_placeholder_email(address) else address


def _address(text: str) -> str:
    """Lower case; a domain in letters of its own (почта.рф) in its xn-- form."""
    if found := _IN_BRACKETS.search(text):
        text = found[1]
    lowered = text.removeprefix("mailto:").rstrip(".,;").lower()
    if _PLAIN_EMAIL.fullmatch(lowered) and lowered.index("@") <= 64 and len(lowered) <= 254:
        return lowered
    try:
        read = validate_email(lowered, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return ""
    return f"{read.local_part}@{read.ascii_domain}".lower()


def _phone(text: str, region: str) -> str:
    """E.164. First as the region writes it, then as Russia and Ukraine do, then as international digits.

    A number whose country is not said must be valid there, not only possible: a Californian number of ten digits would
    be a possible Ukrainian one, which rings nowhere.
    """
    plain = _PHONE_LINK.sub("", text.lower(), count=1)
    plain = unquote(plain) if plain != text.lower() else text
    if plain.startswith("+") or plain.startswith("00"):
        return _valid_phone("+" + plain.lstrip("+0"), None) or _possible_phone("+" + plain.lstrip("+0"), None)
    digits = _NOT_DIGIT.sub("", plain)
    for number, country in _ways_to_read(digits, plain, region):
        if read := _valid_phone(number, country):
            return read
    return ""


def is_valid_in(text: str, region: str) -> bool:
    """Whether a phone written without its country is one of this country (ISO 3166)."""
    return bool(_valid_phone(text, region))


def _ways_to_read(digits: str, plain: str, region: str) -> list[tuple[str, str | None]]:
    """Readings in order of likelihood; `8 0XX …` is Belarusian in Belarus and Ukrainian elsewhere."""
    ways: list[tuple[str, str | None]] = [(plain, region)]
    if len(digits) == 11 and digits[0] == "8" and digits[1] in "3489":
        ways.insert(0, ("+7" + digits[1:], None))
    if len(digits) == 10 and digits[0] == "0":
        ways.append(("+38" + digits, None))
    if len(digits) == 11 and digits.startswith("80"):
        ways.append(("+3" + digits, None))
    if len(digits) >= 11:
        ways.append(("+" + digits, None))
    return ways


def _valid_phone(text: str, region: str | None) -> str:
    return _read_phone(text, region, phonenumbers.is_valid_number)


def _possible_phone(text: str, region: str | None) -> str:
    """Ranges change faster than tables: a number of the right length is taken when its country is said."""
    return _read_phone(text, region, phonenumbers.is_possible_number)


def _read_phone(text: str, region: str | None, accepts: Callable[[phonenumbers.PhoneNumber], bool]) -> str:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return ""
    if not accepts(number):
        return ""
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return "" if is_placeholder_phone(written) else written


def _telegram(text: str, region: str) -> str:
    """The name without @ in lower case, a numeric id as digits, or a phone with + when only that is known."""
    lowered = text.lower()
    found = _TELEGRAM_APP.match(lowered) or _TELEGRAM_LINK.match(lowered)
    name = (found[1] if found else lowered).lstrip("@")
    if name.isascii() and name.isdigit() and len(name) <= 16:
        return name
    if name.startswith("+"):
        return _phone(name, region)
    return name if _TELEGRAM_NAME.fullmatch(name) else ""


def _vk(text: str, region: str) -> str:
    """The screen name in lower case, or id123."""
    lowered = text.lower()
    found = _VK_LINK.match(lowered)
    name = (found[1] if found else lowered).lstrip("@")
    if name.isascii() and name.isdigit():
        return f"id{name}"
    return name if _VK_NAME.fullmatch(name) else ""


def _visitor(text: str, region: str) -> str:
    return text if _VISITOR.fullmatch(text) and not is_placeholder_id(text) else ""


def _external(text: str, region: str) -> str:
    return "" if is_placeholder_id(text) else text


_READERS: dict[str, Callable[[str, str], str]] = {
    IdentityKind.EMAIL: _email,
    IdentityKind.PHONE: _phone,
    IdentityKind.WHATSAPP: _phone,
    IdentityKind.VIBER: _phone,
    IdentityKind.TELEGRAM: _telegram,
    IdentityKind.VK: _vk,
    IdentityKind.VISITOR: _visitor,
    IdentityKind.EXTERNAL: _external,
}
