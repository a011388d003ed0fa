"""The child: reads HTML from its input, writes a PDF file to its output, and ends.

python -m teplo.kit.printing [FOLDER] < page.html > page.pdf
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from teplo.kit.confined.limits import Limits, confine
from teplo.kit.printing.pages import LIBRARY_MISSING

try:
    from weasyprint import HTML
    from weasyprint.urls import URLFetcher
except OSError as error:  # Pango and its kin are loaded at import
    sys.stderr.write(str(error).splitlines()[0])
    sys.exit(LIBRARY_MISSING)


class Folder(URLFetcher):  # type: ignore[misc]
    """Lets a page read the files of one folder (or none) and what stands in itself: a page must not look around."""

    def __init__(self, root: Path | None) -> None:
        super().__init__(allowed_protocols={"file", "data"})
        self.root = root

    def fetch(self, url: str, headers: Any = None) -> Any:
        if url.startswith("file:"):
            path = Path(unquote(urlsplit(url).path)).resolve()
            if self.root is None or not path.is_relative_to(self.root):
                raise ValueError("outside the folder")
        return super().fetch(url, headers)


def main() -> None:
    confine(Limits(memory_mb=2000, cpu_seconds=80, file_mb=50))  # fonts of the page pass through files
    root = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else None
    page = HTML(
        string=sys.stdin.buffer.read().decode(),
        base_url=f"{root.as_uri()}/" if root else None,
        url_fetcher=Folder(root),
    )
    sys.stdout.buffer.write(page.write_pdf())


if __name__ == "__main__":
    main()
