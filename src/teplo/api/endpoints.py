"""The API as a whole: all nouns under /api/v1/, its description at /api/v1/openapi.json."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import path, re_path
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from teplo.accounts.access import public
from teplo.api import backtests, jobs, learnings, outcomes, people, reviews, tables
from teplo.api.describing import Api
from teplo.api.problems import Problem, answer, teach

api = Api(
    title="Teplo",
    version="1",
    urls_namespace="api-v1",
    docs_url=None,
    description="Warmth of people for other programs. Every request carries “Authorization: Bearer …”; docs/api.md.",
)
api.add_router("/score-tables", tables.router)
api.add_router("/people", people.router)
api.add_router("/outcomes", outcomes.router)
api.add_router("/back-tests", backtests.router)
api.add_router("/learnings", learnings.router)
api.add_router("/score-reviews", reviews.router)
api.add_router("/criterion-proposals", reviews.proposals)
api.add_router("/jobs", jobs.router)
teach(api)


@csrf_exempt
@public
def nothing_here(request: HttpRequest, rest: str) -> HttpResponse:
    return answer(Problem(404, "no-such-address", _("There is no such address; see /api/v1/openapi.json.")))


urlpatterns = [path("v1/", api.urls), re_path(r"^(?P<rest>.*)$", nothing_here)]
