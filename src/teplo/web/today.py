"""Today: what needs me now, and on the first days what to set up."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import gettext as _

from teplo.accounts.access import Right, can, requires
from teplo.accounts.models import Role
from teplo.insights import reminding
from teplo.insights import today as insight
from teplo.web import headlines
from teplo.web.answers import page
from teplo.web.guiding import guide_for
from teplo.web.jobs import title_of
from teplo.web.preferring import workspace_of
from teplo.web.troubles import told


@requires(Right.SEE)
def today(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    seller = user.pk if user.role == Role.SALESPERSON else None
    hand_offs, waiting = insight.hand_offs(user_id=seller)
    tasks, due = insight.tasks_due(user_id=user.pk)
    newcomers = insight.newcomers()
    troubles = insight.troubles() if can(user, Right.EDIT_MARKETING) else []
    pressing = insight.pressing(user_id=seller, task_user_id=None if can(user, Right.EDIT_MARKETING) else user.pk)
    warmth, fresh = insight.warmth(), newcomers[-1][1] + newcomers[-2][1]
    guide = guide_for(workspace_of(request)) if can(user, Right.MANAGE) else None
    example = guide.example.pk if guide and guide.example else None
    context = {
        "hand_offs": hand_offs,
        "waiting": waiting,
        "tasks": tasks,
        "due": due,
        "warmest": insight.warmest(user_id=seller),
        "warmth": warmth,
        "newcomers": fresh,
        "headline": headlines.of_today(pressing=pressing, troubles=troubles, due=due, newcomers=fresh, warmth=warmth),
        "trend": _trend(newcomers) if any(count for _day, count in newcomers) else None,
        "review": reminding.to_hold(workspace_of(request)) if can(user, Right.EDIT_MARKETING) else None,
        "running": [(job, title_of(job)) for job in insight.running() if job.pk != example],
        "troubles": told(troubles),
        "guide": guide,
    }
    return page(request, "today/today.html", context)


def _trend(newcomers: list[tuple[Any, int]]) -> dict[str, Any]:
    return {
        "columns": [_("Day"), _("New people")],
        "rows": [[day, count] for day, count in newcomers],
        "height": 190,
        "unfinished": _("not over yet"),
        "label": _("New people per day over thirty days"),
    }


urlpatterns = [path("", today, name="today")]
