"""A typed text as a search for people: every word must stand somewhere in a name or a contact of theirs.

Start at `read_words`. `searching.py` keeps what is searched.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import groupby

from django.db.models import Case, IntegerField, OuterRef, Q, Subquery, Value, When
from django.db.models.expressions import RawSQL
from django.db.models.lookups import Exact

from teplo.accounts.workspace import get_workspace
from teplo.kit import inside
from teplo.kit.among import among
from teplo.people.identities import ContactUnreadable, guess_kind, normalise
from teplo.people.models import SearchText
from teplo.people.names import look_key, plain
from teplo.people.searching import TABLE

FEW = 5000
"""So many people are looked up at once; among more of them a page is soon full along the list's own order."""
MOST_WORDS = 6
INSIDE_FROM = 3
"""So many signs are looked for anywhere; fewer at the beginning: two of any name or contact, one of a name."""
_LONGEST = 254
_IN_NUMBER = re.compile(r"[\d().+\-–—/]+")
_QUOTES = '«»"“”„‹›,;'


@dataclass(frozen=True)
class Sought:
    """Who is meant by a typed text; `ids` are all of them if they are few, else the first that were found."""

    words: inside.Words
    ids: Sequence[int] = field(default_factory=tuple)

    @property
    def is_few(self) -> bool:
        return len(self.ids) <= FEW

    @property
    def one_by_one(self) -> Q:
        """For people read in the order of a list: the few by id, of many each by his own text."""
        return Q(id__in=among(self.ids)) if self.is_few else self.by_own_text

    @property
    def by_own_text(self) -> Q:
        """For people who are read anyway: by the text of each."""
        own = SearchText.objects.filter(person_id=OuterRef("pk"))
        stands = Case(When(inside.stand_in("text", self.words), then=Value(1)), output_field=IntegerField())
        return Q(Exact(Subquery(own.values(stands=stands)), Value(1)))

    @property
    def all_at_once(self) -> Q:
        """For people in no order: by the index of texts."""
        if self.is_few:
            return Q(id__in=among(self.ids))
        condition, parameters = inside.holding(TABLE, self.words)
        return Q(id__in=RawSQL(f"SELECT rowid FROM {TABLE} WHERE {condition}", parameters))  # noqa: S608, S611


def seek(text: str, *, limit: int = FEW + 1) -> Sought:
    """Look up whom a typed text means; a text that says nothing means nobody."""
    words = read_words(text)
    return Sought(words, inside.look_up(TABLE, words, limit=limit) if words else ())


def read_words(text: str) -> list[list[str]]:
    """The words of a text, each in the spellings in which it may stand in what people are found by.

    Signs of a number that stand apart are one number: "(067) 555-99-21".
    """
    typed = (word.strip(_QUOTES) for word in plain(text)[:2000].split())
    words: list[list[str]] = []
    for is_number, group in groupby((word for word in typed if word), lambda word: bool(_IN_NUMBER.fullmatch(word))):
        if is_number:
            words.append(_number(list(group)))
        else:
            words += [_word(word) for word in group]
    return [spellings for spellings in words if spellings][:MOST_WORDS]


def _word(typed: str) -> list[str]:
    key = look_key(typed)
    contact = look_key(typed.lower().lstrip("@"))
    return _long_enough([_spelling(key), f" {contact}" if contact != key else "", *_normalised(typed)])


def _number(parts: Sequence[str]) -> list[str]:
    """Figures without what divides them; a Russian 8 is also looked for as +7, and whole numbers as they are stored."""
    typed = " ".join(parts)
    digits = "".join(sign for sign in typed if sign.isdigit())
    spellings = [_spelling(digits)]
    if len(digits) < INSIDE_FROM:
        spellings = [_spelling(typed.replace(" ", "")), f" +{digits}" if digits else ""]
    elif len(parts) == 1 and digits != typed:
        spellings.append(typed)
    if digits.startswith("8") and len(digits) > INSIDE_FROM:
        spellings.append(f" +7{digits[1:]}")
    return _long_enough([*spellings, *_normalised(typed)])


def _normalised(typed: str) -> Iterable[str]:
    """The beginning of a contact, however it was typed: a link, an address in capitals, a national number."""
    if kind := guess_kind(typed):
        with suppress(ContactUnreadable):
            yield f" {look_key(normalise(kind=kind, text=typed, region=get_workspace().phone_region))}"


def _spelling(key: str) -> str:
    """As it is looked for: short ones with the spaces that stand before a beginning."""
    return " " * max(0, INSIDE_FROM - len(key)) + key if key else ""


def _long_enough(spellings: Iterable[str]) -> list[str]:
    cut = [spelling[:_LONGEST] for spelling in spellings]
    return list(dict.fromkeys(spelling for spelling in cut if len(spelling) >= INSIDE_FROM and spelling.strip()))
