"""The example company as a job: asked for on the first-run page, watched there, run by a worker."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import override

from teplo.accounts.workspace import get_workspace
from teplo.demo.founding import AlreadyAlive
from teplo.demo.living import bring_to_life
from teplo.jobs.holding import HeldAlready, held_loops, renew_hold
from teplo.jobs.running import CannotGoOn, Work

JOB = "demo"


def run(work: Work) -> dict[str, Any]:
    """Let the company live up to now; `args` may name strangers, days, seed and language."""

    def progress(done: int, total: int, _lived_until: datetime) -> None:
        work.advance(done=done, total=total)
        if done % 20 == 0:
            renew_hold()

    args = work.args
    try:
        with held_loops(), override(args.get("language") or get_workspace().language):
            bring_to_life(
                seed=int(args.get("seed", 7)),
                strangers=int(args.get("strangers", 1800)),
                days=int(args.get("days", 183)),
                progress=progress,
            )
    except AlreadyAlive:
        raise CannotGoOn(_("There are people here already; an example company would mix with them.")) from None
    except HeldAlready:
        raise CannotGoOn(_("An example company is being brought to life already.")) from None
    return {}
