"""What all tests share."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.db import connection
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from pytest_django.fixtures import _set_suffix_to_test_databases
from pytest_django.plugin import blocking_manager_key

from teplo.kit.testing import THOROUGH, examples

# Time is measured in benchmarks: a slow machine makes no test of a property red. A world made anew in the transaction
# of each example is what `alone` and its like are for, so the fixture may be shared by the examples.
for profile in ("usual", "thorough"):  # how many examples each of them tries: teplo.kit.testing
    hypothesis_settings.register_profile(
        profile, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
        print_blob=True, max_examples=examples(50),
    )  # fmt: skip
hypothesis_settings.load_profile(os.environ.get("HYPOTHESIS") or "usual")


@pytest.fixture(scope="session")
def django_db_modify_db_settings_xdist_suffix(request: pytest.FixtureRequest) -> None:
    """A database for each process of pytest-xdist. SQLite's lies in the process's own home already."""
    worker = getattr(request.config, "workerinput", {}).get("workerid")
    if worker and not settings.DATABASES["default"]["ENGINE"].endswith("sqlite"):
        _set_suffix_to_test_databases(suffix=worker)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of properties can be chosen (`-m property`), and may take as long as they need when they are thorough;
    long tests wait for that. What no engine can change runs on SQLite alone."""
    for item in items:
        if getattr(getattr(item, "obj", None), "is_hypothesis_test", False):
            item.add_marker("property")
            if THOROUGH:
                item.add_marker(pytest.mark.timeout(7200))
        if item.get_closest_marker("long") and not THOROUGH:
            item.add_marker(pytest.mark.skip(reason="left for the night: make test-long"))
        if item.get_closest_marker("once") and connection.vendor != "sqlite":
            item.add_marker(pytest.mark.skip(reason="the same on either engine: runs on SQLite"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    """A test that commits empties all tables at its end: what migrations had put there comes back at once, because in
    parallel another kind of test may follow it in the same process."""
    yield
    marker = item.get_closest_marker("django_db")
    if not nextitem or marker is None:
        return
    with item.config.stash[blocking_manager_key].unblock():
        if marker.kwargs.get("transaction"):
            forget_search_texts()
        if marker.kwargs.get("serialized_rollback"):
            connection.creation.deserialize_db_from_string(connection._test_serialized_contents)
            connection.close()


def forget_search_texts() -> None:
    """Django empties the tables it manages; this one is not (`kit/inside.py`)."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM people_searchtext")
    connection.close()
