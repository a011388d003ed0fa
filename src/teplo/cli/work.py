"""`teplo work`: the pipeline, journeys, sending, long and periodic work."""

from __future__ import annotations

import signal
import threading
from types import FrameType

from teplo.cli.bringing_up import bring_up_if_empty
from teplo.pipeline import worker


def work() -> None:
    """Do the work behind the screens. Any number of these processes may run."""
    bring_up_if_empty()
    stop = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    worker.run(stop)
