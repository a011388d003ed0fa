"""Numbers as people write them in a file: with a unit behind (45 лет, 120 m²), in thousands (45.3k, 12 тыс.)."""

from __future__ import annotations

import re
from functools import lru_cache

from teplo.people.importing.values import read_number

_WITH_UNIT = re.compile(r"([+-]?\d[\d\s.,'_]*?)\s*([^\W\d_]{1,12}[²³]?)\.?(?:\s*([^\W\d_]{1,12}|[$€£₽₴])\.?)?")
_TIMES = {
    **dict.fromkeys(("k", "к", "тыс", "тис", "thousand"), 1_000),
    **dict.fromkeys(("mln", "млн", "million"), 1_000_000),
    **dict.fromkeys(("bn", "mlrd", "млрд", "billion"), 1_000_000_000),
}
_SAME = {
    **dict.fromkeys(("г", "год", "года", "лет", "рік", "року", "роки", "років"), "year"),
    **dict.fromkeys(("день", "дня", "дней", "дн", "дні", "днів"), "day"),
}


@lru_cache(maxsize=65_536)
def read_quantity(text: str) -> tuple[int | float, str] | None:
    """The number and its unit (the beginning of its word), without thousands and millions; None where it is none."""
    number = read_number(text)
    if number is not None:
        return number, ""
    found = _WITH_UNIT.fullmatch(text.strip().lower())
    if found is None or (number := read_number(found[1])) is None:
        return None
    times = _TIMES.get(found[2])
    if times is None:
        return None if found[3] else (number, _SAME.get(found[2], found[2][:3]))
    many = number * times
    return (int(many) if float(many).is_integer() else round(many, 6)), found[3] or ""


def read_amount(text: str) -> int | float | None:
    """The number alone; None where it is none."""
    found = read_quantity(text)
    return None if found is None else found[0]
