"""How far a new installation is: what has been set up already, seen from the data itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from teplo.accounts.models import User, Workspace
from teplo.channels.models import Sender
from teplo.journeys.models import Journey, JourneyState
from teplo.people.models import Person
from teplo.tracking.models import Presence

STEPS = ("company", "people", "stages", "scoring", "journey", "email", "site", "colleagues")

_SEEN: Mapping[str, Callable[[], bool]] = {
    "company": lambda: Workspace.objects.exclude(name="").exists(),
    "people": lambda: Person.objects.filter(is_anonymous=False).exists(),
    "journey": lambda: Journey.objects.exclude(state=JourneyState.DRAFT).exists(),
    "email": lambda: Sender.objects.exists(),
    "site": lambda: Presence.objects.exists(),
    "colleagues": lambda: User.objects.count() > 1,
}


def steps_done(ticked: Mapping[str, str]) -> dict[str, bool]:
    """Each step of the guide and whether it is done: ticked off by hand, or seen in the data."""
    return {step: step in ticked or (step in _SEEN and _SEEN[step]()) for step in STEPS}
