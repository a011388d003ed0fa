"""How much memory a process holds."""

from __future__ import annotations

import resource

import psutil


def peak_megabytes() -> float:
    """The most this process has held so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def megabytes_of(pid: int) -> float:
    """Proportional share of a process and its children, as `smem` counts it."""
    process = psutil.Process(pid)
    return sum(p.memory_full_info().pss for p in [process, *process.children(recursive=True)]) / 1_048_576
