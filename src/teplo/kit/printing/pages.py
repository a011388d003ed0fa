"""HTML in, PDF out. WeasyPrint and the libraries it loads never enter the processes that serve people."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

PATIENCE = timedelta(seconds=90)
LIBRARY_MISSING = 3
"""Exit code of the child when Pango or one of its kin is not on this machine."""
PACKAGES = "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
"""What Debian and Ubuntu call the libraries."""


class PrinterMissing(Exception):
    """The libraries that set text for PDF files are not installed on this machine; `PACKAGES` names them."""


class PrintingFailed(Exception):
    """The page could not be made into a PDF file."""


def print_pdf(*, html: str, folder: Path | None = None, patience: timedelta = PATIENCE) -> bytes:
    """The PDF file of a page. Relative addresses in it (fonts, pictures) are files of `folder`; nothing else is read
    and no network is asked. Raises PrinterMissing, PrintingFailed.
    """
    command = [sys.executable, "-m", "teplo.kit.printing", *([str(folder)] if folder else [])]
    try:
        child = _run(command, html, patience)
    except subprocess.TimeoutExpired as error:
        raise PrintingFailed("too slow") from error
    if child.returncode == LIBRARY_MISSING:
        raise PrinterMissing(child.stderr.decode(errors="replace").strip())
    if child.returncode or not child.stdout.startswith(b"%PDF"):
        raise PrintingFailed(child.stderr.decode(errors="replace")[-2000:])
    return child.stdout


def _run(command: list[str], html: str, patience: timedelta) -> subprocess.CompletedProcess[bytes]:
    """The child, with a folder for its passing files that goes when it does, however it ends."""
    with TemporaryDirectory(prefix="teplo-printing-") as passing:
        return subprocess.run(  # noqa: S603 - our own module
            command,
            input=html.encode(),
            capture_output=True,
            timeout=patience.total_seconds(),
            check=False,
            env={**os.environ, "TMPDIR": passing},
        )
