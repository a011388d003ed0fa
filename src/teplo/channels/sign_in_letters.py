"""The letter with a link that signs a colleague in. A job sends it, so that the time taken tells nobody who exists."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import override

from teplo.accounts.models import User
from teplo.accounts.sign_in_links import make_sign_in_link
from teplo.accounts.workspace import get_workspace
from teplo.channels.colleagues import Note, post
from teplo.jobs.running import CannotGoOn, Work
from teplo.jobs.starting import start_job

JOB = "sign-in-letter"


def send_sign_in_letter(*, user: User, base_url: str) -> None:
    """Send it in the background; the link itself is made there and is nowhere stored."""
    start_job(kind=JOB, args={"user": str(user.pk), "base_url": base_url}, by=None)


def run(work: Work) -> dict[str, Any]:
    """The job."""
    user = User.objects.filter(pk=int(work.args["user"]), is_active=True).first()
    if user is None:
        return {}
    address = work.args["base_url"] + make_sign_in_link(user=user)
    with override(user.language or get_workspace().language):
        text = _(
            "Open this link to sign in to Teplo. It works once, for an hour.\n\n%(address)s\n\n"
            "If you did not ask for it, do nothing: nobody can sign in without this email."
        ) % {"address": address}
        note = Note(user.email, _("Your link to sign in"), text)
    if post([note]) != [True]:
        raise CannotGoOn(_("The email did not go out: check the sender under Settings, Channels."))
    return {}
