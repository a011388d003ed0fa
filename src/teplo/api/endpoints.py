"""The API as a whole: all nouns under /api/v1/, its description at /api/v1/openapi.json."""

from __future__ import annotations

from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse
from django.urls import path, re_path
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from ninja import Router

from teplo.accounts.access import public
from teplo.api import backtests, jobs, learnings, outcomes, people, reviews, tables
from teplo.api.describing import Api
from teplo.api.problems import Problem, answer, teach
from teplo.api.strictness import refuse_unknown_names

api = Api(
    title="Teplo",
    version="1",
    urls_namespace="api-v1",
    docs_url=None,
    description="Warmth of people for other programs. Every request carries “Authorization: Bearer …”; docs/api.md.",
)
NOUNS: Mapping[str, Router] = {
    "/score-tables": tables.router,
    "/people": people.router,
    "/outcomes": outcomes.router,
    "/back-tests": backtests.router,
    "/learnings": learnings.router,
    "/score-reviews": reviews.router,
    "/criterion-proposals": reviews.proposals,
    "/jobs": jobs.router,
}
for address, router in NOUNS.items():
    refuse_unknown_names(router)
    api.add_router(address, router)
teach(api)


@csrf_exempt
@public
def nothing_here(request: HttpRequest, rest: str) -> HttpResponse:
    return answer(Problem(404, "no-such-address", _("There is no such address; see /api/v1/openapi.json.")))


urlpatterns = [path("v1/", api.urls), re_path(r"^(?P<rest>.*)$", nothing_here)]
