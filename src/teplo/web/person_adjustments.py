"""Points given or taken by hand from a person's card, with a reason and an end."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from teplo.accounts.access import Right, requires
from teplo.conditions import registry
from teplo.conditions.windows import start_of
from teplo.kit.clock import now
from teplo.people.models import Person
from teplo.scoring.adjusting import MOST_POINTS, AdjustmentRefused, add_adjustment, withdraw_adjustment
from teplo.web.answers import page, redirect, saved
from teplo.web.moments import read_day
from teplo.web.owned import acts_on
from teplo.web.reading import whole
from teplo.web.score_lines import posted_number

ENDS = (
    ("3", gettext_lazy("three days")),
    ("7", gettext_lazy("a week")),
    ("30", gettext_lazy("a month")),
    ("90", gettext_lazy("three months")),
    ("day", gettext_lazy("until a day of my choice")),
)


def living_person(person_id: int) -> Person:
    """The person; an erased one is not there any more."""
    person = Person.objects.filter(pk=person_id, erased_at=None).first()
    if person is None:
        raise Http404
    return person


@requires(Right.EDIT_PEOPLE)
@acts_on("person_id")
@require_http_methods(["GET", "POST"])
def person_adjust(request: HttpRequest, person_id: int) -> HttpResponse:
    """Give or take points."""
    person = living_person(person_id)
    if request.method == "GET":
        return _form(request, person)
    points = posted_number(request.POST.get("points", "")) or 0
    try:
        row = add_adjustment(
            person_id=person.pk, points=points, reason=request.POST.get("reason", ""), until=_end(request),
            by=request.user.pk or 0,
        )  # fmt: skip
    except AdjustmentRefused as refusal:
        return _form(request, person, refusal)
    text = ngettext("%(points)s point by hand. It counts at once.", "%(points)s points by hand. They count at once.",
                    abs(row.points))  # fmt: skip
    saved(request, text % {"points": f"{row.points:+d}".replace("-", "−")})
    return redirect(request, "person", person.pk)


def _form(request: HttpRequest, person: Person, refusal: AdjustmentRefused | None = None) -> HttpResponse:
    today = now().astimezone(registry.zone()).date()
    context = {
        "person": person,
        "refusal": refusal,
        "points": request.POST.get("points", ""),
        "reason": request.POST.get("reason", ""),
        "until": request.POST.get("until", "7"),
        "day": request.POST.get("day", ""),
        "ends": ENDS,
        "first_day": today,
        "last_day": today + timedelta(days=364),
        "most": MOST_POINTS,
    }
    status = 422 if refusal else 200
    return page(request, "scoring/adjust.html", context, fragment="scoring/_adjust.html", status=status)


def _end(request: HttpRequest) -> datetime:
    """The end of the day chosen; a day that cannot be read has ended already, which is refused."""
    chosen, zone = request.POST.get("until", ""), registry.zone()
    days = whole(chosen)
    if days is not None and days < 1000:
        day = now().astimezone(zone).date() + timedelta(days=days)
    else:
        said = read_day(request.POST.get("day", ""))
        if said is None:
            return now()
        day = said
    return start_of(day + timedelta(days=1), zone)


@requires(Right.EDIT_PEOPLE)
@acts_on("person_id")
@require_POST
def person_adjustment_withdraw(request: HttpRequest, person_id: int, adjustment_id: int) -> HttpResponse:
    person = living_person(person_id)
    if withdraw_adjustment(person_id=person.pk, adjustment_id=adjustment_id):
        saved(request, _("These points count no longer."))
    return redirect(request, "person", person.pk)


urlpatterns = [
    path("people/<int:person_id>/score/adjust/", person_adjust, name="person-adjust"),
    path(
        "people/<int:person_id>/score/adjust/<int:adjustment_id>/withdraw/", person_adjustment_withdraw,
        name="person-adjustment-withdraw",
    ),
]  # fmt: skip
