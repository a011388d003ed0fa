"""What stands in a cell: numbers, dates, flags and lists as people in Russia, Ukraine and America write them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import NamedTuple

_YES = "да так yes y true 1 on + истина істина правда есть є x ✓ ✔ д т given opted in opt-in согласен згоден"
_NO = "нет ні no n false 0 off - ложь неправда хибність отсутствует н none opt-out"
TRUE, FALSE = frozenset(_YES.split()), frozenset(_NO.split())

_NO_DATE = frozenset({"null", "none", "n/a", "нет данных", "не указано", "never", "никогда"})
_PERMISSIONS = (
    ("complained", re.compile(r"complain|abuse|жалоб|скарг|spam (report|complaint)|marked as spam|reported")),
    ("none", re.compile(
        r"^(un ?confirmed|non ?subscribed|not subscribed|never subscribed|pending|transactional|no consent|invited|archived"  # noqa: E501
        r"|не подтвержд\w*|не підтвердж\w*|не подписан\w*|не підписан\w*|приглаш\w*|без согласия|без згоди|inactive"  # noqa: E501
        r"|неактив\w*|temp unreachable|mailbox full|spam folder|non marketing contact|ожида\w*|очіку\w*)$"
    )),
    ("withdrawn", re.compile(
        r"un ?sub|opt(ed)? ?out|отпис|відпис|отказ|відмов|blocked|blacklist|заблокир|заблок|do not|не писать|не беспокоить|removed|удал[её]н"  # noqa: E501
        r"|suppressed|withdrawn|^junk$|отозван|відклик|запрещ|заборон"
    )),
    ("bounced", re.compile(
        r"bounc|cleaned|clean$|invalid|undeliver|unreachable|не ?доступ|не ?доставл|не ?существ|не ?існу|не ?действ|не ?дійсн|ошибка доставки"  # noqa: E501
        r"|не ?работает|dead|spam rejected|does not exist|unknown user|rejected"
    )),
    ("given", re.compile(
        r"^(subscribed|confirmed|opt(ed)? ?in|granted|given|allow(ed)?|double opt in|подписан\w*|подтвержд[её]н\w*|підписан\w*|підтверджен\w*"  # noqa: E501
        r"|согласен|согласна|згоден|згодна|marketing contact|разреш\w+|дозвол\w+)$"
    )),
    ("fine", re.compile(
        r"^(active|new|нов\w+|available|reachable|актив\w*|доступ\w*|valid|ok|ок|действ\w*|дійсн\w*)$"
    )),
)  # fmt: skip


_ANSWERS = {
    "consent": ("given", "withdrawn"),
    "unsubscribed": ("withdrawn", "none"),
    "bounced": ("bounced", "none"),
}


def is_permission(text: str) -> bool:
    """Whether a value is a word of mailing services about a subscription."""
    plain = " ".join(text.lower().replace("_", " ").replace("-", " ").split())
    return len(plain) <= 40 and any(words.search(plain) for _state, words in _PERMISSIONS)


_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january янв января январь січ січня січень",
            "feb february фев февр февраля февраль лют лютого лютий",
            "mar march мар марта март бер березня березень",
            "apr april апр апреля апрель квіт квітня квітень",
            "may мая май трав травня травень",
            "jun june июн июня июнь черв червня червень",
            "jul july июл июля июль лип липня липень",
            "aug august авг августа август серп серпня серпень",
            "sep sept september сен сент сентября сентябрь вер вересня вересень",
            "oct october окт октября октябрь жовт жовтня жовтень",
            "nov november ноя нояб ноября ноябрь лист листопада листопад",
            "dec december дек декабря декабрь груд грудня грудень",
        ),
        start=1,
    )
    for name in names.split()
}
_NUMERIC = re.compile(
    r"(\d{1,4})[./-](\d{1,2})[./-](\d{1,4})(?:[,T\s]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*([ap]m)?)?",
    re.IGNORECASE,
)
_WORDY = re.compile(
    r"(?:(\d{1,2})\s+([^\W\d]{3,9})\.?,?\s+(\d{4})|([^\W\d]{3,9})\.?\s+(\d{1,2}),?\s+(\d{4}))(?:\s*(?:г|р|року|года)\.?)?"
    r"(?:,?\s+(?:в\s+|о\s+|at\s+)?(\d{1,2}):(\d{2})(?::(\d{2}))?\s*([ap]m)?)?",
    re.IGNORECASE,
)
_NOT_NUMBER = re.compile(r"[\s\u00a0\u202f'_]|руб\.?|грн\.?|uah|rub|usd|eur|aed|₽|₴|\$|€|£|р\.$", re.IGNORECASE)
_PLAIN_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?", re.IGNORECASE)
_GROUPS = {mark: re.compile(rf"[+-]?[1-9]\d{{0,2}}(?:{re.escape(mark)}\d{{3}})+") for mark in ",."}
_SEPARATORS = re.compile(r"[,;|\n]|:::")
_EXCEL_DAY = datetime(1899, 12, 30)  # noqa: DTZ001 - a calendar, the zone is put on afterwards


def read_number(text: str) -> int | float | None:
    """`1 234,56`, `1,234.56`, `1.234,56`, `15 000 ₽`; None where it is none."""
    if len(text) <= 15 and text.isascii() and text.isdigit():
        return int(text)
    plain = _NOT_NUMBER.sub("", text)
    if not _PLAIN_NUMBER.fullmatch(plain):
        plain = _with_point(plain.removesuffix("%"))
        if not _PLAIN_NUMBER.fullmatch(plain):
            return None
    number = float(plain)
    if abs(number) > 1e15:
        return None
    return int(number) if number.is_integer() else number


def _with_point(text: str) -> str:
    """Groups of three digits are thousands, whatever stands between them; else a comma is a decimal point."""
    for thousands, point in ((",", "."), (".", ",")):
        whole, _, part = text.partition(point)
        if _GROUPS[thousands].fullmatch(whole) and (thousands == "," or whole.count(".") > 1 or part):
            return whole.replace(thousands, "") + (f".{part}" if part else "")
    return text.replace(",", ".") if text.count(",") == 1 and "." not in text else text


def read_flag(text: str) -> bool | None:
    """да/нет, так/ні, yes/no, 1/0, Y/N; None where it is none."""
    plain = text.strip().lower()
    return True if plain in TRUE else False if plain in FALSE else None


class Permission(NamedTuple):
    """What a cell says about writing to somebody. `state`: given, withdrawn, bounced, complained, none (not asked or
    not confirmed: what holds for everybody does not hold here) or fine (nothing is said against it)."""

    state: str
    at: datetime | None = None


def read_permission(text: str, *, target: str, order: str, zone: tzinfo) -> Permission | None:
    """A cell of a column that allows (`consent`), forbids (`unsubscribed`) or says that letters come back (`bounced`):
    yes or no, a date, or the words of a mailing service. None where it can be read as none of these."""
    plain = " ".join(text.lower().replace("_", " ").replace("-", " ").split())
    yes, no = _ANSWERS[target]
    if (flag := read_flag(text)) is not None:
        return Permission(yes if flag else no)
    if plain.strip("0 :.") == "" or plain in _NO_DATE:
        return Permission("none")
    for state, words in _PERMISSIONS:
        if words.search(plain):
            return Permission("none" if state == "given" and target != "consent" else state)
    if (moment := read_moment(text, order=order, zone=zone)) is not None:
        return Permission(yes, moment)
    return Permission("bounced") if target == "bounced" else None


def read_list(text: str) -> list[str]:
    """`сайт, горячий` → two values, each once."""
    parts = (part.strip() for part in _SEPARATORS.split(text))
    return list(dict.fromkeys(part for part in parts if part))


def day_month(text: str) -> str:
    """How a date in figures writes day and month: dmy, mdy, either, or empty where it is no such date."""
    found = _NUMERIC.match(text.strip())
    if not found or len(found[1]) > 2:
        return ""
    one, two = int(found[1]), int(found[2])
    if one > 12 and two > 12:
        return ""
    if one > 12:
        return "dmy"
    if two > 12:
        return "mdy"
    return "either" if one != two else ""


def date_order(samples: Iterable[str]) -> str:
    """ "mdy" where a column can only be read the American way, else "dmy"; ISO dates say it themselves."""
    found = Counter(map(day_month, samples))
    return "mdy" if found["mdy"] > found["dmy"] else "dmy"


@lru_cache(maxsize=65_536)
def read_moment(text: str, *, order: str, zone: tzinfo) -> datetime | None:
    """A date, with or without time, as an aware moment: `03.04.2024 10:05`, `Apr 3, 2024`, `3 квітня 2024 р.`, ISO,
    Excel's day number, seconds or milliseconds since 1970. None where it is none. A time without zone is of `zone`."""
    plain = text.strip().strip("'")
    moment = _iso(plain) or _numeric(plain, order) or _wordy(plain) or _counted(plain)
    if moment is None or not 1900 <= moment.year <= 2200:
        return None
    return moment.replace(tzinfo=zone).astimezone(UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def read_day(text: str, *, order: str, zone: tzinfo) -> str | None:
    """The day of a date in ISO form, as attributes hold it."""
    moment = read_moment(text, order=order, zone=zone)
    return None if moment is None else moment.astimezone(zone).date().isoformat()


def has_time(text: str) -> bool:
    """Whether a date is said with the time of day."""
    return ":" in text or (text.isdigit() and len(text) >= 10)


def _iso(text: str) -> datetime | None:
    text = text.removesuffix(" UTC")
    try:
        return datetime.fromisoformat(text) if len(text) >= 8 and not text.isdigit() else _eight_digits(text)
    except ValueError:
        return None


def _eight_digits(text: str) -> datetime | None:
    if len(text) == 8 and text[:2] in ("19", "20"):
        return datetime.strptime(text, "%Y%m%d")  # noqa: DTZ007
    return None


def _numeric(text: str, order: str) -> datetime | None:
    found = _NUMERIC.fullmatch(text)
    if not found:
        return None
    one, two, three = int(found[1]), int(found[2]), int(found[3])
    if len(found[1]) == 4:
        year, month, day = one, two, three
    elif order == "mdy":
        year, month, day = three, one, two
    else:
        year, month, day = three, two, one
    if month > 12 >= day:
        month, day = day, month
    return _moment(year, month, day, found[4], found[5], found[6], found[7])


def _wordy(text: str) -> datetime | None:
    found = _WORDY.fullmatch(text)
    if not found:
        return None
    day, word, year = (found[1], found[2], found[3]) if found[1] else (found[5], found[4], found[6])
    month = _MONTHS.get(word.lower())
    return _moment(int(year), month, int(day), found[7], found[8], found[9], found[10]) if month else None


def _counted(text: str) -> datetime | None:
    if not _PLAIN_NUMBER.fullmatch(text):
        return None
    number = float(text)
    if 18_000 <= number < 75_000:  # Excel, 1949–2105
        return _EXCEL_DAY + timedelta(seconds=round(number * 86_400))
    if 6e8 <= number < 5e9:
        return datetime.fromtimestamp(number, UTC)
    if 6e11 <= number < 5e12:
        return datetime.fromtimestamp(number / 1000, UTC)
    return None


def _moment(year: int, month: int, day: int, *clock: str | None) -> datetime | None:
    hour, minute, second = (int(part or 0) for part in clock[:3])
    if clock[3]:
        hour = hour % 12 + (12 if clock[3].lower() == "pm" else 0)
    try:
        return datetime(year + (2000 if year < 100 else 0), month, day, hour, minute, second)  # noqa: DTZ001
    except ValueError:
        return None


def guess_type(samples: Sequence[str], *, is_dated: bool = False, is_region: bool = False) -> str:
    """Which attribute type a column of values has: number, boolean, date, list, choice or text.

    A column is one of dates if nearly all its values are: a few that are none are told row by row. `is_dated`: the
    heading speaks of dates, so that day numbers of spreadsheets are; `is_region`: it speaks of provinces, so that
    ON is none of yes and no.
    """
    values = [text for sample in samples if (text := sample.strip()) and text.lower() not in _NOTHING]
    if not values:
        return "text"
    if is_dated and all(text.replace(".", "", 1).isdigit() and 18_000 <= float(text) < 75_000 for text in values):
        return "date"
    if not is_region and all(read_flag(text) is not None for text in values) and not _are_no_flags(values):
        return "boolean"
    if all(_number(text) is not None for text in values):
        return "number"
    dates = sum(not text.isdigit() and read_moment(text, order="dmy", zone=UTC) is not None for text in values)
    if dates == len(values) or (dates >= 2 and len(values) - dates <= max(1, 0.2 * len(values))):
        return "date"
    different = set(values)
    if len(values) >= 10 and len(different) <= max(2, min(12, len(values) // 5)) and max(map(len, different)) <= 60:
        return "choice"
    return "text"


_NOTHING = frozenset(
    ["-", "—", "–", ".", "?", "n/a", "na", "null", "none", "#н/д", "#n/a", "0000-00-00", "00.00.0000", "00/00/0000"]
) | {
    "0000-00-00 00:00:00",
    "не закрыта",
    "не закрыто",
    "не указано",
    "не указан",
    "не вказано",
    "нет данных",
    "no date",
}
_ONLY_BESIDE_OTHERS = frozenset(["0", "1", "-", "+", "on", "off", "x", "д", "т", "н", "y", "n", "t", "f"])


def _number(text: str) -> int | float | None:
    return None if len(text) > 1 and text[0] == "0" and text.isdigit() else read_number(text)


def _are_no_flags(values: Sequence[str]) -> bool:
    """Ones, zeros, single letters and ON alone are flags only if both stand there: ON is Ontario, too."""
    different = {text.lower() for text in values}
    return different <= _ONLY_BESIDE_OTHERS and len(different) < 2


_WON = re.compile(r"\bwon\b|выигран|виграно|успешно|успішно|куп(ил|лен|ив)|оплачен|сплачен")
_LOST = re.compile(r"\blost\b|проигран|програн|не ?реализован|не ?реалізован|отказ|відмов|потерян|втрачен|\bне куп")


def read_outcome(text: str) -> str:
    """How a deal ended, as people and other systems write it: won, lost, or open where it says neither."""
    plain = text.strip().lower()
    flag = read_flag(plain)
    if flag is not None:
        return "won" if flag else "lost"
    return "lost" if _LOST.search(plain) else "won" if _WON.search(plain) else "open"
