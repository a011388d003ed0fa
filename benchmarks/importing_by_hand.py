"""What an import is measured against: the same file parsed by Python's csv, and hand-written statements that write the
same rows of people, contacts, companies, search texts, histories and notes, two thousand rows at a time.

It knows the file: no encodings, no guessing, no phones to read, no row to refuse.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

CHUNK = 2000
_INCOMING = (
    "id bigint, first text, last text, first_key text, last_key text, email text, phone text, company text,"
    " company_key text, position text, city text, budget integer, person bigint, company_id bigint"
)
_PLACES = "id, first, last, first_key, last_key, email, phone, company, company_key, position, city, budget"


def import_by_hand(path: Path, *, overwrite: bool) -> None:
    """Read and write the whole file."""
    from django.db import connection, transaction  # noqa: PLC0415

    statements = _statements(connection.vendor, overwrite=overwrite)
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS incoming")
        cursor.execute(f"CREATE TEMP TABLE incoming ({_INCOMING})")
    for chunk in _chunks(path):
        with transaction.atomic(), connection.cursor() as cursor:
            _load(cursor, connection.vendor, chunk)
            for statement in statements:
                cursor.execute(statement)


def _chunks(path: Path) -> Iterator[list[tuple[Any, ...]]]:
    from teplo.kit.ids import new_ids  # noqa: PLC0415

    with path.open(newline="", encoding="utf-8") as file:
        rows = csv.reader(file, delimiter=";")
        next(rows)
        while cells := list(islice(rows, CHUNK)):
            yield [_incoming(*pair) for pair in zip(new_ids(len(cells)), cells, strict=True)]


def _incoming(row_id: int, cells: Sequence[str]) -> tuple[Any, ...]:
    first, last, email, phone, company, position, city, budget = cells
    key = company.lower().replace("тов «", "").replace("»", "")
    keys = (first.lower(), last.lower())
    return (row_id, first, last, *keys, email.lower(), phone, company, key, position, city, int(budget))


def _load(cursor: Any, vendor: str, rows: Sequence[tuple[Any, ...]]) -> None:
    if vendor == "postgresql":
        cursor.execute("TRUNCATE incoming")
        with cursor.copy(f"COPY incoming ({_PLACES}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        cursor.execute("ANALYZE incoming")
        return
    cursor.execute("DELETE FROM incoming")
    holes = ", ".join(["%s"] * len(_PLACES.split(",")))
    cursor.executemany(f"INSERT INTO incoming ({_PLACES}) VALUES ({holes})", rows)


def _statements(vendor: str, *, overwrite: bool) -> list[str]:
    is_server = vendor == "postgresql"
    now = "now()" if is_server else "strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now')"
    false, true = ("false", "true") if is_server else ("0", "1")
    empty = "'{}'::jsonb" if is_server else "'{}'"
    budget = "jsonb_build_object('byudzhet', budget)" if is_server else "json_object('byudzhet', budget)"
    return [
        "INSERT INTO people_company (id, name, name_key, domain, industry, size, city, country, attributes, created_at,"
        f" updated_at) SELECT MIN(id), MIN(company), company_key, '', '', NULL, '', '', {empty}, {now}, {now}"
        " FROM incoming i WHERE NOT EXISTS (SELECT 1 FROM people_company c WHERE c.name_key = i.company_key)"
        " GROUP BY company_key",
        "UPDATE incoming SET"
        " company_id = (SELECT MIN(c.id) FROM people_company c WHERE c.name_key = company_key),"
        " person = (SELECT person_id FROM people_identity WHERE kind = 'email' AND value = email)",
        "INSERT INTO people_person (id, first_name, middle_name, last_name, first_key, last_key, position, city,"
        " country, language, timezone, company_id, attributes, is_anonymous, created_at, updated_at) SELECT id, first,"
        f" '', last, first_key, last_key, position, city, '', '', '', company_id, {budget}, {false}, {now}, {now}"
        " FROM incoming WHERE person IS NULL",
        *(
            "INSERT INTO people_identity (kind, value, person_id, shown, is_verified, is_main, source, created_at)"
            f" SELECT '{kind}', {kind}, COALESCE(person, id), '', {false}, {true}, 'import:1', {now} FROM incoming"
            f" WHERE {kind} <> '' ORDER BY {kind} ON CONFLICT DO NOTHING"
            for kind in ("email", "phone")
        ),
        "INSERT INTO people_searchtext (rowid, text) SELECT id,"
        " '  ' || last_key || '  ' || first_key || ' ' || email || ' ' || phone FROM incoming WHERE person IS NULL",
        *(_changing(is_server, now) if overwrite else (_filling(is_server, now),)),
        f"INSERT INTO people_changenote (person_id, id, cause, at, lease_owner) SELECT COALESCE(person, id), id,"
        f" 'import', {now}, '' FROM incoming" + ("" if overwrite else " WHERE person IS NULL"),
    ]  # fmt: skip


def _filling(is_server: bool, now: str) -> str:
    """What is empty on the card is filled, the rest stays."""
    filled = ", ".join(
        f"{column} = COALESCE(NULLIF(people_person.{column}, ''), i.{said})"
        for column, said in (("first_name", "first"), ("last_name", "last"), ("first_key", "first_key"),
                             ("last_key", "last_key"), ("position", "position"), ("city", "city"))
    )  # fmt: skip
    merged = (
        "jsonb_build_object('byudzhet', i.budget) || attributes" if is_server
        else "json_patch(json_object('byudzhet', i.budget), attributes)"
    )  # fmt: skip
    return (
        f"UPDATE people_person SET {filled}, company_id = COALESCE(people_person.company_id, i.company_id),"
        f" attributes = {merged}, updated_at = {now} FROM incoming i WHERE people_person.id = i.person"
    )


def _changing(is_server: bool, now: str) -> list[str]:
    """What differs goes into the history, then onto the card."""
    old_budget, as_json, position = (
        ("p.attributes -> 'byudzhet'", "to_jsonb({})", "to_jsonb({})") if is_server
        else ("json_extract(p.attributes, '$.byudzhet')", "{}", "json_quote({})")
    )  # fmt: skip
    known = "FROM incoming i JOIN people_person p ON p.id = i.person"
    merged = (
        "attributes || jsonb_build_object('byudzhet', i.budget)" if is_server
        else "json_patch(attributes, json_object('byudzhet', i.budget))"
    )  # fmt: skip
    into = "INSERT INTO people_attributechange (person_id, id, key, old, new, at, by, is_brought)"
    new_budget, no = as_json.format("i.budget"), "false" if is_server else "0"
    return [
        f"{into} SELECT p.id, i.id + 1, 'position', {position.format('p.position')}, {position.format('i.position')},"
        f" {now}, 'import:1', {no} {known} WHERE p.position <> i.position",
        f"{into} SELECT p.id, i.id + 2, 'byudzhet', {old_budget}, {new_budget}, {now}, 'import:1', {no} {known}"
        f" WHERE {old_budget} <> {new_budget}",
        f"UPDATE people_person SET position = i.position, attributes = {merged}, updated_at = {now}"
        " FROM incoming i WHERE people_person.id = i.person",
    ]
