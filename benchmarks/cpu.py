"""Seconds of CPU: of this process, the children it waited for, and the server's process that works for its connection.

What else runs on the machine makes the clock on the wall wait; these seconds it hardly changes.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path


class CpuClock:
    """Of this process and its connection."""

    def __init__(self) -> None:
        self._server = _server_process()

    def seconds_of(self, action: Callable[[], object]) -> float:
        """How much CPU a call takes. What a local server writes in other processes (journal, vacuum) is not counted."""
        began = self._now()
        action()
        return self._now() - began

    def _now(self) -> float:
        ours = os.times()
        server = 0.0
        if self._server is not None:
            fields = self._server.read_text().rpartition(")")[2].split()
            server = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        return ours.user + ours.system + ours.children_user + ours.children_system + server


def _server_process() -> Path | None:
    """Where the system tells of the server's process; None if there is none, or on another machine."""
    from django.db import connection  # noqa: PLC0415

    if connection.vendor != "postgresql":
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        path = Path(f"/proc/{cursor.fetchone()[0]}/stat")
    return path if path.exists() else None
