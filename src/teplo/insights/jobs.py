"""Long work over everything: counting the agenda of a score review."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from teplo.insights.reviewing import count_agenda
from teplo.jobs.running import CannotGoOn, Work
from teplo.scoring.models import Review
from teplo.scoring.reviews import keep_snapshot


def count_review(work: Work) -> dict[str, Any]:
    """Count what `args["review"]` is about and keep it in the review, unless it was closed meanwhile."""
    review = Review.objects.filter(pk=work.args["review"], held_at=None).first()
    if review is None:
        raise CannotGoOn(_("The review was closed or thrown away meanwhile."))

    def report(done: int, total: int) -> None:
        work.advance(done=done, total=total)
        work.check()

    agenda = count_agenda(since=review.since, until=review.until, report=report)
    if not keep_snapshot(review_id=review.pk, snapshot=agenda):
        raise CannotGoOn(_("The review was closed or thrown away meanwhile."))
    return {}
