"""The first-run guide: what to set up, in which order, and the example company."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import NoReverseMatch, path, reverse
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext as _gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from teplo.accounts.access import Right, can, requires
from teplo.accounts.models import Workspace
from teplo.accounts.workspace import tick_guide
from teplo.insights.guiding import LOOKED_AT, STEPS, has_people, steps_done
from teplo.jobs.models import Job
from teplo.jobs.registry import UnknownKind
from teplo.jobs.starting import live_job, start_job
from teplo.web.answers import redirect, refused, saved
from teplo.web.preferring import workspace_of


@dataclass(frozen=True)
class Step:
    """One line of the guide."""

    key: str
    label: str | Promise
    text: str | Promise
    page: str
    is_done: bool = False
    url: str = ""


TEXTS = {
    "company": (
        _("Say who you are"),
        _("Name, time zone, how phones are read, when not to disturb."),
        "settings-company",
    ),
    "people": (_("Bring your people in"), _("A file from your CRM or a table; columns are understood."), "imports"),
    "stages": (_("Look at the stages"), _("From a mysterious stranger to a member of the family."), "stages"),
    "scoring": (_("Say who is warm"), _("Points for who he is and for what he does."), "scoring"),
    "journey": (_("Start the first journey"), _("A chain of letters that waits, listens and reacts."), "journeys"),
    "email": (_("Connect e-mail"), _("Until then letters stay in the outbox, where you can read them."), "senders"),
    "site": (_("Put the script on the site"), _("One line; then you see who comes and what he reads."), "sites"),
    "colleagues": (_("Invite your colleagues"), _("Marketing and sales see the same people and numbers."), "users"),
}  # fmt: skip


@dataclass(frozen=True)
class Guide:
    steps: list[Step]
    done: int
    has_people: bool
    example: Job | None

    @property
    def total(self) -> int:
        return len(self.steps)


def guide_for(workspace: Workspace) -> Guide | None:
    """The guide with what is done; None once it is put away or all of it is done."""
    if "dismissed" in workspace.guide:
        return None
    done = steps_done(workspace.guide)
    if all(done.values()):
        return None
    steps = [_step(key, workspace, is_done=done[key]) for key in STEPS]
    known = has_people()
    example = None if known and "example" not in workspace.guide else live_job(subject="demo")
    return Guide(steps, sum(done.values()), known, example)


def _step(key: str, workspace: Workspace, *, is_done: bool) -> Step:
    label, text, place = TEXTS[key]
    if key == "company" and workspace.settled_at is None:
        place = "start"
    return Step(key, label, text, place, is_done, _address(place))


def note_looked(request: HttpRequest, step: str) -> None:
    """An administrator has opened the page of a step that is done by looking."""
    guide = workspace_of(request).guide
    if step in LOOKED_AT and step not in guide and can(request.user, Right.MANAGE):
        tick_guide(step=step)


def _address(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


@requires(Right.MANAGE)
@require_POST
def tick(request: HttpRequest, step: str) -> HttpResponse:
    if step not in {*STEPS, "dismissed"}:
        raise Http404
    tick_guide(step=step)
    return redirect(request, "today")


@requires(Right.MANAGE)
@require_POST
def load_example(request: HttpRequest) -> HttpResponse:
    """Bring an example company to life; the work goes on in the background."""
    user: Any = request.user
    try:
        start_job(kind="demo", args={"language": get_language()}, subject="demo", by=user.pk)
        tick_guide(step="example")
        saved(request, _gettext("The example company is coming to life. It takes about a minute."))
    except UnknownKind:
        refused(request, _gettext("The example company is not part of this installation."))
    return redirect(request, "today")


urlpatterns = [
    path("guide/example/", load_example, name="guide-example"),
    path("guide/<slug:step>/", tick, name="guide-tick"),
]
