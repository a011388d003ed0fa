"""What became of each person, as the outcome column says it: won, lost, or neither yet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from teplo.people.importing.values import FALSE, TRUE, read_number
from teplo.scoring.learning.frames import Column
from teplo.scoring.learning.refusing import Refused

MOST_VALUES = 40
_WON = (
    "won|win|closed won|closed - won|closedwon|deal won|success|successful|succeeded|converted|conversion|customer|"
    "client|bought|buyer|purchased|purchase|purchase made|sold|sale|paid|accepted|approved|subscribed|signed|"
    "positive|good|"
    "выиграна|выигран|выиграно|выигрыш|успех|успешно|успешна|успешная|успешный|успешно реализовано|сделка успешна|"
    "сделка заключена|продано|продан|продажа|куплено|купил|купила|покупка|купили|оплачено|оплачен|оплачена|оплатил|"
    "клиент|покупатель|договор подписан|подписан|закрыта успешно|реализовано|конверсия|"
    "виграна|виграно|виграш|виграний|успіх|успішно|успішна|успішний|успішно реалізовано|угода успішна|"
    "угоду укладено|купив|купила|придбав|придбала|придбано|сплачено|оплачена|оплачено|клієнт|покупець|підписано|"
    "реалізовано"
)
_LOST = (
    "lost|loss|lose|closed lost|closed - lost|closedlost|deal lost|fail|failed|failure|unsuccessful|not converted|"
    "no conversion|did not buy|not bought|not purchased|no purchase|no sale|unsold|not sold|rejected|declined|refused|"
    "cancelled|canceled|denied|negative|bad|churned|unqualified|disqualified|junk|not subscribed|unpaid|"
    "проиграна|проигран|проиграно|проигрыш|провал|провалена|сделка провалена|неуспех|неуспешно|не успешно|неуспешная|"
    "отказ|отказался|отказалась|отказано|не купил|не купила|не куплено|не продано|потеряна|потерян|потеряно|"
    "закрыто и не реализовано|"
    "не реализовано|закрыта неуспешно|отклонено|отменено|отменен|отменён|отменена|некачественный|спам|"
    "програна|програно|програш|програний|невдача|провалено|угоду провалено|неуспішно|не успішно|неуспішна|"
    "відмова|відмовився|відмовилась|відмовлено|не купив|не купила|не придбав|не придбала|не продано|втрачено|втрачена|"
    "закрито і не реалізовано|"
    "не реалізовано|відхилено|скасовано|неякісний"
)
WON = frozenset(_WON.split("|")) | TRUE - {"-", "+", "x", "on", "given", "in"} | {"t"}
LOST = frozenset(_LOST.split("|")) | FALSE - {"-", "off", "out"} | {"f", "не"}


@dataclass
class Outcome:
    """`won`: of the rows that are kept; `kept`: those whose outcome is known; `how`: which values mean what."""

    kept: npt.NDArray[np.bool_]
    won: npt.NDArray[np.bool_]
    how: dict[str, Any] = field(default_factory=dict)


def read_outcome(column: Column, *, won: Sequence[str] = (), lost: Sequence[str] = ()) -> Outcome:
    """The outcome of each row; raises Refused where the column cannot be one."""
    counts = column.counts
    present = [code for code in range(1, len(column.values)) if counts[code]]
    values = [column.values[code] for code in present]
    is_mark = bool(counts[0]) and not lost and _is_mark(values, won)
    meanings: dict[str, bool] = {"": False, **dict.fromkeys(values, True)} if is_mark else {}
    meanings = meanings or _meanings(values, column.told.label, won, lost)
    verdicts = np.full(len(column.values), -1, dtype=np.int8)
    for code in [0, *present]:
        meaning = meanings.get(column.values[code])
        verdicts[code] = -1 if meaning is None else int(meaning)
    by_row = verdicts[column.codes]
    how = {
        "won": [column.values[code] for code in present if verdicts[code] == 1],
        "lost": [""] if is_mark else [column.values[code] for code in present if verdicts[code] == 0],
        "open": {column.values[code]: int(counts[code]) for code in present if verdicts[code] < 0},
        "empty": 0 if is_mark else int(counts[0]),
    }
    kept = by_row >= 0
    return Outcome(kept, by_row[kept] == 1, how)


def _is_mark(values: list[str], won: Sequence[str]) -> bool:
    """Whether the column only marks who was won and is empty for all others: 1 or nothing."""
    good = _lowered(won)
    return bool(values) and all(value.lower() in good if good else _meaning(value) is True for value in values)


def _meanings(values: list[str], label: str, won: Sequence[str], lost: Sequence[str]) -> dict[str, bool]:
    """What each value means; values without a meaning are outcomes still open."""
    if not values:
        raise Refused("outcome-empty", column=label)
    if won or lost:
        return _told(values, label, won, lost)
    shown = ", ".join(sorted(values)[:8])
    numbers = [number for value in values if (number := read_number(value)) is not None]
    if len(set(numbers)) > 2 and len(numbers) >= 0.8 * len(values):
        raise Refused("outcome-numbers", column=label, values=shown, count=len(values))
    found = {value: meaning for value in values if (meaning := _meaning(value)) is not None}
    if len(set(found.values())) == 2:
        return found
    if len(values) == 1:
        raise Refused("outcome-one-value", column=label, value=values[0])
    if len(values) > MOST_VALUES:
        raise Refused("outcome-many", column=label, values=shown, count=len(values))
    raise Refused("outcome-unclear", column=label, values=shown, count=len(values))


def _told(values: list[str], label: str, won: Sequence[str], lost: Sequence[str]) -> dict[str, bool]:
    """As the user says. With only one side said, everything else is the other."""
    known = {value.lower(): value for value in values}
    for wanted in (*won, *lost):
        if wanted.strip().lower() not in known:
            raise Refused("outcome-no-value", column=label, value=wanted, values=", ".join(sorted(values)[:12]))
    good, bad = _lowered(won), _lowered(lost)
    said = {value: value.lower() in good for value in values if value.lower() in good or value.lower() in bad}
    if good and bad:
        return said
    return {value: said.get(value, not good) for value in values}


def _lowered(values: Iterable[str]) -> set[str]:
    return {value.strip().lower() for value in values}


def _meaning(value: str) -> bool | None:
    plain = " ".join(value.lower().replace("_", " ").replace("ё", "е").strip(" .!\"'«»()").split())
    number = read_number(plain)
    if number is not None:
        return True if number == 1 else False if number in (0, -1) else None
    for text in (plain, plain.replace("-", " "), plain.replace(" - ", " ").replace(" / ", " ")):
        if text in WON or text in LOST:
            return text in WON
    head = plain.split(":")[0].split("(")[0].split(",")[0].strip()
    if head in WON or head in LOST:
        return head in WON
    return None
