"""The rooms of scoring, as tabs over each of its pages; one whose page does not exist hides itself."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Tab = tuple[str | Promise, str, bool, int | None]

ROOMS: tuple[tuple[str, str | Promise], ...] = (
    ("scoring", _("Table")),
    ("backtests", _("Back-tests")),
    ("learnings", _("Learned points")),
    ("profile-searches", _("What customers have in common")),
    ("reviews", _("Score reviews")),
    ("hand-scores", _("Hand and table")),
)


def scoring_tabs(request: HttpRequest) -> list[Tab]:
    """Label, address, whether it is this page, no count."""
    found = [(label, _address(name)) for name, label in ROOMS]
    here = max((url for _label, url in found if url and request.path.startswith(url)), key=len, default="")
    return [(label, url, url == here, None) for label, url in found if url]


def _address(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
