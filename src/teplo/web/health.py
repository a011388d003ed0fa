"""/readyz for load balancers and /metrics for Prometheus. /healthz is answered in front of Django."""

from __future__ import annotations

import json
from collections.abc import Iterator

from django.http import HttpRequest, HttpResponse
from django.urls import path

from teplo.accounts.access import public
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
    """Prometheus text format; counters are of this process, gauges of the installation. No personal data."""
    text = "".join(_lines([*_of_health(look()), *measures()]))
    return HttpResponse(text, content_type="text/plain; version=0.0.4; charset=utf-8")


def _of_health(health: Health) -> Iterator[Measure]:
    yield Measure(
        "teplo_ready", "gauge", "Whether the database answers and its tables are up to date.", int(health.is_ready)
    )
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
