"""Long work followed from the shell: a progress bar, and Ctrl-C that lets it end cleanly."""

from __future__ import annotations

import os
import secrets
import signal
import threading
from types import FrameType

from teplo.cli.speaking import progress_bar
from teplo.jobs.models import LIVE, Job, JobState
from teplo.jobs.running import run_job
from teplo.jobs.starting import cancel_job

_LOOK_SECONDS = 0.5


def carry_through(*, job_id: int, title: str, quiet: bool) -> Job:
    """Do a job here and now, or follow it where a worker already has it; answers it as it ended.

    Ctrl-C and SIGTERM cancel it: its unfinished step is rolled back.
    """
    stop = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    previous = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        _follow(job_id, title, stop, quiet=quiet)
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
    if stop.is_set():
        cancel_job(job_id=job_id)
        _wait_for_end(job_id)
    return Job.objects.get(pk=job_id)


def _follow(job_id: int, title: str, stop: threading.Event, *, quiet: bool) -> None:
    with progress_bar(quiet=quiet, counts=False) as bar:
        line = bar.add_task(title, total=None)

        def show(done: int, total: int | None) -> None:
            bar.update(line, completed=done, total=total)

        owner = f"shell:{os.getpid()}:{secrets.token_hex(3)}"
        while not stop.is_set() and not run_job(job_id, owner=owner, stop=stop.is_set, show=show):
            job = Job.objects.get(pk=job_id)
            show(job.done, job.total)
            if job.state not in LIVE:
                return
            stop.wait(_LOOK_SECONDS)


def _wait_for_end(job_id: int) -> None:
    """A worker that has it ends it at its next step; nobody waits for one that does not answer."""
    pause = threading.Event()
    for _ in range(20):
        if Job.objects.filter(pk=job_id).exclude(state=JobState.RUNNING).exists():
            return
        pause.wait(_LOOK_SECONDS)
