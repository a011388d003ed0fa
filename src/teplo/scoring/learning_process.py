"""Learning in a process of its own: what it needs of memory and libraries goes when it ends (R20).

A frame is a CSV file with a header and, beside it, the same name with `.json`: what each column is.

    {"columns": [{"key": "city", "label": "Город", "kind": "number|text|boolean|date|list|times|recency|auto",
                  "condition": {"field": "city"}, "group": "", "side": "fit", "levels": {"msk": "Москва"},
                  "known_at": "before|unknown", "later": false,
                  "filled_after_share": 0.0, "changed_after_share": null}],
     "outcome": "y", "date": "moment", "id": "person_id"}
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import IO, Any

from teplo.scoring import learned_names

Report = Callable[[int, int, str], None]
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""One thread: sums come out the same each time, and a busy machine is not made to wait at every one of them."""


class LearningStopped(Exception):
    """The learning was stopped before its end."""


class LearningFailed(Exception):
    """The learner ended without an answer; the text is what it said last."""


def run_learning(
    *,
    frame: Path,
    options: Mapping[str, Any],
    report: Report | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> dict[str, Any]:
    """What the learner proposes for a frame; names and reasons are said in the active language.

    `options`: exclude (keys), insist (keys used although they look like the answer), criteria (at most so many, 25),
    won and lost (values of the outcome), sidecar (instead of the file beside the frame), shape (how to read the file).
    Raises LearningStopped, LearningFailed.
    """
    result = run_child("teplo.scoring.learning", frame=frame, options=options, report=report, should_stop=should_stop)
    learned_names.say(result)
    return result


def run_child(
    module: str,
    *,
    frame: Path,
    options: Mapping[str, Any],
    report: Report | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> dict[str, Any]:
    """What one of our modules, run as a process of its own, answers about a frame. Raises as `run_learning` does."""
    with tempfile.TemporaryDirectory(prefix="teplo-learning-") as folder:
        request, answer = Path(folder) / "request.json", Path(folder) / "answer.json"
        sidecar = options.get("sidecar") or json.loads(frame.with_suffix(".json").read_text(encoding="utf-8"))
        asked = {**{name: value for name, value in options.items() if name != "sidecar"}, "answer": str(answer)}
        request.write_text(json.dumps({"frame": str(frame), "sidecar": sidecar, "options": asked}), encoding="utf-8")
        _run(module, request, report, should_stop)
        if not answer.exists():
            raise LearningFailed("no answer")
        result: dict[str, Any] = json.loads(answer.read_text(encoding="utf-8"))
    return result


def _run(module: str, request: Path, report: Report | None, should_stop: Callable[[], bool] | None) -> None:
    child = subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-m", module, str(request)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env={**os.environ, **dict.fromkeys(_THREADS, "1")},
        start_new_session=True,
    )
    assert child.stdout is not None and child.stderr is not None
    complaints: list[str] = []
    progress: SimpleQueue[tuple[int, int, str]] = SimpleQueue()
    listening = [
        Thread(target=_hear, args=(child.stdout, progress), daemon=True),
        Thread(target=complaints.extend, args=(child.stderr,), daemon=True),
    ]
    for thread in listening:
        thread.start()
    try:
        _wait(child, progress, report, should_stop)
    finally:
        if child.poll() is None:
            child.kill()
            child.wait()
        for thread in listening:
            thread.join(timeout=5)
        child.stdout.close()
        child.stderr.close()
    if child.returncode:
        raise LearningFailed("".join(complaints).strip()[-2000:] or f"exit code {child.returncode}")


def _wait(
    child: subprocess.Popen[str],
    progress: SimpleQueue[tuple[int, int, str]],
    report: Report | None,
    should_stop: Callable[[], bool] | None,
) -> None:
    """Until the child has ended. Progress is told from here, so that the teller may use the caller's connection."""
    is_over = False
    while not is_over:
        try:
            child.wait(timeout=0.2)
            is_over = True
        except subprocess.TimeoutExpired:
            if should_stop is not None and should_stop():
                raise LearningStopped from None
        while not progress.empty():
            told = progress.get()
            if report is not None:
                report(*told)


def _hear(lines: IO[str], progress: SimpleQueue[tuple[int, int, str]]) -> None:
    """Progress comes as lines of JSON: [done, total, what]."""
    for line in lines:
        if line.startswith("["):
            done, total, what = json.loads(line)
            progress.put((done, total, what))
