from __future__ import annotations

from collections.abc import Iterator

import pytest

from teplo.jobs import periodic, registry


@pytest.fixture(autouse=True)
def own_registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(registry, "_kinds", {})
    monkeypatch.setattr(periodic, "_pieces", {})
    yield
