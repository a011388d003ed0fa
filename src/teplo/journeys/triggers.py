"""What starts a journey, said as a sentence (R27)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from teplo.conditions import registry
from teplo.conditions.sentences import say_stored
from teplo.kit.wording import in_language
from teplo.people.models import Segment
from teplo.stages.models import Stage
from teplo.tracking.models import Activity

KINDS = {
    "activity": gettext_lazy("He does something"),
    "segment": gettext_lazy("He enters a segment"),
    "stage": gettext_lazy("He moves to a stage"),
    "form": gettext_lazy("He sends a form"),
    "hand": gettext_lazy("A colleague puts him in"),
}
REENTRY = {
    "once": gettext_lazy("Once in a lifetime"),
    "after-end": gettext_lazy("Again after the end"),
    "after-days": gettext_lazy("Again after some days"),
}


def say_trigger(trigger: Mapping[str, Any]) -> str:
    """“Starts when he does “Started a trial”, if …”."""
    said = _say_kind(trigger)
    condition = trigger.get("condition")
    if not condition:
        return said
    return _("%(start)s, if %(condition)s") % {"start": said, "condition": say_stored(condition, registry.people())}


def _say_kind(trigger: Mapping[str, Any]) -> str:
    kind = trigger.get("kind")
    if kind == "activity":
        found = Activity.objects.filter(key=trigger.get("activity")).first()
        name = in_language(found.names) if found else str(trigger.get("activity") or "…")
        return _("Starts when a person does “%(name)s”") % {"name": name}
    if kind == "segment":
        number = str(trigger.get("segment") or "")
        segment = Segment.objects.filter(pk=int(number)).first() if number.isdigit() else None
        return _("Starts when a person enters the segment “%(name)s”") % {"name": segment.name if segment else "…"}
    if kind == "stage":
        stage = Stage.objects.filter(key=trigger.get("stage")).first()
        return _("Starts when a person moves to the stage “%(name)s”") % {
            "name": in_language(stage.names) if stage else "…"
        }
    if kind == "form":
        form = trigger.get("form")
        return (
            _("Starts when a person sends the form “%(name)s”") % {"name": form}
            if form
            else _("Starts when a person sends any form")
        )
    if kind == "hand":
        return _("Starts when a colleague puts a person in")
    return _("Nothing starts it yet")
