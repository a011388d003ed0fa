"""What all tests share."""

from __future__ import annotations

import pytest
from django.conf import settings
from pytest_django.fixtures import _set_suffix_to_test_databases


@pytest.fixture(scope="session")
def django_db_modify_db_settings_xdist_suffix(request: pytest.FixtureRequest) -> None:
    """A database for each process of pytest-xdist. SQLite's is in memory, so each process has its own already;
    pytest-django would know that of Django's own engine, not of ours (teplo.kit.sqlite)."""
    worker = getattr(request.config, "workerinput", {}).get("workerid")
    if worker and not settings.DATABASES["default"]["ENGINE"].endswith("sqlite"):
        _set_suffix_to_test_databases(suffix=worker)
