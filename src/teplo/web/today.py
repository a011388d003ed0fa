"""Today: what needs me now."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import path

from teplo.accounts.access import Right, requires
from teplo.web.answers import page


@requires(Right.SEE)
def today(request: HttpRequest) -> HttpResponse:
    return page(request, "today/today.html", {})


urlpatterns = [path("", today, name="today")]
