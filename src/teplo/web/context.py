"""What every page knows: the rail, rights, the company, unread notices. All lazily: a fragment pays for nothing."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.http import HttpRequest

from teplo.accounts.access import Abilities
from teplo.accounts.models import Notice
from teplo.web.helping import help_url_of
from teplo.web.keys import GROUPS
from teplo.web.preferring import workspace_of
from teplo.web.rail import rail_for

THEMES = {"light", "dark"}


def shell(request: HttpRequest) -> dict[str, Any]:
    user: Any = getattr(request, "user", None)
    is_known = user is not None and user.is_authenticated
    return {
        "can": Abilities(user),
        "theme": user.theme if is_known and user.theme in THEMES else "auto",
        "workspace": cache(lambda: workspace_of(request)),
        "rail": cache(lambda: rail_for(user, request.path) if is_known else []),
        "help_url": cache(lambda: help_url_of(request)),
        "key_groups": GROUPS,
        "unread_notices": cache(lambda: _unread(user.pk) if is_known else 0),
    }


def _unread(user_id: int) -> int:
    return Notice.objects.filter(user_id=user_id, read_at=None).count()
