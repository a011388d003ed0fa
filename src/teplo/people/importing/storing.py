"""Files as they arrive: copied under the installation's own folder, under a name of our own, with a limit on size."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db.models import Q

from teplo.kit.clock import now
from teplo.people.importing.shapes import FileRefused
from teplo.people.models import ImportRun

KEPT_DAYS = 30
LIMIT_MB = int(os.environ.get("TEPLO_UPLOAD_MB", "2000"))
"""Largest file taken, in MB."""


def folder() -> Path:
    """Where uploads lie; nobody but the installation's user reads them."""
    path = Path(settings.MEDIA_ROOT) / "imports"
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


def store(*, name: str, chunks: Iterable[bytes], by: int | None = None) -> ImportRun:
    """Keep a file and begin a run for it (state draft). Raises FileRefused when it is too large."""
    file_name = f"{now():%Y%m%d-%H%M%S}-{secrets.token_hex(6)}"
    path = folder() / file_name
    size = 0
    try:
        with open(path, "xb", opener=lambda p, flags: os.open(p, flags, 0o600)) as file:
            for chunk in chunks:
                size += len(chunk)
                if size > LIMIT_MB * 1_000_000:
                    raise FileRefused("too-large", limit=LIMIT_MB)
                file.write(chunk)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return ImportRun.objects.create(name=Path(name).name[:255], path=f"imports/{file_name}", created_by=by)


def pieces_of(path: Path) -> Iterator[bytes]:
    """A file of this machine, piece by piece."""
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            yield piece


def path_of(run: ImportRun) -> Path:
    """Where the run's file lies."""
    return Path(settings.MEDIA_ROOT) / run.path


def drop_file(run: ImportRun) -> None:
    """Remove the run's file: it holds personal data and has served its purpose."""
    path_of(run).unlink(missing_ok=True)


def drop_old_files() -> int:
    """Remove files of finished runs, and of those that nobody has touched for a month; answers how many. Drafts nobody
    started go altogether."""
    month_ago = now() - timedelta(days=KEPT_DAYS)
    old = Q(state="done") | Q(created_at__lt=month_ago, state__in=("draft", "stopped", "failed"))
    dropped = 0
    for run in ImportRun.objects.filter(old):
        if path_of(run).exists():
            drop_file(run)
            dropped += 1
    ImportRun.objects.filter(created_at__lt=month_ago, state="draft").delete()
    return dropped
