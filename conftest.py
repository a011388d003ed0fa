"""Tests run on SQLite by default, or on the server that TEST_DATABASE_URL names (see `make test`)."""

from __future__ import annotations

import os
import tempfile

os.environ.setdefault("TEPLO_HOME", tempfile.mkdtemp(prefix="teplo-test-"))
os.environ["DATABASE_URL"] = os.environ.get("TEST_DATABASE_URL", "")
os.environ.setdefault("TEPLO_SECRET", "tests-only")
