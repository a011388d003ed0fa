"""How much a process may take that reads what a stranger sent. Set by the child itself, before it reads anything."""

from __future__ import annotations

import os
import resource
from contextlib import suppress
from dataclasses import dataclass

MEMORY_MB = max(256, int(os.environ.get("TEPLO_READER_MB") or 1024))
"""Memory that reading one file may take, in MB of address space."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one child may take. `patience`: seconds without a word after which it is ended.

    `file_mb`: the largest file it may write, in MB; a reader writes none.
    """

    memory_mb: int = MEMORY_MB
    cpu_seconds: int = 120
    patience: float = 180.0
    file_mb: int = 0


def confine(limits: Limits) -> None:
    """Hold this very process to the limits; it leaves no core.

    A system that does not know a limit (macOS and its address space) goes without that one.
    """
    memory = limits.memory_mb * 1_000_000
    largest = limits.file_mb * 1_000_000
    for what, soft, hard in (
        (resource.RLIMIT_AS, memory, memory),
        (resource.RLIMIT_DATA, memory, memory),
        (resource.RLIMIT_CPU, limits.cpu_seconds, limits.cpu_seconds + 5),
        (resource.RLIMIT_FSIZE, largest, largest),
        (resource.RLIMIT_CORE, 0, 0),
    ):
        with suppress(ValueError, OSError):
            resource.setrlimit(what, (soft, hard))
