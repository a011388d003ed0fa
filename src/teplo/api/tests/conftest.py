from __future__ import annotations

import pytest

from teplo.api import access


@pytest.fixture(autouse=True)
def _no_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests call faster than anybody may; the one on pace sets its own."""
    monkeypatch.setattr(access.pace, "rate", 0.0)
    monkeypatch.setattr(access._guesses, "rate", 0.0)
