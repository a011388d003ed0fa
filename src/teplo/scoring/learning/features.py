"""Columns as features: what kind of values they hold, and for each row a number or one of the levels."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np

from teplo.conditions.folding import fold
from teplo.people.importing.values import date_order, read_moment, read_number
from teplo.scoring.learning.frames import Column, Floats, Ints, Told
from teplo.scoring.quantities import read_amount, read_quantity

MOST_ITEMS = 60
LONGEST_LEVEL = 200
_DIGITS = re.compile(r"\d")
_CODE_NAME = re.compile(
    r"(?:^|[\W_])(?:id|ids|guid|uuid|code|zip|postcode|index|inn|phone|ид|инн|код|индекс|індекс|номер|№)(?:$|[\W_])",
    re.IGNORECASE,
)


@dataclass
class Feature:
    """One feature over all rows. A row has a number, or where that is NaN a level: 0 is "not there", the rest `names`.

    `trend`: points may only rise (1) or fall (-1) with the number, None: found out. `resting`: who gets no points:
    "lowest" band, "missing", or "" for whoever are most.
    """

    told: Told
    numbers: Floats | None
    levels: Ints
    names: list[str]
    kind: str
    trend: int | None = None
    resting: str = ""
    item: str = ""
    moment: Told | None = None
    spellings: dict[str, str] = field(default_factory=dict)

    @property
    def size(self) -> int:
        return len(self.levels)


@dataclass(frozen=True)
class Dropped:
    """A column that says nothing, and why."""

    column: str
    label: str
    why: str


class Useless(Exception):
    """Nothing can be learnt from this column; the text is the code of the reason."""


def make_features(column: Column, moment: Column | None) -> list[Feature]:
    """The features of a column (a list has one per item); raises Useless."""
    counts = column.counts
    if column.codes.size == 0 or counts[0] == column.codes.size:
        raise Useless("empty")
    if np.count_nonzero(counts) < 2:
        raise Useless("constant")
    maker: dict[str, Callable[[Column, Column | None], list[Feature]]] = {
        "auto": _of_any, "number": _of_number, "text": _of_text, "choice": _of_text, "boolean": _of_text,
        "date": _of_date, "list": _of_list, "times": _of_times, "recency": _of_recency,
    }  # fmt: skip
    return maker[column.told.kind](column, moment)


# what an unknown column holds


def _of_any(column: Column, moment: Column | None) -> list[Feature]:
    counts = column.counts
    present = [code for code in range(1, len(column.values)) if counts[code]]
    texts = [column.values[code] for code in present]
    filled = int(counts[1:].sum())
    if _is_coded(texts):
        return _of_levels(column)
    read = read_amount if _has_one_unit(texts) else read_number
    numbers = [read(text) for text in texts]
    numeric = sum(int(counts[code]) for code, number in zip(present, numbers, strict=True) if number is not None)
    strange = sum(number is None for number in numbers)
    if numeric >= 0.9 * filled or numeric >= 0.5 * filled and strange <= 12:
        if _is_day_numbers(texts):
            return _of_date(column, moment)
        if numeric == filled and _is_running_number(column, [number or 0 for number in numbers], filled):
            raise Useless("identifier")
        return [_numeric(column, [read(text) if text else None for text in column.values])]
    dates = sum(int(counts[code]) for code in present if _may_be_date(column.values[code]))
    if dates >= 0.9 * filled:
        return _of_date(column, moment)
    return _of_levels(column)


def _has_one_unit(texts: Sequence[str]) -> bool:
    """Whether numbers with letters behind them all mean the same by those: 45 лет, but not the flats 12a and 12b."""
    units = [quantity[1] for text in texts if (quantity := read_quantity(text)) is not None and quantity[1]]
    return not units or Counter(units).most_common(1)[0][1] >= 0.95 * len(units)


def _is_coded(texts: Sequence[str]) -> bool:
    """Codes such as 077: digits that begin with a zero."""
    coded = [text for text in texts if len(text) > 1 and text[0] == "0" and text.isdigit()]
    return len(coded) > 0 and all(text.isdigit() for text in texts)


def _is_day_numbers(texts: Sequence[str]) -> bool:
    """20240131: eight digits that are all days."""
    return all(
        len(text) == 8 and text[:2] in ("19", "20") and read_moment(text, order="dmy", zone=UTC) for text in texts
    )


def _is_running_number(column: Column, numbers: Sequence[float], filled: int) -> bool:
    """Whole numbers called an id, in the order of the file, or none of them twice where chance would make pairs."""
    if filled < 20 or len(numbers) < 0.95 * filled or any(number != int(number) for number in numbers):
        return False
    reach = max(numbers) - min(numbers) + 1
    if reach <= 3 * filled or _CODE_NAME.search(column.told.label) or min(numbers) >= 1e8:
        return True
    if len(numbers) < filled:
        return False
    steps = np.diff(np.array(numbers))  # values are known in the order they first stand in the file
    return bool(reach < filled**2 / 8 or (steps > 0).all() or (steps < 0).all())


def _may_be_date(text: str) -> bool:
    return (
        bool(_DIGITS.search(text)) and len(text) >= 6 and read_number(text) is None and _moment(text, "dmy") is not None
    )


def _moment(text: str, order: str) -> datetime | None:
    return read_moment(text, order=order, zone=UTC)


# numbers and dates


def _of_number(column: Column, moment: Column | None) -> list[Feature]:
    del moment
    numbers = [read_number(text) if text else None for text in column.values]
    return [_numeric(column, numbers)]


def _numeric(
    column: Column,
    numbers: Sequence[float | None],
    *,
    kind: str = "number",
    trend: int | None = None,
    resting: str = "",
) -> Feature:
    """Numbers where they are ones; texts among them become levels of their own."""
    table = np.array([np.nan if number is None else float(number) for number in numbers])
    names, levels = _folded(
        [text if number is None else "" for text, number in zip(column.values, numbers, strict=True)]
    )
    return Feature(
        column.told, table[column.codes], levels[column.codes], names, kind, trend=trend, resting=resting
    )  # fmt: skip


def _of_times(column: Column, moment: Column | None) -> list[Feature]:
    """How often somebody did something: more is never worse, nothing is the beginning."""
    del moment
    numbers = [float(read_number(text) or 0) for text in column.values]
    return [_numeric(column, numbers, kind="times", trend=1, resting="lowest")]


def _of_recency(column: Column, moment: Column | None) -> list[Feature]:
    """Days since somebody did something last: the fresher the better, never is the beginning."""
    del moment
    numbers = [read_number(text) if text else None for text in column.values]
    return [_numeric(column, numbers, kind="recency", trend=-1, resting="missing")]


def _of_date(column: Column, moment: Column | None) -> list[Feature]:
    """Its age at the moment in days where there is one, else the day itself."""
    days = days_of(column)
    if moment is None:
        return [Feature(column.told, days, _missing(days), [""], "day")]
    ages = days_of(moment) - days
    return [Feature(column.told, ages, _missing(ages), [""], "age", moment=moment.told)]


def days_of(column: Column) -> Floats:
    """The day of each row as a count of days, NaN where there is none."""
    order = date_order(column.values[1:])
    table = np.full(len(column.values), np.nan)
    for code, text in enumerate(column.values):
        moment = _moment(text, order) if text else None
        if moment is not None:
            table[code] = moment.date().toordinal()
    return table[column.codes]


def _missing(numbers: Floats) -> Ints:
    return np.zeros(numbers.size, dtype=np.int32)


# levels


def _of_text(column: Column, moment: Column | None) -> list[Feature]:
    del moment
    return _of_levels(column)


def _of_levels(column: Column) -> list[Feature]:
    names, table = _folded(column.values, exact=column.told.kind != "auto")
    feature = Feature(column.told, None, table[column.codes], names, "level")
    filled = np.count_nonzero(feature.levels)
    if len(names) - 1 > 0.9 * filled and filled >= 20 and filled == feature.size:
        raise Useless("identifier")
    return [feature]


def _folded(values: Sequence[str], *, exact: bool = False) -> tuple[list[str], Ints]:
    """Levels that differ by case or ё only are one; too long ones are none. Answers names and which value is which."""
    names, known = [""], {"": 0}
    table = np.zeros(len(values), dtype=np.int32)
    for code, text in enumerate(values):
        key = text if exact else fold(text)
        if key and key not in known:
            known[key] = len(names)
            names.append(text)
        table[code] = known[key] if key else 0
    return names, table


def _of_list(column: Column, moment: Column | None) -> list[Feature]:
    del moment
    items = [_items(text) for text in column.values]
    counts: dict[str, int] = {}
    for code, count in enumerate(column.counts):
        for item in items[code]:
            counts[item] = counts.get(item, 0) + int(count)
    usual = sorted(counts, key=lambda item: (-counts[item], item))[:MOST_ITEMS]
    if not usual:
        raise Useless("empty")
    return [_item(column, items, item) for item in usual]


def _item(column: Column, items: Sequence[frozenset[str]], item: str) -> Feature:
    table = np.array([int(item in has) for has in items], dtype=np.int32)
    return Feature(column.told, None, table[column.codes], ["", item], "item", resting="missing", item=item)


def _items(text: str) -> frozenset[str]:
    if text.startswith("["):
        try:
            return frozenset(str(item) for item in json.loads(text))
        except ValueError:
            pass
    return frozenset(part.strip() for part in text.split("|") if part.strip())
