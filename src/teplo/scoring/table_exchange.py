"""A stored score table as a file of a spreadsheet, and such a file as lines of a table (R17; `table_file.py` reads it).

The file says of an activity that it was done (`did "visited-prices" at least 2 times in 30 days`); the table counts it.
What the file says beyond a plain deed stays a condition.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from teplo.conditions import registry
from teplo.kit.wording import in_language
from teplo.scoring import table_file, tables
from teplo.scoring.models import Criterion, ScoreTable, Side
from teplo.scoring.table_file import TITLES, Problem, TableUnreadable
from teplo.scoring.tables import TableRefused, check_lines
from teplo.tracking.models import Activity

_NO_NOTE = "\\"
"""Before a name that begins with #, as notes in the file do."""
_SPAN = re.compile(r"(\d{1,4})([dw])")
_TITLES = {"name": "criterion", "window_days": "window", "half_life_days": "half_life"}
_THRESHOLDS = re.compile(r'^"?#[^;\t,|\d]*[;\t,|](-?\d+)[;\t,|][^;\t,|\d]*[;\t,|](-?\d+)', re.MULTILINE)


@dataclass(frozen=True)
class Sheet:
    """What a file says: lines that a table takes, and from which points on people are warm and hot (None: not said)."""

    lines: list[tables.Line]
    warm_from: int | None
    hot_from: int | None


def read_sheet(source: Path | str) -> Sheet:
    """A file (a path) or its text; raises TableUnreadable, which names the line and the column of all that is wrong."""
    found = table_file.read_table(source, vocabulary=registry.people())
    activities = dict(Activity.objects.values_list("key", "pk"))
    lines, problems = [], []
    for line in found:
        try:
            lines.append(_line(line, activities))
        except TableUnreadable as error:
            problems += error.problems
    if problems:
        raise TableUnreadable(problems)
    _check(lines, [line.number for line in found])
    return Sheet(lines, *_thresholds(source))


def write_sheet(table: ScoreTable) -> str:
    """The table as a file, in the active language; `read_sheet` reads the same back."""
    keys = dict(Activity.objects.values_list("pk", "key"))
    lines = [_written(item, keys) for item in table.criteria.all()]
    text = table_file.write_table(lines, vocabulary=registry.people())
    mark = "\ufeff" if text.startswith("\ufeff") or not _("hot from").isascii() else ""
    head = f"# {_('warm from')};{table.warm_from};{_('hot from')};{table.hot_from}\n"
    return mark + head + text.removeprefix("\ufeff")


# -- reading ----------------------------------------------------------------------------------------------------------


def _line(line: table_file.Line, activities: Mapping[str, int]) -> tables.Line:
    deed = _deed(line, activities)
    is_counted = (
        line.is_per_time or line.cap is not None or line.window_days or line.half_life_days or line.at_least > 1
    )
    if deed is None and is_counted:
        reason = _("only a deed alone is counted: write did «…» here")
        raise TableUnreadable([Problem(line.number, in_language(TITLES["condition"]), reason, "not-a-deed")])
    shared: dict[str, Any] = {
        "group": line.group,
        "name": line.name.removeprefix(_NO_NOTE),
        "points": line.points,
    }
    if deed is not None and line.side != Side.FIT:
        return tables.Line(side=Side.BEHAVIOUR.value, **shared, **deed)
    return tables.Line(side=line.side or _usual_side(line.condition), condition=line.condition, **shared)


def _deed(line: table_file.Line, activities: Mapping[str, int]) -> dict[str, Any] | None:
    """How the table counts it; None: the condition says more than that something was done."""
    said = line.condition
    if said.get("did") not in activities or set(said) - {"did", "at_least", "within"}:
        return None
    within = _SPAN.fullmatch(str(said["within"])) if "within" in said else None
    if "within" in said and within is None:
        return None
    days = int(within[1]) * (7 if within[2] == "w" else 1) if within else None
    return {
        "activity_id": activities[said["did"]],
        "is_per_time": line.is_per_time,
        "at_least": line.at_least if line.at_least > 1 else max(int(said.get("at_least", 1)), 1),
        "cap": line.cap,
        "window_days": line.window_days or days,
        "half_life_days": line.half_life_days,
    }


def _usual_side(condition: Any) -> str:
    """Where nothing is said: what somebody does is behaviour, what he is is fit."""
    return Side.BEHAVIOUR.value if _speaks_of_deeds(condition) else Side.FIT.value


def _speaks_of_deeds(condition: Any) -> bool:
    if isinstance(condition, Mapping):
        named = condition.keys() & {"did", "did_not", "last_did"}
        return bool(named) or any(_speaks_of_deeds(part) for part in condition.values())
    return isinstance(condition, list) and any(_speaks_of_deeds(part) for part in condition)


def _check(lines: Sequence[tables.Line], numbers: Sequence[int]) -> None:
    """What a table itself does not allow, said of the line of the file."""
    try:
        check_lines(lines)
    except TableRefused as error:
        number = numbers[error.row] if error.row is not None else 1
        title = in_language(TITLES.get(_TITLES.get(error.column, error.column), {}))
        raise TableUnreadable([Problem(number, title, str(error), error.code, error.params)]) from error


def _thresholds(source: Path | str) -> tuple[int | None, int | None]:
    """As `write_sheet` writes them above the table, or the beginnings of the bands of a learnt one."""
    if found := _THRESHOLDS.search(table_file.start_of(source)):
        return int(found[1]), int(found[2])
    bands, _person = table_file.read_bands(source)
    starts = {band.temperature: band.start for band in reversed(bands)}
    return starts.get("warm"), starts.get("hot")


# -- writing ----------------------------------------------------------------------------------------------------------


def _written(item: Criterion, keys: Mapping[int, str]) -> table_file.Line:
    counted: dict[str, Any] = {}
    condition = dict(item.condition)
    if item.activity_id:
        condition = {"did": keys.get(item.activity_id, str(item.activity_id))}
        counted = {
            "is_per_time": item.is_per_time,
            "at_least": item.at_least,
            "cap": item.cap,
            "window_days": item.window_days,
            "half_life_days": item.half_life_days,
        }
    side = item.side if item.side != _usual_side(condition) else ""
    name = f"{_NO_NOTE}{item.name}" if item.name.startswith("#") else item.name
    return table_file.Line(name, condition, item.points, item.group, side, **counted)
