# ruff: noqa: S608 - statements are put together from names of tables and columns only; values are bound
"""SQL of people that Django's ORM cannot say: values as a table on both engines, and writes over many people."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, Q

from teplo.kit.among import among
from teplo.kit.arrays import as_array
from teplo.people.leaves import all_leaves
from teplo.people.likeness import COMMON_BOXES
from teplo.people.models import (
    AttributeChange,
    Company,
    Consent,
    DuplicatePair,
    Identity,
    IdentityClaim,
    ImportRun,
    Person,
    PersonTag,
    SharedContact,
)
from teplo.people.public_words import PUBLIC
from teplo.people.timelines import from_texts

_SQLITE_TYPES = {"bigint": "integer", "text": "text", "jsonb": "text"}


def ids_in(column: str, ids: Iterable[int]) -> tuple[str, Any]:
    """A condition `column in ids` with one parameter, whatever their number."""
    wanted = sorted(set(ids))
    if connection.vendor == "postgresql":
        return f"{column} = ANY(%s::bigint[])", as_array(wanted)
    return f"{column} IN (SELECT value FROM json_each(%s))", json.dumps(wanted)


def texts_in(column: str, texts: Iterable[str]) -> tuple[str, Any]:
    """A condition `column in texts` with one parameter, whatever their number."""
    wanted = sorted(set(texts))
    if connection.vendor == "postgresql":
        return f"{column} = ANY(%s::text[])", as_array(wanted)
    return f"{column} IN (SELECT value FROM json_each(%s))", json.dumps(wanted)


def as_table(name: str, columns: Mapping[str, str], rows: Sequence[Sequence[Any]]) -> tuple[str, list[Any]]:
    """Rows of values as a table `name` for FROM: columns with their PostgreSQL types, rows as tuples."""
    if connection.vendor == "postgresql":
        arrays = [as_array(values) for values in zip(*rows, strict=True)] if rows else ["{}" for _ in columns]
        holes = ", ".join(f"%s::{kind}[]" for kind in columns.values())
        return f"unnest({holes}) AS {name}({', '.join(columns)})", arrays
    picks = ", ".join(f"json_extract(value, '$[{place}]') AS {column}" for place, column in enumerate(columns))
    return f"(SELECT {picks} FROM json_each(%s)) AS {name}", [json.dumps([list(row) for row in rows])]


def rows_of(statement: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """The rows a statement answers."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())


def execute(statement: str, parameters: Sequence[Any] = ()) -> int:
    """How many rows a statement wrote."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return int(cursor.rowcount)


def known_identities(wanted: Mapping[str, Iterable[str]]) -> dict[tuple[str, str], int]:
    """Whose the contacts are: (kind, value) → person. One statement; unknown ones are missing from the answer."""
    return look_up_identities(wanted)[0]


def look_up_identities(wanted: Mapping[str, Iterable[str]]) -> tuple[dict[tuple[str, str], int], set[tuple[str, str]]]:
    """As `known_identities`, and which of these contacts only a page has told of."""
    if not wanted:
        return {}, set()
    table, values = _wanted_identities(wanted)
    found = rows_of(
        f"SELECT i.kind, i.value, i.person_id, i.kind <> 'visitor' AND i.source LIKE %s FROM {table}",
        [f"{PUBLIC}%", *values],
    )
    told_by_pages = {(kind, value) for kind, value, _, is_told in found if is_told}
    return {(kind, value): person_id for kind, value, person_id, _ in found}, told_by_pages


def _wanted_identities(wanted: Mapping[str, Iterable[str]]) -> tuple[str, list[Any]]:
    """Identities (kind, value) as a table for FROM, each sought along the key.

    Asked for two kinds with OR, PostgreSQL reads the whole table, up to some hundred thousand rows of it.
    """
    if connection.vendor == "postgresql":
        pairs = [(kind, value) for kind, values in sorted(wanted.items()) for value in sorted(values)]
        sought, parameters = as_table("w", {"kind": "text", "value": "text"}, pairs)
        own = f"SELECT * FROM {_IDENTITY} o WHERE o.kind = w.kind AND o.value = w.value OFFSET 0"
        return f"{sought} CROSS JOIN LATERAL ({own}) AS i", parameters
    conditions: list[str] = []
    parameters = []
    for kind in sorted(wanted):
        condition, values = texts_in("value", wanted[kind])
        conditions.append(f"(kind = %s AND {condition})")
        parameters += [kind, values]
    return f"(SELECT * FROM {_IDENTITY} WHERE {' OR '.join(conditions)}) AS i", parameters


def vouch_for_identities(rows: Sequence[tuple[str, str, str]]) -> int:
    """(kind, value, source): somebody who is trusted names contacts that only pages had told of."""
    if not rows:
        return 0
    table, values = as_table("r", {"kind": "text", "value": "text", "source": "text"}, sorted(rows))
    return execute(
        f"UPDATE {_IDENTITY} SET source = r.source FROM {table} "
        f"WHERE {_IDENTITY}.kind = r.kind AND {_IDENTITY}.value = r.value AND {_IDENTITY}.source LIKE %s",
        [*values, f"{PUBLIC}%"],
    )


def standing_identities(wanted: Mapping[str, Iterable[str]]) -> dict[tuple[str, str], tuple[int, bool, str]]:
    """As `known_identities`, and how far each is vouched for: (kind, value) → (person, is verified, source)."""
    chosen = any_identity((kind, value) for kind, values in wanted.items() for value in values)
    rows = Identity.objects.filter(chosen).values_list("kind", "value", "person_id", "is_verified", "source")
    return {(kind, value): (person, verified, source) for kind, value, person, verified, source in rows}


def contacts_of(person_ids: Iterable[int]) -> list[tuple[int, str, str, bool, str]]:
    """(person, kind, value, is verified, source) of all their identities."""
    condition, ids = ids_in("person_id", person_ids)
    return rows_of(
        f"SELECT person_id, kind, value, is_verified, source FROM {_IDENTITY} WHERE {condition} ORDER BY 1, 2, 3",
        [ids],
    )


def vouched_among(person_ids: Iterable[int]) -> set[int]:
    """Those of whom not only pages have told: a contact is confirmed, or came from elsewhere."""
    condition, ids = ids_in("person_id", person_ids)
    found = rows_of(
        f"SELECT DISTINCT person_id FROM {_IDENTITY} WHERE {condition} AND kind <> 'visitor' "
        "AND (is_verified = %s OR source NOT LIKE %s)",
        [ids, True, f"{PUBLIC}%"],
    )
    return {person_id for (person_id,) in found}


def strangers_and_names(person_ids: Iterable[int]) -> dict[int, tuple[bool, tuple[str, str]]]:
    """person → (nothing but a visitor id is known of them, first and last name in the form for search); missing people
    are missing from the answer."""
    condition, ids = ids_in("id", person_ids)
    found = rows_of(f"SELECT id, is_anonymous, first_key, last_key FROM {_PERSON} WHERE {condition}", [ids])
    return {person_id: (bool(is_anonymous), (first, last)) for person_id, is_anonymous, first, last in found}


def sharers_of(contacts: Iterable[tuple[str, str]]) -> dict[tuple[str, str], list[tuple[int, str]]]:
    """Who else has each contact beside its holder, and who said so, the longest first."""
    by_kind: dict[str, set[str]] = {}
    for kind, value in contacts:
        by_kind.setdefault(kind, set()).add(value)
    found: dict[tuple[str, str], list[tuple[int, str]]] = {}
    for kind, values in sorted(by_kind.items()):
        condition, wanted = texts_in("value", values)
        rows = rows_of(
            f"SELECT value, person_id, source FROM {_SHARED} WHERE kind = %s AND {condition} ORDER BY since, person_id",
            [kind, wanted],
        )
        for value, person, source in rows:
            found.setdefault((kind, value), []).append((person, source))
    return found


def point_identities(rows: Sequence[tuple[str, str, int]]) -> int:
    """Let identities (kind, value) belong to other people."""
    if not rows:
        return 0
    table, values = as_table("r", {"kind": "text", "value": "text", "person": "bigint"}, sorted(rows))
    return execute(
        f"UPDATE {_IDENTITY} SET person_id = r.person FROM {table} "
        f"WHERE {_IDENTITY}.kind = r.kind AND {_IDENTITY}.value = r.value",
        values,
    )


def point_claims(pairs: Sequence[tuple[int, int]]) -> int:
    """Claims on cards (loser, winner) that became part of others are claims on those."""
    table, values = as_table("r", {"loser": "bigint", "winner": "bigint"}, sorted(pairs))
    return execute(f"UPDATE {_CLAIM} SET target_id = r.winner FROM {table} WHERE target_id = r.loser", values)


def unmain_second(rows: Sequence[tuple[str, str, int]]) -> int:
    """Contacts (kind, value) about to go to a person who has a main one of that kind are not the main ones any more."""
    if not rows:
        return 0
    table, values = as_table("r", {"kind": "text", "value": "text", "person": "bigint"}, sorted(rows))
    return execute(
        f"UPDATE {_IDENTITY} SET is_main = %s FROM {table} "
        f"WHERE {_IDENTITY}.kind = r.kind AND {_IDENTITY}.value = r.value AND EXISTS (SELECT 1 FROM {_IDENTITY} o "
        "WHERE o.person_id = r.person AND o.kind = r.kind AND o.is_main = %s)",
        [False, *values, True],
    )


def any_identity(identities: Iterable[tuple[str, str]]) -> Q:
    """Any of these (kind, value)."""
    by_kind: dict[str, list[str]] = {}
    for kind, value in identities:
        by_kind.setdefault(kind, []).append(value)
    chosen = Q(pk__in=[])
    for kind, values in by_kind.items():
        chosen |= Q(kind=kind, value__in=values)
    return chosen


def drop_tags(pairs: Sequence[tuple[int, int]]) -> int:
    """Take tags off: (person, tag)."""
    if not pairs:
        return 0
    table, values = as_table("r", {"person": "bigint", "tag": "bigint"}, sorted(pairs))
    return execute(
        f"DELETE FROM {_PERSON_TAG} WHERE (person_id, tag_id) IN (SELECT r.person, r.tag FROM {table})", values
    )


def drop_open_pairs(person_id: int) -> None:
    """Forget open questions about a card that is no more."""
    DuplicatePair.objects.filter(Q(first_id=person_id) | Q(second_id=person_id), answer="").delete()


def people_with_rows(person_ids: Sequence[int]) -> set[int]:
    """Who of these has a row in any leaf, or a contact."""
    tables = [_IDENTITY, *(leaf.table for leaf in all_leaves())]
    conditions = [ids_in("person_id", person_ids) for _ in tables]
    statement = " UNION ".join(
        f"SELECT person_id FROM {table} WHERE {condition}"
        for table, (condition, _) in zip(tables, conditions, strict=True)
    )
    return {person_id for (person_id,) in rows_of(statement, [ids for _, ids in conditions])}


def end_consents(keys: Sequence[tuple[int, str]]) -> int:
    """The current words of (person, channel) become history."""
    if not keys:
        return 0
    table, values = as_table("r", {"person": "bigint", "channel": "text"}, sorted(set(keys)))
    return execute(
        f"UPDATE {_CONSENT} SET is_current = %s FROM {table} "
        f"WHERE {_CONSENT}.person_id = r.person AND {_CONSENT}.channel = r.channel AND {_CONSENT}.is_current = %s",
        [False, *values, True],
    )


def note_repeated_consents(rows: Sequence[tuple[int, int, list[str] | None, bool]]) -> int:
    """(person, id, again, is current): words that were said again; a current one may have lost its flag in a merge."""
    if not rows:
        return 0
    kinds = {"person": "bigint", "id": "bigint", "again": "text", "is_current": "boolean"}
    said = [(person, row_id, json.dumps(again), is_current) for person, row_id, again, is_current in sorted(rows)]
    table, values = as_table("r", kinds, said)
    cast = "::jsonb" if connection.vendor == "postgresql" else ""
    return execute(
        f"UPDATE {_CONSENT} SET again = r.again{cast}, is_current = r.is_current FROM {table} "
        f"WHERE {_CONSENT}.person_id = r.person AND {_CONSENT}.id = r.id",
        values,
    )


def oldest_companies(keys: Iterable[str]) -> dict[str, int]:
    """Key of a name → company; of several with one key the oldest."""
    if connection.vendor == "postgresql":
        table, values = as_table("w", {"key": "text"}, [(key,) for key in sorted(keys)])
        own = f"SELECT MIN(c.id) FROM {_COMPANY} c WHERE c.name_key = w.key"
        return {key: company for key, company in rows_of(f"SELECT w.key, ({own}) FROM {table}", values) if company}
    condition, texts = texts_in("name_key", keys)
    return dict(rows_of(f"SELECT name_key, MIN(id) FROM {_COMPANY} WHERE {condition} GROUP BY name_key", [texts]))


_TEXTS = (
    "first_name", "first_key", "middle_name", "last_name", "last_key", "position", "city", "country", "language",
    "timezone",
)  # fmt: skip


_PATCHES: Mapping[str, str] = {
    **dict.fromkeys(_TEXTS, "%s"),
    **dict.fromkeys(("company_id", "owner_id"), "NULLIF(%s, 0)"),
    "attributes": "json_patch(attributes, %s)",
}
"""Column → its new value, in the SQL of SQLite."""


def patch_people(patches: Sequence[Mapping[str, Any]], at: datetime) -> int:
    """Write only what each patch names: {"id", text columns, "company_id" and "owner_id" (0: none), "attributes"}.

    Attributes are merged in the database, key by key (None takes a key away), so that two writers lose nothing.
    """
    if not patches:
        return 0
    if connection.vendor == "sqlite":
        return _patch_alike(patches, at)
    # Every patch names every column (None: leave it), so that the statement has one shape for the planner.
    rows = [[patch.get(name) for name in ("id", *_TEXTS, "company_id", "owner_id")] for patch in patches]
    merges = [json.dumps(patch["attributes"]) if patch.get("attributes") else None for patch in patches]
    kinds = {"id": "bigint", **dict.fromkeys(_TEXTS, "text"), "company": "bigint", "owner": "bigint", "merge": "text"}
    table, values = as_table("r", kinds, [[*row, merge] for row, merge in zip(rows, merges, strict=True)])
    texts = ", ".join(f"{name} = COALESCE(r.{name}, {_PERSON}.{name})" for name in _TEXTS)
    return execute(
        f"UPDATE {_PERSON} SET {texts}, updated_at = %s, "
        f"company_id = NULLIF(COALESCE(r.company, {_PERSON}.company_id), 0), "
        f"owner_id = NULLIF(COALESCE(r.owner, {_PERSON}.owner_id), 0), "
        f"attributes = {_merged()} FROM {table} WHERE {_PERSON}.id = r.id",
        [_moment(at), *values],
    )


def _patch_alike(patches: Sequence[Mapping[str, Any]], at: datetime) -> int:
    """The same where a statement is prepared once and run for row after row: one for each set of columns. Columns that
    are not named leave their indexes alone, which a COALESCE does not."""
    by_columns: dict[tuple[str, ...], list[list[Any]]] = {}
    moment = _moment(at)
    for patch in patches:
        named = tuple(name for name in _PATCHES if patch.get(name) is not None)
        values = [json.dumps(patch[name]) if name == "attributes" else patch[name] for name in named]
        by_columns.setdefault(named, []).append([*values, moment, patch["id"]])
    written = 0
    with connection.cursor() as cursor:
        for named, rows in by_columns.items():
            sets = ", ".join(f"{name} = {_PATCHES[name]}" for name in named)
            cursor.executemany(f"UPDATE {_PERSON} SET {sets}{', ' if sets else ''}updated_at = %s WHERE id = %s", rows)
            written += cursor.rowcount
    return written


_AROUND = {"person": "bigint", "key": "text", "first": "timestamptz", "last": "timestamptz"}


def ever_changed(person_ids: Iterable[int]) -> set[int]:
    """Those with a history of any field: most people have none."""
    people = Person.objects.filter(id__in=among(person_ids))
    kept = AttributeChange.objects.filter(person_id=OuterRef("id"), is_brought=False)
    return set(people.filter(Exists(kept)).values_list("id", flat=True))


def attribute_changes_around(spans: Sequence[tuple[int, str, datetime, datetime]]) -> list[tuple[Any, ...]]:
    """What is kept of (person, field) around a first and a last moment: from the last change at or before the one to
    the first after the other. Rows of (person, key, id, at, old, new, by, again) in the order of time.
    """
    if not spans:
        return []
    moments = {at: _moment(at) for at in {at for span in spans for at in span[2:]}}
    rows = [(person, key, moments[first], moments[last]) for person, key, first, last in sorted(spans)]
    table, values = as_table("w", _AROUND, rows)
    own = f"FROM {_CHANGE} o WHERE o.person_id = w.person AND o.key = w.key AND NOT o.is_brought"
    found = rows_of(
        f"SELECT c.person_id, c.key, c.id, c.at, c.old, c.new, c.by, c.again FROM {table} "
        f"JOIN {_CHANGE} c ON c.person_id = w.person AND c.key = w.key AND NOT c.is_brought "
        f"WHERE c.at >= COALESCE((SELECT MAX(o.at) {own} AND o.at <= w.first), c.at) "
        f"AND c.at <= COALESCE((SELECT MIN(o.at) {own} AND o.at > w.last), c.at) "
        "ORDER BY c.person_id, c.key, c.at, c.id",
        values,
    )
    return [
        (person, key, row_id, _read_moment(at), _json(old), _json(new), by, from_texts(_json(again) or ()))
        for person, key, row_id, at, old, new, by, again in found
    ]


def repair_attribute_changes(rows: Sequence[tuple[int, int, Any, list[str] | None]]) -> int:
    """(person, id, old, again): a change that has got another neighbour, or was said again."""
    if not rows:
        return 0
    kinds = {"person": "bigint", "id": "bigint", "old": "text", "again": "text"}
    said = [(person, row_id, json.dumps(old), json.dumps(again)) for person, row_id, old, again in sorted(rows)]
    table, values = as_table("r", kinds, said)
    cast = "::jsonb" if connection.vendor == "postgresql" else ""
    return execute(
        f"UPDATE {_CHANGE} SET old = r.old{cast}, again = r.again{cast} FROM {table} "
        f"WHERE {_CHANGE}.person_id = r.person AND {_CHANGE}.id = r.id",
        values,
    )


def moments_of_imports(person_ids: Iterable[int]) -> dict[int, tuple[datetime, str]]:
    """Of people whom an import made: when it did, and what it signs with. A card it filled says so nowhere else."""
    signed = Identity.objects.filter(person_id__in=among(person_ids), source__startswith=_IMPORT)
    sources = list(signed.values_list("person_id", "source"))
    numbers = {source.removeprefix(_IMPORT) for _, source in sources}
    runs = ImportRun.objects.filter(id__in=[int(number) for number in numbers if number.isdigit()])
    moments = {f"{_IMPORT}{run_id}": at for run_id, at in runs.values_list("id", "created_at")}
    found: dict[int, tuple[datetime, str]] = {}
    for person, source in sources:
        if source in moments:
            found[person] = min((moments[source], source), found.get(person, (moments[source], source)))
    return found


def _json(value: Any) -> Any:
    """JSON as hand-written SQL answers it: text on both engines."""
    return json.loads(value) if isinstance(value, str) else value


def blank_people(person_ids: Sequence[int], at: datetime) -> None:
    """Leave of people a shell: id, country and language, and the moment of erasure."""
    kept = ("country", "language")
    Person.objects.filter(id__in=person_ids).update(
        **{name: "" for name in _TEXTS if name not in kept},
        company=None,
        owner_id=None,
        attributes={},
        erased_at=at,
        updated_at=at,
    )


def _merged() -> str:
    if connection.vendor == "postgresql":
        return f"COALESCE(jsonb_strip_nulls({_PERSON}.attributes || r.merge::jsonb), {_PERSON}.attributes)"
    return f"CASE WHEN r.merge IS NULL THEN {_PERSON}.attributes ELSE json_patch({_PERSON}.attributes, r.merge) END"


def _read_moment(at: datetime | str) -> datetime:
    """A moment as the engine answers it to hand-written SQL: SQLite gives text in UTC."""
    moment = datetime.fromisoformat(at) if isinstance(at, str) else at
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _moment(at: datetime) -> Any:
    """A moment as a parameter of hand-written SQL."""
    return connection.ops.adapt_datetimefield_value(at)


def _tail() -> str:
    return "right(i.value, 7)" if connection.vendor == "postgresql" else "substr(i.value, -7)"


def _before_at() -> str:
    if connection.vendor == "postgresql":
        return "split_part(i.value, '@', 1)"
    return "substr(i.value, 1, instr(i.value, '@') - 1)"


BLOCKS: Mapping[str, tuple[str, Callable[[], str], Callable[[], str], str]] = {
    # reason → (kind of contact, key of the block, what divides blocks into parts, which people can be in one)
    "name-company": (
        "", lambda: "p.company_id", lambda: "p.company_id / 4194304 + p.company_id", "p.company_id IS NOT NULL",
    ),
    "name-phone": ("phone", _tail, lambda: f"CAST({_tail()} AS integer)", "length(i.value) > 8"),
    "name-email": ("email", _before_at, lambda: f"length({_before_at()})", "length(i.value) > 8"),
}  # fmt: skip
"""People who share a block's key are compared with each other."""


def block_pairs(reason: str, *, part: int, parts: int, largest: int) -> list[tuple[Any, ...]]:
    """(person, person, first and last name of the one, of the other) who share a block and have no pair yet.

    Only blocks with at most `largest` people; names must begin with the same letter, or be swapped or missing.
    """
    kind, key, divider, holds = BLOCKS[reason]
    joined = f"JOIN {_IDENTITY} i ON i.person_id = p.id AND i.kind = '{kind}'" if kind else ""
    boxes = (
        f"AND {key()} NOT IN ({', '.join(repr(box) for box in sorted(COMMON_BOXES | {'test'}))})"
        if kind == "email"
        else ""
    )
    return rows_of(
        f"WITH block AS (SELECT p.id, p.first_key, p.last_key, {key()} AS key, "
        f"count(*) OVER (PARTITION BY {key()}) AS size FROM {_PERSON} p {joined} "
        f"WHERE {holds} {boxes} AND p.erased_at IS NULL AND (p.last_key <> '' OR p.first_key <> '') "
        f"AND ({divider()}) %% %s = %s) "
        "SELECT a.id, b.id, a.first_key, a.last_key, b.first_key, b.last_key "
        "FROM block a JOIN block b ON b.key = a.key AND b.id > a.id WHERE a.size <= %s AND ("
        "substr(a.last_key, 1, 1) = substr(b.last_key, 1, 1) OR a.last_key = b.first_key OR a.last_key = '' "
        "OR b.last_key = '')",
        [parts, part, largest],
    )


_CLAIM = IdentityClaim._meta.db_table
_CONSENT = Consent._meta.db_table
_IDENTITY = Identity._meta.db_table
_PERSON = Person._meta.db_table
_COMPANY = Company._meta.db_table
_SHARED = SharedContact._meta.db_table
_CHANGE = AttributeChange._meta.db_table
_IMPORT = "import:"
_PERSON_TAG = PersonTag._meta.db_table
