"""The funnel as a picture: stages side by side, people on them and the share that goes on; every number leads on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from teplo.insights.funnel import Funnel
from teplo.kit.wording import in_language
from teplo.stages.models import Stage
from teplo.web.periods import Period


def people_url(stage: Stage, *further: Mapping[str, Any]) -> str:
    """The list of the people at a stage (strangers too), narrowed further."""
    parts: list[Mapping[str, Any]] = [{"stage": stage.key}, *further]
    return condition_url(parts[0] if len(parts) == 1 else {"all": parts})


def condition_url(condition: Mapping[str, Any], *, who: str = "all") -> str:
    """The list of the people for whom a condition holds; `known` leaves strangers out."""
    said = urlencode({"condition": json.dumps(condition, ensure_ascii=False), "who": who})
    return f"{reverse('people')}?{said}"


def newcomers_url(period: Period, *parts: Mapping[str, Any]) -> str:
    """The known people who came in a period, narrowed further."""
    came = [{"field": "created", "within": f"{period.days}d"}] if period.days else []
    return condition_url({"all": [*came, *parts]}, who="known")


def grade_part(grade: str) -> dict[str, Any]:
    """Who is of this profile; the empty one: of none."""
    return {"grade": grade} if grade else {"field": "grade", "is_set": False}


def funnel_picture(shown: Funnel) -> dict[str, Any]:
    """The stock: who stands at each stage now, strangers too."""
    return {
        "columns": [_("Stage"), _("People now"), _("Trade name")],
        "rows": [[in_language(step.stage.names), step.here, step.stage.trade_name] for step in shown.steps],
        "links": [people_url(step.stage) for step in shown.steps],
        "label": _("People at each stage now, strangers too"),
    }


def cohort_picture(shown: Funnel) -> dict[str, Any]:
    """The cohort: how far the newcomers of the period have come."""
    return {
        "columns": [_("Stage"), _("Came this far"), _("Went on"), _("Median days"), _("Trade name")],
        "rows": [
            [in_language(step.stage.names), step.reached, step.goes_on, step.days, step.stage.trade_name]
            for step in shown.steps
        ],
        "label": _("How many of those who came in this time reached each stage"),
    }
