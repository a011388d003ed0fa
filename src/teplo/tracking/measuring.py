"""Counters of this process, for /metrics."""

from __future__ import annotations

import threading
import time
from typing import NamedTuple


class Measure(NamedTuple):
    """One figure in Prometheus' words; `kind` is counter or gauge."""

    name: str
    kind: str
    says: str
    value: float


_SAYS = {
    "teplo_collected_events_total": "Events acknowledged by this process.",
    "teplo_collect_commits_total": "Transactions that made them durable.",
    "teplo_collect_failures_total": "Transactions that failed; nothing in them was acknowledged.",
    "teplo_collect_refused_total": "Requests and events refused.",
    "teplo_pipeline_events_total": "Events taken through the pipeline by this process.",
    "teplo_pipeline_batches_total": "Batches they were taken in.",
    "teplo_pipeline_seconds_total": "Seconds spent on them.",
}
_values = dict.fromkeys(_SAYS, 0.0)
_lock = threading.Lock()
_started = time.time()


def add(name: str, amount: float = 1) -> None:
    """Count; any thread may."""
    with _lock:
        _values[name] += amount


def measures() -> list[Measure]:
    """All counters as they stand."""
    found = [Measure(name, "counter", _SAYS[name], round(value, 3)) for name, value in _values.items()]
    return [*found, Measure("teplo_start_time_seconds", "gauge", "When this process started.", round(_started, 3))]
