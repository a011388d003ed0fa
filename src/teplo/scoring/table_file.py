"""A score table as one writes it in a spreadsheet: criterion; condition; points, in any of the three languages (R17).

    criterion;condition;points
    Москва;city is «Москва»;5
    Смотрел цены;did «visited-prices» at least 2 times in 7 days;3

Further columns are optional: group, side (fit, behaviour), per time, at least, cap, window, half-life (days). A learnt
table also says of each criterion how many people it was found on, and after an empty line what may be expected from
which score on.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from teplo.conditions.reading import ConditionError, read_json
from teplo.conditions.sentences import say
from teplo.conditions.text import read_text, write_text
from teplo.conditions.tokens import Kind, TextError, cut
from teplo.conditions.vocabulary import Vocabulary
from teplo.conditions.writing import write_json
from teplo.kit.confined.asking import MEMORY, TIME, Overran, Refused, stream
from teplo.kit.confined.limits import Limits
from teplo.kit.wording import in_language
from teplo.people.importing.shaping import NotATable
from teplo.people.importing.values import read_flag, read_number
from teplo.scoring.models import Side
from teplo.scoring.table_rows import Row, rows_of_text


def _words(ru: str, uk: str, en: str) -> Mapping[str, str]:
    return {"ru": ru, "uk": uk, "en": en}


_EFFECT = "effect|влияние|вплив|effect (log-odds)|влияние (логарифм шансов)|вплив (логарифм шансів)"
"""Its title in older files."""

# Written as these say; read back whichever language they are in, and by a few other words beside.
TITLES: Mapping[str, Mapping[str, str]] = {
    "criterion": _words("критерий", "критерій", "criterion"),
    "condition": _words("условие", "умова", "condition"),
    "points": _words("баллы", "бали", "points"),
    "group": _words("группа", "група", "group"),
    "side": _words("сторона", "сторона", "side"),
    "per_time": _words("за каждый раз", "за кожен раз", "per time"),
    "at_least": _words("не меньше раз", "щонайменше разів", "at least"),
    "cap": _words("предел", "межа", "cap"),
    "window": _words("окно, дней", "вікно, днів", "window, days"),
    "half_life": _words("полураспад, дней", "піврозпад, днів", "half-life, days"),
    "people": _words("человек", "людей", "people"),
    "conversion": _words("конверсия", "конверсія", "conversion"),
    "effect": _words("к среднему, раз", "до середнього, разів", "times the average"),
}
BAND_TITLES: Mapping[str, Mapping[str, str]] = {
    "from": _words("баллы от", "бали від", "score from"),
    "expected": _words("ожидаемая конверсия", "очікувана конверсія", "expected conversion"),
    "temperature": _words("температура", "температура", "temperature"),
}
SIDE_WORDS: Mapping[str, Mapping[str, str]] = {
    Side.FIT: _words("портрет", "портрет", "fit"),
    Side.BEHAVIOUR: _words("поведение", "поведінка", "behaviour"),
}
WARMTH: Mapping[str, Mapping[str, str]] = {
    "cold": _words("холодный", "холодний", "cold"),
    "warm": _words("тёплый", "теплий", "warm"),
    "hot": _words("горячий", "гарячий", "hot"),
}
_ALSO = {
    "criterion": "criteria|name|название|назва", "condition": "rule|правило", "points": "point|score|балл|бал|очки",
    "per_time": "each time|за каждый|за кожен", "at_least": "не менее|не меньше|не менше|щонайменше",
    "cap": "at most|не более|не больше|не більше", "window": "window|окно|вікно",
    "half_life": "half-life|half life|полураспад|піврозпад", "people": "люди|осіб", "effect": _EFFECT,
    Side.BEHAVIOUR: "behavior", "warm": "теплый",
}  # fmt: skip


def _known(words: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Which key each word stands for."""
    known = {word: key for key, texts in words.items() for word in texts.values()}
    return known | {word: key for key in words for word in _ALSO.get(key, "").split("|") if word}


HEADINGS, BAND_HEADINGS, SIDES, TEMPERATURES = map(_known, (TITLES, BAND_TITLES, SIDE_WORDS, WARMTH))
MOST_POINTS = 1_000_000
_LIMITS = Limits(memory_mb=512, cpu_seconds=20, patience=60.0)


@dataclass(frozen=True)
class Line:
    """One criterion as the file says it. `condition` is the stored form; `number` the line it stands on."""

    name: str
    condition: dict[str, Any]
    points: int
    group: str = ""
    side: str = ""
    is_per_time: bool = False
    at_least: int = 1
    cap: int | None = None
    window_days: int | None = None
    half_life_days: int | None = None
    number: int = 0
    found: Mapping[str, Any] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class Band:
    """From this score on that share is expected to buy, and so warm is he."""

    start: int
    expected: float
    temperature: str = ""


@dataclass(frozen=True)
class Problem:
    """What is wrong in a line of the file."""

    line: int
    column: str
    reason: str
    code: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        if not self.column:
            return _("line %(line)s: %(reason)s") % {"line": self.line, "reason": self.reason}
        return _("line %(line)s, %(column)s: %(reason)s") % {
            "line": self.line, "column": self.column, "reason": self.reason,
        }  # fmt: skip


class TableUnreadable(Exception):
    """The file is no score table; `problems` says all that is wrong with it."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(problems)
        self.problems = list(problems)

    def __str__(self) -> str:
        return "\n".join(map(str, self.problems))


# reading


def read_table(source: Path | str, *, vocabulary: Vocabulary) -> list[Line]:
    """The criteria of a file (a path) or of a text; raises TableUnreadable with everything that is wrong."""
    columns, rows = _columns(_rows(source))
    lines, problems = [], []
    for number, cells in rows:
        if _is_of_bands(cells):
            break
        try:
            lines.append(_line(number, {key: cells[at] for key, at in columns.items() if at < len(cells)}, vocabulary))
        except TableUnreadable as error:
            problems += error.problems
    if not lines and not problems:
        problems.append(Problem(1, "", _("there is no criterion in the file")))
    if problems:
        raise TableUnreadable(problems)
    return lines


def read_bands(source: Path | str) -> tuple[list[Band], str]:
    """What may be expected from which score on, the lowest first, and the name of the people's id column."""
    columns: dict[str, int] = {}
    bands: list[Band] = []
    person = ""
    for _number, cells in _rows(source):
        if _is_of_bands(cells):
            columns = _places(cells, BAND_HEADINGS)
            person = next((cell.partition(":")[2].strip() for cell in cells if cell.startswith("id:")), "")
        elif columns and (band := _band(cells, columns)) is not None:
            bands.append(band)
    return sorted(bands, key=lambda band: band.start), person


def start_of(source: Path | str) -> str:
    """The first characters of its text; raises TableUnreadable."""
    return _read(source)[0]


def _rows(source: Path | str) -> list[Row]:
    return _read(source)[1]


def _read(source: Path | str) -> tuple[str, list[Row]]:
    """The beginning and the rows: of a file as a confined child reads them, of a text in place."""
    try:
        if isinstance(source, str):
            text = source.removeprefix("\ufeff")
            return text[:4096], list(rows_of_text(text))
        source.stat()
        start, rows = stream("teplo.scoring.table_rows:rows_of_file", str(source), limits=_LIMITS)
        return start, [(number, cells) for number, cells in rows]
    except OSError as error:
        raise TableUnreadable([Problem(1, "", str(error.strerror))]) from error
    except (NotATable, Refused) as refusal:
        raise TableUnreadable([_problem(refusal.code, refusal.params)]) from None
    except Overran as error:
        code = {MEMORY: "memory", TIME: "too-slow"}.get(error.what, "no-cells")
        limit = error.limits.cpu_seconds if error.what == TIME else error.limits.memory_mb
        raise TableUnreadable([_problem(code, {"limit": limit})]) from None


def _problem(code: str, params: Mapping[str, Any]) -> Problem:
    reasons = {
        "binary": _("this is not a text file; save the table as CSV"),
        "no-cells": _("this is not a table of cells"),
        "too-large": _("a score table may have %(limit)s MB at most"),
        "too-many-rows": _("a score table may have %(limit)s rows at most"),
        "too-wide": _("a row of a score table may have %(limit)s cells at most"),
        "cell-too-long": _("a cell of a score table may have %(limit)s characters at most"),
        "memory": _("to read this file more than %(limit)s MB of memory are needed"),
        "too-slow": _("reading this file takes more than %(limit)s seconds of work"),
    }
    return Problem(int(params.get("line", 1)), "", reasons[code] % params)


def _columns(rows: list[tuple[int, list[str]]]) -> tuple[dict[str, int], list[tuple[int, list[str]]]]:
    """Which column is what, and the rows that follow; without a heading the three columns are as usual."""
    if not rows:
        raise TableUnreadable([Problem(1, "", _("the file is empty"))])
    number, first = rows[0]
    places = _places(first, HEADINGS)
    if "condition" in places and "points" in places:
        unknown = [cell for at, cell in enumerate(first) if cell and at not in places.values()]
        if unknown:
            reason = _("there is no column “%(name)s” in a score table") % {"name": unknown[0]}
            raise TableUnreadable([Problem(number, "", reason)])
        return places, rows[1:]
    if len(first) >= 3 and _whole(first[2]) is not None:
        return {"criterion": 0, "condition": 1, "points": 2}, rows
    reason = _("the columns must be criterion, condition and points, separated by semicolons")
    raise TableUnreadable([Problem(number, "", reason)])


def _places(cells: Sequence[str], headings: Mapping[str, str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for at, cell in enumerate(cells):
        key = headings.get(" ".join(cell.lower().split()))
        if key is not None:
            found.setdefault(key, at)
    return found


def _line(number: int, cells: Mapping[str, str], vocabulary: Vocabulary) -> Line:
    problems: list[Problem] = []

    def refuse(column: str, reason: str, error: ConditionError | None = None) -> None:
        code, params = (error.code, error.params) if error else ("", {})
        problems.append(Problem(number, in_language(TITLES[column]), reason, code, params))

    def count(column: str) -> int | None:
        text = cells.get(column, "")
        value = _whole(text) if text else None
        if text and value is None:
            refuse(column, _("“%(text)s” is not a whole number") % {"text": text})
        return value

    points = _whole(cells.get("points", ""))
    if points is None or abs(points) > MOST_POINTS:
        refuse("points", _("“%(text)s” is not a whole number") % {"text": cells.get("points", "")})
    condition: dict[str, Any] = {}
    name = cells.get("criterion", "")
    text = cells.get("condition", "")
    try:
        if not text:
            raise ConditionError("empty-value")
        read = read_text(text, vocabulary)
        condition = write_json(read, vocabulary)
        name = name or say(read, vocabulary)
    except TextError as error:
        refuse("condition", _("character %(at)s: %(reason)s") % {"at": error.column, "reason": error.reason}, error)
    except ConditionError as error:
        refuse("condition", error.reason, error)
    side = SIDES.get(cells.get("side", "").lower()) if cells.get("side") else ""
    if side is None:
        refuse("side", _("“%(text)s” is neither fit nor behaviour") % {"text": cells["side"]})
    per_time = read_flag(cells["per_time"]) if cells.get("per_time") else False
    if per_time is None:
        refuse("per_time", _("“%(text)s” is neither yes nor no") % {"text": cells["per_time"]})
    counts = {column: count(column) for column in ("at_least", "cap", "window", "half_life")}
    if problems:
        raise TableUnreadable(problems)
    return Line(
        name[:200], condition, points or 0, cells.get("group", "")[:120], str(side or ""), bool(per_time),
        counts["at_least"] or 1, counts["cap"], counts["window"], counts["half_life"], number,
    )  # fmt: skip


def _whole(text: str) -> int | None:
    value = read_number(text.replace("−", "-").replace("–", "-").lstrip("+"))
    return int(value) if value is not None and value == int(value) else None


def _is_of_bands(cells: Sequence[str]) -> bool:
    return bool(cells) and BAND_HEADINGS.get(" ".join(cells[0].lower().split())) == "from"


def _band(cells: Sequence[str], columns: Mapping[str, int]) -> Band | None:
    def cell(key: str) -> str:
        return cells[columns[key]] if key in columns and columns[key] < len(cells) else ""

    start, expected = _whole(cell("from")), read_number(cell("expected"))
    if start is None or expected is None:
        return None
    share = expected / 100 if "%" in cell("expected") else float(expected)
    return Band(start, share, TEMPERATURES.get(cell("temperature").lower(), ""))


# writing


def write_table(lines: Sequence[Line], *, vocabulary: Vocabulary, bands: Sequence[Band] = (), person: str = "") -> str:
    """The file's text, in the active language, with a byte order mark where Excel would want one.

    `bands`: what may be expected from which score on; `person`: the column that tells the people apart.
    """
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\n")
    optional = [column for column in _OPTIONAL if any(_optional(line, column) for line in lines)]
    writer.writerow([in_language(TITLES[column]) for column in ("criterion", "condition", "points", *optional)])
    for line in lines:
        text = write_text(read_json(line.condition, vocabulary, of_known_values=False), vocabulary)
        cells = [line.name, in_guillemets(text), line.points]
        writer.writerow([*cells, *(_optional(line, column) for column in optional)])
    if bands:
        _write_bands(writer, bands, person)
    text = out.getvalue()
    return text if text.isascii() else "\ufeff" + text


_OPTIONAL = ("group", "side", "per_time", "at_least", "cap", "window", "half_life", "people", "conversion", "effect")


def _optional(line: Line, column: str) -> Any:
    values = {
        "group": line.group, "side": line.side,
        "per_time": _("yes") if line.is_per_time else "", "at_least": line.at_least if line.at_least != 1 else "",
        "cap": line.cap if line.cap is not None else "", "window": line.window_days or "",
        "half_life": line.half_life_days or "",
        **{key: line.found.get(key, "") for key in ("people", "conversion", "effect")},
    }  # fmt: skip
    return values[column]


def _write_bands(writer: Any, bands: Sequence[Band], person: str) -> None:
    writer.writerow([])
    told = [f"id: {person}"] if person else []
    writer.writerow([*(in_language(title) for title in BAND_TITLES.values()), *told])
    for band in bands:
        writer.writerow([band.start, f"{band.expected * 100:.1f}%", in_language(WARMTH.get(band.temperature, {}))])


def in_guillemets(text: str) -> str:
    """The text form with «…» about values: in a CSV file each " would have to be written twice."""
    parts, at = [], 0
    for token in cut(text):
        if token.kind is Kind.TEXT:
            inside = token.text.replace("\\", "\\\\").replace("»", "\\»")
            parts += [text[at : token.start], f"«{inside}»"]
            at = token.end
    return "".join([*parts, text[at:]])
