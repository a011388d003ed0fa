"""/readyz for load balancers and /metrics for Prometheus. /healthz is answered in front of Django."""

from __future__ import annotations

import json
from collections.abc import Iterator

from django.http import HttpRequest, HttpResponse
from django.urls import path

from teplo.accounts.access import public
from teplo.accounts.tokens import find_token
from teplo.kit.addresses import FORWARDING, is_loopback
from teplo.tracking.health import Health, look
from teplo.tracking.measuring import Measure, measures


@public
def ready(request: HttpRequest) -> HttpResponse:
    """200 when requests may come here, else 503; either way what was found."""
    health = look()
    body = json.dumps({"ready": health.is_ready, **health.as_dict()}) + "\n"
    return HttpResponse(body, status=200 if health.is_ready else 503, content_type="application/json")


@public
def alive(request: HttpRequest) -> HttpResponse:
    """For servers that run Django without the collector in front."""
    return HttpResponse("alive\n", content_type="text/plain; charset=utf-8")


@public
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus text format; counters are of this process, gauges of the installation. No personal data.

    For a token of the API, or for this machine itself: what a proxy on it passes on comes from elsewhere.
    """
    scheme, _space, text = request.headers.get("Authorization", "").partition(" ")
    has_token = scheme.lower() == "bearer" and find_token(text.strip()[:200]) is not None
    if not has_token and not _is_of_this_machine(request):
        response = HttpResponse("A token of the API is needed: Authorization: Bearer …\n", status=401)
        response.headers["WWW-Authenticate"] = "Bearer"
        response.headers["Content-Type"] = "text/plain; charset=utf-8"
        return response
    text = "".join(_lines([*_of_health(look()), *measures()]))
    return HttpResponse(text, content_type="text/plain; version=0.0.4; charset=utf-8")


def _is_of_this_machine(request: HttpRequest) -> bool:
    is_forwarded = any(name.lower().encode("latin-1", "replace") in FORWARDING for name in request.headers)
    return is_loopback(request.META.get("REMOTE_ADDR", "")) and not is_forwarded


def _of_health(health: Health) -> Iterator[Measure]:
    yield Measure(
        "teplo_ready", "gauge", "Whether the database answers and its tables are up to date.", int(health.is_ready)
    )
    yield Measure("teplo_disk_ok", "gauge", "Whether the disk takes what is written.", int(health.disk == "ok"))
    yield Measure(
        "teplo_inbox_events", "gauge", "Acknowledged events that the pipeline has not taken yet.", health.queue
    )
    yield Measure(
        "teplo_inbox_age_seconds", "gauge", "How long the oldest of them has waited.", round(health.queue_age, 3)
    )
    yield Measure("teplo_dead_letters", "gauge", "Events the pipeline could not take.", health.dead_letters)


def _lines(found: list[Measure]) -> Iterator[str]:
    for measure in found:
        yield f"# HELP {measure.name} {measure.says}\n# TYPE {measure.name} {measure.kind}\n"
        yield f"{measure.name} {measure.value}\n"


urlpatterns = [
    path("healthz", alive, name="healthz"),
    path("readyz", ready, name="readyz"),
    path("metrics", metrics, name="metrics"),
]
