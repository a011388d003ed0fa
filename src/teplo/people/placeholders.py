"""What only fills a required field: an address, a number or an id that many people give alike is no contact.

Taken for one, it would make one person of everybody who had none to give. Mailboxes of a company (`info@…`) are real
and shared, see `likeness.py`.
"""

from __future__ import annotations

import re


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_RUNS = ("123456789", "987654321")
_FICTIONAL = re.compile(r"\+1\d{3}55501\d\d|\+44(?:7700900|2079460|1632960)\d{3}")
"""Numbers kept free for films and manuals: North America, United Kingdom."""
_CODES = ("380", "375", "7", "1")

_NEVER_DELIVERED = ("invalid", "localhost", "test")
"""Top domains that no letter can reach (RFC 2606)."""
_NOBODY_ANYWHERE = _words(
    """
    noemail nomail noaddress nomailbox noemailprovided withoutemail withoutmail emailnone mailnone
    unknown unknownemail emailunknown notknown notprovided notavailable notspecified notset nobodyknows
    noreply donotreply noreplay mailerdaemon
    netemail netmail netpochty netpochti nettyemail bezemail bezpochty bezmail neukazan neukazano neizvestno
    нет нету неизвестно неуказан неуказано нетпочты безпочты нетемейла нетemail
    ні немає немаєпошти безпошти невідомо невказано
    """
)
"""Words before the @, without what parts them, that name no mailbox of a person whatever the domain."""
_FILLERS = _words(
    """
    no none not net nope null nil nan na anonymous anonim fake dummy temp sample example
    test tests tester testing test1 test2 test123 testtest user username name firstname yourname youremail
    email emails mail mymail address adres some someone client customer undefined
    qwe qwerty asd asdf asdfg zxc qaz abc xyz 123 1234 12345 123456 йцу йцукен фыв тест почта имя мыло емейл
    """
)
"""Words before the @ that fill a field where the domain fills it too."""
_FILLING_DOMAINS = _words(
    """
    email.com email.ru mail.com mail.ru gmail.com yandex.ru ya.ru ukr.net i.ua bk.ru list.ru inbox.ru rambler.ru
    hotmail.com outlook.com yahoo.com
    none.com no.com no.no net.net nomail.com nomail.ru noemail.com noemail.ru null.com test.com test.ru test.ua
    test.net test.org domain.com domain.ru site.com site.ru company.com example.ru example.com example.org example.net
    """
)
_SAID_TWICE = _FILLERS | _NOBODY_ANYWHERE
_PARTING = str.maketrans("", "", " ._-+")

_NO_IDS = _words(
    """
    0 -1 - -- none null nil nan undefined unknown true false anonymous guest id user_id userid user email
    not_authenticated n/a na нет ні
    """
) | {"[object object]"}
"""What programs and people write where an id is missing."""


def is_placeholder_phone(written: str) -> bool:
    """Whether an E.164 number only fills a required field: +70000000000, +79999999999, +71234567890, +14155550100."""
    digits = written[1:]
    if len(set(digits[-9:])) == 1:
        return True
    if any(run in digits[-10:] for run in _RUNS):
        return True
    own = _national(digits)
    return own == own[:2] * (len(own) // 2) + own[:2][: len(own) % 2] or bool(_FICTIONAL.fullmatch(written))


def _national(digits: str) -> str:
    code = next((code for code in _CODES if digits.startswith(code)), "")
    return digits[len(code) :] if code else digits[-9:]


def is_placeholder_email(address: str) -> bool:
    """Whether a normalised address only fills a required field: `no@email.com`, `a@a.aa`, `noemail@firm.ru`.

    Whoever has a name of their own at `example.com` is let be: trials are full of them, and they join nobody.
    """
    local, _, domain = address.rpartition("@")
    labels = [_readable(label) for label in domain.split(".")]
    if labels[-1] in _NEVER_DELIVERED:
        return True
    word = local.partition("+")[0].translate(_PARTING)
    if word in _NOBODY_ANYWHERE or (word in _FILLERS and domain in _FILLING_DOMAINS):
        return True
    first = labels[0].translate(_PARTING)
    if len(word) == 1 and len(first) == 1 and len(labels) == 2:
        return True
    return word == first and (word in _SAID_TWICE or len(set(word)) == 1 or word == labels[-1])


def _readable(label: str) -> str:
    """A part of a domain in letters: `xn--e1aybc` → тест."""
    if not label.startswith("xn--"):
        return label
    try:
        return label.encode().decode("idna")
    except UnicodeError:
        return label


def is_placeholder_id(text: str) -> bool:
    """Whether an id of another system, with or without its space (`crm:0`), says that there is none."""
    return text.rpartition(":")[2].strip().lower() in _NO_IDS or not text.strip()
