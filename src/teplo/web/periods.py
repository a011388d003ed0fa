"""The period of a report, as chips and as a word in the address: `?days=90`."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

CHOICES = ("30", "90", "365", "all")


@dataclass(frozen=True)
class Period:
    """`days` back from now; None: from the beginning."""

    key: str

    @property
    def days(self) -> int | None:
        return None if self.key == "all" else int(self.key)

    @property
    def said(self) -> str:
        """In the last 90 days."""
        if self.days is None:
            return _("ever")
        return ngettext("in the last %(n)s day", "in the last %(n)s days", self.days) % {"n": self.days}


def period_of(request: HttpRequest, *, default: str = "90") -> Period:
    """The period asked for; anything unknown is the default one."""
    key = request.GET.get("days", default)
    return Period(key if key in CHOICES else default)


def period_chips(request: HttpRequest, chosen: Period) -> list[tuple[str, str, bool]]:
    """(label, address, whether chosen) of each period, keeping the rest of the address."""
    chips = []
    for key in CHOICES:
        query = request.GET.copy()
        query["days"] = key
        label = _("ever") if key == "all" else ngettext("%(n)s day", "%(n)s days", int(key)) % {"n": key}
        chips.append((label, f"?{query.urlencode()}", key == chosen.key))
    return chips
