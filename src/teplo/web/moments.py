"""Days and moments as forms take them: of a calendar that every zone and database can reckon with."""

from __future__ import annotations

from datetime import date

from django import forms
from django.core.exceptions import ValidationError
from django.utils.dateparse import parse_date
from django.utils.translation import gettext_lazy as _

FIRST_YEAR = 1970
LAST_YEAR = 2200


def too_far_off(first: int = FIRST_YEAR) -> ValidationError:
    """What is said of a day outside the years that are taken."""
    said = _("Choose a year from %(first)s to %(last)s.")
    return ValidationError(said, params={"first": first, "last": LAST_YEAR})


def refuse_far_off(day: date) -> None:
    """Of a day or a moment; raises ValidationError."""
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise too_far_off()


class Moment(forms.DateTimeField):
    """A day with its hour."""

    default_validators = [refuse_far_off]


class Day(forms.DateField):
    """A day."""

    default_validators = [refuse_far_off]


def read_day(text: str) -> date | None:
    """An ISO day of an address or a bare field; None: none is said, or it is too far off."""
    try:
        day = parse_date(text.strip())
    except ValueError:
        return None
    return day if day and FIRST_YEAR <= day.year <= LAST_YEAR else None
