# ruff: noqa: S608 - statements are put together from names of tables and columns only; values are bound
"""What a person may be looked for by, in one text that is searched inside: kept true in the writer's own transaction.

The text: two spaces and the last name, two spaces and the first name, a space and each contact; folded as a question
is (`seeking.py`). So three signs say where a name or a contact begins, and any three signs are looked up.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection

from teplo.conditions.folding import folded
from teplo.people import queries
from teplo.people.models import Identity, Person, SearchText, SharedContact
from teplo.people.names import TWINS

TABLE = SearchText._meta.db_table
_PERSON = Person._meta.db_table
_IDENTITY = Identity._meta.db_table
_SHARED = SharedContact._meta.db_table
BATCH = 5000


def refresh(person_ids: Iterable[int]) -> None:
    """Write anew what these people are found by, after their names or contacts were written; nobody else's is touched.

    Two statements. Who has neither a name nor a contact, is erased or is no more has no text.
    """
    people = sorted(set(person_ids))
    if not people:
        return
    condition, ids = queries.ids_in("p.id", people)
    if connection.vendor == "postgresql":
        gone, known = queries.ids_in("t.rowid", people)
        queries.execute(
            f"DELETE FROM {TABLE} t WHERE {gone} AND NOT EXISTS ({texts(condition)} AND p.id = t.rowid)", [known, ids]
        )
        queries.execute(
            f"INSERT INTO {TABLE} (rowid, text) {texts(condition)} ORDER BY p.id "
            f"ON CONFLICT (rowid) DO UPDATE SET text = excluded.text WHERE {TABLE}.text <> excluded.text",
            [ids],
        )
        return
    forget(people)
    queries.execute(f"INSERT INTO {TABLE} (rowid, text) {texts(condition)} ORDER BY p.id", [ids])


def forget(person_ids: Iterable[int]) -> None:
    """Nothing of these people is found any more."""
    condition, ids = queries.ids_in("rowid", person_ids)
    queries.execute(f"DELETE FROM {TABLE} WHERE {condition}", [ids])


def fill(*, after: int = 0, batch: int = BATCH) -> int:
    """Write the texts of the next people behind this id; answers the last id, 0 when nobody is left."""
    people = Person.objects.filter(id__gt=after, is_anonymous=False, erased_at=None).order_by("id")
    ids = list(people.values_list("id", flat=True)[:batch])
    refresh(ids)
    return ids[-1] if ids else 0


def texts(condition: str) -> str:
    """SELECT of id and text of people."""
    return (
        f"SELECT p.id, {_folded(_whole())} AS text FROM {_PERSON} p WHERE {condition} AND p.erased_at IS NULL "
        f"AND (p.last_key <> '' OR p.first_key <> '' OR EXISTS (SELECT 1 FROM {_IDENTITY} c "
        f"WHERE c.person_id = p.id AND c.kind <> 'visitor') "
        f"OR EXISTS (SELECT 1 FROM {_SHARED} c WHERE c.person_id = p.id))"
    )


def _whole() -> str:
    joined = "string_agg" if connection.vendor == "postgresql" else "group_concat"
    # Ids of other systems stand as they were written; all other contacts are in small letters anyway.
    value = f"CASE WHEN i.kind = 'external' THEN {folded('i.value')} ELSE i.value END"
    own = f"SELECT {joined}(' ' || {value}, '') FROM {_IDENTITY} i WHERE i.person_id = p.id AND i.kind <> 'visitor'"
    shared = f"SELECT {joined}(' ' || i.value, '') FROM {_SHARED} i WHERE i.person_id = p.id"
    return f"'  ' || p.last_key || '  ' || p.first_key || COALESCE(({own}), '') || COALESCE(({shared}), '')"


def _folded(text: str) -> str:
    """Twins made one and apostrophes left out, as `names.look_key` does with a question."""
    for letter, twin in TWINS.items():
        text = f"REPLACE({text}, '{letter}', '{twin}')"
    return f"REPLACE({text}, '''', '')"
