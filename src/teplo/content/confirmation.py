"""The letter whose link confirms who somebody is: ready from the first need, the marketer's own to change."""

from __future__ import annotations

from teplo.accounts.models import Workspace
from teplo.accounts.workspace import get_workspace
from teplo.content.models import Template
from teplo.content.starters import starter
from teplo.content.templates import create_template

KEY = "double-opt-in"


def confirmation_template_id() -> int:
    """The template chosen in Settings; made of the ready letter when there is none or it was put away."""
    workspace = get_workspace()
    chosen = workspace.confirmation_template_id
    if chosen and Template.objects.filter(pk=chosen, is_archived=False).exists():
        return chosen
    ready = starter(KEY)
    assert ready is not None
    language = workspace.language if workspace.language in ready.names else "en"
    made = create_template(name=ready.names[language], source=ready.source(language))
    Workspace.objects.filter(pk=workspace.pk).update(confirmation_template_id=made.pk)
    return made.pk
