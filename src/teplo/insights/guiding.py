"""How far a new installation is: each step is done when its own thing was seen, and by nothing else.

What the example company brings is nobody's own work: its people, letters, journeys and colleagues prove nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db.models import Q

from teplo.accounts.models import User, Workspace
from teplo.channels.models import Delivery, DeliveryState, Sender
from teplo.channels.senders import is_configured
from teplo.journeys.models import Journey, JourneyState
from teplo.people.models import ImportRun, Person
from teplo.scoring.models import ScoreTable
from teplo.tracking.models import Site

STEPS = ("company", "people", "stages", "scoring", "journey", "email", "site", "colleagues")
LOOKED_AT = frozenset({"stages"})
"""Steps that are done by looking: the page itself ticks them off."""
EXAMPLE = "example"
EXAMPLE_NAME = "example-name"
"""Under these the guide keeps when the example came, and how it named the company."""


def _company_is_named(ticked: Mapping[str, str]) -> bool:
    name = Workspace.objects.filter(pk=1).values_list("name", flat=True).first() or ""
    return bool(name) and name != ticked.get(EXAMPLE_NAME)


def _people_were_brought(_ticked: Mapping[str, str]) -> bool:
    """A file of people was read and somebody stands in it; a form or events bring people too, but not one's base."""
    runs = ImportRun.objects.filter(rows_are="people")
    return runs.filter(created__gt=0).exists() or runs.filter(updated__gt=0).exists()


def _a_table_is_ones_own(_ticked: Mapping[str, str]) -> bool:
    """Somebody put a table live; the ready one is nobody's."""
    return ScoreTable.objects.exclude(live_at=None).exclude(created_by=None).exists()


def _a_journey_was_started(_ticked: Mapping[str, str]) -> bool:
    return Journey.objects.exclude(state=JourneyState.DRAFT).exclude(created_by=None).exists()


def _a_letter_went_out(_ticked: Mapping[str, str]) -> bool:
    """A server of ours has taken a letter; a sender alone has shown nothing yet."""
    ours = [sender.pk for sender in Sender.objects.filter(is_active=True) if is_configured(sender)]
    return bool(ours) and Delivery.objects.filter(state=DeliveryState.SENT, sender_id__in=ours).exists()


def _a_site_was_heard(_ticked: Mapping[str, str]) -> bool:
    """A page told of itself with the key of a site; events of a file or of a server are no script."""
    return Site.objects.exclude(heard_at=None).exists()


def _a_colleague_came(_ticked: Mapping[str, str]) -> bool:
    """Somebody else chose a password; who is only named, or put out of use, is not there."""
    without = Q(password="") | Q(password__startswith=UNUSABLE_PASSWORD_PREFIX)
    return User.objects.filter(is_active=True).exclude(without).count() > 1


_SEEN: Mapping[str, Callable[[Mapping[str, str]], bool]] = {
    "company": _company_is_named,
    "people": _people_were_brought,
    "scoring": _a_table_is_ones_own,
    "journey": _a_journey_was_started,
    "email": _a_letter_went_out,
    "site": _a_site_was_heard,
    "colleagues": _a_colleague_came,
}


def steps_done(ticked: Mapping[str, str]) -> dict[str, bool]:
    """Each step of the guide and whether it is done: ticked off, or its own thing was seen."""
    return {step: step in ticked or (step in _SEEN and _SEEN[step](ticked)) for step in STEPS}


def has_people() -> bool:
    """Whether anybody is known here; an example company would mix with them."""
    return Person.objects.filter(is_anonymous=False).exists()
