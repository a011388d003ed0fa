"""After each test of this package people are found by what is known of them, whoever wrote it."""

from collections.abc import Iterator

import pytest
from django.db import connection

from teplo.people import queries, searching
from teplo.people.models import Person, SearchText


@pytest.fixture(autouse=True)
def search_texts_are_true(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if request.node.get_closest_marker("django_db") and not connection.needs_rollback:
        kept = {person: sorted(text.split()) for person, text in SearchText.objects.values_list("person_id", "text")}
        assert kept == _made_anew()


def _made_anew() -> dict[int, list[str]]:
    ids = list(Person.objects.values_list("id", flat=True))
    if not ids:
        return {}
    condition, parameter = queries.ids_in("p.id", ids)
    return {person: sorted(text.split()) for person, text in queries.rows_of(searching.texts(condition), [parameter])}
