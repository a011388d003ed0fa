"""64-bit ids made by the application, never by a sequence: rising with time, unique across processes.

41 bits of milliseconds since 2024, 12 bits of a node number drawn per process, 10 bits of a counter.
A fork draws a new node. Ids exceed 2^53, so JSON for browsers carries them as strings.
"""

from __future__ import annotations

import os
import secrets
import threading
import time

_EPOCH_MS = 1_704_067_200_000  # 2024-01-01T00:00:00Z
_lock = threading.Lock()
_node = secrets.randbelow(4096)
_last = 0


def _draw_node() -> None:
    global _node, _last
    _node = secrets.randbelow(4096)
    _last = 0


os.register_at_fork(after_in_child=_draw_node)


def new_id() -> int:
    """One fresh id."""
    return new_ids(1)[0]


def new_ids(count: int) -> list[int]:
    """`count` fresh ids in rising order; more than 1,024 at once run ahead of the clock, which is harmless."""
    global _last
    with _lock:
        start = max((time.time_ns() // 1_000_000 - _EPOCH_MS) << 10, _last + 1)
        _last = start + count - 1
    node = _node << 10
    return [((tick >> 10) << 22) | node | (tick & 1023) for tick in range(start, start + count)]
