"""Python's garbage collector kept out of the way of work on many rows: measured a third of an import's time.

Rows are freed by counting references; what the collector finds among them is nothing, but it looks at everything that
is alive each time.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_RARELY = (50_000, 20, 100)
_lock = threading.Lock()
_asking = 0
_usual = gc.get_threshold()


def settle() -> None:
    """Once, when a process has started: what is loaded now stays for good and is not looked at again."""
    gc.collect()
    gc.freeze()


@contextmanager
def rarely_collected() -> Iterator[None]:
    """While inside (in any thread), collect seldom; the usual pace comes back when the last one leaves."""
    global _asking, _usual
    with _lock:
        if _asking == 0:
            _usual = gc.get_threshold()
            gc.set_threshold(*_RARELY)
        _asking += 1
    try:
        yield
    finally:
        with _lock:
            _asking -= 1
            if _asking == 0:
                gc.set_threshold(*_usual)
