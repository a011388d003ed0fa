"""The one row of settings of the company that uses Teplo."""

from __future__ import annotations

from django.db import transaction

from teplo.accounts.models import Workspace
from teplo.kit.clock import now


def get_workspace() -> Workspace:
    """The row, made with its defaults when it is not there yet. Not cached, so every process sees a change."""
    found = Workspace.objects.filter(pk=1).first()
    return found or Workspace.objects.get_or_create(pk=1)[0]


@transaction.atomic
def tick_guide(*, step: str, note: str = "") -> None:
    """Tick a step of the first-run guide off; "dismissed" puts all of it away. `note` is kept instead of the moment."""
    get_workspace()
    workspace = Workspace.objects.select_for_update().get(pk=1)
    guide = dict(workspace.guide) | {step: note or now().isoformat()}
    Workspace.objects.filter(pk=1).update(guide=guide)
