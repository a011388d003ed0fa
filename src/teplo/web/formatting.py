"""Numbers, money, dates and durations as they are said in the reader's language and time zone."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, npgettext, pgettext

from teplo.kit.clock import now

Number = int | float | Decimal
SIGNS = {"UAH": "₴", "RUB": "₽", "EUR": "€", "USD": "$", "KZT": "₸", "PLN": "zł", "GBP": "£", "BYN": "Br"}
MINUTE, HOUR, DAY = 60, 3600, 86400


def as_number(value: Number, digits: int = 0) -> str:
    """12 345 in Russian and Ukrainian, 12,345 in English; with a true minus."""
    rounded: Any = round(value, digits)
    said = formats.number_format(rounded, decimal_pos=digits, use_l10n=True, force_grouping=True)
    return said.replace("-", "−")


def as_percent(share: Number, digits: int = 0) -> str:
    """A share of one: 0.123 → 12 %."""
    said = as_number(float(share) * 100, digits)
    return f"{said}%" if formats.get_format("DECIMAL_SEPARATOR") == "." else f"{said}\N{NO-BREAK SPACE}%"


def as_money(amount: Number, currency: str = "") -> str:
    sign = SIGNS.get(currency.upper(), currency)
    digits = 0 if amount == int(amount) else 2
    return f"{as_number(amount, digits)}\N{NO-BREAK SPACE}{sign}".strip()


def money_sign(currency: str) -> str:
    """A currency as it is shown and named: ₴ UAH."""
    sign = SIGNS.get(currency.upper(), "")
    return f"{sign} {currency}".strip()


def as_day(value: date | datetime) -> str:
    """22 November, with the year when it is another one."""
    day = _local(value)
    is_this_year = day.year == timezone.localtime(now()).year
    return str(formats.date_format(day, "j E" if is_this_year else "j E Y"))


def as_moment(value: datetime) -> str:
    """Today at 14:05, yesterday at 9:10, 22 November, 14:05."""
    local = timezone.localtime(value)
    days = (timezone.localtime(now()).date() - local.date()).days
    clock = formats.date_format(local, "H:i")
    if days == 0:
        return _("today at %(time)s") % {"time": clock}
    if days == 1:
        return _("yesterday at %(time)s") % {"time": clock}
    if days == -1:
        return _("tomorrow at %(time)s") % {"time": clock}
    return f"{as_day(local)}, {clock}"


def as_ago(value: datetime) -> str:
    """How long ago, or in how long: short within a week, then the day."""
    seconds = (now() - value).total_seconds()
    if abs(seconds) < MINUTE:
        return _("just now") if seconds >= 0 else _("in a moment")
    if abs(seconds) >= 7 * DAY:
        return as_day(value)
    span = _span(abs(seconds))
    return (_("%(span)s ago") if seconds > 0 else _("in %(span)s")) % {"span": span}


def as_lasting(value: Number | timedelta) -> str:
    """A duration of seconds in its largest unit: 3 days."""
    return _rounded(value.total_seconds() if isinstance(value, timedelta) else float(value))


def _rounded(seconds: float) -> str:
    if seconds < MINUTE:
        return _seconds(round(seconds))
    if seconds < HOUR:
        return _minutes(round(seconds / MINUTE))
    if seconds < 1.5 * DAY:
        return _hours(round(seconds / HOUR))
    return _days(round(seconds / DAY))


def _span(seconds: float) -> str:
    """As `_rounded`, in the case that "ago" and "in" take where a language has cases."""
    if seconds < HOUR:
        n = round(seconds / MINUTE)
        return npgettext("ago", "%(n)s minute", "%(n)s minutes", n) % {"n": n}
    if seconds < 1.5 * DAY:
        n = round(seconds / HOUR)
        return npgettext("ago", "%(n)s hour", "%(n)s hours", n) % {"n": n}
    return _days(round(seconds / DAY))


def _seconds(n: int) -> str:
    return ngettext("%(n)s second", "%(n)s seconds", n) % {"n": n}


def _minutes(n: int) -> str:
    return ngettext("%(n)s minute", "%(n)s minutes", n) % {"n": n}


def _hours(n: int) -> str:
    return ngettext("%(n)s hour", "%(n)s hours", n) % {"n": n}


def _days(n: int) -> str:
    return ngettext("%(n)s day", "%(n)s days", n) % {"n": n}


def _local(value: date | datetime) -> date:
    return timezone.localtime(value) if isinstance(value, datetime) else value


def initials(name: str) -> str:
    """Two letters for an avatar; a middle dot for a stranger."""
    words = [word for word in name.split() if word[0].isalnum()]
    return "".join(word[0] for word in words[:2]).upper() or "·"


def temperature_name(temperature: str) -> str:
    names = {
        "cold": pgettext("temperature", "cold"),
        "warm": pgettext("temperature", "warm"),
        "hot": pgettext("temperature", "hot"),
    }
    return names.get(temperature, "")


def cell(value: Any) -> str:
    """A value of a chart's table."""
    if value is None:
        return "—"
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return str(value)
    return as_number(value, 0 if value == int(value) else 1)
