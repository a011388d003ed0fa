"""The text form: `city is "Москва" and did "visited-prices" at least 2 times in 7 days`, read and written.

Reading makes the JSON form and remembers where each part of it stood, so that what `read_json` refuses is shown in the
text too: there is one set of rules.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from django.utils.translation import gettext_noop

from teplo.conditions.condition import (
    All,
    Compare,
    Condition,
    Did,
    DidNot,
    LastDid,
    Not,
    Operator,
    Scalar,
    Some,
    Span,
    simplified,
)
from teplo.conditions.reading import SIZE, VALUES, ConditionError, Path, read_json
from teplo.conditions.tokens import Kind, TextError, Token, cut
from teplo.conditions.vocabulary import Field, Type, Vocabulary
from teplo.conditions.words import PHRASES, SPLIT, UNIT_OF, UNITS

Json = dict[str, Any]

A_CONDITION = gettext_noop("a condition")
AN_OPERATOR = gettext_noop("a comparison such as “is” or “at least”")
A_VALUE = gettext_noop("a value")
A_SPAN = gettext_noop("a length of time such as 7 days")
AN_ACTIVITY = gettext_noop("an activity")
A_NUMBER = gettext_noop("a number")
THE_END = gettext_noop("“and”, “or” or the end")
A_BRACKET = gettext_noop("a closing bracket")

_MOST_DIGITS = 30  # of a whole number; longer ones are no number anybody means, and Python refuses to read them
_OPERATORS = (
    "is", "is_not", "in", "not_in", "contains", "not_contains", "starts_with", "ends_with", "greater", "less",
    "at_least", "at_most", "between", "is_set", "is_not_set", "before", "after", "on", "within", "within_next",
    "older_than", "has", "has_not", "at_or_after",
)  # fmt: skip

_OF_DEEDS = {
    "did": ("at_least", "at_most", "within", "in"),
    "did_not": ("within", "in"),
    "last_did": ("within", "in", "older_than"),
}


def read_text(text: str, vocabulary: Vocabulary, *, of_known_values: bool = True) -> Condition:
    """The Condition a text says; raises TextError with line and column. An empty text means everybody."""
    parser = _Parser(text, vocabulary)
    data = parser.read()
    try:
        return read_json(data, vocabulary, of_known_values=of_known_values)
    except ConditionError as error:
        token = parser.place(error.path)
        raise TextError(error.code, text, token.start, token.end, error.path, **error.params) from error


class _Parser:
    def __init__(self, text: str, vocabulary: Vocabulary) -> None:
        self.text, self.vocabulary = text, vocabulary
        self.tokens = cut(text)
        self.at = 0
        self.depth = self.parts = 0
        self.places: dict[Path, Token] = {}

    def read(self) -> Json:
        if self._is_over():
            return {}
        data = self._either(())
        if not self._is_over():
            self._refuse(THE_END)
        return data

    def _is_over(self) -> bool:
        return self.here.kind is Kind.END

    def place(self, path: Path) -> Token:
        """The token nearest to a place in the JSON."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, self.tokens[0])

    @property
    def here(self) -> Token:
        return self.tokens[self.at]

    def _refuse(self, *wanted: str) -> None:
        token = self.here
        code = "expected-at-end" if token.kind is Kind.END else "expected"
        found = self.text[token.start : token.end]
        raise TextError(code, self.text, token.start, token.end, wanted=wanted, found=found)

    def _take(self, *keywords: str) -> str | None:
        """The keyword whose longest phrase stands here, taken; None when none does."""
        best, length = None, 0
        for keyword in keywords:
            for phrase in SPLIT[keyword]:
                if len(phrase) > length and self._stands(phrase):
                    best, length = keyword, len(phrase)
        self.at += length
        return best

    def _stands(self, phrase: Sequence[str]) -> bool:
        words = self.tokens[self.at : self.at + len(phrase)]
        return len(words) == len(phrase) and all(
            token.kind in (Kind.WORD, Kind.SYMBOL) and token.text.lower() == word
            for token, word in zip(words, phrase, strict=True)
        )

    # and, or, not

    def _either(self, path: Path) -> Json:
        return self._joined("or", "any", self._both, path)

    def _both(self, path: Path) -> Json:
        return self._joined("and", "all", self._one, path)

    def _joined(self, keyword: str, key: str, part: Callable[[Path], Json], path: Path) -> Json:
        """One part, or several joined by a keyword; places found for one are moved under the list."""
        start, known = self.here, dict(self.places)
        first = part(path)
        if not self._take(keyword):
            return first
        inner = {place: token for place, token in self.places.items() if known.get(place) is not token}
        self.places = known | {(*path, key, 0, *place[len(path) :]): token for place, token in inner.items()}
        self.places[path] = start
        parts = [first]
        while True:
            parts.append(part((*path, key, len(parts))))
            if not self._take(keyword):
                return {key: parts}

    def _one(self, path: Path) -> Json:
        self.places[path] = self.here
        self.depth += 1
        self.parts += 1
        if self.parts > SIZE:
            raise TextError("too-many", self.text, self.here.start, self.here.end, path, limit=SIZE)
        if self.depth > 50:
            raise TextError("too-deep", self.text, self.here.start, self.here.end, path, limit=20)
        try:
            return self._unit(path)
        finally:
            self.depth -= 1

    def _unit(self, path: Path) -> Json:
        if self.here.kind is Kind.SYMBOL and self.here.text == "(":
            self.at += 1
            inside = self._either(path)
            self._close(")")
            return inside
        if self.here.kind is Kind.FIELD or self._is_field():
            return self._comparison(path)
        keyword = self._take("not", "everybody", "did", "did_not", "last_did")
        if keyword == "not":
            return {"not": self._one((*path, "not"))}
        if keyword == "everybody":
            return {}
        if keyword is not None:
            return self._deed(keyword, path)
        if self.here.kind is Kind.WORD:
            return self._comparison(path)
        self._refuse(A_CONDITION)
        raise AssertionError  # never reached

    def _is_field(self) -> bool:
        return self.here.kind is Kind.WORD and self.vocabulary.find(self.here.text) is not None

    def _close(self, bracket: str) -> None:
        if self.here.kind is not Kind.SYMBOL or self.here.text != bracket:
            self._refuse(A_BRACKET)
        self.at += 1

    # deeds

    def _deed(self, keyword: str, path: Path) -> Json:
        self.places[*path, keyword] = self.here
        if self.here.kind not in (Kind.TEXT, Kind.WORD):
            self._refuse(AN_ACTIVITY)
        data: Json = {keyword: self._named(self.vocabulary.activities)}
        while found := self._take(*_OF_DEEDS[keyword]):
            found = "within" if found == "in" else found
            self.places[*path, found] = self.here
            data[found] = self._span() if found in ("within", "older_than") else self._times()
        return data

    def _times(self) -> int | float:
        if self.here.kind is not Kind.NUMBER:
            self._refuse(A_NUMBER)
        number = _number(self.here.text)
        self.at += 1
        self._take("times")
        return number

    def _span(self) -> str:
        amount = self.here
        if amount.kind is not Kind.NUMBER or not amount.text.isdigit():
            self._refuse(A_SPAN)
        self.at += 1
        unit = UNIT_OF.get(self.here.text.lower()) if self.here.kind is Kind.WORD else None
        if unit is None:
            self._refuse(A_SPAN)
        self.at += 1
        return f"{amount.text}{unit}"

    # fields

    def _comparison(self, path: Path) -> Json:
        token = self.here
        self.places[*path, "field"] = token
        self.at += 1
        entry = self.vocabulary.find(token.text)
        if entry is None:
            raise TextError("unknown-field", self.text, token.start, token.end, path, field=token.text)
        start = self.here
        operator = self._take(*_OPERATORS)
        if operator is None:
            self._refuse(AN_OPERATOR)
            raise AssertionError  # never reached
        if operator == "in" and entry.type in (Type.DATE, Type.MOMENT):
            operator = "within"
        if operator in ("is_set", "is_not_set"):
            self.places[*path, "is_set"] = start
            return {"field": entry.key, "is_set": operator == "is_set"}
        if operator not in entry.operators:
            end = self.tokens[self.at - 1].end
            raise TextError("wrong-operator", self.text, start.start, end, path, field=entry.key, operator=operator)
        return {"field": entry.key, operator: self._operand(entry, operator, (*path, operator))}

    def _operand(self, entry: Field, operator: str, path: Path) -> Any:
        if operator in ("within", "within_next", "older_than"):
            return self._placed(path, self._span)
        if operator == "between":
            return self._range(entry, path)
        if operator in ("in", "not_in", "has", "has_not"):
            return self._list(entry, path)
        return self._placed(path, lambda: self._value(entry))

    def _placed(self, path: Path, read: Callable[[], Any]) -> Any:
        self.places[path] = self.here
        return read()

    def _range(self, entry: Field, path: Path) -> list[Any]:
        self.places[path] = self.here
        least = self._placed((*path, 0), lambda: self._value(entry))
        if not self._take("and"):
            self._refuse("and")
        return [least, self._placed((*path, 1), lambda: self._value(entry))]

    def _list(self, entry: Field, path: Path) -> Any:
        self.places[path] = self.here
        if self.here.kind is not Kind.SYMBOL or self.here.text not in "([":
            return [self._placed((*path, 0), lambda: self._value(entry))]
        closing = ")" if self.here.text == "(" else "]"
        self.at += 1
        values: list[Any] = []
        while True:
            if len(values) >= VALUES:
                raise TextError("too-many-values", self.text, self.here.start, self.here.end, path, limit=VALUES)
            values.append(self._placed((*path, len(values)), lambda: self._value(entry)))
            if self.here.kind is not Kind.SYMBOL or self.here.text != ",":
                self._close(closing)
                return values
            self.at += 1

    def _value(self, entry: Field) -> Any:
        token = self.here
        if token.kind is Kind.NUMBER:
            self.at += 1
            return _number(token.text)
        if entry.type in (Type.BOOLEAN, Type.ANY) and token.kind is Kind.WORD and (said := self._take("yes", "no")):
            return said == "yes"
        if token.kind not in (Kind.TEXT, Kind.WORD, Kind.DATE):
            self._refuse(A_VALUE)
        return self._named(self.vocabulary.choices_of(entry))

    def _named(self, choices: Any) -> str:
        """The text here; a choice may be said by its key or by its name."""
        said = self.here.text
        self.at += 1
        if said in choices:
            return said
        named = [key for key, name in choices.items() if str(name).lower() == said.lower()]
        return named[0] if len(named) == 1 else said


def _number(text: str) -> int | float:
    is_whole = text.lstrip("-").isdigit() and len(text) < _MOST_DIGITS
    return int(text) if is_whole else float(text)


# writing


def write_text(condition: Condition, vocabulary: Vocabulary) -> str:
    """The text of a condition, in English keywords; `read_text` of it gives the simplified condition."""
    return _write(simplified(condition), vocabulary, 0)


def _write(condition: Condition, vocabulary: Vocabulary, binding: int) -> str:
    """`binding`: 0 stands alone or in "or", 1 in "and", 2 under "not"."""
    if isinstance(condition, All) and condition.parts:
        text = " and ".join(_write(part, vocabulary, 1) for part in condition.parts)
        return f"({text})" if binding > 1 else text
    if isinstance(condition, Some):
        text = " or ".join(_write(part, vocabulary, 0) for part in condition.parts)
        return f"({text})" if binding > 0 else text
    if isinstance(condition, Not):
        inside = _write(condition.part, vocabulary, 2)
        return f"not {inside}" if inside.startswith("(") else f"not ({inside})"
    if isinstance(condition, Compare):
        return _write_comparison(condition, vocabulary)
    return "everybody" if isinstance(condition, All) else _write_deed(condition)


def _write_deed(condition: Did | DidNot | LastDid) -> str:
    keyword = {Did: "did", DidNot: "did not", LastDid: "last did"}[type(condition)]
    words = [keyword, _quote(condition.activity)]
    if isinstance(condition, Did):
        words += [f"at least {_write_times(condition.at_least)}"] if condition.at_least != 1 else []
        words += [f"at most {_write_times(condition.at_most)}"] if condition.at_most is not None else []
    if isinstance(condition, LastDid):
        words += [f"within {_write_span(condition.within)}"] if condition.within else []
        words += [f"older than {_write_span(condition.older_than)}"] if condition.older_than else []
    elif condition.within:
        words.append(f"in {_write_span(condition.within)}")
    return " ".join(words)


def _write_times(times: int) -> str:
    return f"{times} {'time' if times == 1 else 'times'}"


def _write_span(span: Span) -> str:
    return f"{span.amount} {UNITS[span.unit][0 if span.amount == 1 else 1]}"


def _write_comparison(condition: Compare, vocabulary: Vocabulary) -> str:
    field = condition.field if re.fullmatch(r"[^\W\d][\w.\-]*", condition.field) else _quote(condition.field, "`")
    operator, value = condition.operator, condition.value
    if operator is Operator.IS_SET:
        return f"{field} {'is set' if value else 'is not set'}"
    entry = vocabulary.find(condition.field)

    def write(item: Any) -> str:
        return _write_value(item, entry, vocabulary)

    words = f"{field} {PHRASES[operator][0]}"
    if operator is Operator.BETWEEN:
        return f"{words} {' and '.join(write(item) for item in value)}"  # type: ignore[union-attr]
    if isinstance(value, tuple):
        several = ", ".join(write(item) for item in value)
        return f"{words} {several}" if len(value) == 1 and operator in _OF_LISTS else f"{words} ({several})"
    return f"{words} {_write_span(value)}" if isinstance(value, Span) else f"{words} {write(value)}"


_OF_LISTS = (Operator.HAS, Operator.HAS_NOT)


def _write_value(value: Scalar, entry: Field | None, vocabulary: Vocabulary) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, date):
        return value.isoformat()
    return _quote(_name_of_id(value, entry, vocabulary))


def _name_of_id(value: str, entry: Field | None, vocabulary: Vocabulary) -> str:
    """Ids say nothing to a reader: a segment or colleague is written by name where only one has it."""
    if entry is None or not value.isdigit():
        return value
    choices = vocabulary.choices_of(entry)
    name = str(choices.get(value, ""))
    same = [key for key, other in choices.items() if str(other).lower() == name.lower()]
    return name if len(same) == 1 and name and name not in choices else value


def _quote(text: str, mark: str = '"') -> str:
    escaped = text.replace("\\", "\\\\").replace(mark, "\\" + mark)
    return f"{mark}{escaped}{mark}"
