"""Whether two names may be one human being's: what a phone or a company's mailbox in common is weighed by.

A phone rings in a family or an office, so people who share one are one person only if nothing says otherwise. Names say
otherwise if a first name or a surname is surely another. Not so: an empty name, an initial, another alphabet, the form
of a neighbouring language («Олена», «Елена»), a diminutive, names in swapped columns.

A changed surname beside the same first name does count as another: two women called Anna at one office phone are more
often two than one newly wed, a wrong join cannot be taken back, and a proposal of two cards is answered in a click.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from teplo.people.names import name_key

Name = tuple[str, str]
"""First and last name, as they are written or in their search form."""

NO_NAME: Name = ("", "")
SHARED_KINDS = frozenset({"phone", "whatsapp", "viber"})
COMMON_BOXES = frozenset({
    "info", "office", "sales", "admin", "mail", "contact", "contacts", "support", "hello", "zakaz", "marketing",
    "order", "orders", "shop", "hr", "buh", "buhgalter", "finance", "help", "team", "manager", "reception",
    "secretary", "sekretar", "director", "post", "pochta", "mailbox", "kadry", "snab", "zakupki", "opt", "opttorg",
    "service", "company", "welcome", "booking", "feedback", "otdel", "prodazhi", "prodazh", "tender", "tenders",
})  # fmt: skip
"""Mailboxes that several people of a company read."""


def is_shared_kind(kind: str, value: str) -> bool:
    """Whether several people may have such a contact: a phone, a mailbox of a company."""
    return kind in SHARED_KINDS or (kind == "email" and is_common_box(value))


def is_common_box(address: str) -> bool:
    """Whether an e-mail is read by several people: `info@…`, `office@…`."""
    return address.partition("@")[0] in COMMON_BOXES


def names_differ(one: Name, other: Name) -> bool:
    """Whether these are surely two people's names."""
    if one == other:
        return False
    return _differ(_parts(*one), _parts(*other))


def names_agree(one: Name, other: Name) -> int:
    """How much speaks for one person: 2 for first and last name, 1 for one of them, 0 for nothing."""
    (first, last), (its_first, its_last) = _parts(*one), _parts(*other)
    straight = _agree(first, its_first) + _agree(last, its_last)
    return max(straight, _agree(first, its_last) + _agree(last, its_first))


_Parts = tuple[frozenset[str], frozenset[str]]


def _differ(one: _Parts, other: _Parts) -> bool:
    (first, last), (its_first, its_last) = one, other
    if not (_are_others(first, its_first) or _are_others(last, its_last)):
        return False
    swapped = _agree(first, its_last) + _agree(last, its_first)
    return not swapped or _are_others(first, its_last) or _are_others(last, its_first)


@lru_cache(maxsize=65_536)
def _parts(first: str, last: str) -> _Parts:
    """The words of both names, comparable. A whole name in the first column is parted."""
    words = _words(first)
    if not last.strip() and len(words) > 1:
        return frozenset(words[:1]), frozenset(words[1:])
    return frozenset(words), frozenset(_words(last))


def _words(text: str) -> list[str]:
    return [_comparable(word) for word in _PARTING.split(name_key(text)) if word]


def _are_others(mine: frozenset[str], its: frozenset[str]) -> bool:
    return bool(mine) and bool(its) and not _agree(mine, its)


def _agree(mine: frozenset[str], its: frozenset[str]) -> bool:
    if mine & its:
        return True
    initials = {word for word in mine | its if len(word) == 1}
    return any(a[0] == b[0] for a in mine for b in its if a in initials or b in initials) if initials else False


def _comparable(word: str) -> str:
    """A word in one alphabet and one spelling: «Юлия», «Юлія», Yuliya, Julia and Iuliia are one."""
    plain = _latin(word)
    return _FULL.get(plain, plain)


def _latin(word: str) -> str:
    text = "".join(_LETTERS.get(sign, sign) for sign in unicodedata.normalize("NFC", word))
    for written, meant in _SPELLINGS:
        text = text.replace(written, meant)
    return _TWICE.sub(r"\1", text)


_PARTING = re.compile(r"[\s.,'\"()-]+")
_TWICE = re.compile(r"([^\W\d_])\1+")
_LETTERS = {
    **dict(zip("абвгґдеєзиіїйклмнопрстуфхыэ", "abvggdeeziiiiklmnoprstufgie", strict=True)),
    "ё": "e", "ж": "zg", "ц": "ts", "ч": "cg", "ш": "sg", "щ": "sgcg", "ъ": "", "ь": "", "ю": "iu", "я": "ia",
}  # fmt: skip
_SPELLINGS = (
    ("ckh", "kh"), ("kh", "h"), ("ph", "f"), ("th", "t"), ("ck", "k"), ("x", "ks"), ("w", "v"), ("q", "k"), ("y", "i"),
    ("j", "i"), ("h", "g"), ("cg", "č"), ("c", "k"), ("č", "cg"), ("ie", "e"),
)  # fmt: skip
"""Ways of writing one sound, brought to one; г, х and h are one letter here, for Сергей is Serhii in Kyiv."""

FULL_NAMES = {
    short: full
    for full, shorts in {
        "александр": "саша шура алекс олександр сашко alexander alex",
        "александра": "олександра alexandra",
        "алексей": "леша алеша олексий олексій alexey oleksii alexei",
        "андрей": "андрій andrew andriy",
        "анна": "аня ганна anna",
        "анастасия": "настя анастасія",
        "виктор": "вітя витя віктор victor",
        "владимир": "вова володя володимир vladimir volodymyr",
        "дмитрий": "дима митя дмитро dmitry dmytro dima",
        "григорий": "гриша григорій hryhorii",
        "евгений": "женя євген евген eugene yevhen",
        "екатерина": "катя катерина kateryna catherine katya kate",
        "ирина": "ира іра ірина irina iryna",
        "елена": "лена олена elena olena",
        "иван": "ваня іван ivan",
        "игорь": "ігор ihor",
        "константин": "костя костянтин",
        "мария": "маша марія maria mary masha",
        "михаил": "миша михайло michael misha",
        "наталья": "наташа наталия наталя наталія",
        "николай": "коля микола mykola nicolai",
        "ольга": "оля olga",
        "павел": "паша павло pavlo paul",
        "петр": "петя петро",
        "светлана": "света світлана",
        "сергей": "сережа сергій сергий sergey serhii serhiy",
        "татьяна": "таня тетяна",
        "юлия": "юля юлія",
        "юрий": "юра юрій",
    }.items()
    for short in shorts.split()
}
"""How people are called in short and in the neighbouring language → the full name."""

_FULL = {_latin(short): _latin(full) for short, full in FULL_NAMES.items()}
