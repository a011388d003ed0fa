"""The one row of settings of the company that uses Teplo."""

from __future__ import annotations

from teplo.accounts.models import Workspace


def get_workspace() -> Workspace:
    """The row, made with its defaults when it is not there yet. Not cached, so every process sees a change."""
    found = Workspace.objects.filter(pk=1).first()
    return found or Workspace.objects.get_or_create(pk=1)[0]
