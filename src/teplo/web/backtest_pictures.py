"""Figures of a back-test as data for pictures and tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from teplo.scoring import measuring
from teplo.web.formatting import as_number, as_percent

STEPS = 20
"""Points of the gain curve, evenly over all people."""
THRESHOLDS_DRAWN = 60


def band_rows(side: Mapping[str, Any]) -> dict[str, Any]:
    """Conversion by band: a picture, and rows with the interval."""
    rows = [(_span(band), band, measuring.proportion(band["bought"], band["people"])) for band in side["bands"]]
    return {
        "rows": [
            {"span": span, "heat": _heat(side, band), **band, "share": share[0], "low": share[1], "high": share[2]}
            for span, band, share in rows
        ],
        "picture": {
            "columns": [_("Points"), _("Bought, %")],
            "rows": [[span, _hundredths(share[0])] for span, band, share in rows if band["people"]],
            "height": 60 + 26 * max(2, len(rows)),
            "label": _("Share that bought, by score"),
        },
    }


def _span(band: Mapping[str, Any]) -> str:
    start, end = band["start"], band["end"]
    if start is None and end is None:
        return _("all")
    if start is None:
        return _("below %(n)s") % {"n": as_number(end)}
    if end is None:
        return _("%(n)s and more") % {"n": as_number(start)}
    return f"{as_number(start)} – {as_number(end - 1)}"


def _heat(side: Mapping[str, Any], band: Mapping[str, Any]) -> str:
    start = band["start"]
    if start is None:
        return "cold"
    return "hot" if start >= side["hot_from"] else "warm" if start >= side["warm_from"] else "cold"


def gain_picture(draft: Mapping[str, Any], live: Mapping[str, Any] | None) -> dict[str, Any]:
    """What share of buyers the best so many of all people hold, beside chance."""
    sides = [draft, *([live] if live else [])]
    shares = [step / STEPS for step in range(STEPS + 1)]
    return {
        "columns": [_("Best people"), _("This table, % of buyers"), *([_("Live table")] if live else []), _("Chance")],
        "rows": [
            [as_percent(share), *(_hundredths(_at(side["gain"], share)) for side in sides), round(100 * share)]
            for share in shares
        ],
        "height": 260,
        "label": _("Share of buyers among the best people"),
        "stacked": False,
    }


def lift_picture(draft: Mapping[str, Any], live: Mapping[str, Any] | None) -> dict[str, Any]:
    """How many times more buyers the best so many hold than as many taken blindly: the gain over the share."""
    sides = [draft, *([live] if live else [])]
    shares = [step / STEPS for step in range(1, STEPS + 1)]
    return {
        "columns": [_("Best people"), _("This table, times"), *([_("Live table")] if live else []), _("Chance")],
        "rows": [
            [as_percent(share), *(round(_at(side["gain"], share) / share, 1) for side in sides), 1] for share in shares
        ],
        "height": 220,
        "label": _("How many times more buyers than chance"),
        "stacked": False,
    }


def _at(points: Sequence[Sequence[float]], share: float) -> float:
    """The curve between its points."""
    before = (0.0, 0.0)
    for x, y in points:
        if x >= share:
            width = x - before[0]
            return before[1] + (y - before[1]) * ((share - before[0]) / width if width else 0)
        before = (x, y)
    return before[1]


def lift_rows(sides: Sequence[Mapping[str, Any]]) -> list[tuple[str, list[float]]]:
    """(best so many, by each table how many times more buyers than chance)"""
    return [
        (as_percent(rows[0][0]), [times for _share, times in rows])
        for rows in zip(*(side["lift"] for side in sides), strict=True)
    ]


def calibration_picture(side: Mapping[str, Any]) -> dict[str, Any] | None:
    """What the earlier half of the time promised by band, and what came in the later half."""
    rows = [
        [
            _span(held),
            _hundredths(held["expected"]),
            _hundredths(measuring.proportion(held["bought"], held["people"])[0]),
        ]
        for held in side["calibration"]
    ]
    if not rows:
        return None
    return {
        "columns": [_("Points"), _("Earlier half, %"), _("Later half, %")],
        "rows": rows,
        "height": 70 + 40 * len(rows),
        "label": _("Did conversion hold?"),
    }


def threshold_picture(side: Mapping[str, Any]) -> dict[str, Any] | None:
    """Share that buys and share of buyers missed, for every threshold."""
    rows = side["thresholds"]
    if len(rows) < 2:  # noqa: PLR2004
        return None
    buyers = rows[0][2]
    step = max(1, len(rows) // THRESHOLDS_DRAWN)
    return {
        "columns": [_("Hand over at"), _("Buy, %"), _("Buyers missed, %")],
        "rows": [
            [as_number(score), _hundredths(bought / people), _hundredths(1 - bought / buyers if buyers else 0)]
            for score, people, bought in rows[::step]
        ],
        "height": 220,
        "label": _("What every threshold means"),
        "stacked": False,
    }


def _hundredths(share: float) -> float:
    return round(100 * share, 1)
