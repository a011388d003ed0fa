#!/usr/bin/env python3
"""Write docs/openapi.json, the API as it now is; with --check only say whether the file is current."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

FILE = Path(__file__).resolve().parent.parent / "docs" / "openapi.json"


def current() -> str:
    """The description as text; the same on every machine."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "teplo.config.testing")
    import django  # noqa: PLC0415 - settings are named first

    django.setup()
    from django.utils import translation  # noqa: PLC0415 - after the set-up

    from teplo.api.endpoints import api  # noqa: PLC0415 - after the set-up

    translation.activate("en")
    return json.dumps(api.get_openapi_schema(), indent=1, ensure_ascii=False, sort_keys=True, default=str) + "\n"


if __name__ == "__main__":
    if "--check" in sys.argv:
        if not FILE.exists() or FILE.read_text(encoding="utf-8") != current():
            sys.exit("docs/openapi.json is not current: run scripts/openapi.py")
    else:
        FILE.write_text(current(), encoding="utf-8")
