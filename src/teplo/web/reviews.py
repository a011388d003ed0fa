"""Score reviews: the agenda of the meeting of marketing and sales; projected, decided in, closed, printed (R20)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import path
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from teplo.accounts.access import Right, can, requires
from teplo.accounts.models import Workspace
from teplo.accounts.workspace import get_workspace
from teplo.conditions import registry
from teplo.conditions.windows import start_of
from teplo.insights import reminding
from teplo.jobs.models import LIVE, Job
from teplo.kit.clock import now
from teplo.kit.printing.pages import PACKAGES, PrinterMissing, PrintingFailed, print_pdf
from teplo.sales.assigning import colleague_names
from teplo.scoring import reviews
from teplo.scoring.models import Review, ScoreTable, TableState
from teplo.scoring.reviews import ReviewRefused
from teplo.web.answers import page, redirect, refused, saved
from teplo.web.criterion_proposals import proposal_rows
from teplo.web.formatting import as_day
from teplo.web.moments import read_day
from teplo.web.reading import whole
from teplo.web.review_agenda import LISTS, ROWS_SHOWN, list_rows, shown
from teplo.web.scoring_tabs import scoring_tabs

SHOWN = 100
PAGE = 50
ROWS_PRINTED = 15


# -- the list -------------------------------------------------------------------------------------------------------


@requires(Right.SEE)
@require_GET
def review_list(request: HttpRequest) -> HttpResponse:
    """All meetings, the newest first, when the next is due, and what salespeople have proposed since."""
    judged = Count("decisions", filter=~Q(decisions__verdict=""))
    found = Review.objects.annotate(decided=Count("decisions"), judged=judged).defer("snapshot")
    workspace = get_workspace()
    context = {
        "reviews": [(review, period_said(review)) for review in found.order_by("-until", "-created_at")[:SHOWN]],
        "names": colleague_names(),
        "due_at": reminding.due_at(workspace),
        "every": workspace.review_every_months,
        "choices": [(months, _every(months)) for months in reminding.EVERY],
        "proposals": proposal_rows(reviews.open_proposals()[:SHOWN]),
        "has_table": ScoreTable.objects.filter(state=TableState.LIVE).exists(),
        "now": now(),
        "tabs": scoring_tabs(request),
    }
    return page(request, "reviews/list.html", context)


def _every(months: int) -> str:
    names = {0: gettext("never"), 1: gettext("every month"), 3: gettext("every quarter")}
    return names[months]


@requires(Right.EDIT_MARKETING)
@require_POST
def review_reminder(request: HttpRequest) -> HttpResponse:
    """How often a review is due."""
    months = whole(request.POST.get("months"))
    if months in reminding.EVERY:
        Workspace.objects.filter(pk=get_workspace().pk).update(review_every_months=months)
        saved(request, gettext("Saved"))
    return redirect(request, "reviews")


# -- a new one ------------------------------------------------------------------------------------------------------


@requires(Right.EDIT_MARKETING)
@require_http_methods(["GET", "POST"])
def review_new(request: HttpRequest) -> HttpResponse:
    """Choose the period; the agenda is counted in the background."""
    first, last = _suggested()
    error = ""
    if request.method == "POST":
        try:
            first, last = _posted_days(request, first, last)
            since, until = _period(first, last)
            review = reviews.open_review(since=since, until=until, by=request.user.pk or 0)
        except ReviewRefused as refusal:
            error = str(refusal)
        else:
            return redirect(request, "review", review.pk)
    context = {"first": first, "last": last, "error": error}
    status = 422 if error else 200
    return page(request, "reviews/new.html", context, fragment="reviews/_new.html", status=status)


def _today() -> date:
    return now().astimezone(registry.zone()).date()


def _suggested() -> tuple[date, date]:
    """From where the last review ended, else the usual time between two of them, until today."""
    last = Review.objects.order_by("-until").values_list("until", flat=True).first()
    if last is not None and last < now() - timedelta(days=3):
        return last.astimezone(registry.zone()).date(), _today()
    months = get_workspace().review_every_months or 3
    return _today() - timedelta(days=30 * months), _today()


def _posted_days(request: HttpRequest, first: date, last: date) -> tuple[date, date]:
    """The days said, else these; raises ReviewRefused for one that is none."""
    said = [request.POST.get(name, "") for name in ("first", "last")]
    days = [read_day(text) if text else usual for text, usual in zip(said, (first, last), strict=True)]
    if days[0] is None or days[1] is None:
        raise ReviewRefused("no-period")
    return days[0], days[1]


def _period(first: date, last: date) -> tuple[datetime, datetime]:
    """Both days count; a last day that is not over ends now."""
    zone = registry.zone()
    return start_of(first, zone), min(start_of(last + timedelta(days=1), zone), now())


# -- the agenda -----------------------------------------------------------------------------------------------------


@requires(Right.SEE)
@require_GET
def review_page(request: HttpRequest, review_id: int) -> HttpResponse:
    """One readable page in ten points; pictures first."""
    review = _found(review_id)
    former = reviews.former_review(review)
    counting = Job.objects.filter(pk=review.job_id or 0).first()
    job = counting if counting and counting.state in LIVE else None
    failed = counting if counting and not job and not review.snapshot else None
    context = _context(request, review, former, rows_shown=ROWS_SHOWN) | {"job": job, "failed": failed}
    return page(request, "reviews/page.html", context)


def _context(request: HttpRequest, review: Review, former: Review | None, *, rows_shown: int) -> dict[str, Any]:
    """What page and print share."""
    return {
        "review": review,
        "period": period_said(review),
        "former": former,
        "former_period": period_said(former) if former else "",
        "days": _days(review),
        "former_days": _days(former) if former else 0,
        "former_decisions": list(former.decisions.order_by("at", "pk")) if former else [],
        "verdicts": verdict_names(),
        "decisions": list(review.decisions.order_by("at", "pk")),
        "proposals": proposal_rows(reviews.proposals_of(review)[:SHOWN]),
        "names": colleague_names(),
        "may_hold": can(request.user, Right.EDIT_MARKETING) and review.held_at is None,
        "sections": sections(),
        **(shown(review, former, rows_shown=rows_shown) if review.snapshot else {}),
    }


def _days(review: Review) -> int:
    return max(1, round((review.until - review.since) / timedelta(days=1)))


def sections() -> list[tuple[str, str]]:
    """The points of the agenda: anchor and name."""
    return [
        ("before", gettext("What the last meeting decided")),
        ("sales", gettext("Sales and the points that preceded them")),
        ("never", gettext("Hot people who did not buy")),
        ("low", gettext("Who bought without being hot")),
        ("signs", gettext("What mattered")),
        ("heats", gettext("Does the temperature hit")),
        ("portraits", gettext("Portrait of the client")),
        ("proposals", gettext("Criteria proposed by sales")),
        ("decisions", gettext("Decisions")),
        ("table", gettext("The table that comes out")),
    ]


def verdict_names() -> list[tuple[str, str]]:
    return [("worked", gettext("worked")), ("partly", gettext("partly")), ("not", gettext("did not work"))]


def period_said(review: Review) -> str:
    """1 – 30 November, in days of the company wherever the reader is."""
    zone = registry.zone()
    first, last = review.since.astimezone(zone), (review.until - timedelta(seconds=1)).astimezone(zone)
    return f"{as_day(first.date())} – {as_day(last.date())}"


@requires(Right.SEE)
@require_GET
def review_people(request: HttpRequest, review_id: int, part: str) -> HttpResponse:
    """Further rows of one of the lists."""
    review = _found(review_id)
    if part not in LISTS or not review.snapshot:
        raise Http404
    start = whole(request.GET.get("from")) or 0
    rows = review.snapshot[part]
    context = {
        "review": review,
        "period": period_said(review),
        "part": part,
        "rows": list_rows(part, rows[start : start + PAGE], review),
        "next": start + PAGE if start + PAGE < len(rows) else None,
        "agenda": review.snapshot,
        "title": dict(sections())[part],
        "may_hold": False,
    }
    return page(request, "reviews/people.html", context, fragment="reviews/_rows.html")


def _found(review_id: int) -> Review:
    return get_object_or_404(Review.objects.select_related("table"), pk=review_id)


# -- PDF ------------------------------------------------------------------------------------------------------------


@requires(Right.SEE)
@require_GET
def review_pdf(request: HttpRequest, review_id: int) -> HttpResponse:
    """The agenda as a PDF file in the reader's language."""
    review = _found(review_id)
    if not review.snapshot:
        raise Http404
    former = reviews.former_review(review)
    context = _context(request, review, former, rows_shown=ROWS_PRINTED)
    context |= {"printed": True, "may_hold": False, "printed_at": now()}
    company = get_workspace()
    context |= {"company": company.name, "is_example": company.is_example}
    html = render_to_string("reviews/print.html", context | {"language": get_language()})
    try:
        pdf = print_pdf(html=html, folder=_fonts())
    except PrinterMissing:
        refused(request, _no_printer())
        return redirect(request, "review", review.pk)
    except PrintingFailed:
        refused(request, gettext("The PDF file could not be made. Print the page from your browser instead."))
        return redirect(request, "review", review.pk)
    name = f"teplo-review-{review.until.astimezone(registry.zone()):%Y-%m-%d}.pdf"
    return HttpResponse(
        pdf, content_type="application/pdf", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


def _no_printer() -> str:
    return gettext(
        "PDF files need the library Pango, which is not on this machine. Debian and Ubuntu: apt install %(packages)s. "
        "Until then print the page from your browser."
    ) % {"packages": PACKAGES}


def _fonts() -> Path | None:
    """The folder with the fonts of the screens, where the assets have been made."""
    found = finders.find("vendor/font.css")
    return Path(found).parent if isinstance(found, str) else None


urlpatterns = [
    path("scoring/reviews/", review_list, name="reviews"),
    path("scoring/reviews/new/", review_new, name="review-new"),
    path("scoring/reviews/reminder/", review_reminder, name="review-reminder"),
    path("scoring/reviews/<int:review_id>/", review_page, name="review"),
    path("scoring/reviews/<int:review_id>/pdf/", review_pdf, name="review-pdf"),
    path("scoring/reviews/<int:review_id>/people/<slug:part>/", review_people, name="review-people"),
]
