"""Spans turned into days and moments of the workspace's time zone.

"Within 7 days" is today and the six days before; "older than 7 days" begins where that window ends; "within the next
7 days" is today and the six days after. Spans in hours are exact and belong to moments only.
"""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from teplo.conditions.condition import Span, SpanUnit


def months_later(day: date, months: int) -> date:
    """The same day some months later or (negative) earlier; the 31st becomes the last day of a short month."""
    years, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = calendar.monthrange(years, month + 1)[1]
    return date(years, month + 1, min(day.day, last))


def first_day(span: Span, today: date) -> date:
    """The earliest day of the window that ends today."""
    if span.unit is SpanUnit.MONTH:
        return months_later(today, -span.amount) + timedelta(days=1)
    if span.unit is SpanUnit.YEAR:
        return months_later(today, -12 * span.amount) + timedelta(days=1)
    return today - timedelta(days=_days(span) - 1)


def last_day(span: Span, today: date) -> date:
    """The latest day of the window that begins today."""
    if span.unit is SpanUnit.MONTH:
        return months_later(today, span.amount) - timedelta(days=1)
    if span.unit is SpanUnit.YEAR:
        return months_later(today, 12 * span.amount) - timedelta(days=1)
    return today + timedelta(days=_days(span) - 1)


def start_of(day: date, zone: tzinfo) -> datetime:
    """The moment a day begins in a time zone, in UTC."""
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)


def first_moment(span: Span, at: datetime, zone: tzinfo) -> datetime:
    """The earliest moment of the window that ends now."""
    if span.unit is SpanUnit.HOUR:
        return at - timedelta(hours=span.amount)
    return start_of(first_day(span, at.astimezone(zone).date()), zone)


def end_moment(span: Span, at: datetime, zone: tzinfo) -> datetime:
    """The moment at which the window that begins now has ended."""
    if span.unit is SpanUnit.HOUR:
        return at + timedelta(hours=span.amount)
    return start_of(last_day(span, at.astimezone(zone).date()) + timedelta(days=1), zone)


def _days(span: Span) -> int:
    return span.amount * (7 if span.unit is SpanUnit.WEEK else 1)
