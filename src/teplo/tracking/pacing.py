"""How fast one address may send with one key: a token bucket in memory."""

from __future__ import annotations

import time
from collections.abc import Callable

_MOST = 50_000  # buckets remembered; the fullest are forgotten first


class Pace:
    """`rate` events a second, `burst` at once; a rate of 0 means no limit."""

    def __init__(self, *, rate: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.rate = rate
        self.burst = burst
        self._clock = clock
        self._buckets: dict[tuple[str, str], tuple[float, float]] = {}

    def spend(self, who: tuple[str, str], count: int) -> float:
        """0 when `count` events may pass, else after how many seconds they may."""
        if not self.rate:
            return 0.0
        at = self._clock()
        left, since = self._buckets.get(who, (self.burst, at))
        left = min(self.burst, left + (at - since) * self.rate)
        # More than the whole bucket at once passes when it is full, and leaves it in debt.
        needed = min(count, self.burst)
        if left < needed:
            return (needed - left) / self.rate
        if len(self._buckets) >= _MOST:
            self._forget_idle(at)
        self._buckets[who] = (left - count, at)
        return 0.0

    def _forget_idle(self, at: float) -> None:
        full_after = self.burst / self.rate
        self._buckets = {who: bucket for who, bucket in self._buckets.items() if at - bucket[1] < full_after}
        while len(self._buckets) >= _MOST:
            self._buckets.pop(next(iter(self._buckets)))
